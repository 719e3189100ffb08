# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the file says is what the configuration holds, whatever an input is made of."""

from typing import Any, Callable, Dict, Iterator

from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.config.input_config import HistoryConfig, InputConfig
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.scaling_config import ScalingConfig
from dg_pytorch_ros.config.topic_config import QosConfig
from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.parameters.file_declarations import FileDeclarations
from dg_pytorch_ros.parameters.node_declarations import NodeDeclarations
from dg_pytorch_ros.parameters.node_parameters import Parameters
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter

JOINTS = 'sensor_msgs/msg/JointState'
LEG = ['FL_hip_joint', 'FL_thigh_joint']
SIGNATURE = Signature((Argument('obs'),), Result('Tensor'))

Make = Callable[..., Parameters]


@pytest.fixture
def parameters(context: Any) -> Iterator[Make]:
    """Return a function that makes the parameters of a node that is started with some."""
    nodes = []

    def make(**given: Any) -> Parameters:
        nodes.append(Node(
            'bare', context=context, start_parameter_services=False, enable_rosout=False,
            automatically_declare_parameters_from_overrides=True, parameter_overrides=[
                Parameter(name, value=value)
                for name, value in flat({'model_path': 'm.pt', 'trigger': 'timer', **given})]))
        return Parameters(NodeDeclarations(nodes[-1]))
    yield make
    for node in nodes:
        node.destroy_node()


def flat(values: Dict[str, Any], prefix: str = '') -> Iterator[Any]:
    """Return the parameters of a file, in which groups are nested."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f'{prefix}{name}.')
        else:
            yield prefix + name, value


def read(parameters: Parameters) -> NodeConfig:
    parameters.read_model()
    return parameters.read_node(SIGNATURE)


def complaint(make: Make, **given: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read(make(**given))
    return str(caught.value)


def test_an_observation_of_several_sources_is_read_as_it_is_written(parameters: Make) -> None:
    config = read(parameters(
        output_names=['action'],
        inputs={'obs': {
            'shape': [1, 12],
            'part_names': ['gyro', 'command', 'q', 'dq', 'last_action'],
            'parts': {
                'gyro': {
                    'topic': 'imu/data', 'type': 'sensor_msgs/msg/Imu',
                    'field': 'angular_velocity', 'scale': 0.25},
                'command': {
                    'topic': 'cmd_vel', 'type': 'geometry_msgs/msg/Twist',
                    'field': ['linear.x', 'linear.y', 'angular.z'], 'initial': [0.0, 0.0, 0.0]},
                'q': {
                    'topic': 'joint_states', 'type': JOINTS, 'field': 'position', 'select': LEG,
                    'offset': [-0.1, -0.8]},
                'dq': {
                    'topic': 'joint_states', 'type': JOINTS, 'field': 'velocity', 'select': LEG,
                    'scale': 0.05},
                'last_action': {'feedback': 'action'}}}},
        outputs={'action': {
            'topic': 'joint_command', 'type': JOINTS, 'field': 'position', 'names': LEG,
            'scale': 0.25, 'offset': [0.1, 0.8]}}))
    joints = {'topic': 'joint_states', 'message_type': JOINTS, 'select': tuple(LEG)}
    assert config.inputs == (InputConfig('obs', shape=(1, 12), parts=(
        InputConfig(
            'obs.gyro', topic='imu/data', message_type='sensor_msgs/msg/Imu',
            field=('angular_velocity',), conversion=ConversionConfig(scale=(0.25,))),
        InputConfig(
            'obs.command', topic='cmd_vel', message_type='geometry_msgs/msg/Twist',
            field=('linear.x', 'linear.y', 'angular.z'), initial=(0.0, 0.0, 0.0)),
        InputConfig(
            'obs.q', field=('position',), conversion=ConversionConfig(offset=(-0.1, -0.8)),
            **joints),  # type: ignore[arg-type]
        InputConfig(
            'obs.dq', field=('velocity',), conversion=ConversionConfig(scale=(0.05,)),
            **joints),  # type: ignore[arg-type]
        InputConfig('obs.last_action', feedback='action'))),)
    assert config.outputs == (OutputConfig(
        'action', topic='joint_command', message_type=JOINTS, field=('position',),
        names=tuple(LEG), scaling=ScalingConfig((0.25,), (0.1, 0.8))),)


def test_everything_that_a_source_has_is_read(parameters: Make) -> None:
    given = {
        'topic': 'camera', 'type': 'sensor_msgs/msg/Image', 'max_age_ms': 50, 'age_from': 'stamp',
        'qos': {'reliability': 'reliable', 'durability': 'transient_local', 'depth': 3},
        'initial': [1, 2], 'layout': 'chw', 'resize': [4, 5], 'color': 'bgr', 'offset': 1.0,
        'scale': [2.0, 3.0], 'mean': 0.5, 'std': [0.1, 0.2], 'clip': [-1.0, 1.0],
        'replace': {'nan': 0.0, 'posinf': 9.0, 'neginf': -9.0}, 'field': 'data',
        'select': ['a', 'b'], 'name_field': 'names'}
    expected = {
        'topic': 'camera', 'message_type': 'sensor_msgs/msg/Image', 'max_age_ms': 50.0,
        'age_from': 'stamp', 'qos': QosConfig('reliable', 'transient_local', 3),
        'initial': (1, 2), 'image': ImageConfig('chw', (4, 5), 'bgr'),
        'conversion': ConversionConfig(
            scale=(2.0, 3.0), offset=(1.0,), clip=(-1.0, 1.0), nan=0.0, posinf=9.0, neginf=-9.0,
            mean=(0.5,), std=(0.1, 0.2)),
        'field': ('data',), 'select': ('a', 'b'), 'name_field': 'names'}
    alone = read(parameters(inputs={'obs': {
        **given, 'dtype': 'float32', 'shape': [6, 2], 'history': 3,
        'history_order': 'oldest_first', 'history_fill': 'zeros'}}))
    assert alone.inputs == (InputConfig(
        'obs', dtype='float32', shape=(6, 2), history=HistoryConfig(3, 'oldest_first', 'zeros'),
        **expected),)  # type: ignore[arg-type]
    part = read(parameters(inputs={'obs': {'part_names': ['a'], 'parts': {'a': given}}}))
    assert part.inputs[0].parts == (
        InputConfig('obs.a', **expected),)  # type: ignore[arg-type]


def test_what_is_left_out_has_its_default(parameters: Make) -> None:
    config = read(parameters(inputs={'obs': {'part_names': ['a', 'b']}}))
    assert config.inputs == (InputConfig('obs', parts=(
        InputConfig('obs.a', topic='a'), InputConfig('obs.b', topic='b'))),)
    assert config.outputs == (OutputConfig('output', topic='output'),)
    assert read(parameters()).inputs == (InputConfig('obs', topic='obs'),)


def test_everything_that_an_output_has_is_read(parameters: Make) -> None:
    config = read(parameters(outputs={'output': {
        'type': 'trajectory_msgs/msg/JointTrajectory', 'field': ['points[0].positions'],
        'names': LEG, 'name_field': 'joint_names', 'frame_id': 'base', 'stamp_from': 'obs',
        'time_from_start_ms': 20, 'encoding': 'rgb8', 'layout': 'chw', 'scale': [1, 2],
        'offset': 3}}))
    assert config.outputs == (OutputConfig(
        'output', topic='output', message_type='trajectory_msgs/msg/JointTrajectory',
        field=('points[0].positions',), names=tuple(LEG), name_field='joint_names',
        frame_id='base', stamp_from='obs', time_from_start_ms=20.0, encoding='rgb8',
        layout='chw', scaling=ScalingConfig((1, 2), (3,))),)


def test_the_constant_of_a_part_can_be_changed_while_the_node_runs(parameters: Make) -> None:
    made = parameters(inputs={'obs': {
        'part_names': ['q', 'gain'], 'parts': {'gain': {'constant': [1.0, 2.0]}}}})
    read(made)
    changes = made.read_changes(
        {'inputs.obs.parts.gain.constant': [3.0, 4.0], 'unrelated': 1})
    assert changes.constants == {'obs.gain': (3.0, 4.0)}
    with pytest.raises(ConfigError, match=r'inputs.obs.parts.gain.constant is .* list of'):
        made.read_changes({'inputs.obs.parts.gain.constant': 'much'})


@pytest.mark.parametrize('obs, expected', [
    ({'parts': {'a': {'topic': 'a'}}},
     'inputs.obs.parts is set, but inputs.obs.part_names is not; name the parts'),
    ({'part_names': ['a'], 'parts': {'b': {'topic': 'b'}}},
     "inputs.obs.parts.b is set, but there is no part 'b'; parts: a"),
    ({'part_names': ['angle'], 'parts': {'angel': {'topic': 'b'}}},
     "inputs.obs.parts.angel is set, but there is no part 'angel'; did you mean 'angle'?; "
     'parts: angle'),
    ({'part_names': ['a', 'a']}, "inputs.obs.part_names holds 'a' more than once; names must "
     'differ'),
    ({'part_names': ['a.b']}, "inputs.obs.part_names holds 'a.b'; a name is made of letters, "
     'digits and _, and does not begin with a digit'),
    ({'part_names': 'a'}, "inputs.obs.part_names is 'a'; expected a list of names"),
    ({'part_names': ['a'], 'topic': 'x'},
     'inputs.obs.topic is set beside inputs.obs.part_names; an input with parts has no such '
     'thing'),
    ({'part_names': ['a'], 'scale': 2.0},
     'inputs.obs.scale is set beside inputs.obs.part_names; an input with parts has no such '
     'thing'),
    ({'part_names': ['a'], 'parts': {'a': {'constant': [1.0], 'topic': 'x'}}},
     'inputs.obs.parts.a.topic is set beside inputs.obs.parts.a.constant; a constant has no '
     'such thing'),
    ({'part_names': ['a'], 'parts': {'a': {'feedback': 'output', 'max_age_ms': 5.0}}},
     'inputs.obs.parts.a.max_age_ms is set beside inputs.obs.parts.a.feedback; a feedback has '
     'no such thing'),
    ({'part_names': ['a'], 'parts': {'a': {'scale': [1.0], 'clip': [2.0, 1.0]}}},
     "input 'obs': part 'a': clip is [2.0, 1.0]; expected [low, high], with low <= high"),
    ({'replace': {'nan': 'none'}}, "inputs.obs.replace.nan is 'none'; expected a number"),
    ({'resize': [4.0, 5.0]}, 'inputs.obs.resize is [4.0, 5.0]; expected a list of whole numbers'),
    ({'field': 3}, 'inputs.obs.field is 3; expected text or a list of texts'),
    ({'history_order': 'new'}, "input 'obs': history_order is 'new'; expected one of "
     'newest_first, oldest_first'),
])
def test_what_means_nothing_is_refused(parameters: Make, obs: Any, expected: str) -> None:
    assert complaint(parameters, inputs={'obs': obs}) == expected


@pytest.mark.parametrize('field', ['shape', 'dtype', 'history', 'part_names', 'topc', 'qos'])
def test_a_part_has_not_all_that_an_input_has_but_says_what_it_has(
    parameters: Make, field: str
) -> None:
    said = complaint(
        parameters, inputs={'obs': {'part_names': ['a'], 'parts': {'a': {field: 1}}}})
    assert said.startswith(f'inputs.obs.parts.a.{field} is not known')
    assert '; known under inputs.obs.parts.a: age_from, clip, color, ' in said


def test_no_parts_at_all_are_refused(parameters: Make) -> None:
    assert 'part_names is []' in complaint(parameters, inputs={'obs': {'part_names': []}})


def test_parameters_are_described_with_what_they_may_be(parameters: Make) -> None:
    made = parameters(inputs={'obs': {'part_names': ['a'], 'parts': {'a': {'constant': 1.0}}}})
    read(made)
    node = made._declarations._node  # type: ignore[attr-defined]
    descriptor = node.describe_parameter('inputs.obs.history')
    assert (descriptor.integer_range[0].from_value, descriptor.read_only) == (1, True)
    assert not node.describe_parameter('inputs.obs.parts.a.constant').read_only
    assert node.describe_parameter('inputs.obs.parts.a.scale').description


def test_all_that_is_wrong_is_said_at_once_but_not_what_follows_from_it(parameters: Make) -> None:
    assert complaint(
        parameters, trigger='tick', num_threads=0, on_error='stop', on_overrun='hold',
        deadline_ms='soon', realtime={'prio': 1, 'core': 2}).split('; expected')[:2] == [
            'num_threads is 0', " 1 to 1024; deadline_ms is 'soon'"]
    said = complaint(
        parameters, input_names=['obs', 'y'], trigger_inputs=['z'], inputs={
            'obs': {
                'part_names': ['a', 'b'], 'shape': [0], 'history': 2, 'history_fill': 'ones',
                'parts': {
                    'a': {
                        'clip': [1.0], 'qos': {'reliability': 'sure', 'depth': 0}, 'layout': 'x'},
                    'b': {'scale': 0.0, 'tpic': 'c'}, 'c': {'topic': 'c'}}},
            'y': {'shape': [-2]}, 'z': {'topic': 'z', 'type': 5}},
        outputs={'output': {'min': [1.0], 'max': [0.0], 'names': ['a', 'a'], 'scale': 0.0}})
    words = [
        'inputs.obs.parts.a.qos.depth is 0', 'inputs.z.type is 5',
        'input_names has 2 names (obs, y), but forward takes 1',
        'inputs.obs.parts.b.tpic is not known',
        "input 'obs': history_fill is 'ones'", "input 'obs': part 'a': clip is [1.0]",
        "input 'obs': part 'a': qos.reliability is 'sure'",
        "input 'obs': part 'a': layout is 'x'", "input 'obs': part 'b': scale is [0.0]",
        "input 'obs': shape is [0]", "input 'y': shape is [-2]",
        "output 'output': max is [0.0], but min is [1.0]",
        "output 'output': scale is [0.0]", "output 'output': names holds 'a' more than once"]
    assert [word for word in words if word not in said] == []
    assert "there is no part 'c'" in said and "'z'" not in said


def test_a_file_is_read_like_a_node(parameters: Make) -> None:
    given = dict(flat({
        'model_path': 'm.pt', 'trigger': 'timer', 'rate_hz': 5, 'enable_topic': 'null',
        'inputs': {'obs': {'constant': 1.0}}}))
    file = Parameters(FileDeclarations(given))
    config = read(file)
    assert config == read(parameters(**given))
    assert (config.rate_hz, config.trust.enable_topic) == (5.0, '')
    assert file.autostart and file.unknown_names() == []
    assert Parameters(FileDeclarations({'autostart': False, 'rate_hx': 1})).unknown_names()
    assert not Parameters(FileDeclarations({'autostart': False})).autostart


def test_a_file_says_all_that_a_node_says(parameters: Make) -> None:
    given = {'num_threads': 0, 'rate_hz': 'fast', 'inputs.obs.shape': 'x', 'on_error': 'x'}
    said = complaint(parameters, **given)
    assert said == complaint(
        lambda **values: Parameters(FileDeclarations({'model_path': 'm.pt', **values})), **given)
    assert 'num_threads is 0' in said and "rate_hz is 'fast'" in said and 'on_error' in said


def test_a_parameter_that_was_mended_is_read_anew(parameters: Make) -> None:
    made = parameters(num_threads=0, rate_hz=5.0, device='gpu')
    node = made._declarations._node  # type: ignore[attr-defined]
    wrong_device = "device is 'gpu'; expected 'cpu', 'cuda' or 'cuda:N'"
    assert complaint(lambda: made) == f'num_threads is 0; expected 1 to 1024; {wrong_device}'
    node.set_parameters([Parameter('num_threads', value=2), Parameter('rate_hz', value='fast')])
    assert complaint(lambda: made) == f"rate_hz is 'fast'; expected a number; {wrong_device}"
    node.set_parameters([Parameter('rate_hz', value=7)])
    assert complaint(lambda: made) == wrong_device


def test_a_rate_that_was_set_is_the_one_that_is_read(parameters: Make) -> None:
    made = parameters(rate_hz=5.0)
    made._declarations._node.set_parameters(  # type: ignore[attr-defined]
        [Parameter('rate_hz', value=7)])
    assert read(made).rate_hz == 7.0
