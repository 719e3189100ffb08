# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Check what the user gave, and turn it into a configuration."""

from dataclasses import fields
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from dg_pytorch_ros.checks import check_names, check_rate, Values
from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.config.input_config import HistoryConfig, InputConfig
from dg_pytorch_ros.config.node_config import ModelConfig, NodeConfig, RealtimeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.scaling_config import ScalingConfig
from dg_pytorch_ros.config.topic_config import QosConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig, TrustConfig
from dg_pytorch_ros.contract import Signature
from dg_pytorch_ros.errors import about, ConfigError
from dg_pytorch_ros.parameters.declarations import Declarations
from dg_pytorch_ros.parameters.node_specs import NODE_SPECS
from dg_pytorch_ros.parameters.slips import refuse_unknown, refuse_unknown_in, suspicious_names
from dg_pytorch_ros.parameters.topic_specs import (
    input_specs, output_specs, source_specs, SourceKind)
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

_CONSTANT = re.compile(r'inputs\.(\w+)(?:\.parts\.(\w+))?\.constant')


class Changes(NamedTuple):
    """What was changed while the node runs."""

    constants: Dict[str, Values]
    rate_hz: Optional[float]


class Parameters:
    """The parameters of a node, and the configuration that they make."""

    def __init__(self, node: Node) -> None:
        self._declarations = Declarations(node)
        self._given = self._declarations.given
        self._get = self._declarations.get
        self._declarations.declare('', NODE_SPECS)

    @property
    def autostart(self) -> bool:
        """Whether the node shall configure and activate by itself."""
        try:
            return bool(self._get('autostart'))
        except (ConfigError, ParameterException):
            return True  # configure will say what is wrong with it

    def unknown_names(self) -> List[str]:
        """Describe given parameters that look like a slip of a known one."""
        return suspicious_names(
            self._given, [*NODE_SPECS, 'use_sim_time', 'inputs', 'outputs', 'realtime'])

    def read_model(self) -> ModelConfig:
        """Return which model to load; raise ConfigError if any parameter is of no use."""
        self._declarations.forget_problems()
        self._declarations.declare('', NODE_SPECS)  # again what could not be declared before
        self._declarations.raise_problems()
        refuse_unknown_in(
            self._given, 'realtime',
            sorted(name for name in NODE_SPECS if name.startswith('realtime.')))
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
        refuse_unknown(
            self._given, 'inputs', 'input', input_names,
            set().union(*map(self._declare_input, input_names)))
        refuse_unknown(
            self._given, 'outputs', 'output', output_names,
            set().union(*map(self._declare_output, output_names)))
        self._declarations.raise_problems()
        return NodeConfig(
            inputs=tuple(map(self._read_input, input_names)),
            outputs=tuple(map(self._read_output, output_names)),
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
                name = '.'.join(filter(None, constant.groups()))
                constants[name] = tuple(
                    self._declarations.parse(parameter.name, parameter.value))
            elif parameter.name == 'rate_hz':
                rate_hz = self._declarations.parse(parameter.name, parameter.value)
                check_rate(rate_hz)
        return Changes(constants, rate_hz)

    def _check_given_names(self, parameter: str) -> None:
        names = self._get(parameter)
        if names is not None:
            check_names(parameter, names)

    def _declare_input(self, name: str) -> Set[str]:
        prefix = f'inputs.{name}.'
        source = self._source(prefix)
        known = self._declarations.declare(prefix, input_specs(name, source))
        if source != 'parts':
            return known
        part_names = self._part_names(prefix)
        parts: Set[str] = set()
        for part_name in part_names:
            part_prefix = f'{prefix}parts.{part_name}.'
            parts |= self._declarations.declare(
                part_prefix, source_specs(part_name, self._source(part_prefix)))
        refuse_unknown(self._given, f'{prefix}parts', 'part', part_names, parts)
        return known | parts

    def _declare_output(self, name: str) -> Set[str]:
        return self._declarations.declare(f'outputs.{name}.', output_specs(name))

    def _source(self, prefix: str) -> SourceKind:
        if prefix + 'part_names' in self._given:
            return 'parts'
        if prefix + 'constant' in self._given:
            return 'constant'
        return 'feedback' if self._given.get(prefix + 'feedback') else 'topic'

    def _part_names(self, prefix: str) -> Tuple[str, ...]:
        names = tuple(self._get(prefix + 'part_names') or ())
        if not names:
            raise ConfigError(f'{prefix}part_names is []; expected the name of each part')
        check_names(f'{prefix}part_names', names)
        return names

    def _read_input(self, name: str) -> InputConfig:
        prefix = f'inputs.{name}.'
        with about(f'input {name!r}'):
            tensor: Dict[str, Any] = {
                'dtype': self._get(prefix + 'dtype') or None,
                'shape': _tuple(self._get(prefix + 'shape')),
                'history': HistoryConfig(
                    self._get(prefix + 'history'), self._get(prefix + 'history_order'),
                    self._get(prefix + 'history_fill'))}
            if self._source(prefix) != 'parts':
                return InputConfig(name=name, **tensor, **self._read_source(prefix))
            return InputConfig(name=name, **tensor, parts=tuple(
                self._read_part(name, part) for part in self._part_names(prefix)))

    def _read_part(self, owner: str, name: str) -> InputConfig:
        with about(f'part {name!r}'):
            return InputConfig(
                name=f'{owner}.{name}', **self._read_source(f'inputs.{owner}.parts.{name}.'))

    def _read_source(self, prefix: str) -> Dict[str, Any]:
        given: Dict[str, Any] = {
            'initial': _tuple(self._get(prefix + 'initial')),
            'constant': _tuple(self._get(prefix + 'constant')),
            'feedback': self._get(prefix + 'feedback') or '',
            'conversion': self._read_conversion(prefix)}
        if self._source(prefix) != 'topic':
            return given
        return {
            **given,
            'topic': self._get(prefix + 'topic'), 'message_type': self._get(prefix + 'type'),
            'qos': self._read_qos(prefix), 'max_age_ms': self._get(prefix + 'max_age_ms'),
            'age_from': self._get(prefix + 'age_from'),
            'field': tuple(self._get(prefix + 'field') or ()),
            'select': tuple(self._get(prefix + 'select') or ()),
            'name_field': self._get(prefix + 'name_field'),
            'image': ImageConfig(
                self._get(prefix + 'layout'), _tuple(self._get(prefix + 'resize')),
                self._get(prefix + 'color'))}

    def _read_conversion(self, prefix: str) -> ConversionConfig:
        lists = ('scale', 'offset', 'clip', 'mean', 'std')
        replacements = ('nan', 'posinf', 'neginf')
        given: Dict[str, Any] = {name: _tuple(self._get(prefix + name)) for name in lists}
        given.update({name: self._get(f'{prefix}replace.{name}') for name in replacements})
        return ConversionConfig(**given)

    def _read_output(self, name: str) -> OutputConfig:
        prefix = f'outputs.{name}.'
        given: Dict[str, Any] = {
            field: self._get(prefix + field) for field in (
                'topic', 'name_field', 'frame_id', 'stamp_from', 'time_from_start_ms', 'encoding',
                'layout', 'fade_in_from')}
        given.update({
            field: tuple(self._get(prefix + field) or ()) for field in ('field', 'names')})
        with about(f'output {name!r}'):
            return OutputConfig(
                name=name, message_type=self._get(prefix + 'type'), qos=self._read_qos(prefix),
                limits=LimitsConfig(*(
                    _tuple(self._get(prefix + field))
                    for field in ('min', 'max', 'max_rate', 'fallback'))),
                scaling=ScalingConfig(
                    _tuple(self._get(prefix + 'scale')), _tuple(self._get(prefix + 'offset'))),
                **given)

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


def _tuple(values: Optional[Sequence[Any]]) -> Optional[Tuple[Any, ...]]:
    return None if values is None else tuple(values)
