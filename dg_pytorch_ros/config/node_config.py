# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the user asked for, as immutable values whose fields agree with each other."""

from dataclasses import dataclass
import re
from typing import Dict, List, Literal, Optional, Tuple

from dg_pytorch_ros.checks import check_choice, check_names, check_rate, enumeration
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.trust_config import TrustConfig
from dg_pytorch_ros.errors import ConfigError, Problems


@dataclass(frozen=True)
class ModelConfig:
    """Which file to load and how to run it."""

    path: str
    sha256: str = ''
    device: str = 'cpu'
    num_threads: int = 1
    warmup_runs: int = 10
    imports: Tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no machine, or not yet this node, can do."""
        problems = Problems()
        if not self.path:
            problems.add(ConfigError(
                'model_path is not set; give the model file to run, for example '
                'model_path: package://my_robot/models/policy.pt. If a parameter file sets it: '
                "is the file's top key /** or this node's name, and is it given with "
                '--params-file?'))
        if self.sha256 and not re.fullmatch('[0-9a-fA-F]{64}', self.sha256):
            problems.add(ConfigError(
                f'model_sha256 is {self.sha256!r}; expected the 64 hexadecimal digits that '
                '`sha256sum` prints'))
        if not re.fullmatch(r'cpu|cuda(:\d{1,3})?', self.device):
            problems.add(ConfigError(
                f"device is {self.device!r}; expected 'cpu', 'cuda' or 'cuda:N'"))
        for name in self.imports:
            if not all(part.isidentifier() for part in name.split('.')):
                problems.add(ConfigError(
                    f'model_imports holds {name!r}; expected the name of a Python module, for '
                    'example torchvision'))
        if self.num_threads < 1:
            problems.add(ConfigError(
                f'num_threads is {self.num_threads}; it must be at least 1'))
        if self.warmup_runs < 3:
            problems.add(ConfigError(
                f'warmup_runs is {self.warmup_runs}; it must be at least 3'))
        problems.raise_any()


@dataclass(frozen=True)
class RealtimeConfig:
    """What the evaluation thread asks of the operating system: nothing, unless told to."""

    priority: Optional[int] = None
    cpu_affinity: Tuple[int, ...] = ()
    lock_memory: bool = False

    def __post_init__(self) -> None:
        """Refuse what no machine has."""
        problems = Problems()
        if self.priority is not None and not 1 <= self.priority <= 99:
            problems.add(ConfigError(
                f'realtime.priority is {self.priority}; expected 1 to 99, or nothing for the '
                'ordinary scheduler'))
        for core in self.cpu_affinity:
            if core < 0:
                problems.add(ConfigError(
                    f'realtime.cpu_affinity holds {core}; cores are numbered from 0'))
        problems.raise_any()


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
        problems = Problems()
        problems.attempt(check_names, 'input_names', [config.name for config in self.inputs])
        problems.attempt(check_names, 'output_names', [config.name for config in self.outputs])
        problems.attempt(check_choice, 'trigger', self.trigger, ('timer', 'message'))
        problems.attempt(check_rate, self.rate_hz)
        if not self.outputs:
            problems.add(ConfigError('output_names is empty; a node without outputs does nothing'))
        problems.raise_any()  # the others rest on these
        for check in (
                self._check_trigger, self._check_spin, self._check_feedback, self._check_ages,
                self._check_fallbacks, self._check_stamps, self._check_fade_in):
            problems.attempt(check)
        problems.raise_any()
        self._fill_in_trigger()

    @property
    def period_s(self) -> Optional[float]:
        """The time between two evaluations; None if messages cause them."""
        return 1.0 / self.rate_hz if self.trigger == 'timer' else None

    @property
    def leaves(self) -> Tuple[InputConfig, ...]:
        """The inputs, and instead of those that have parts their parts."""
        return tuple(leaf for config in self.inputs for leaf in config.leaves)

    def _subscribed(self) -> Dict[str, List[str]]:
        """Return the inputs and parts that have a topic, and the leaves that each consists of."""
        return {
            config.name: [leaf.name for leaf in config.leaves if leaf.subscribed]
            for config in (*self.inputs, *self.leaves) if config.subscribed}

    def _fill_in_trigger(self) -> None:
        if self.trigger == 'message':
            subscribed = self._subscribed()
            names = self.trigger_inputs or subscribed
            leaves = dict.fromkeys(leaf for name in names for leaf in subscribed[name])
            object.__setattr__(self, 'trigger_inputs', tuple(leaves))

    def _check_trigger(self) -> None:
        problems = Problems()
        subscribed = self._subscribed()
        for name in self.trigger_inputs:
            if name not in subscribed:
                problems.add(ConfigError(
                    f'trigger_inputs names {name!r}, which is not a subscribed input; '
                    f'subscribed: {enumeration(subscribed)}'))
        if self.trigger == 'timer' and self.trigger_inputs:
            problems.add(ConfigError(
                "trigger_inputs is set, but trigger is 'timer'; leave one out"))
        if self.trigger == 'message' and not subscribed:
            problems.add(ConfigError(
                "trigger is 'message', but no input is subscribed, so nothing would ever run; "
                'set trigger: timer and rate_hz'))
        problems.raise_any()

    def _check_spin(self) -> None:
        if self.spin_us and self.trigger == 'message':
            raise ConfigError(
                "realtime.spin_us is set, but trigger is 'message', which has no deadlines; "
                'leave one out')
        period_us = 1e6 / self.rate_hz
        if not 0 <= self.spin_us <= 0.5 * period_us:
            raise ConfigError(
                f'realtime.spin_us is {self.spin_us}, but rate_hz is {self.rate_hz:g}; expected 0 '
                f'to half of the period, which is {period_us:g} us')

    def _check_feedback(self) -> None:
        problems = Problems()
        names = [config.name for config in self.outputs]
        for config in self.leaves:
            if config.feedback and config.feedback not in names:
                problems.add(ConfigError(
                    f'{config.prefix}feedback is {config.feedback!r}, which is no output; '
                    f'outputs: {enumeration(names)}'))
        for config in self.inputs:
            if config.feedback and config.initial is None:
                problems.add(ConfigError(
                    f'input {config.name!r}: feedback is {config.feedback!r}, but initial is not '
                    'set; give what the first evaluation gets (one number fills a given shape)'))
        problems.raise_any()

    def _check_ages(self) -> None:
        if self.trust.on_stale != 'skip' and all(
                config.max_age_ms is None for config in self.leaves):
            raise ConfigError(
                f'on_stale is {self.trust.on_stale!r}, but no input has max_age_ms, so nothing '
                'would ever be stale')

    def _check_fallbacks(self) -> None:
        problems = Problems()
        for parameter in self.trust.falling_back:
            for config in self.outputs:
                if config.limits.fallback is None:
                    problems.add(ConfigError(
                        f"{parameter} is 'fallback', but outputs.{config.name}.fallback is not "
                        'set; give what to publish then'))
        problems.raise_any()

    def _check_stamps(self) -> None:
        problems = Problems()
        names = [config.name for config in self.leaves if config.subscribed]
        for config in self.outputs:
            if config.stamp_from and config.stamp_from not in names:
                problems.add(ConfigError(
                    f'outputs.{config.name}.stamp_from is {config.stamp_from!r}, which is no '
                    f'subscribed input; subscribed: {enumeration(names)}'))
        problems.raise_any()

    def _check_fade_in(self) -> None:
        problems = Problems()
        for config in self.outputs:
            if config.fade_in_from:
                problems.attempt(self._check_fade_in_from, config)
            elif self.trust.fade_in_s and config.limits.fallback is None:
                problems.add(ConfigError(
                    f'fade_in_s is {self.trust.fade_in_s:g}, but output {config.name!r} has '
                    f'nothing to begin from; set outputs.{config.name}.fallback or '
                    f'outputs.{config.name}.fade_in_from'))
        problems.raise_any()

    def _check_fade_in_from(self, config: OutputConfig) -> None:
        leaves = {leaf.name: leaf for leaf in self.leaves}
        name = f'outputs.{config.name}.fade_in_from'
        if config.fade_in_from not in leaves:
            raise ConfigError(
                f'{name} is {config.fade_in_from!r}, which is no input; inputs: '
                f'{enumeration(leaves)}')
        problems = Problems()
        if leaves[config.fade_in_from].feedback and not config.scaling.is_idle:
            problems.add(ConfigError(
                f"{name} is {config.fade_in_from!r}, which is fed back in the module's own unit, "
                'but the output has a scale or offset; name an input in the unit of what is '
                'published'))
        if not self.trust.fade_in_s:
            problems.add(ConfigError(f'{name} is set, but fade_in_s is not; set both'))
        problems.raise_any()
