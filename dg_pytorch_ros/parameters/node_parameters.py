# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Check what the user gave, and turn it into a configuration."""

from dataclasses import fields
import re
from typing import (
    Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple, TypeVar)

from dg_pytorch_ros.checks import check_names, check_rate, is_name, Values
from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.config.input_config import HistoryConfig, InputConfig
from dg_pytorch_ros.config.node_config import ModelConfig, NodeConfig, RealtimeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.scaling_config import ScalingConfig
from dg_pytorch_ros.config.topic_config import INPUT_QOS, OUTPUT_QOS, QosConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig, TrustConfig
from dg_pytorch_ros.contract import Argument, Signature
from dg_pytorch_ros.errors import about, ConfigError, Problems
from dg_pytorch_ros.parameters.declarations import Declarations
from dg_pytorch_ros.parameters.mentions import mentions
from dg_pytorch_ros.parameters.node_specs import NODE_SPECS
from dg_pytorch_ros.parameters.slips import refuse_unknown, refuse_unknown_in, suspicious_names
from dg_pytorch_ros.parameters.topic_specs import (
    input_specs, output_specs, source_specs, SourceKind)

_Match = Callable[[Optional[Sequence[str]]], Tuple[str, ...]]

_Config = TypeVar('_Config')

_CONSTANT = re.compile(r'inputs\.(\w+)(?:\.parts\.(\w+))?\.constant')


class Changes(NamedTuple):
    """What was changed while the node runs."""

    constants: Dict[str, Values]
    rate_hz: Optional[float]


class Parameters:
    """The parameters of a node, and the configuration that they make."""

    def __init__(self, declarations: Declarations) -> None:
        self._declarations = declarations
        self._given = declarations.given
        self._get = declarations.get
        declarations.declare('', NODE_SPECS)

    @property
    def autostart(self) -> bool:
        """Whether the node shall configure and activate by itself."""
        return bool(self._get('autostart'))  # if it is wrong, configure will say so

    def unknown_names(self) -> List[str]:
        """Describe given parameters that look like a slip of a known one."""
        return suspicious_names(
            self._given, [*NODE_SPECS, 'use_sim_time', 'inputs', 'outputs', 'realtime'])

    def read_model(self) -> ModelConfig:
        """Return which model to load; raise ConfigError if any parameter is of no use."""
        problems = Problems()
        self._declarations.forget_problems()
        self._declarations.declare('', NODE_SPECS)  # again: they may have been set since
        problems.attempt(
            refuse_unknown_in, self._given, 'realtime',
            sorted(name for name in NODE_SPECS if name.startswith('realtime.')))
        problems.attempt(self._read_trust)  # what it refuses needs no model
        config = problems.attempt(
            ModelConfig, path=self._get('model_path'), sha256=self._get('model_sha256'),
            device=self._get('device'), num_threads=self._get('num_threads'),
            warmup_runs=self._get('warmup_runs'),
            imports=tuple(self._get('model_imports') or ()))
        return self._settle(problems, config)

    def read_node(self, signature: Signature) -> NodeConfig:
        """
        Declare the parameters of every input and output, and return the whole configuration.

        Names and shapes that are not given are the module's own. Raise ConfigError or
        ContractError.
        """
        problems = Problems()
        input_names = self._read_names('input_names', signature.match_inputs, problems)
        output_names = self._read_names('output_names', signature.match_outputs, problems)
        known: Set[str] = set()
        for name in input_names:
            known |= self._declare_input(name, problems)
        problems.attempt(refuse_unknown, self._given, 'inputs', 'input', input_names, known)
        known = set()
        for name in output_names:
            known |= self._declarations.declare(f'outputs.{name}.', output_specs(name))
        problems.attempt(refuse_unknown, self._given, 'outputs', 'output', output_names, known)
        shapes = dict(zip(input_names, map(_whole_shape, signature.arguments)))
        config = self._read_config(input_names, output_names, shapes, problems)
        return self._settle(problems, config)

    def read_changes(self, changed: Mapping[str, Any]) -> Changes:
        """Pick out what affects a running node; raise ConfigError if a value is of no use."""
        constants: Dict[str, Values] = {}
        rate_hz = None
        for parameter, value in changed.items():
            constant = _CONSTANT.fullmatch(parameter)
            if constant:
                name = '.'.join(filter(None, constant.groups()))
                constants[name] = tuple(self._declarations.parse(parameter, value))
            elif parameter == 'rate_hz':
                rate_hz = self._declarations.parse(parameter, value)
                check_rate(rate_hz)
        return Changes(constants, rate_hz)

    def _settle(self, problems: Problems, config: Optional[_Config]) -> _Config:
        """
        Return a configuration that was attempted; raise all that is wrong, if anything is.

        What only follows from a value that is of no use is not said.
        """
        found = Problems()
        for wrong_value in self._declarations.problems:
            found.add(wrong_value)
        for problem in problems.found:
            if not mentions(str(problem), self._declarations.wrong_names):
                found.add(problem)
        return found.settle(config)

    def _read_names(self, parameter: str, match: _Match, problems: Problems) -> Tuple[str, ...]:
        """Return the names of inputs or outputs; if they are wrong, those that may be meant."""
        names = problems.attempt(self._match_names, parameter, match)
        if names is None or parameter in self._declarations.wrong_names:
            group = parameter.replace('_names', 's')
            return self._meant_names(group, names or self._get(parameter) or ())
        return names

    def _match_names(self, parameter: str, match: _Match) -> Tuple[str, ...]:
        given = self._get(parameter)
        if given is not None:
            check_names(parameter, given)
        names = match(given)
        check_names(parameter, names)
        return names

    def _meant_names(self, group: str, names: Sequence[str]) -> Tuple[str, ...]:
        """Return usable names, and those under which something is set."""
        prefix = f'{group}.'
        owners = [
            name[len(prefix):].partition('.')[0] for name in self._given
            if name.startswith(prefix)]
        return tuple(dict.fromkeys(name for name in (*names, *owners) if is_name(name)))

    def _read_config(
        self, input_names: Sequence[str], output_names: Sequence[str],
        shapes: Mapping[str, Optional[Tuple[int, ...]]], problems: Problems
    ) -> Optional[NodeConfig]:
        inputs = [
            problems.attempt(self._read_input, name, shapes.get(name)) for name in input_names]
        outputs = [problems.attempt(self._read_output, name) for name in output_names]
        realtime = problems.attempt(self._read_realtime)
        trust = problems.attempt(self._read_trust)
        is_known = bool(input_names and output_names) or not problems
        if None in inputs or None in outputs or not (realtime and trust and is_known):
            return None  # what there is of them would not agree with each other
        return problems.attempt(
            NodeConfig, inputs=tuple(inputs), outputs=tuple(outputs),
            trigger=self._get('trigger'), rate_hz=self._get('rate_hz'),
            trigger_inputs=tuple(self._get('trigger_inputs') or ()),
            realtime=realtime, spin_us=self._get('realtime.spin_us'), trust=trust)

    def _declare_input(self, name: str, problems: Problems) -> Set[str]:
        prefix = f'inputs.{name}.'
        source = self._source(prefix)
        known = self._declarations.declare(prefix, input_specs(name, source))
        if source != 'parts':
            return known
        parts: Set[str] = set()
        problems.attempt(self._check_part_names, prefix)
        part_names = self._part_names(prefix)
        for part_name in part_names:
            part_prefix = f'{prefix}parts.{part_name}.'
            parts |= self._declarations.declare(
                part_prefix, source_specs(part_name, self._source(part_prefix)))
        problems.attempt(
            refuse_unknown, self._given, f'{prefix}parts', 'part', part_names, parts)
        # What is unknown there has been refused.
        return known | {name for name in self._given if name.startswith(f'{prefix}parts.')}

    def _source(self, prefix: str) -> SourceKind:
        if prefix + 'part_names' in self._given:
            return 'parts'
        if prefix + 'constant' in self._given:
            return 'constant'
        return 'feedback' if self._given.get(prefix + 'feedback') else 'topic'

    def _check_part_names(self, prefix: str) -> None:
        parameter = prefix + 'part_names'
        if parameter in self._declarations.wrong_names:
            return
        names = self._get(parameter)
        if not names:
            raise ConfigError(f'{parameter} is []; expected the name of each part')
        check_names(parameter, names)

    def _part_names(self, prefix: str) -> Tuple[str, ...]:
        """Return the names of an input's parts; if they are wrong, those that may be meant."""
        names = tuple(self._get(prefix + 'part_names') or ())
        try:
            check_names('', names)
        except ConfigError:
            names = ()
        return names or self._meant_names(f'{prefix}parts', names)

    def _read_input(self, name: str, stated: Optional[Tuple[int, ...]]) -> InputConfig:
        prefix = f'inputs.{name}.'
        problems = Problems()
        with about(f'input {name!r}'):
            history = problems.attempt(
                HistoryConfig, self._get(prefix + 'history'), self._get(prefix + 'history_order'),
                self._get(prefix + 'history_fill'))
            shape = _tuple(self._get(prefix + 'shape'))
            given: Dict[str, Any] = {
                'dtype': self._get(prefix + 'dtype') or None,
                'shape': stated if shape is None else shape,
                'history': history or HistoryConfig()}
            if self._source(prefix) == 'parts':
                parts = [
                    problems.attempt(self._read_part, name, part)
                    for part in self._part_names(prefix)]
                given['parts'] = tuple(filter(None, parts))
            else:
                given.update(self._read_source(prefix, problems))
            return problems.settle(problems.attempt(InputConfig, name=name, **given))

    def _read_part(self, owner: str, name: str) -> InputConfig:
        problems = Problems()
        with about(f'part {name!r}'):
            source = self._read_source(f'inputs.{owner}.parts.{name}.', problems)
            return problems.settle(
                problems.attempt(InputConfig, name=f'{owner}.{name}', **source))

    def _read_source(self, prefix: str, problems: Problems) -> Dict[str, Any]:
        """Return what a source has; instead of what is wrong with it, what it has by default."""
        given: Dict[str, Any] = {
            'initial': _tuple(self._get(prefix + 'initial')),
            'constant': _tuple(self._get(prefix + 'constant')),
            'feedback': self._get(prefix + 'feedback') or '',
            'conversion':
                problems.attempt(self._read_conversion, prefix) or ConversionConfig()}
        if self._source(prefix) != 'topic':
            return given
        return {
            **given,
            'topic': self._get(prefix + 'topic'), 'message_type': self._get(prefix + 'type'),
            'qos': problems.attempt(self._read_qos, prefix) or INPUT_QOS,
            'max_age_ms': self._get(prefix + 'max_age_ms'),
            'age_from': self._get(prefix + 'age_from'),
            'field': tuple(self._get(prefix + 'field') or ()),
            'select': tuple(self._get(prefix + 'select') or ()),
            'name_field': self._get(prefix + 'name_field'),
            'image': problems.attempt(
                ImageConfig, self._get(prefix + 'layout'), _tuple(self._get(prefix + 'resize')),
                self._get(prefix + 'color')) or ImageConfig()}

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
        limits, scaling = (
            [_tuple(self._get(prefix + field)) for field in fields]
            for fields in (('min', 'max', 'max_rate', 'fallback'), ('scale', 'offset')))
        problems = Problems()
        with about(f'output {name!r}'):
            return problems.settle(problems.attempt(
                OutputConfig, name=name, message_type=self._get(prefix + 'type'),
                qos=problems.attempt(self._read_qos, prefix) or OUTPUT_QOS,
                limits=problems.attempt(LimitsConfig, *limits) or LimitsConfig(),
                scaling=problems.attempt(ScalingConfig, *scaling) or ScalingConfig(), **given))

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


def _whole_shape(argument: Argument) -> Optional[Tuple[int, ...]]:
    """Return the shape that the file says, if it leaves no size to whoever sends."""
    shape = argument.shape
    return None if shape is None or -1 in shape else shape


def _tuple(values: Optional[Sequence[Any]]) -> Optional[Tuple[Any, ...]]:
    return None if values is None else tuple(values)
