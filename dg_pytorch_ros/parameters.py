# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Declare the parameters, check what the user gave, and turn it into a configuration."""

from dataclasses import fields
from difflib import get_close_matches
import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple, TypeVar

from dg_pytorch_ros.checks import check_names, check_rate, enumeration, Values
from dg_pytorch_ros.config import (
    InputConfig, ModelConfig, NodeConfig, OutputConfig, QosConfig, RealtimeConfig)
from dg_pytorch_ros.contract import Signature
from dg_pytorch_ros.errors import ConfigError, PytorchRosError
from dg_pytorch_ros.parameter_specs import (
    input_specs, NODE_SPECS, output_specs, Spec)
from dg_pytorch_ros.trust_config import LimitsConfig, TrustConfig
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

T = TypeVar('T')

_CONSTANT = re.compile(r'inputs\.(\w+)\.constant')

# `ros2 param dump` writes this for what is not set.
_NOT_SET = 'null'


class Changes(NamedTuple):
    """What was changed while the node runs."""

    constants: Dict[str, Values]
    rate_hz: Optional[float]


class Parameters:
    """
    The parameters of a node, declared with their descriptions.

    The node must be made with `automatically_declare_parameters_from_overrides`: what a file or
    the command line sets is then there to be read, checked, and declared again with its type.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._specs: Dict[str, Spec] = {}
        self._declared: Set[str] = set()
        self._problems: List[str] = []
        self._given: Dict[str, Any] = {
            name: parameter.value
            for name, parameter in node.get_parameters_by_prefix('').items()
            if parameter.value != _NOT_SET}
        self._declare('', NODE_SPECS)

    @property
    def autostart(self) -> bool:
        """Whether the node shall configure and activate by itself."""
        try:
            return bool(self._get('autostart'))
        except (ConfigError, ParameterException):
            return True  # configure will say what is wrong with it

    def unknown_names(self) -> List[str]:
        """Describe given parameters that look like a slip of a known one."""
        known = [*NODE_SPECS, 'use_sim_time', 'inputs', 'outputs', 'realtime']
        words = {name: name.partition('.')[0] for name in self._given}
        return [
            f'parameter {name!r} is not known and has no effect{_suggestion(word, known)}'
            for name, word in words.items()
            if word not in known and get_close_matches(word, known)]

    def read_model(self) -> ModelConfig:
        """Return which model to load; raise ConfigError if any parameter is of no use."""
        self._problems.clear()
        self._declare('', NODE_SPECS)  # again what could not be declared before
        self._raise_problems()
        self._check_realtime_names()
        self._read_trust()  # what it refuses needs no model
        return ModelConfig(
            path=self._get('model_path'), sha256=self._get('model_sha256'),
            device=self._get('device'), num_threads=self._get('num_threads'),
            warmup_runs=self._get('warmup_runs'))

    def read_node(self, signature: Signature) -> NodeConfig:
        """
        Declare the parameters of every input and output, and return the whole configuration.

        Names that are not given are the module's own. Raise ConfigError or ContractError.
        """
        self._check_given_names('input_names')
        self._check_given_names('output_names')
        input_names = signature.match_inputs(self._get('input_names'))
        output_names = signature.match_outputs(self._get('output_names'))
        check_names('input_names', input_names)
        check_names('output_names', output_names)
        known: Set[str] = set()
        for name in input_names:
            known |= self._declare(f'inputs.{name}.', input_specs(
                name, is_constant=f'inputs.{name}.constant' in self._given,
                is_feedback=bool(self._given.get(f'inputs.{name}.feedback'))))
        for name in output_names:
            known |= self._declare(f'outputs.{name}.', output_specs(name))
        self._check_known('inputs', 'input', input_names, known)
        self._check_known('outputs', 'output', output_names, known)
        self._raise_problems()
        return NodeConfig(
            inputs=tuple(self._read('input', name, self._read_input) for name in input_names),
            outputs=tuple(self._read('output', name, self._read_output) for name in output_names),
            trigger=self._get('trigger'), rate_hz=self._get('rate_hz'),
            trigger_inputs=tuple(self._get('trigger_inputs') or ()),
            realtime=self._read_realtime(), spin_us=self._get('realtime.spin_us'),
            trust=self._read_trust())

    def read_changes(self, parameters: Sequence[Parameter]) -> Changes:
        """Pick out what affects a running node; raise ConfigError if a value is of no use."""
        constants: Dict[str, Values] = {}
        rate_hz = None
        for parameter in parameters:
            constant = _CONSTANT.fullmatch(parameter.name)
            if constant:
                constants[constant[1]] = tuple(self._parse(parameter.name, parameter.value))
            elif parameter.name == 'rate_hz':
                rate_hz = self._parse(parameter.name, parameter.value)
                check_rate(rate_hz)
        return Changes(constants, rate_hz)

    def _declare(self, prefix: str, specs: Dict[str, Spec]) -> Set[str]:
        for field, spec in specs.items():
            name = prefix + field
            self._specs[name] = spec
            if name not in self._declared:
                try:
                    self._declare_one(name, spec)
                    self._declared.add(name)
                except (ConfigError, ParameterException) as error:
                    self._problems.append(str(error))
        return {prefix + field for field in specs}

    def _declare_one(self, name: str, spec: Spec) -> None:
        if not self._node.has_parameter(name):
            self._node.declare_parameter(name, spec.default, spec.descriptor())
            return
        # Not only what was given at the start: it may have been set since.
        given = self._node.get_parameter(name).value
        self._node.undeclare_parameter(name)
        try:
            value = spec.default if given == _NOT_SET else self._parse(name, given)
            self._node.declare_parameter(name, value, spec.descriptor(), ignore_override=True)
        except (ConfigError, ParameterException):
            # It stays as it is, open for a better value.
            self._node.declare_parameter(
                name, given, ParameterDescriptor(dynamic_typing=True), ignore_override=True)
            raise

    def _parse(self, name: str, value: Any) -> Any:
        try:
            return self._specs[name].read(value)
        except ValueError as error:
            raise ConfigError(f'{name} is {_plain(value)!r}; expected {error}') from None

    def _raise_problems(self) -> None:
        if self._problems:
            raise ConfigError('; '.join(self._problems))

    def _get(self, name: str) -> Any:
        value = self._node.get_parameter(name).value
        return None if value is None else self._parse(name, value)

    def _check_given_names(self, parameter: str) -> None:
        names = self._get(parameter)
        if names is not None:
            check_names(parameter, names)

    def _check_known(
        self, group: str, role: str, names: Sequence[str], known: Set[str]
    ) -> None:
        """Refuse given parameters of inputs or outputs that do not exist: they are slips."""
        for name in self._given:
            if name == group:
                raise ConfigError(
                    f'{group} is {_plain(self._given[name])!r}; expected a namespace for each '
                    f'{role}, for example {group}: {{{(*names, role)[0]}: {{topic: chatter}}}}')
            if not name.startswith(f'{group}.') or name in known:
                continue
            owner, _, field = name[len(group) + 1:].partition('.')
            if owner not in names:
                raise ConfigError(
                    f'{name} is set, but there is no {role} {owner!r}'
                    f'{_suggestion(owner, names)}; {role}s: {enumeration(names)}')
            for source in ('constant', 'feedback'):
                if f'{group}.{owner}.{source}' in self._given:
                    raise ConfigError(
                        f'{name} is set beside {group}.{owner}.{source}; '
                        f'a {source} has no such thing')
            fields = sorted(
                other.split('.', 2)[2] for other in known
                if other.startswith(f'{group}.{owner}.'))
            raise ConfigError(
                f'{name} is not known{_suggestion(field, fields)}; '
                f'known under {group}.{owner}: {enumeration(fields)}')

    def _check_realtime_names(self) -> None:
        known = sorted(name for name in NODE_SPECS if name.startswith('realtime.'))
        for name in self._given:
            if name.partition('.')[0] == 'realtime' and name not in known:
                raise ConfigError(
                    f'{name} is not known{_suggestion(name, known)}; known: {enumeration(known)}')

    def _read(self, role: str, name: str, read: Callable[[str], T]) -> T:
        try:
            return read(name)
        except PytorchRosError as error:
            raise ConfigError(f'{role} {name!r}: {error}') from error

    def _read_input(self, name: str) -> InputConfig:
        prefix = f'inputs.{name}.'
        given: Dict[str, Any] = {}
        if prefix + 'topic' in self._specs:
            given = {
                'topic': self._get(prefix + 'topic'), 'message_type': self._get(prefix + 'type'),
                'qos': self._read_qos(prefix), 'max_age_ms': self._get(prefix + 'max_age_ms'),
                'age_from': self._get(prefix + 'age_from')}
        for field in ('initial', 'constant'):
            if prefix + field in self._specs:
                given[field] = _tuple(self._get(prefix + field))
        if prefix + 'feedback' in self._specs:
            given['feedback'] = self._get(prefix + 'feedback')
        return InputConfig(
            name=name, dtype=self._get(prefix + 'dtype') or None,
            shape=_tuple(self._get(prefix + 'shape')), **given)

    def _read_output(self, name: str) -> OutputConfig:
        prefix = f'outputs.{name}.'
        return OutputConfig(
            name=name, topic=self._get(prefix + 'topic'),
            message_type=self._get(prefix + 'type'), qos=self._read_qos(prefix),
            limits=LimitsConfig(*(
                _tuple(self._get(prefix + field))
                for field in ('min', 'max', 'max_rate', 'fallback'))),
            fade_in_from=self._get(prefix + 'fade_in_from'))

    def _read_trust(self) -> TrustConfig:
        return TrustConfig(**{
            field.name: self._get(field.name) for field in fields(TrustConfig)})

    def _read_realtime(self) -> RealtimeConfig:
        cores = _tuple(self._get('realtime.cpu_affinity')) or ()
        threads = self._get('num_threads')
        if cores and threads > len(set(cores)):
            raise ConfigError(
                f'num_threads is {threads}, but realtime.cpu_affinity is {list(cores)}; threads '
                'that wait for each other on one core take many times as long, so give at least '
                'as many cores')
        return RealtimeConfig(
            priority=self._get('realtime.priority'), cpu_affinity=cores,
            lock_memory=self._get('realtime.lock_memory'))

    def _read_qos(self, prefix: str) -> QosConfig:
        return QosConfig(
            *(self._get(f'{prefix}qos.{field}') for field in (
                'reliability', 'durability', 'depth')))


def _suggestion(word: str, known: Sequence[str]) -> str:
    matches = get_close_matches(word, known, n=1)
    return f'; did you mean {matches[0]!r}?' if matches else ''


def _tuple(values: Optional[Sequence[Any]]) -> Optional[Tuple[Any, ...]]:
    return None if values is None else tuple(values)


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, 'tolist') else value
