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

_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_]*')


def check_rate(rate_hz: float) -> None:
    """Refuse a rate at which no timer can run."""
    if not (math.isfinite(rate_hz) and 0.0 < rate_hz <= 1e6):
        raise ConfigError(
            f'rate_hz is {rate_hz}; expected evaluations per second, above 0, up to 1000000')


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

    def __post_init__(self) -> None:
        """Refuse a dtype, a shape or values that cannot be met."""
        if self.dtype is not None:
            _check_choice('dtype', self.dtype, DTYPES)
        check_finite('initial', self.initial or ())
        check_finite('constant', self.constant or ())
        if self.shape is not None and any(size < 1 and size != -1 for size in self.shape):
            raise ConfigError(
                f'shape is {list(self.shape)}; each size must be positive, '
                'or -1 where it may vary')

    @property
    def subscribed(self) -> bool:
        """Whether the value arrives on a topic."""
        return self.constant is None


@dataclass(frozen=True)
class OutputConfig:
    """One result of `forward` and where it goes."""

    name: str
    topic: str
    message_type: str = DEFAULT_MESSAGE_TYPE
    qos: QosConfig = OUTPUT_QOS


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


def _check_distinct_topics(outputs: Tuple[OutputConfig, ...]) -> None:
    owners: 'dict[str, str]' = {}
    for output in outputs:
        other = owners.setdefault(output.topic, output.name)
        if other != output.name:
            raise ConfigError(
                f'outputs {other!r} and {output.name!r} are both published on '
                f'{output.topic!r}; give one of them another outputs.NAME.topic')
