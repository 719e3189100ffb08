# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whatever parameters are given: a configuration that agrees with itself, or one clear error."""

from array import array
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import count
import math
from multiprocessing import get_context
import os
import re
from types import SimpleNamespace
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple, Union

from dg_pytorch_ros.ages import AgeClock
from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.config.input_config import DTYPES, InputConfig
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.offline.node import OfflineNode
from dg_pytorch_ros.parameters.declarations import Declarations
from dg_pytorch_ros.parameters.file_declarations import FileDeclarations
from dg_pytorch_ros.parameters.node_declarations import NodeDeclarations
from dg_pytorch_ros.parameters.node_parameters import Parameters
from dg_pytorch_ros.parameters.node_specs import NODE_SPECS
from dg_pytorch_ros.parameters.topic_specs import input_specs, output_specs, source_specs
from dg_pytorch_ros.wiring import Wiring
from domains import own_domain
from hypothesis import given, seed, settings, strategies
import numpy as np
import pytest
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.clock import ROSClock
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

Outcome = Union[NodeConfig, PytorchRosError]

EXAMPLES = 10_000
PROCESSES = 4
NODES_OF_THEIR_OWN = 200
_CORNERS_PER_NODE = 50

SIGNATURES = (
    Signature((Argument('x'),), Result('Tensor')),
    Signature((Argument('x'), Argument('y')), Result('Tensor')),
    Signature(
        (Argument('x'), Argument('y'), Argument('gain', 'float', True)),
        Result('(Tensor, Tensor)', ('Tensor', 'Tensor'))),
    Signature((Argument('x'), Argument('y')), Result('N', ('Tensor', 'Tensor'), ('u', 'v'))),
    Signature((Argument('x'),), Result('List[Tensor]', is_open=True)),
    Signature((Argument('x', 'Dict[str, Tensor]'),), Result('Tensor')),
    Signature((), Result('Tensor')),
)
INPUTS = ('x', 'y', 'gain', 'xx')
PARTS = ('a', 'b')
OUTPUTS = ('output', 'output_0', 'output_1', 'u', 'v', 'out')

# For each kind of parameter: values of the right type, good and bad, and values of a wrong type.
TEXTS: Tuple[Any, ...] = ('x', 'y', 'output', 'u', '/cmd', '', 'no such thing', 'ü\n\t', 'a' * 300)
REACTIONS: Tuple[Any, ...] = ('skip', 'hold', 'fallback', 'deactivate', 'publish', 'Skip', '')
REALS: Tuple[Any, ...] = (
    1.0, 20.0, 0.5, 1000, 1, 0.0, -1.0, 1e-300, 1e300, math.nan, math.inf, -math.inf, 2 ** 62)
WHOLES: Tuple[Any, ...] = (1, 3, 10, 100, 0, -1, 2 ** 62, -2 ** 62)
NUMBERS: Tuple[Any, ...] = (
    [0.0], [1.0], [0.0, 0.0], [1.0, 2.0], [-1.0, -2.0], [1, 2], [True], 0.5, 3,
    array('d', [0.0, 1.0]), array('q', [1, 2]), [5.0, 5.0, 5.0], [math.nan], [0.0, math.inf],
    [1e308, -1e308])
SIZES: Tuple[Any, ...] = ([1], [2], [1, 2], [-1], [-1, 2], array('q', [2]), [0], [-2], [2 ** 62])
NAMES: Tuple[Any, ...] = (
    ['x'], ['x', 'y'], ['y', 'x'], ['output'], ['u'], ['u', 'v'], ['x', 'x'], ['a', 'b'],
    ['x', 'y', 'gain'], ['1st'], [''], ['a.b'], ['out', 'out'], ['x.a'], ['x.b', 'y'])
PART_NAMES: Tuple[Any, ...] = (
    ['a'], ['a', 'b'], ['a', 'b'], ['b', 'a'], ['a', 'a'], ['a', 'x'], ['1st'], ['a.b'], [''])
FIELDS: Tuple[Any, ...] = (
    'data', 'position', ['position', 'velocity'], 'linear', ['linear.x', 'angular.z'], 'x',
    'ranges', 'points[0].positions', 'header', 'no such field', '', ['data', 'data'], 'a..b')


class Kind(NamedTuple):
    """What a parameter may hold."""

    right: Tuple[Any, ...]
    wrong: Tuple[Any, ...]


TEXT = Kind(TEXTS, (1, 2.5, True, ['x'], [1.0]))
REACTION = Kind(REACTIONS, TEXT.wrong)
REAL = Kind(REALS, ('1.0', True, [1.0], ['x'], [2]))
WHOLE = Kind(WHOLES, (1.0, '1', False, [1], [1.0]))
TRUTH = Kind((True, False), (1, 'true', 1.0, [True]))
NUMBER_LIST = Kind(NUMBERS, ('1.0', ['1.0']))
SIZE_LIST = Kind(SIZES, (2, [2.0], 'x', True, [True]))
NAME_LIST = Kind(NAMES, ('x', 1, [1.0], True))
PART_LIST = Kind(PART_NAMES, NAME_LIST.wrong)
TEXT_LIST = Kind(FIELDS, (1, 2.5, True, [1.0], [1]))
CORES = Kind((0, 1, [0], [0, 1], [-1], -1, [2 ** 62]), (1.0, '0', ['0'], [0.5]))


def choice(*right: Any) -> Kind:
    return Kind(right, TEXT.wrong)


OF_NODE: Dict[str, Kind] = {
    'autostart': TRUTH, 'model_path': choice('m.pt', 'm.pt', 'm.pt', ''),
    'model_sha256': choice('', 'f' * 64, 'f' * 63), 'device': choice('cpu', 'cuda', 'gpu'),
    'model_imports': NAME_LIST,
    'num_threads': WHOLE, 'warmup_runs': WHOLE,
    'trigger': choice('timer', 'timer', 'message', 'event', ''), 'trigger_inputs': NAME_LIST,
    'rate_hz': REAL, 'input_names': NAME_LIST, 'output_names': NAME_LIST,
    'on_stale': REACTION, 'on_nonfinite': REACTION, 'on_error': REACTION, 'on_overrun': REACTION,
    'max_failures': WHOLE, 'deadline_ms': REAL, 'fade_in_s': REAL, 'enable_topic': TEXT,
    'enable_max_age_ms': REAL, 'exclusive_outputs': TRUTH, 'realtime.priority': WHOLE,
    'realtime.cpu_affinity': CORES, 'realtime.lock_memory': TRUTH, 'realtime.spin_us': WHOLE,
}
QOS: Dict[str, Kind] = {
    'qos.reliability': choice('reliable', 'best_effort', 'Reliable'),
    'qos.durability': choice('volatile', 'transient_local', ''), 'qos.depth': WHOLE,
}
TYPE = choice(
    'std_msgs/msg/Float64', 'std_msgs/msg/Float32MultiArray', 'geometry_msgs/msg/PoseStamped', '',
    'sensor_msgs/msg/JointState', 'sensor_msgs/msg/JointState', 'geometry_msgs/msg/Twist',
    'sensor_msgs/msg/Imu', 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage',
    'sensor_msgs/msg/PointCloud2', 'sensor_msgs/msg/LaserScan', 'std_msgs/msg/String',
    'trajectory_msgs/msg/JointTrajectory', 'no_msgs/msg/None')
NAME_FIELD = choice('name', 'joint_names', '', 'position', 'no such field')
LAYOUT = choice('hwc', 'chw', 'chw', 'HWC', '')
# Of a part, and of an input without parts.
OF_SOURCE: Dict[str, Kind] = {
    'topic': TEXT, 'type': TYPE, **QOS, 'initial': NUMBER_LIST, 'constant': NUMBER_LIST,
    'feedback': choice('output', 'u', 'output_0', '', 'nothing'), 'max_age_ms': REAL,
    'age_from': choice('arrival', 'stamp', 'header'), 'field': TEXT_LIST, 'select': NAME_LIST,
    'name_field': NAME_FIELD, 'scale': NUMBER_LIST, 'offset': NUMBER_LIST, 'clip': NUMBER_LIST,
    'replace.nan': REAL, 'replace.posinf': REAL, 'replace.neginf': REAL, 'layout': LAYOUT,
    'resize': SIZE_LIST, 'color': choice('rgb', 'bgr', 'gray', '', 'RGB'), 'mean': NUMBER_LIST,
    'std': NUMBER_LIST,
}
OF_INPUT: Dict[str, Kind] = {
    **OF_SOURCE, 'dtype': choice('', 'float32', 'int8', 'complex64'), 'shape': SIZE_LIST,
    'part_names': PART_LIST, 'history': WHOLE,
    'history_order': choice('newest_first', 'oldest_first', 'newest'),
    'history_fill': choice('repeat', 'zeros', 'ones'),
}
OF_OUTPUT: Dict[str, Kind] = {
    'topic': TEXT, 'type': TYPE, **QOS, 'fallback': NUMBER_LIST, 'min': NUMBER_LIST,
    'max': NUMBER_LIST, 'max_rate': NUMBER_LIST,
    'fade_in_from': choice('x', 'y', '', 'none', 'x.a'), 'field': TEXT_LIST, 'names': NAME_LIST,
    'name_field': NAME_FIELD, 'frame_id': TEXT, 'time_from_start_ms': REAL,
    'stamp_from': choice('x', 'y', '', 'none', 'x.a', 'x.b'), 'scale': NUMBER_LIST,
    'offset': NUMBER_LIST, 'encoding': choice('', 'rgb8', '32FC1', 'rgb'), 'layout': LAYOUT,
}
KINDS: Dict[str, Kind] = {
    **OF_NODE,
    **{f'inputs.{name}.{field}': kind for name in INPUTS for field, kind in OF_INPUT.items()},
    **{f'inputs.{name}.parts.{part}.{field}': kind
       for name in INPUTS for part in PARTS for field, kind in OF_SOURCE.items()},
    **{f'outputs.{name}.{field}': kind for name in OUTPUTS for field, kind in OF_OUTPUT.items()},
}
# What a robot would have, to begin from.
SOURCES: Tuple[Dict[str, Any], ...] = (
    {'topic': 'imu', 'type': 'sensor_msgs/msg/Imu', 'field': 'angular_velocity', 'scale': 0.25},
    {'type': 'geometry_msgs/msg/Twist', 'field': ['linear.x', 'linear.y', 'angular.z'],
     'initial': [0.0, 0.0, 0.0]},
    {'topic': 'joints', 'type': 'sensor_msgs/msg/JointState', 'field': 'position',
     'select': ['hip', 'knee'], 'offset': [-0.1, -0.8], 'max_age_ms': 20.0, 'age_from': 'stamp'},
    {'topic': 'joints', 'type': 'sensor_msgs/msg/JointState', 'field': ['velocity', 'effort'],
     'select': ['hip', 'knee'], 'name_field': 'name'},
    {'feedback': 'output', 'initial': [0.0, 0.0], 'scale': [1.0, 2.0]},
    {'constant': [1.0, 2.0], 'clip': [0.0, 1.5]},
    {'type': 'sensor_msgs/msg/LaserScan', 'field': 'ranges', 'replace.posinf': 30.0,
     'replace.nan': 0.0, 'clip': [0.0, 30.0]},
    {'type': 'sensor_msgs/msg/Image', 'layout': 'chw', 'resize': [2, 3], 'color': 'rgb',
     'mean': [0.5, 0.4, 0.3], 'std': [0.2]},
    {'type': 'sensor_msgs/msg/PointCloud2', 'field': ['x', 'y', 'z', 'intensity']},
)
TARGETS: Tuple[Dict[str, Any], ...] = (
    {'type': 'sensor_msgs/msg/JointState', 'field': 'position', 'names': ['hip', 'knee'],
     'scale': 0.25, 'offset': [0.1, 0.8], 'stamp_from': 'x'},
    {'type': 'trajectory_msgs/msg/JointTrajectory', 'field': 'points[0].positions',
     'names': ['hip', 'knee'], 'time_from_start_ms': 20.0, 'stamp_from': 'x.a'},
    {'type': 'geometry_msgs/msg/TwistStamped', 'frame_id': 'base', 'stamp_from': 'x.b'},
    {'type': 'sensor_msgs/msg/Image', 'encoding': 'rgb8', 'layout': 'chw', 'frame_id': 'camera'},
)
# What a hand that slips writes; some of it cannot be told from another program's parameters.
SLIPS = (
    'inputs', 'outputs', 'inputs.x', 'inputs.x.topc', 'inputs.x.qos', 'inputs.x.qos.depht',
    'inputs.x.maxage_ms', 'inputs..topic', 'inputs.x.parts', 'inputs.x.parts.a',
    'inputs.x.parts.a.topc', 'inputs.x.parts.c.topic', 'inputs.x.parts.a.shape',
    'inputs.x.replace', 'inputs.x.replace.inf', 'inputs.x.historry', 'outputs.output.fall_back',
    'outputs.output.min.x', 'realtime.prio', 'realtime.', 'rate', 'on_stal', 'onstale',
    'deadline', 'topic', 'Trigger', 'unrelated', 'use_sim_time.x', 'ü', ' ')
ANYTHING: Tuple[Any, ...] = (1, 1.0, True, 'x', [1.0], ['x'], 'null', [])
# What must be said by every configuration that is of any use, left out now and then.
USUAL = {'model_path': 'm.pt'}

_SPECS_OF_INPUTS = {
    field for source in ('topic', 'constant', 'feedback', 'parts')
    for field in input_specs('x', source)}
_EVERY_KNOWN = [*NODE_SPECS, *_SPECS_OF_INPUTS, *output_specs('y')]


class Given(NamedTuple):
    """Parameters as a file may give them; `wrong` are those whose type is wrong."""

    signature: Signature
    values: Dict[str, Any]
    wrong: Tuple[str, ...]


def output_names(signature: Signature) -> Tuple[str, ...]:
    """Return the names that the outputs have unless others are given."""
    if signature.result.names or len(signature.result.types) == 1:
        return signature.result.names or ('output',)
    return tuple(f'output_{index}' for index in range(len(signature.result.types)))


def likely_names(signature: Signature) -> List[str]:
    inputs = [argument.name for argument in signature.arguments]
    outputs = output_names(signature)
    return [
        *OF_NODE, *(f'inputs.{name}.{field}' for name in inputs for field in OF_INPUT),
        *(f'inputs.{name}.parts.{part}.{field}'
          for name in inputs[:1] for part in PARTS for field in ('topic', 'type')),
        *(f'outputs.{name}.{field}' for name in outputs for field in OF_OUTPUT)]


def families(signature: Signature) -> List[Tuple[str, ...]]:
    """Return parameters that must agree with each other."""
    outputs = output_names(signature)
    fallbacks = tuple(f'outputs.{name}.fallback' for name in outputs)
    return [
        *((f'outputs.{name}.min', f'outputs.{name}.max') for name in outputs),
        *(tuple(f'outputs.{name}.{field}' for field in ('fallback', 'min', 'max', 'max_rate'))
          for name in outputs),
        *(('fade_in_s', f'outputs.{name}.fade_in_from', *fallbacks) for name in outputs),
        *((f'inputs.{argument.name}.feedback', f'inputs.{argument.name}.initial')
          for argument in signature.arguments),
        *(('on_stale', f'inputs.{argument.name}.max_age_ms', *fallbacks)
          for argument in signature.arguments),
        *(family for argument in signature.arguments
          for family in families_of_input(f'inputs.{argument.name}.')),
        *(family for name in outputs for family in families_of_output(f'outputs.{name}.')),
        ('on_error', *fallbacks), ('on_overrun', 'deadline_ms'),
        ('enable_topic', 'enable_max_age_ms'), ('trigger', 'rate_hz', 'realtime.spin_us'),
        ('trigger', 'trigger_inputs'), ('num_threads', 'realtime.cpu_affinity'),
        ('input_names', 'output_names')]


def families_of_input(prefix: str) -> List[Tuple[str, ...]]:
    named = [('type', 'field'), ('type', 'field', 'select'), ('type', 'select', 'name_field')]
    source = [
        *named, ('scale', 'offset'), ('type', 'scale', 'clip'), ('type', 'layout', 'resize'),
        ('type', 'color', 'mean', 'std'), ('replace.nan', 'replace.posinf', 'clip'),
        ('type', 'age_from', 'max_age_ms')]
    of_input = [
        *source, ('history', 'history_order', 'history_fill'), ('shape', 'history'),
        ('type', 'shape', 'scale'), ('feedback', 'initial', 'history')]
    in_parts = [
        *source, ('constant', 'scale'), ('feedback',), ('feedback', 'initial'), ('topic', 'type')]
    return [
        *(tuple(prefix + field for field in family) for family in of_input),
        *((f'{prefix}part_names', *(f'{prefix}parts.{part}.{field}' for field in family))
          for family in in_parts for part in PARTS),
        *((f'{prefix}part_names', f'{prefix}shape', f'{prefix}parts.a.feedback',
           f'{prefix}parts.b.constant', *others)
          for others in ((), (f'{prefix}history',), ('trigger', 'trigger_inputs'))),
        (f'{prefix}part_names', f'{prefix}parts.a.type', f'{prefix}parts.b.type',
         f'{prefix}parts.a.topic', f'{prefix}parts.b.topic')]


def families_of_output(prefix: str) -> List[Tuple[str, ...]]:
    return [
        tuple(prefix + field for field in family) for family in (
            ('type', 'field'), ('type', 'field', 'names'), ('type', 'names', 'name_field'),
            ('type', 'frame_id', 'stamp_from'), ('type', 'time_from_start_ms'),
            ('type', 'encoding', 'layout'), ('scale', 'offset'), ('scale', 'min', 'fallback'))]


FAMILIES = [families(signature) for signature in SIGNATURES]
NAMES_BY_SIGNATURE = [likely_names(signature) for signature in SIGNATURES]
EVERY_NAME = list(KINDS)


@strategies.composite
def of_a_robot(draw: Any, signature: Signature) -> Dict[str, Any]:
    """Draw what inputs and outputs would have on a robot."""
    values: Dict[str, Any] = {}
    sources = strategies.sampled_from(SOURCES)
    for argument in signature.arguments[:draw(strategies.integers(0, 2))]:
        prefix = f'inputs.{argument.name}.'
        if draw(strategies.booleans()):
            values.update(under(prefix, draw(sources)))
        else:
            part_names = draw(strategies.sampled_from([['a'], ['a', 'b'], ['b', 'a']]))
            values[f'{prefix}part_names'] = part_names
            for name in part_names:
                values.update(under(f'{prefix}parts.{name}.', draw(sources)))
        if draw(strategies.booleans()):
            values[f'{prefix}history'] = draw(strategies.integers(2, 3))
    for name in output_names(signature)[:draw(strategies.integers(0, 1))]:
        values.update(under(f'outputs.{name}.', draw(strategies.sampled_from(TARGETS))))
    return values


def under(prefix: str, values: Dict[str, Any]) -> Dict[str, Any]:
    return {prefix + name: value for name, value in values.items()}


@strategies.composite
def configurations(draw: Any) -> Given:
    """Draw some parameters: most of them known and of the right type, so that others count."""
    index = draw(strategies.sampled_from([0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6]))
    values: Dict[str, Any] = dict(USUAL)
    wrong = []
    if draw(strategies.booleans()):
        values.update(draw(of_a_robot(SIGNATURES[index])))
    for way in draw(strategies.lists(strategies.integers(0, 39), max_size=7)):
        if way < 15:
            for name in draw(strategies.sampled_from(FAMILIES[index])):
                values[name] = draw(strategies.sampled_from(KINDS[name].right))
        elif way < 35:
            name = draw(strategies.sampled_from(NAMES_BY_SIGNATURE[index]))
            values[name] = draw(strategies.sampled_from(KINDS[name].right))
        elif way < 37:
            name = draw(strategies.sampled_from(EVERY_NAME))
            values[name] = draw(strategies.sampled_from(KINDS[name].right + ANYTHING))
        elif way < 38:
            values[draw(strategies.sampled_from(SLIPS))] = draw(strategies.sampled_from(ANYTHING))
        elif way < 39:
            name = draw(strategies.sampled_from(NAMES_BY_SIGNATURE[index]))
            values[name] = draw(strategies.sampled_from(KINDS[name].wrong))
            wrong.append(name)
        else:
            values.pop('model_path', None)
    still_wrong = tuple(
        name for name in wrong if any(values.get(name) is value for value in KINDS[name].wrong))
    return Given(SIGNATURES[index], values, still_wrong)


class Corner:
    """A part of a real node: parameters of its own, under a prefix that nobody else has."""

    def __init__(self, node: Node, prefix: str, values: Dict[str, Any]) -> None:
        self._node = node
        self._prefix = prefix
        for name, value in values.items():  # as a node declares what it is started with
            self.declare_parameter(name, value, ParameterDescriptor(), ignore_override=True)

    def declare_parameter(self, name: str, *arguments: Any, **options: Any) -> Any:
        return self._node.declare_parameter(f'{self._prefix}.{name}', *arguments, **options)

    def undeclare_parameter(self, name: str) -> None:
        self._node.undeclare_parameter(f'{self._prefix}.{name}')

    def has_parameter(self, name: str) -> bool:
        return bool(self._node.has_parameter(f'{self._prefix}.{name}'))

    def get_parameter(self, name: str) -> Any:
        return self._node.get_parameter(f'{self._prefix}.{name}')

    def get_parameters_by_prefix(self, prefix: str) -> Any:
        assert prefix == ''
        return self._node.get_parameters_by_prefix(self._prefix)


class Corners:
    """Makes corners; a node that holds many parameters becomes slow, so that it is replaced."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._numbers = count()
        self._node: Any = None

    def make(self, values: Dict[str, Any]) -> Corner:
        number = next(self._numbers)
        if number % _CORNERS_PER_NODE == 0:
            self.close()
            self._node = bare_node(self._context)
        return Corner(self._node, f'corner_{number}', values)

    def close(self) -> None:
        if self._node is not None:
            self._node.destroy_node()
            self._node = None


@pytest.fixture
def corners(context: Any) -> Iterator[Corners]:
    """Make corners in the test's domain."""
    makes = Corners(context)
    yield makes
    makes.close()


def bare_node(context: Any, **options: Any) -> Node:
    return Node(
        'bare', context=context, start_parameter_services=False, enable_rosout=False, **options)


def outcome(declarations: Declarations, signature: Signature) -> Outcome:
    """Read a configuration as the node does when it is configured."""
    parameters = Parameters(declarations)
    assert parameters.autostart in (True, False)
    assert all(map(str.isprintable, parameters.unknown_names()))
    try:
        parameters.read_model()
        return parameters.read_node(signature)
    except PytorchRosError as error:
        return error


def assert_clear(error: PytorchRosError, values: Dict[str, Any]) -> None:
    """Assert that an error is one line that names a parameter, or else an input or an output."""
    message = str(error)
    assert message.strip() and len(message.splitlines()) == 1, repr(message)
    words = set(re.split(r"[\s',;:(){}]+", message))
    named = {word for word in words for name in (*values, *_EVERY_KNOWN)
             if word == name or word.endswith('.' + name) or name.startswith(word + '.')}
    assert named or re.search(r"\b(in|out)put '", message), message
    for word in words:
        if re.match(r'(in|out)puts\.\w+\.\w', word):
            # The name may be that of an output which output_names gives.
            is_field = word.split('.', 2)[2] in (*OF_INPUT, *OF_OUTPUT)
            assert is_field or any(name.startswith(word) for name in (*values, *KINDS)), (
                f'{word} is no parameter: {message}')


def assert_consistent(config: NodeConfig, signature: Signature) -> None:
    """Assert what the rest of the package relies on."""
    inputs, outputs = config.inputs, config.outputs
    names = [item.name for item in inputs]
    assert len(set(names)) == len(names) and len(names) <= len(signature.arguments)
    assert outputs and len({item.name for item in outputs}) == len(outputs)
    subscribed = {leaf.name for leaf in config.leaves if leaf.subscribed}
    assert config.trigger in ('timer', 'message')
    assert bool(config.trigger_inputs) == (config.trigger == 'message')
    assert set(config.trigger_inputs) <= subscribed
    assert 0.0 < config.rate_hz <= 1e6
    assert 0 <= config.spin_us <= 0.5e6 / config.rate_hz
    for item in inputs:
        assert_input_consistent(item, {output.name for output in outputs})
    for output in outputs:
        assert_output_consistent(output, config, {leaf.name for leaf in config.leaves})
        assert not output.stamp_from or output.stamp_from in subscribed
    assert_trust_consistent(config)


def assert_input_consistent(item: InputConfig, outputs: Any) -> None:
    assert re.fullmatch(r'[A-Za-z_]\w*', item.name)
    assert item.dtype is None or item.dtype in DTYPES
    assert item.shape is None or all(
        size > 0 or size == -1 for size in item.shape)
    assert item.history.length >= 1
    assert item.history.order in ('newest_first', 'oldest_first')
    assert item.history.fill in ('repeat', 'zeros')
    assert len({part.name for part in item.parts}) == len(item.parts)
    for part in item.parts:
        assert re.fullmatch(rf'{item.name}\.[A-Za-z_]\w*', part.name)
        assert (part.dtype, part.shape, part.parts, part.history.length) == (None, None, (), 1)
    for leaf in item.leaves:
        assert_source_consistent(leaf, outputs)
        assert not leaf.feedback or item.parts or leaf.initial


def assert_source_consistent(item: InputConfig, outputs: Any) -> None:
    assert item.max_age_ms is None or 0.0 < item.max_age_ms < math.inf
    assert all(map(math.isfinite, (*(item.initial or ()), *(item.constant or ()))))
    assert item.constant is None or item.constant and not item.feedback
    assert not item.feedback or item.feedback in outputs
    assert item.subscribed == (item.constant is None and not item.feedback)
    assert item.subscribed or item.max_age_ms is None
    assert item.qos.depth >= 1
    assert len(set(item.select)) == len(item.select)
    assert item.select or not item.name_field
    assert item.image.layout in ('hwc', 'chw') and item.image.color in ('', 'rgb', 'bgr', 'gray')
    assert item.image.resize is None or len(item.image.resize) == 2 and min(item.image.resize) > 0
    assert_conversion_consistent(item.conversion)


def assert_conversion_consistent(conversion: ConversionConfig) -> None:
    lists = (
        conversion.scale, conversion.offset, conversion.clip, conversion.mean, conversion.std)
    numbers = [number for values in lists if values is not None for number in values]
    assert () not in lists
    assert all(map(math.isfinite, numbers))
    assert conversion.scale is None or any(conversion.scale)
    assert 0.0 not in (conversion.std or ())
    for replacement in conversion.nan, conversion.posinf, conversion.neginf:
        assert replacement is None or math.isfinite(replacement)
    if conversion.clip is not None:
        low, high = conversion.clip
        assert low <= high


def assert_output_consistent(output: OutputConfig, config: NodeConfig, inputs: Any) -> None:
    limits = output.limits
    given = [limits.minimum, limits.fallback, limits.maximum, limits.max_rate]
    sizes = {len(values) for values in given if values is not None}
    assert 0 not in sizes and len(sizes - {1}) <= 1
    size = max(sizes, default=1)
    columns = [
        [default] * size if values is None else list(values) * (size // len(values))
        for values, default in zip(given, (-math.inf, None, math.inf, 1.0))]
    for low, fallback, high, rate in zip(*columns):
        assert low <= (low if fallback is None else fallback) <= high
        assert 0.0 < rate < math.inf
    assert limits.fallback is not None or 'fallback' not in (
        config.trust.on_stale, config.trust.on_nonfinite, config.trust.on_error,
        config.trust.on_overrun)
    assert not output.fade_in_from or output.fade_in_from in inputs and config.trust.fade_in_s
    if config.trust.fade_in_s:
        assert output.fade_in_from or limits.fallback is not None
    assert len(set(output.names)) == len(output.names)
    assert output.names or not output.name_field
    assert output.time_from_start_ms is None or 0.0 <= output.time_from_start_ms < math.inf
    for values in output.scaling.scale, output.scaling.offset:
        assert values is None or values and all(map(math.isfinite, values))
    assert output.scaling.scale is None or any(output.scaling.scale)


def assert_trust_consistent(config: NodeConfig) -> None:
    trust = config.trust
    assert {trust.on_stale, trust.on_nonfinite, trust.on_error} <= set(REACTIONS[:4])
    assert trust.on_overrun in REACTIONS[:5]
    assert trust.on_overrun == 'publish' or trust.deadline_ms is not None
    assert trust.deadline_ms is None or 0.0 < trust.deadline_ms < math.inf
    assert trust.enable_max_age_ms is None or trust.enable_topic
    assert 0.0 <= trust.fade_in_s < math.inf and trust.max_failures >= 0
    if trust.on_stale != 'skip':
        assert any(item.max_age_ms is not None for item in config.leaves)


def assert_as_given(config: NodeConfig, values: Dict[str, Any]) -> None:
    """Assert that nothing which was given got lost, or became something else."""
    owners: Dict[str, Any] = {
        **{f'inputs.{item.name}': item for item in config.inputs},
        **{f'inputs.{item.name}.parts.{part.name.partition(".")[2]}': part
           for item in config.inputs for part in item.parts},
        **{f'outputs.{item.name}': item for item in config.outputs}}
    for name, value in values.items():
        if value == 'null':
            continue
        group, field = name.partition('.')[0], name.rpartition('.')[2]
        if group in ('inputs', 'outputs'):
            owner = max(filter((name + '.').startswith, (f'{key}.' for key in owners)), key=len)
            assert_same(name, held_by(owners[owner[:-1]], name[len(owner):]), value)
        elif hasattr(config.trust, name):
            assert_same(name, getattr(config.trust, name), value)
        elif group == 'realtime':
            holder: Any = config if field == 'spin_us' else config.realtime
            assert_same(name, getattr(holder, field), value)
        elif name in ('trigger', 'rate_hz'):
            assert_same(name, getattr(config, name), value)


def held_by(owner: Any, field: str) -> Any:
    """Return what an input, part or output holds for one of its parameters."""
    if field == 'part_names':
        return tuple(part.name.partition('.')[2] for part in owner.parts)
    if field.startswith('history'):
        return getattr(owner.history, {'history': 'length'}.get(field, field.partition('_')[2]))
    if field == 'layout' and isinstance(owner, OutputConfig):
        return owner.layout
    renamed = {'type': 'message_type', 'min': 'minimum', 'max': 'maximum'}
    path = renamed.get(field, field).rpartition('.')[2]
    holders = [owner, *(getattr(owner, inner, None) for inner in (
        'qos', 'limits', 'conversion', 'scaling', 'image'))]
    return getattr(next(holder for holder in holders if hasattr(holder, path)), path)


def assert_same(name: str, held: Any, value: Any) -> None:
    if isinstance(held, tuple):
        values = list(value) if isinstance(value, (list, array)) else [value]
        assert list(held) == values, name
    else:
        assert held == value or held is None and value == '', name


def assert_wired(config: NodeConfig, signature: Signature) -> None:
    """Make the topics' ends, and assert what they rely on; raise an error if they cannot be."""
    model: Any = SimpleNamespace(signature=signature, input_dtype=lambda index, dtype: dtype)
    wiring = Wiring(
        OfflineNode(), config, model, ages=AgeClock(ROSClock()), on_drop=lambda name, error: None)
    assert [leaf.config for leaf in wiring.leaves] == list(config.leaves)
    subscribed = {leaf.name for leaf in config.leaves if leaf.subscribed}
    names = [name for inlet in wiring.inlets for name in inlet.names]
    assert len(names) == len(subscribed) and set(names) == subscribed
    assert len({output.topic for output in wiring.outputs}) == len(config.outputs)
    assert len(wiring.feedback()) == sum(bool(leaf.feedback) for leaf in config.leaves)
    for sample in wiring.samples() or ():
        assert np.isfinite(sample).all()


def assert_sound(result: Outcome, drawn: Given) -> str:
    """Assert that an outcome is as it must be; return how far it came."""
    if isinstance(result, PytorchRosError):
        assert_clear(result, drawn.values)
        return 'refused'
    assert not drawn.wrong, f'accepted in spite of the type of {drawn.wrong}'
    assert_consistent(result, drawn.signature)
    assert_as_given(result, drawn.values)
    try:
        assert_wired(result, drawn.signature)
    except PytorchRosError as error:
        assert_clear(error, drawn.values)
        return 'refused by what the messages hold'
    return 'wired'


def test_the_table_of_this_test_knows_every_parameter() -> None:
    assert set(OF_NODE) == set(NODE_SPECS)
    assert set(OF_INPUT) == _SPECS_OF_INPUTS
    assert set(OF_SOURCE) == {
        field for source in ('topic', 'constant', 'feedback')
        for field in source_specs('x', source)}
    assert set(OF_OUTPUT) == set(output_specs('y'))


def try_many(number: int) -> 'Counter[str]':
    """Try many configurations, others than under another number; return what came of them."""
    counts: 'Counter[str]' = Counter()

    @seed(number)
    @settings(max_examples=EXAMPLES // PROCESSES, derandomize=False, database=None, deadline=None)
    @given(configurations())
    def check(drawn: Given) -> None:
        result = outcome(NodeDeclarations(corners.make(drawn.values)), drawn.signature)
        counts['tried'] += 1
        counts[assert_sound(result, drawn)] += 1
        if isinstance(result, NodeConfig):
            counts['in parts'] += any(item.parts for item in result.inputs)
            counts['with a history'] += any(item.history.length > 1 for item in result.inputs)
    with own_domain() as domain:
        context = Context()
        context.init(domain_id=domain)
        corners = Corners(context)
        try:
            check()
        finally:
            corners.close()
            context.try_shutdown()
    return counts


def test_any_parameters_make_a_sound_configuration_or_one_clear_error() -> None:
    with ProcessPoolExecutor(os.cpu_count(), get_context('spawn')) as workers:
        counts = sum(workers.map(try_many, range(PROCESSES)), Counter())
    assert counts['tried'] >= EXAMPLES
    # Neither all too hard to please, nor pleased with anything.
    assert min(counts['wired'], counts['refused']) >= 0.05 * EXAMPLES
    for kind in 'refused by what the messages hold', 'in parts', 'with a history':
        assert counts[kind] >= 0.01 * EXAMPLES, kind


def assert_alike(result: Outcome, expected: Outcome) -> None:
    if isinstance(expected, PytorchRosError):
        assert re.sub(r'corner_\d+\.', '', str(result)) == str(expected)
    else:
        assert result == expected


def test_a_node_that_is_started_with_them_says_the_same_as_a_file(
        context: Any, corners: Corners) -> None:
    """What the corners of one node, and files, stand for: nodes of their own, given overrides."""
    counts: 'Counter[str]' = Counter()

    @settings(max_examples=NODES_OF_THEIR_OWN)
    @given(configurations())
    def check(drawn: Given) -> None:
        node = bare_node(
            context, automatically_declare_parameters_from_overrides=True, parameter_overrides=[
                Parameter(name, value=value) for name, value in drawn.values.items()])
        try:
            result = outcome(NodeDeclarations(node), drawn.signature)
        finally:
            node.destroy_node()
        assert_sound(result, drawn)
        for declarations in (
                NodeDeclarations(corners.make(drawn.values)), FileDeclarations(drawn.values)):
            assert_alike(outcome(declarations, drawn.signature), result)
        counts['tried'] += 1
    check()
    assert counts['tried'] >= NODES_OF_THEIR_OWN
