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
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple, Union

from dg_pytorch_ros.config import DTYPES, InputConfig, NodeConfig, OutputConfig
from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.parameter_specs import input_specs, NODE_SPECS, output_specs
from dg_pytorch_ros.parameters import Parameters
from domains import own_domain
from hypothesis import given, seed, settings, strategies
import pytest
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

Outcome = Union[NodeConfig, PytorchRosError]

EXAMPLES = 10_000
PARTS = 4
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
    ['x', 'y', 'gain'], ['1st'], [''], ['a.b'], ['out', 'out'])


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
CORES = Kind((0, 1, [0], [0, 1], [-1], -1, [2 ** 62]), (1.0, '0', ['0'], [0.5]))


def choice(*right: Any) -> Kind:
    return Kind(right, TEXT.wrong)


OF_NODE: Dict[str, Kind] = {
    'autostart': TRUTH, 'model_path': choice('m.pt', 'm.pt', 'm.pt', ''),
    'model_sha256': choice('', 'f' * 64, 'f' * 63), 'device': choice('cpu', 'cuda'),
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
    'std_msgs/msg/Float64', 'std_msgs/msg/Float32MultiArray', 'geometry_msgs/msg/PoseStamped', '')
OF_INPUT: Dict[str, Kind] = {
    'topic': TEXT, 'type': TYPE, **QOS, 'dtype': choice('', 'float32', 'int8', 'complex64'),
    'shape': SIZE_LIST, 'initial': NUMBER_LIST, 'constant': NUMBER_LIST,
    'feedback': choice('output', 'u', 'output_0', '', 'nothing'), 'max_age_ms': REAL,
    'age_from': choice('arrival', 'stamp', 'header'),
}
OF_OUTPUT: Dict[str, Kind] = {
    'topic': TEXT, 'type': TYPE, **QOS, 'fallback': NUMBER_LIST, 'min': NUMBER_LIST,
    'max': NUMBER_LIST, 'max_rate': NUMBER_LIST, 'fade_in_from': choice('x', 'y', '', 'none'),
}
KINDS: Dict[str, Kind] = {
    **OF_NODE,
    **{f'inputs.{name}.{field}': kind for name in INPUTS for field, kind in OF_INPUT.items()},
    **{f'outputs.{name}.{field}': kind for name in OUTPUTS for field, kind in OF_OUTPUT.items()},
}
# What a hand that slips writes; some of it cannot be told from another program's parameters.
SLIPS = (
    'inputs', 'outputs', 'inputs.x', 'inputs.x.topc', 'inputs.x.qos', 'inputs.x.qos.depht',
    'inputs.x.maxage_ms', 'inputs..topic', 'outputs.output.fall_back', 'outputs.output.min.x',
    'realtime.prio', 'realtime.', 'rate', 'on_stal', 'onstale', 'deadline', 'topic', 'Trigger',
    'unrelated', 'use_sim_time.x', 'ü', ' ')
ANYTHING: Tuple[Any, ...] = (1, 1.0, True, 'x', [1.0], ['x'], 'null', [])
# What must be said by every configuration that is of any use, left out now and then.
USUAL = {'model_path': 'm.pt'}

_EVERY_KNOWN = [
    *NODE_SPECS, *input_specs('x'), *input_specs('x', is_constant=True), *output_specs('y')]


class Given(NamedTuple):
    """Parameters as a file may give them; `wrong` are those whose type is wrong."""

    signature: Signature
    values: Dict[str, Any]
    wrong: Tuple[str, ...]


def likely_names(signature: Signature) -> List[str]:
    inputs = [argument.name for argument in signature.arguments]
    outputs = signature.result.names or ('output', 'output_0', 'output_1')
    return [
        *OF_NODE, *(f'inputs.{name}.{field}' for name in inputs for field in OF_INPUT),
        *(f'outputs.{name}.{field}' for name in outputs for field in OF_OUTPUT)]


def families(signature: Signature) -> List[Tuple[str, ...]]:
    """Return parameters that must agree with each other."""
    names = likely_names(signature)
    outputs = sorted({name.split('.')[1] for name in names if name.startswith('outputs.')})
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
        ('on_error', *fallbacks), ('on_overrun', 'deadline_ms'),
        ('enable_topic', 'enable_max_age_ms'), ('trigger', 'rate_hz', 'realtime.spin_us'),
        ('trigger', 'trigger_inputs'), ('num_threads', 'realtime.cpu_affinity'),
        ('input_names', 'output_names')]


FAMILIES = [families(signature) for signature in SIGNATURES]
NAMES_BY_SIGNATURE = [likely_names(signature) for signature in SIGNATURES]
EVERY_NAME = list(KINDS)


@strategies.composite
def configurations(draw: Any) -> Given:
    """Draw some parameters: most of them known and of the right type, so that others count."""
    index = draw(strategies.sampled_from([0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6]))
    values: Dict[str, Any] = dict(USUAL)
    wrong = []
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


def outcome(node: Any, signature: Signature) -> Outcome:
    """Read a configuration as the node does when it is configured."""
    parameters = Parameters(node)
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
             if word == name or word.endswith('.' + name)}
    assert named or re.search(r"\b(in|out)put '", message), message


def assert_consistent(config: NodeConfig, signature: Signature) -> None:
    """Assert what the rest of the package relies on."""
    inputs, outputs = config.inputs, config.outputs
    names = [item.name for item in inputs]
    assert len(set(names)) == len(names) and len(names) <= len(signature.arguments)
    assert outputs and len({item.name for item in outputs}) == len(outputs)
    assert len({item.topic for item in outputs}) == len(outputs)
    subscribed = {item.name for item in inputs if item.subscribed}
    assert config.trigger in ('timer', 'message')
    assert bool(config.trigger_inputs) == (config.trigger == 'message')
    assert set(config.trigger_inputs) <= subscribed
    assert 0.0 < config.rate_hz <= 1e6
    assert 0 <= config.spin_us <= 0.5e6 / config.rate_hz
    for item in inputs:
        assert_input_consistent(item, {output.name for output in outputs})
    for output in outputs:
        assert_output_consistent(output, config, set(names))
    assert_trust_consistent(config)


def assert_input_consistent(item: InputConfig, outputs: Any) -> None:
    assert re.fullmatch(r'[A-Za-z_]\w*', item.name)
    assert item.dtype is None or item.dtype in DTYPES
    assert item.shape is None or all(
        size > 0 or size == -1 for size in item.shape)
    assert item.max_age_ms is None or 0.0 < item.max_age_ms < math.inf
    assert all(map(math.isfinite, (*(item.initial or ()), *(item.constant or ()))))
    assert item.constant is None or item.constant and not item.feedback
    assert not item.feedback or item.feedback in outputs and item.initial
    assert item.subscribed or item.max_age_ms is None
    assert item.qos.depth >= 1


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


def assert_trust_consistent(config: NodeConfig) -> None:
    trust = config.trust
    assert {trust.on_stale, trust.on_nonfinite, trust.on_error} <= set(REACTIONS[:4])
    assert trust.on_overrun in REACTIONS[:5]
    assert trust.on_overrun == 'publish' or trust.deadline_ms is not None
    assert trust.deadline_ms is None or 0.0 < trust.deadline_ms < math.inf
    assert trust.enable_max_age_ms is None or trust.enable_topic
    assert 0.0 <= trust.fade_in_s < math.inf and trust.max_failures >= 0
    if trust.on_stale != 'skip':
        assert any(item.max_age_ms is not None for item in config.inputs)


def assert_as_given(config: NodeConfig, values: Dict[str, Any]) -> None:
    """Assert that nothing which was given got lost, or became something else."""
    owners: Dict[str, Any] = {
        **{f'inputs.{item.name}.': item for item in config.inputs},
        **{f'outputs.{item.name}.': item for item in config.outputs}}
    fields = {'type': 'message_type', 'min': 'minimum', 'max': 'maximum'}
    for name, value in values.items():
        if value == 'null':
            continue
        parts = name.split('.')
        group, field = parts[0], parts[-1]
        if group in ('inputs', 'outputs'):
            prefix = '.'.join(parts[:2]) + '.'
            assert prefix in owners, name
            holder: Any = owners[prefix]
            if '.qos.' in name:
                holder = holder.qos
            elif field in ('min', 'max', 'max_rate', 'fallback'):
                holder = holder.limits
        elif hasattr(config.trust, name):
            holder = config.trust
        elif group == 'realtime':
            holder = config if field == 'spin_us' else config.realtime
        elif name in ('trigger', 'rate_hz'):
            holder = config
        else:
            continue
        assert_same(name, getattr(holder, fields.get(field, field)), value)


def assert_same(name: str, held: Any, value: Any) -> None:
    if isinstance(held, tuple):
        values = list(value) if isinstance(value, (list, array)) else [value]
        assert list(held) == values, name
    else:
        assert held == value or held is None and value == '', name


def assert_sound(result: Outcome, drawn: Given) -> None:
    if isinstance(result, PytorchRosError):
        assert_clear(result, drawn.values)
        return
    assert not drawn.wrong, f'accepted in spite of the type of {drawn.wrong}'
    assert_consistent(result, drawn.signature)
    assert_as_given(result, drawn.values)


def test_the_table_of_this_test_knows_every_parameter() -> None:
    assert set(OF_NODE) == set(NODE_SPECS)
    assert set(OF_INPUT) == set(input_specs('x')) | set(input_specs('x', is_constant=True))
    assert set(OF_OUTPUT) == set(output_specs('y'))


def try_many(number: int) -> 'Counter[str]':
    """Try many configurations, others than under another number; return what came of them."""
    counts: 'Counter[str]' = Counter()

    @seed(number)
    @settings(max_examples=EXAMPLES // PARTS, derandomize=False, database=None, deadline=None)
    @given(configurations())
    def check(drawn: Given) -> None:
        result = outcome(corners.make(drawn.values), drawn.signature)
        assert_sound(result, drawn)
        counts['tried'] += 1
        counts[type(result).__name__] += 1
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
        counts = sum(workers.map(try_many, range(PARTS)), Counter())
    assert counts['tried'] >= EXAMPLES
    # Neither all too hard to please, nor pleased with anything.
    assert min(counts['NodeConfig'], counts['ConfigError']) >= 0.05 * EXAMPLES


def test_a_node_that_is_started_with_them_says_the_same(context: Any, corners: Corners) -> None:
    """What the corners of one node stand for: nodes of their own, given overrides."""
    counts: 'Counter[str]' = Counter()

    @settings(max_examples=NODES_OF_THEIR_OWN)
    @given(configurations())
    def check(drawn: Given) -> None:
        node = bare_node(
            context, automatically_declare_parameters_from_overrides=True, parameter_overrides=[
                Parameter(name, value=value) for name, value in drawn.values.items()])
        try:
            result = outcome(node, drawn.signature)
        finally:
            node.destroy_node()
        assert_sound(result, drawn)
        other = outcome(corners.make(drawn.values), drawn.signature)
        if isinstance(result, PytorchRosError):
            assert re.sub(r'corner_\d+\.', '', str(other)) == str(result)
        else:
            assert result == other
        counts['tried'] += 1
    check()
    assert counts['tried'] >= NODES_OF_THEIR_OWN
