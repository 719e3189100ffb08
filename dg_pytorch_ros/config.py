# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the user asked for, as immutable values whose fields agree with each other."""

from collections import Counter
from dataclasses import dataclass
import math
import re
from typing import Iterable, Literal, Optional, Tuple, Union

from dg_pytorch_ros.errors import ConfigError

Number = Union[float, int, bool]
Values = Tuple[Number, ...]

DEFAULT_MESSAGE_TYPE = 'std_msgs/msg/Float64MultiArray'

DTYPES = (
    'float64', 'float32', 'float16', 'bfloat16',
    'int64', 'int32', 'int16', 'int8', 'uint64', 'uint32', 'uint16', 'uint8', 'bool')

REACTIONS = ('skip', 'hold', 'fallback', 'deactivate')

_LONGEST_SPAN_MS = 1e9  # eleven days
_MOST_ELEMENTS = 2 ** 28

_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_]*')


def check_rate(rate_hz: float) -> None:
    """Refuse a rate at which no timer can run."""
    if not (math.isfinite(rate_hz) and 0.0 < rate_hz <= 1e6):
        raise ConfigError(
            f'rate_hz is {rate_hz}; expected evaluations per second, above 0, up to 1000000')


def check_span(parameter: str, span: Optional[float]) -> None:
    """Refuse a length of time that nobody can wait for."""
    if span is not None and not 0.0 < span <= _LONGEST_SPAN_MS:
        raise ConfigError(
            f'{parameter} is {span}; expected a time above 0, up to {_LONGEST_SPAN_MS:g}')


def check_finite(parameter: str, values: Values) -> None:
    """Refuse values that no evaluation would be done on."""
    if not all(map(math.isfinite, values)):
        raise ConfigError(f'{parameter} is {list(values)}; expected finite numbers')


def check_names(parameter: str, names: Iterable[str]) -> None:
    """Refuse names that are empty, double, or no part of a parameter's name."""
    names = list(names)
    for name in names:
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f'{parameter} holds {name!r}; a name is made of letters, digits and _, '
                'and does not begin with a digit')
    doubles = [name for name, count in Counter(names).items() if count > 1]
    if doubles:
        raise ConfigError(f'{parameter} holds {doubles[0]!r} more than once; names must differ')


def enumeration(names: Iterable[str]) -> str:
    """Join names for a message; say so when there are none."""
    return ', '.join(names) or 'none'


def _check_choice(parameter: str, value: str, choices: Tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(f'{parameter} is {value!r}; expected one of {enumeration(choices)}')


@dataclass(frozen=True)
class QosConfig:
    """Quality of service of one topic, in the words of `ros2 topic`."""

    reliability: str
    durability: str = 'volatile'
    depth: int = 1

    def __post_init__(self) -> None:
        """Refuse words that ROS does not know and queues that hold nothing."""
        _check_choice('qos.reliability', self.reliability, ('reliable', 'best_effort'))
        _check_choice('qos.durability', self.durability, ('volatile', 'transient_local'))
        if self.depth < 1:
            raise ConfigError(f'qos.depth is {self.depth}; it must be at least 1')

    def __str__(self) -> str:
        return f'{self.reliability}, {self.durability}, depth {self.depth}'


INPUT_QOS = QosConfig('best_effort')
OUTPUT_QOS = QosConfig('reliable')


@dataclass(frozen=True)
class InputConfig:
    """One argument of `forward` and where its value comes from."""

    name: str
    topic: str = ''
    message_type: str = DEFAULT_MESSAGE_TYPE
    qos: QosConfig = INPUT_QOS
    dtype: Optional[str] = None
    shape: Optional[Tuple[int, ...]] = None
    initial: Optional[Values] = None
    constant: Optional[Values] = None
    feedback: str = ''
    max_age_ms: Optional[float] = None
    age_from: str = 'arrival'

    def __post_init__(self) -> None:
        """Refuse a dtype, a shape, values or an age that cannot be met."""
        _check_choice('age_from', self.age_from, ('arrival', 'stamp'))
        check_span('max_age_ms', self.max_age_ms)
        if self.feedback and self.initial is None:
            raise ConfigError(
                f'feedback is {self.feedback!r}, but initial is not set; give what the first '
                'evaluation gets (one number fills a given shape)')
        if self.dtype is not None:
            _check_choice('dtype', self.dtype, DTYPES)
        check_finite('initial', self.initial or ())
        check_finite('constant', self.constant or ())
        if self.shape is not None and any(size < 1 and size != -1 for size in self.shape):
            raise ConfigError(
                f'shape is {list(self.shape)}; each size must be positive, '
                'or -1 where it may vary')
        if abs(math.prod(self.shape or ())) > _MOST_ELEMENTS:
            raise ConfigError(
                f'shape is {list(self.shape or ())}; expected up to {_MOST_ELEMENTS} elements')

    @property
    def subscribed(self) -> bool:
        """Whether the value arrives on a topic."""
        return self.constant is None and not self.feedback


def _check_equal_lengths(given: 'dict[str, Values]') -> None:
    lists = [(name, values) for name, values in given.items() if len(values) > 1]
    for name, values in lists[1:]:
        other, others = lists[0]
        if len(values) != len(others):
            raise ConfigError(
                f'{name} is {list(values)}, but {other} is {list(others)}; expected one number '
                f'for all elements, or {len(others)}')


def _check_order(given: 'dict[str, Values]', lower: str, upper: str) -> None:
    if lower not in given or upper not in given:
        return
    count = max(len(given[lower]), len(given[upper]))
    pairs = zip(_repeated(given[lower], count), _repeated(given[upper], count))
    if not all(low <= high for low, high in pairs):
        wrong, limit = (lower, upper) if lower == 'fallback' else (upper, lower)
        raise ConfigError(
            f'{wrong} is {list(given[wrong])}, but {limit} is {list(given[limit])}; expected '
            f'{lower} <= {upper} in every element')


def _repeated(values: Values, count: int) -> Values:
    return values * count if len(values) == 1 else values


@dataclass(frozen=True)
class LimitsConfig:
    """What one output may be, how fast it may change, and what replaces it."""

    minimum: Optional[Values] = None
    maximum: Optional[Values] = None
    max_rate: Optional[Values] = None
    fallback: Optional[Values] = None

    def __post_init__(self) -> None:
        """Refuse limits that no value could keep, and a fallback beyond them."""
        given = self._given()
        for parameter, values in given.items():
            if not values:
                raise ConfigError(
                    f'{parameter} is []; expected one number for all elements, or one an element')
            check_finite(parameter, values)
        _check_equal_lengths(given)
        if min(self.max_rate or (1.0,)) <= 0.0:
            raise ConfigError(
                f'max_rate is {list(self.max_rate or ())}; expected a change per second above 0')
        _check_order(given, 'min', 'max')
        _check_order(given, 'min', 'fallback')
        _check_order(given, 'fallback', 'max')

    def _given(self) -> 'dict[str, Values]':
        named = {
            'min': self.minimum, 'max': self.maximum, 'max_rate': self.max_rate,
            'fallback': self.fallback}
        return {name: values for name, values in named.items() if values is not None}


@dataclass(frozen=True)
class OutputConfig:
    """One result of `forward` and where it goes."""

    name: str
    topic: str
    message_type: str = DEFAULT_MESSAGE_TYPE
    qos: QosConfig = OUTPUT_QOS
    limits: LimitsConfig = LimitsConfig()
    fade_in_from: str = ''


@dataclass(frozen=True)
class TrustConfig:
    """When the node does not believe itself, and what it does then."""

    on_stale: str = 'skip'
    on_nonfinite: str = 'skip'
    on_error: str = 'skip'
    on_overrun: str = 'publish'
    deadline_ms: Optional[float] = None
    max_failures: int = 100
    fade_in_s: float = 0.0
    enable_topic: str = ''
    enable_max_age_ms: Optional[float] = None
    exclusive_outputs: bool = False

    def __post_init__(self) -> None:
        """Refuse words that are no reaction, and settings that would do nothing."""
        for name in ('on_stale', 'on_nonfinite', 'on_error'):
            _check_choice(name, getattr(self, name), REACTIONS)
        _check_choice('on_overrun', self.on_overrun, ('publish', *REACTIONS))
        check_span('deadline_ms', self.deadline_ms)
        check_span('enable_max_age_ms', self.enable_max_age_ms)
        if self.on_overrun != 'publish' and self.deadline_ms is None:
            raise ConfigError(
                f'on_overrun is {self.on_overrun!r}, but deadline_ms is not set, so nothing would '
                'ever be an overrun')
        if self.enable_max_age_ms is not None and not self.enable_topic:
            raise ConfigError('enable_max_age_ms is set, but enable_topic is not; set both')
        if not 0 <= self.max_failures:
            raise ConfigError(
                f'max_failures is {self.max_failures}; expected a count, or 0 for no limit')
        if not (math.isfinite(self.fade_in_s) and self.fade_in_s >= 0):
            raise ConfigError(f'fade_in_s is {self.fade_in_s}; expected seconds, 0 for none')

    @property
    def falling_back(self) -> Tuple[str, ...]:
        """The parameters that ask for the fallback to be published."""
        return tuple(
            name for name in ('on_stale', 'on_nonfinite', 'on_error', 'on_overrun')
            if getattr(self, name) == 'fallback')


@dataclass(frozen=True)
class ModelConfig:
    """Which file to load and how to run it."""

    path: str
    sha256: str = ''
    device: str = 'cpu'
    num_threads: int = 1
    warmup_runs: int = 10

    def __post_init__(self) -> None:
        """Refuse what no machine, or not yet this node, can do."""
        if not self.path:
            raise ConfigError(
                'model_path is not set; give the TorchScript file to run, for example '
                'model_path: package://my_robot/models/policy.pt. If a parameter file sets it: '
                "is the file's top key /** or this node's name, and is it given with "
                '--params-file?')
        if self.sha256 and not re.fullmatch('[0-9a-fA-F]{64}', self.sha256):
            raise ConfigError(
                f'model_sha256 is {self.sha256!r}; expected the 64 hexadecimal digits that '
                '`sha256sum` prints')
        if self.device != 'cpu':
            raise ConfigError(f"device is {self.device!r}; this version runs on 'cpu' only")
        if self.num_threads < 1:
            raise ConfigError(f'num_threads is {self.num_threads}; it must be at least 1')
        if self.warmup_runs < 3:
            raise ConfigError(f'warmup_runs is {self.warmup_runs}; it must be at least 3')


@dataclass(frozen=True)
class RealtimeConfig:
    """What the evaluation thread asks of the operating system: nothing, unless told to."""

    priority: Optional[int] = None
    cpu_affinity: Tuple[int, ...] = ()
    lock_memory: bool = False

    def __post_init__(self) -> None:
        """Refuse what no machine has."""
        if self.priority is not None and not 1 <= self.priority <= 99:
            raise ConfigError(
                f'realtime.priority is {self.priority}; expected 1 to 99, or nothing for the '
                'ordinary scheduler')
        for core in self.cpu_affinity:
            if core < 0:
                raise ConfigError(
                    f'realtime.cpu_affinity holds {core}; cores are numbered from 0')


@dataclass(frozen=True)
class NodeConfig:
    """Everything between the model and its topics."""

    inputs: Tuple[InputConfig, ...]
    outputs: Tuple[OutputConfig, ...]
    trigger: Literal['timer', 'message']
    rate_hz: float = 100.0
    trigger_inputs: Tuple[str, ...] = ()
    realtime: RealtimeConfig = RealtimeConfig()
    spin_us: int = 0
    trust: TrustConfig = TrustConfig()

    def __post_init__(self) -> None:
        """Refuse combinations that cannot run, then fill in the trigger inputs."""
        check_names('input_names', [config.name for config in self.inputs])
        check_names('output_names', [config.name for config in self.outputs])
        _check_choice('trigger', self.trigger, ('timer', 'message'))
        check_rate(self.rate_hz)
        if not self.outputs:
            raise ConfigError('output_names is empty; a node without outputs does nothing')
        _check_distinct_topics(self.outputs)
        self._check_trigger()
        self._check_spin()
        self._check_feedback()
        self._check_ages()
        self._check_fallbacks()
        self._check_fade_in()

    @property
    def period_s(self) -> Optional[float]:
        """The time between two evaluations; None if messages cause them."""
        return 1.0 / self.rate_hz if self.trigger == 'timer' else None

    def _check_trigger(self) -> None:
        subscribed = tuple(config.name for config in self.inputs if config.subscribed)
        for name in self.trigger_inputs:
            if name not in subscribed:
                raise ConfigError(
                    f'trigger_inputs names {name!r}, which is not a subscribed input; '
                    f'subscribed: {enumeration(subscribed)}')
        if self.trigger == 'timer' and self.trigger_inputs:
            raise ConfigError("trigger_inputs is set, but trigger is 'timer'; leave one out")
        if self.trigger == 'message' and not subscribed:
            raise ConfigError(
                "trigger is 'message', but no input is subscribed, so nothing would ever run; "
                'set trigger: timer and rate_hz')
        if self.trigger == 'message' and not self.trigger_inputs:
            object.__setattr__(self, 'trigger_inputs', subscribed)

    def _check_spin(self) -> None:
        if self.spin_us and self.trigger == 'message':
            raise ConfigError(
                "realtime.spin_us is set, but trigger is 'message', which has no deadlines; "
                'leave one out')
        period_us = 1e6 / self.rate_hz
        if not 0 <= self.spin_us <= 0.5 * period_us:
            raise ConfigError(
                f'realtime.spin_us is {self.spin_us}; expected 0 to half of the period, which is '
                f'{period_us:g} us at {self.rate_hz:g} Hz')

    def _check_feedback(self) -> None:
        names = [config.name for config in self.outputs]
        for config in self.inputs:
            if config.feedback and config.feedback not in names:
                raise ConfigError(
                    f'inputs.{config.name}.feedback is {config.feedback!r}, which is no output; '
                    f'outputs: {enumeration(names)}')

    def _check_ages(self) -> None:
        if self.trust.on_stale != 'skip' and all(
                config.max_age_ms is None for config in self.inputs):
            raise ConfigError(
                f'on_stale is {self.trust.on_stale!r}, but no input has max_age_ms, so nothing '
                'would ever be stale')

    def _check_fallbacks(self) -> None:
        for parameter in self.trust.falling_back:
            for config in self.outputs:
                if config.limits.fallback is None:
                    raise ConfigError(
                        f"{parameter} is 'fallback', but outputs.{config.name}.fallback is not "
                        'set; give what to publish then')

    def _check_fade_in(self) -> None:
        names = [config.name for config in self.inputs]
        for config in self.outputs:
            if config.fade_in_from and config.fade_in_from not in names:
                raise ConfigError(
                    f'outputs.{config.name}.fade_in_from is {config.fade_in_from!r}, which is no '
                    f'input; inputs: {enumeration(names)}')
            if config.fade_in_from and not self.trust.fade_in_s:
                raise ConfigError(
                    f'outputs.{config.name}.fade_in_from is set, but fade_in_s is not; set both')
            if self.trust.fade_in_s and not config.fade_in_from and (
                    config.limits.fallback is None):
                raise ConfigError(
                    f'fade_in_s is {self.trust.fade_in_s:g}, but output {config.name!r} has '
                    f'nothing to begin from; set outputs.{config.name}.fallback or .fade_in_from')


def _check_distinct_topics(outputs: Tuple[OutputConfig, ...]) -> None:
    owners: 'dict[str, str]' = {}
    for output in outputs:
        other = owners.setdefault(output.topic, output.name)
        if other != output.name:
            raise ConfigError(
                f'outputs {other!r} and {output.name!r} are both published on '
                f'{output.topic!r}; give one of them another outputs.NAME.topic')
