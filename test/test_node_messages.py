# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The messages that robots really speak, into a module and out of it, over DDS."""

from io import BytesIO
import math
from pathlib import Path
from typing import Any, Callable, List, NamedTuple, Sequence, Tuple

from builtin_interfaces.msg import Time
from dialogue import assert_answers, Dialogue, numbers, type_name
from geometry_msgs.msg import (
    Point, Pose, PoseArray, PoseStamped, Quaternion, Transform, Twist, TwistStamped, Vector3)
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import (
    BatteryState, CompressedImage, Image, Imu, JointState, Joy, LaserScan, MultiDOFJointState,
    PointCloud2, PointField, RegionOfInterest)
import small_models
from std_msgs.msg import Float64MultiArray, Header
from std_srvs.srv import Trigger
import torch
from torch import Tensor
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from visualization_msgs.msg import Marker, MarkerArray

NAN, INFINITY = math.nan, math.inf

Array = Any
Start = Callable[[torch.nn.Module, str], Dialogue]


class Chain(torch.nn.Module):
    """Gives numbers of which each tells where those before it stood."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cumsum(x, -1) * 0.5 + x


class Policy(torch.nn.Module):
    """Makes two actions of a row of twelve, its own last two among them."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.layer = torch.nn.Linear(12, 2)

    def forward(self, obs: Tensor) -> Tensor:
        action: Tensor = torch.tanh(self.layer(obs))
        return action


class Behind(torch.nn.Module):
    """Puts two inputs behind each other."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.cat([a, b])


class Steps(torch.nn.Module):
    """Counts by its own last output, which it returns as well."""

    def forward(self, x: Tensor, last: Tensor) -> Tuple[Tensor, Tensor]:
        return last + x, last + 0.0


class Positive(torch.nn.Module):
    """Fails where the newest number is negative."""

    def forward(self, x: Tensor) -> Tensor:
        assert bool(x.flatten()[0] >= 0), 'no negative numbers, please'
        return x + 0.0


@pytest.fixture
def start(run_node: Any, peer: Any, tmp_path: Path) -> Start:
    """Return a function that starts a node with a module and the text of a file."""
    return lambda module, text: Dialogue(run_node, peer, tmp_path, module, text)


def row(*values: float, dtype: str = 'float64') -> Array:
    return np.array(values, dtype)


# Fields.


def vector(x: float, y: float, z: float) -> Vector3:
    return Vector3(x=x, y=y, z=z)


def imu(first: float = 0.0, *, stamp: Tuple[int, int] = (0, 0)) -> Imu:
    """Make an Imu message of numbers that are all different."""
    return Imu(
        header=Header(stamp=Time(sec=stamp[0], nanosec=stamp[1]), frame_id='imu'),
        orientation=Quaternion(x=first + 0.1, y=0.2, z=0.3, w=0.9),
        angular_velocity=vector(first + 1.1, 1.2, 1.3),
        linear_acceleration=vector(first + 2.1, 2.2, 2.3),
        angular_velocity_covariance=[first + 0.01 * index for index in range(9)])


def odometry() -> Odometry:
    message = Odometry(child_frame_id='base')
    message.twist.twist.linear = vector(0.1, -0.2, 0.3)
    message.twist.twist.angular.z = 0.7
    message.pose.pose.position.x = 9.0
    return message


def poses(count: int) -> PoseArray:
    return PoseArray(poses=[
        Pose(position=Point(x=0.1 + number, y=0.2, z=0.3)) for number in range(count)])


def positions(count: int) -> Array:
    return np.array([[0.1 + number, 0.2, 0.3] for number in range(count)]).reshape(-1, 3)


class Case(NamedTuple):
    """Messages to one input, and the arrays that the module is to get."""

    kind: Any
    source: str
    messages: Sequence[Any]
    arrays: Sequence[Array]


CASES = {
    'nested path': Case(
        Odometry, 'field: twist.twist.linear', [odometry()], [row(0.1, -0.2, 0.3)]),
    'one number': Case(Odometry, 'field: twist.twist.angular.z', [odometry()], [row(0.7)]),
    'quaternion': Case(Imu, 'field: orientation', [imu()], [row(0.1, 0.2, 0.3, 0.9)]),
    'list of paths': Case(
        Imu, 'field: [linear_acceleration, angular_velocity]', [imu(), imu(7.0)],
        [row(2.1, 2.2, 2.3, 1.1, 1.2, 1.3), row(9.1, 2.2, 2.3, 8.1, 1.2, 1.3)]),
    'fixed array': Case(
        Imu, 'field: angular_velocity_covariance', [imu(3.0)],
        [row(*(3.0 + 0.01 * index for index in range(9)))]),
    'a shape for it': Case(
        Imu, 'field: angular_velocity_covariance, shape: [1, 3, 3]', [imu(3.0)],
        [row(*(3.0 + 0.01 * index for index in range(9))).reshape(1, 3, 3)]),
    'array of structs': Case(
        PoseArray, "field: 'poses[].position', shape: [-1, 3]", [poses(2), poses(5), poses(1)],
        [positions(2), positions(5), positions(1)]),
    'one of an array': Case(
        PoseArray, "field: 'poses[1].position'", [poses(2), poses(5)],
        2 * [row(1.1, 0.2, 0.3)]),
    'variable array': Case(
        Joy, 'field: axes, shape: [-1]',
        [Joy(axes=[0.1, 0.2, 0.3], buttons=[1]), Joy(axes=[0.4], buttons=[0, 1])],
        [row(0.1, 0.2, 0.3, dtype='float32'), row(0.4, dtype='float32')]),
    'integers': Case(
        Joy, 'field: buttons', [Joy(axes=[0.5], buttons=[1, 0, -2 ** 31])],
        [row(1, 0, -2 ** 31, dtype='int32')]),
    'integers and a truth value': Case(
        RegionOfInterest, 'dtype: float32',
        [RegionOfInterest(x_offset=3, y_offset=4, height=5, width=6, do_rectify=True)],
        [row(3, 4, 5, 6, 1, dtype='float32')]),
    'truth value': Case(
        BatteryState, 'field: present', [BatteryState(present=True), BatteryState()],
        [row(True, dtype='bool'), row(False, dtype='bool')]),
    'byte and float': Case(
        BatteryState, 'field: [power_supply_status, voltage]',
        [BatteryState(power_supply_status=3, voltage=0.1)], [row(3, 0.1, dtype='float32')]),
    'all numbers': Case(
        Twist, '', [Twist(linear=vector(0.1, 0.2, 0.3), angular=vector(0.4, 0.5, 0.6))],
        [row(0.1, 0.2, 0.3, 0.4, 0.5, 0.6)]),
    'all numbers but the header': Case(
        PoseStamped, '', [PoseStamped(
            header=Header(stamp=Time(sec=5), frame_id='a frame'),
            pose=Pose(position=Point(x=0.1, y=0.2, z=0.3)))],
        [row(0.1, 0.2, 0.3, 0.0, 0.0, 0.0, 1.0)]),
    'a whole message of a message': Case(
        PoseStamped, 'field: [pose, header.stamp.sec]', [PoseStamped(
            header=Header(stamp=Time(sec=5), frame_id='a frame'),
            pose=Pose(position=Point(x=0.1, y=0.2, z=0.3)))],
        [row(0.1, 0.2, 0.3, 0.0, 0.0, 0.0, 1.0, 5.0)]),
    'joints in the order of the message': Case(
        JointState, 'field: effort', [JointState(name=['b', 'a'], effort=[0.2, 0.1])],
        [row(0.2, 0.1)]),
    'converted': Case(
        JointState, 'field: position, offset: [1.0, -1.0], scale: 0.1, clip: [-0.25, 0.5]',
        [JointState(position=[0.3, 0.4]), JointState(position=[30.0, -40.0])],
        [(row(0.3, 0.4) + row(1.0, -1.0)) * 0.1, row(0.5, -0.25)]),
    'columns converted': Case(
        PoseArray,
        "field: 'poses[].position', shape: [-1, 3], scale: [1.0, 10.0, 100.0]", [poses(4)],
        [positions(4) * row(1.0, 10.0, 100.0)]),
}


@pytest.mark.parametrize('case', CASES.values(), ids=list(CASES))
def test_the_module_gets_the_numbers_of_the_field(case: Case, start: Start) -> None:
    source = ', '.join(filter(None, (f'type: {type_name(case.kind)}', case.source)))
    dialogue = start(Chain(), f'inputs: {{x: {{{source}}}}}')
    for message, array in zip(case.messages, case.arrays):
        assert_answers(dialogue.ask(x=message), Chain(), array)


# Names.


def joints(order: str, *, numbers_of: str = 'abcdef') -> JointState:
    """Make the state of joints in this order, whose numbers are their own."""
    places = [numbers_of.index(name) for name in order]
    return JointState(
        name=list(order), position=[0.1 + place for place in places],
        velocity=[10.1 + place for place in places], effort=[])


SELECTED = {
    'position': ('field: position, select: [c, a]', row(2.1, 0.1)),
    'position and velocity': (
        'field: [velocity, position], select: [c, a]', row(12.1, 10.1, 2.1, 0.1)),
}


@pytest.mark.parametrize('source, array', SELECTED.values(), ids=list(SELECTED))
def test_joints_come_by_their_names_although_the_sender_changes_their_order(
        source: str, array: Array, start: Start) -> None:
    dialogue = start(
        Chain(), f'inputs: {{x: {{type: sensor_msgs/msg/JointState, {source}}}}}')
    for order in ('abc', 'cab', 'bca', 'fceda', 'ac', 'ca', 'abcdef'):
        assert_answers(dialogue.ask(x=joints(order)), Chain(), array)


def multi_dof(order: str) -> MultiDOFJointState:
    return MultiDOFJointState(joint_names=list(order), transforms=[
        Transform(translation=vector(*positions(3)['abc'.index(name)])) for name in order])


def trajectory(order: str) -> JointTrajectory:
    return JointTrajectory(
        joint_names=list(order),
        points=[JointTrajectoryPoint(positions=list(joints(order).position))])


def markers(order: str) -> MarkerArray:
    return MarkerArray(markers=[
        Marker(ns=name, text='a text', pose=Pose(
            position=Point(x=0.1 + 'abc'.index(name), y=0.2, z=0.3)))
        for name in order])


NAMED = {
    'joint_names': Case(
        JointTrajectory, "field: 'points[0].positions', select: [c, a]",
        [*map(trajectory, ('abc', 'cab', 'dbca'))], 3 * [row(2.1, 0.1)]),
    'joint_names of rows': Case(
        MultiDOFJointState, "field: 'transforms[].translation', select: [c, a]",
        [*map(multi_dof, ('abc', 'cab', 'ca'))], 3 * [positions(3)[[2, 0]]]),
    'name_field': Case(
        MarkerArray,
        "field: 'markers[].pose.position', select: [c, a], name_field: 'markers[].ns'",
        [*map(markers, ('abc', 'cba', 'ac'))], 3 * [positions(3)[[2, 0]]]),
}


@pytest.mark.parametrize('case', NAMED.values(), ids=list(NAMED))
def test_elements_of_other_messages_come_by_their_names_too(case: Case, start: Start) -> None:
    dialogue = start(
        Chain(), f'inputs: {{x: {{type: {type_name(case.kind)}, {case.source}}}}}')
    for message, array in zip(case.messages, case.arrays):
        assert_answers(dialogue.ask(x=message), Chain(), array)


# Parts.

LEGGED = """
    input_names: [obs]
    output_names: [action]
    inputs:
      obs:
        shape: [1, 12]
        part_names: [gyro, command, q, dq, last_action]
        parts:
          gyro: {topic: imu, type: sensor_msgs/msg/Imu, field: angular_velocity, scale: 0.25}
          command: {topic: cmd_vel, type: geometry_msgs/msg/Twist,
                    field: [linear.x, linear.y, angular.z], initial: [0.0, 0.0, 0.0]}
          q: {topic: joint_states, type: sensor_msgs/msg/JointState, field: position,
              select: [hip, thigh], offset: [-0.1, -0.8]}
          dq: {topic: joint_states, type: sensor_msgs/msg/JointState, field: velocity,
               select: [hip, thigh], scale: 0.05}
          last_action: {feedback: action}
    outputs:
      action: {topic: joint_command, type: sensor_msgs/msg/JointState, field: position,
               names: [hip, thigh], scale: 0.25, offset: [0.1, 0.8]}
"""


def legs(order: Sequence[str], seed: int) -> JointState:
    values = np.random.default_rng(seed).normal(size=(2, 2)).tolist()
    return JointState(
        name=list(order), position=[values[0][name == 'hip'] for name in order],
        velocity=[values[1][name == 'hip'] for name in order])


def seen(command: Sequence[float], state: JointState) -> Array:
    """Return what the policy sees, its own last action aside."""
    places = [list(state.name).index(name) for name in ('hip', 'thigh')]
    return np.concatenate([
        row(1.1, 1.2, 1.3) * 0.25, command,
        np.array(state.position)[places] + row(-0.1, -0.8),
        np.array(state.velocity)[places] * 0.05])


def act(seen_by_it: Array, last: Tensor) -> Tensor:
    """Call the policy with what it sees."""
    with torch.inference_mode():
        obs = torch.from_numpy(seen_by_it.astype(np.float32))[None]
        action: Tensor = Policy()(torch.cat([obs, last], 1))
        return action


def targets(action: Tensor) -> List[float]:
    wanted: List[float] = (
        action.numpy().flatten().astype(np.float64) * 0.25 + row(0.1, 0.8)).tolist()
    return wanted


def test_parts_of_every_kind_are_one_observation(start: Start) -> None:
    dialogue = start(Policy(), LEGGED)
    last = torch.zeros(1, 2)
    for number, order in enumerate([('hip', 'thigh'), ('thigh', 'hip'), ('thigh', 'hip')]):
        state = legs(order, number)
        command = Twist(linear=vector(0.1 * number, 0.2, 9.0), angular=vector(9.0, 9.0, 0.3))
        answer = dialogue.ask(
            'joint_command', JointState, imu=imu(), cmd_vel=command, joint_states=state)
        last = act(seen([0.1 * number, 0.2, 0.3], state), last)
        assert answer.name == ['hip', 'thigh']
        assert answer.position.tolist() == targets(last)


def test_an_initial_part_counts_until_its_first_message_comes(start: Start) -> None:
    dialogue = start(Policy(), LEGGED + '\n    trigger_inputs: [obs.gyro, obs.q]')
    state = legs(('thigh', 'hip'), 1)
    answer = dialogue.ask('joint_command', JointState, imu=imu(), joint_states=state)
    first = act(seen([0.0, 0.0, 0.0], state), torch.zeros(1, 2))
    assert answer.position.tolist() == targets(first)


def test_two_parts_of_one_topic_share_one_subscription_and_each_message(start: Start) -> None:
    dialogue = start(small_models.Identity(), """
        trigger: timer
        rate_hz: 300.0
        inputs:
          x:
            part_names: [dq, q]
            parts:
              q: {topic: joints, type: sensor_msgs/msg/JointState, field: position, select: [a]}
              dq: {topic: joints, type: sensor_msgs/msg/JointState, field: velocity, select: [a]}
    """)
    node = dialogue.running.node
    assert len(node.get_subscriptions_info_by_topic('/joints')) == 1
    heard = dialogue.listen()
    number = 0.0

    def send() -> bool:
        nonlocal number
        number += 1.0
        dialogue.tell(joints=JointState(name=['a'], position=[number], velocity=[-number]))
        return len({message.data[1] for message in heard}) >= 20
    dialogue.peer.wait_until(send, 'outputs of many messages')
    for message in list(heard):
        assert message.data[0] == -message.data[1]


@pytest.mark.parametrize('depth, subscriptions', [(50, 1), (20, 2)])
def test_two_inputs_of_one_topic_share_one_subscription_unless_its_quality_differs(
        depth: int, subscriptions: int, start: Start) -> None:
    dialogue = start(Behind(), f"""
        inputs:
          a: {{topic: joints, type: sensor_msgs/msg/JointState, field: position, select: [j]}}
          b: {{topic: joints, type: sensor_msgs/msg/JointState, field: velocity, select: [j],
              qos: {{reliability: reliable, depth: {depth}}}}}
    """)
    infos = dialogue.running.node.get_subscriptions_info_by_topic('/joints')
    assert len(infos) == subscriptions
    message = JointState(name=['i', 'j'], position=[1.0, 2.0], velocity=[3.0, 4.0])
    assert_answers(dialogue.ask(joints=message), Behind(), row(2.0), row(4.0))


def set_parameter(peer: Any, name: str, value: Any) -> Any:
    request = SetParameters.Request(
        parameters=[Parameter(name, value=value).to_parameter_msg()])
    return peer.call(SetParameters, '/node/set_parameters', request).results[0]


def test_a_constant_part_is_tuned_while_the_node_runs(start: Start) -> None:
    dialogue = start(Chain(), """
        inputs:
          x:
            part_names: [q, gain]
            parts:
              q: {type: sensor_msgs/msg/JointState, field: position, select: [a], scale: 2.0}
              gain: {constant: [2.0, 3.0], offset: 1.0, scale: [10.0, 100.0]}
    """)
    message = JointState(name=['b', 'a'], position=[0.1, 0.2])
    assert_answers(dialogue.ask(q=message), Chain(), row(0.4, 30.0, 400.0))
    name = 'inputs.x.parts.gain.constant'
    assert set_parameter(dialogue.peer, name, [5.0, 6.0]).successful
    assert_answers(dialogue.ask(q=message), Chain(), row(0.4, 60.0, 700.0))
    for wrong, reason in (
            ([1.0, 2.0, 3.0], 'it has 3 elements'),
            ([1.0, NAN], 'expected finite numbers'), ('much', 'expected a number or a list')):
        result = set_parameter(dialogue.peer, name, wrong)
        assert not result.successful and reason in result.reason
    assert 'read-only' in set_parameter(
        dialogue.peer, 'inputs.x.parts.q.scale', [3.0]).reason
    assert_answers(dialogue.ask(q=message), Chain(), row(0.4, 60.0, 700.0))


@pytest.mark.parametrize('triggers, causes', [
    ('[x.q]', {'q'}), ('[x]', {'q', 'p'}), ('[y]', {'y'}), ('[x.q, y]', {'q', 'y'}),
    (None, {'q', 'p', 'y'})])
def test_evaluations_are_caused_by_the_parts_and_inputs_that_are_named(
        triggers: Any, causes: Any, start: Start) -> None:
    named = '' if triggers is None else f'trigger_inputs: {triggers}'
    dialogue = start(Both(), f"""
        {named}
        inputs:
          x:
            part_names: [q, p, c]
            parts:
              q: {{type: std_msgs/msg/Float64MultiArray, initial: [0.0]}}
              p: {{type: std_msgs/msg/Float64MultiArray, initial: [0.0]}}
              c: {{constant: [1.0]}}
          y: {{type: std_msgs/msg/Float64MultiArray, initial: [0.0]}}
    """)
    heard = dialogue.listen()
    topics = ('p', 'q', 'y')
    for topic in topics:
        dialogue.peer.publisher(topic)
    # Of the others, no number of messages causes anything.
    for number in (4.0, 5.0, 6.0):
        for topic in set(topics) - causes:
            dialogue.tell(**{topic: Float64MultiArray(data=[number])})
    for number in (1.0, 2.0, 3.0):
        dialogue.ask(**{topic: Float64MultiArray(data=[number]) for topic in causes})
    assert len(heard) == dialogue.running.counters.evaluations == 3
    for message, number in zip(heard, (1.0, 2.0, 3.0)):
        got = dict(zip(('q', 'p', 'c', 'y'), message.data))
        assert {got[topic] for topic in causes} == {number} and got['c'] == 1.0


class Both(torch.nn.Module):

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.cat([x, y])


def test_each_part_has_an_age_of_its_own(start: Start) -> None:
    dialogue = start(small_models.Identity(), """
        trigger: timer
        rate_hz: 200.0
        on_stale: fallback
        outputs: {output: {fallback: [-7.0]}}
        inputs:
          x:
            shape: [4]
            part_names: [gyro, q]
            parts:
              gyro: {type: sensor_msgs/msg/Imu, field: angular_velocity}
              q: {type: sensor_msgs/msg/JointState, field: position, select: [a],
                  max_age_ms: 60.0}
    """)
    heard = dialogue.listen()
    dialogue.tell(gyro=imu())

    def is_answered() -> bool:
        dialogue.tell(q=JointState(name=['a'], position=[0.5]))
        return bool(heard) and heard[-1].data[-1] == 0.5
    dialogue.peer.wait_until(is_answered, 'an output')
    assert heard[-1].data.tolist() == [1.1, 1.2, 1.3, 0.5]
    dialogue.peer.wait_until(lambda: heard[-1].data[0] == -7.0, 'the fallback')
    assert set(dialogue.running.counters.refusals) == {'stale x.q'}
    # The other part is of no age that counts.
    dialogue.peer.wait_until(is_answered, 'outputs again')
    assert heard[-1].data.tolist() == [1.1, 1.2, 1.3, 0.5]


# History.


def stacked(frames: List[Array], *, is_newest_first: bool, repeats: bool, length: int) -> Array:
    """Stack the newest frame and those before it, as somebody would by hand."""
    missing = length - len(frames)
    first = frames[0] if repeats else np.zeros_like(frames[0])
    newest_last = [first] * missing + frames[-length:]
    return np.stack(newest_last[::-1] if is_newest_first else newest_last)


@pytest.mark.parametrize('order', ['newest_first', 'oldest_first'])
@pytest.mark.parametrize('fill', ['repeat', 'zeros'])
def test_a_history_is_of_the_frames_before_in_their_order(
        order: str, fill: str, start: Start) -> None:
    dialogue = start(Chain(), f"""
        inputs: {{x: {{type: sensor_msgs/msg/Imu, field: angular_velocity, scale: 0.5,
                       history: 3, history_order: {order}, history_fill: {fill}}}}}
    """)
    frames: List[Array] = []
    for number in range(1, 8):
        if number == 6:
            # As if nothing had been.
            assert dialogue.peer.call(Trigger, '/node/reset').success
            frames.clear()
        frames.append(row(number + 1.1, 1.2, 1.3) * 0.5)
        stack = stacked(
            frames, is_newest_first=order == 'newest_first', repeats=fill == 'repeat', length=3)
        assert_answers(dialogue.ask(x=imu(float(number))), Chain(), stack)


def test_a_history_of_parts_has_the_shape_of_the_whole_tensor(start: Start) -> None:
    dialogue = start(Chain(), """
        inputs:
          x:
            shape: [1, 8]
            history: 2
            part_names: [gyro, gain]
            parts:
              gyro: {type: sensor_msgs/msg/Imu, field: angular_velocity}
              gain: {constant: [7.0]}
    """)
    frames = []
    for number in range(3):
        frames.append(row(number + 1.1, 1.2, 1.3, 7.0))
        stack = stacked(frames, is_newest_first=True, repeats=True, length=2)
        assert_answers(dialogue.ask(gyro=imu(float(number))), Chain(), stack.reshape(1, 8))


class Sum(torch.nn.Module):
    """Gives the sum of all numbers, twice."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum().repeat(2)


def test_a_history_remembers_what_was_fed_back(start: Start) -> None:
    dialogue = start(Sum(), """
        inputs:
          x:
            shape: [2, 3]
            history: 2
            history_fill: zeros
            part_names: [q, last]
            parts:
              q: {type: sensor_msgs/msg/JointState, field: position, select: [a],
                  replace: {nan: 0.5}}
              last: {feedback: output, scale: 0.5}
    """)
    frames = [row(0.0, 0.0, 0.0)]
    last = 0.0
    for position in (1.0, NAN, 4.0, 8.0):
        frames.append(row(0.5 if math.isnan(position) else position, 0.5 * last, 0.5 * last))
        answer = dialogue.ask(q=JointState(name=['a'], position=[position]))
        assert_answers(answer, Sum(), np.stack(frames[-1:-3:-1]))
        last = answer.data[0]


@pytest.mark.parametrize('poison, refusal', [
    (NAN, 'not finite: input x'), (-1.0, 'failed evaluation')])
def test_an_evaluation_that_was_refused_is_no_part_of_the_history(
        poison: float, refusal: str, start: Start) -> None:
    dialogue = start(Positive(), """
        inputs: {x: {type: std_msgs/msg/Float64MultiArray, shape: [3], history: 3}}
    """)
    heard = dialogue.listen()
    for sent in (1.0, 2.0, poison, poison, 3.0):
        dialogue.tell(x=Float64MultiArray(data=[sent]))
    dialogue.peer.wait_until(lambda: len(heard) == 3, 'three outputs')
    assert [message.data.tolist() for message in heard] == [
        [1.0, 1.0, 1.0], [2.0, 1.0, 1.0], [3.0, 2.0, 1.0]]
    assert dialogue.running.counters.refusals == {refusal: 2}


# Outputs.

FROM_X = 'inputs: {x: {type: std_msgs/msg/Float64MultiArray}}'


def send_row(dialogue: Dialogue, kind: Any, *values: float) -> Any:
    return dialogue.ask(kind=kind, x=Float64MultiArray(data=values))


def test_an_output_names_its_joints(start: Start) -> None:
    dialogue = start(small_models.Double(), f"""
        {FROM_X}
        outputs: {{output: {{type: sensor_msgs/msg/JointState, field: position,
                             names: [a, b, c], frame_id: base}}}}
    """)
    begin_ns = dialogue.peer.node.get_clock().now().nanoseconds
    message = send_row(dialogue, JointState, 0.1, 0.2, 0.3)
    assert message.name == ['a', 'b', 'c']
    assert message.position.tolist() == [0.2, 0.4, 0.6]
    assert not message.velocity and not message.effort
    assert message.header.frame_id == 'base'
    assert begin_ns <= nanoseconds(message.header.stamp) <= (
        dialogue.peer.node.get_clock().now().nanoseconds)


def nanoseconds(stamp: Time) -> int:
    return int(10 ** 9 * stamp.sec + stamp.nanosec)


def test_an_output_fills_several_fields_of_named_joints(start: Start) -> None:
    dialogue = start(small_models.Double(), f"""
        {FROM_X}
        outputs: {{output: {{type: sensor_msgs/msg/JointState, field: [velocity, position],
                             names: [a, b]}}}}
    """)
    message = send_row(dialogue, JointState, 1.0, 2.0, 3.0, 4.0)
    assert message.velocity.tolist() == [2.0, 4.0]
    assert message.position.tolist() == [6.0, 8.0]


def test_an_output_is_a_trajectory_of_one_point(start: Start) -> None:
    dialogue = start(small_models.Double(), f"""
        {FROM_X}
        outputs: {{output: {{type: trajectory_msgs/msg/JointTrajectory,
                             field: 'points[0].positions', names: [a, b],
                             time_from_start_ms: 1250.0}}}}
    """)
    message = send_row(dialogue, JointTrajectory, 0.1, 0.2)
    assert message.joint_names == ['a', 'b']
    point, = message.points
    assert point.positions.tolist() == [0.2, 0.4]
    assert not point.velocities and not point.accelerations and not point.effort
    assert (point.time_from_start.sec, point.time_from_start.nanosec) == (1, 250_000_000)


def test_an_output_is_a_velocity(start: Start) -> None:
    dialogue = start(small_models.Double(), f"""
        {FROM_X}
        outputs: {{output: {{type: geometry_msgs/msg/Twist, field: [angular.z, linear.x]}}}}
    """)
    assert send_row(dialogue, Twist, 0.1, 0.2) == Twist(
        linear=vector(0.4, 0.0, 0.0), angular=vector(0.0, 0.0, 0.2))


def test_an_output_is_all_numbers_of_a_message(start: Start) -> None:
    dialogue = start(
        small_models.Double(),
        f'{FROM_X}\noutputs: {{output: {{type: geometry_msgs/msg/Twist}}}}')
    assert send_row(dialogue, Twist, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6) == Twist(
        linear=vector(0.2, 0.4, 0.6), angular=vector(0.8, 1.0, 1.2))


def test_an_output_is_an_array_of_points(start: Start) -> None:
    dialogue = start(small_models.Double(), """
        inputs: {x: {type: geometry_msgs/msg/PoseArray, field: 'poses[].position',
                     shape: [-1, 3]}}
        outputs: {output: {type: geometry_msgs/msg/PoseArray, field: 'poses[].position'}}
    """)
    for count in (2, 4, 1):
        message = dialogue.ask(kind=PoseArray, x=poses(count))
        points = [
            [pose.position.x, pose.position.y, pose.position.z] for pose in message.poses]
        assert points == (2 * positions(count)).tolist()
        assert {pose.orientation.w for pose in message.poses} == {1.0}


def test_an_output_is_what_a_forward_controller_takes(start: Start) -> None:
    dialogue = start(small_models.Linear(), """
        inputs: {x: {type: sensor_msgs/msg/Imu, field: angular_velocity, shape: [1, 3]}}
        outputs: {output: {scale: [0.5, 0.25], offset: [1.0, -1.0]}}
    """)
    answer = dialogue.ask(x=imu())
    module = torch.jit.load(dialogue.running.node.deployment.model.description.path)
    with torch.inference_mode():
        action = module(torch.tensor([[1.1, 1.2, 1.3]])).numpy().astype(np.float64)
    assert numbers(answer).tolist() == (action * row(0.5, 0.25) + row(1.0, -1.0)).tolist()


@pytest.mark.parametrize('part_names, stamp_from', [('', 'x'), ('part_names: [gyro], ', 'x.gyro')])
def test_an_output_has_the_stamp_of_what_it_was_made_from(
        part_names: str, stamp_from: str, start: Start) -> None:
    source = 'type: sensor_msgs/msg/Imu, topic: x, field: [angular_velocity, orientation.x]'
    whole = f'parts: {{gyro: {{{source}}}}}' if part_names else source
    dialogue = start(Six(), f"""
        inputs: {{x: {{{part_names}{whole}}}}}
        outputs: {{output: {{type: geometry_msgs/msg/TwistStamped, frame_id: base,
                             stamp_from: {stamp_from}}}}}
    """)
    for stamp in ((5, 6), (1_700_000_000, 999_999_999), (3, 0)):
        message = dialogue.ask(kind=TwistStamped, x=imu(stamp=stamp))
        assert (message.header.stamp.sec, message.header.stamp.nanosec) == stamp
        assert message.header.frame_id == 'base'
        assert message.twist == Twist(
            linear=vector(1.1, 1.2, 1.3), angular=vector(0.1, 1.1, 1.2))


class Six(torch.nn.Module):
    """Gives six numbers of four."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, x[:2]])


def test_an_output_that_is_held_or_a_fallback_has_the_stamp_of_its_publication(
        start: Start) -> None:
    dialogue = start(small_models.Double(), """
        on_nonfinite: hold
        on_error: fallback
        inputs: {x: {type: std_msgs/msg/Float64MultiArray, shape: [1]}}
        outputs: {output: {type: sensor_msgs/msg/JointState, field: position, names: [a],
                           fallback: [-7.0]}}
    """)
    told = [send_row(dialogue, JointState, value) for value in (1.0, NAN, NAN)]
    assert dialogue.running.change_state('deactivate')
    heard = dialogue.listen(kind=JointState)
    dialogue.peer.wait_until(lambda: len(heard) == 4, 'the fallback')
    assert [message.position.tolist() for message in heard] == [[2.0], [2.0], [2.0], [-7.0]]
    stamps = [nanoseconds(message.header.stamp) for message in heard]
    assert stamps[:3] == [nanoseconds(message.header.stamp) for message in told]
    assert stamps == sorted(set(stamps))
    assert {tuple(message.name) for message in heard} == {('a',)}


def test_limits_and_fallbacks_are_in_published_units_and_feedback_in_those_of_the_module(
        start: Start) -> None:
    dialogue = start(Steps(), """
        on_nonfinite: fallback
        output_names: [action, seen]
        inputs:
          x: {type: std_msgs/msg/Float64MultiArray, shape: [1]}
          last: {feedback: action, initial: [0.0]}
        outputs:
          action: {type: sensor_msgs/msg/JointState, field: position, names: [a],
                   scale: 10.0, offset: 1.0, max: 35.0, fallback: -5.0}
          seen: {fallback: -5.0}
    """)
    seen_last = dialogue.listen('seen')
    published = [
        dialogue.ask(
            'action', JointState, x=Float64MultiArray(data=[value])).position.tolist()
        for value in (1.0, 1.0, 1.0, 1.0, NAN, 1.0, -4.0)]
    assert published == [[11.0], [21.0], [31.0], [35.0], [-5.0], [35.0], [11.0]]
    dialogue.peer.wait_until(lambda: len(seen_last) == 7)
    assert [message.data.tolist() for message in seen_last] == [
        [0.0], [1.0], [2.0], [3.0], [-5.0], [4.0], [5.0]]


def test_a_fade_in_begins_at_the_field_of_a_part_as_it_was_sent(start: Start) -> None:
    dialogue = start(Chain(), """
        fade_in_s: 100000.0
        inputs:
          x:
            part_names: [q]
            parts:
              q: {type: sensor_msgs/msg/JointState, field: position, select: [b, a],
                  offset: -1.0, scale: 100.0}
        outputs:
          output: {type: sensor_msgs/msg/JointState, field: position, names: [b, a],
                   scale: 10.0, offset: 5.0, fade_in_from: x.q}
    """)
    message = JointState(name=['a', 'b'], position=[0.25, 0.5])
    assert dialogue.ask(kind=JointState, q=message).position.tolist() == [0.5, 0.25]


# Pictures, scans and clouds.


def test_a_scan_has_numbers_instead_of_its_infinities(start: Start) -> None:
    dialogue = start(Chain(), """
        inputs: {x: {type: sensor_msgs/msg/LaserScan, field: ranges, shape: [1, 5],
                     replace: {posinf: 30.0, neginf: 0.0, nan: 12.0}, scale: 0.1,
                     clip: [0.05, 2.5]}}
    """)
    scan = LaserScan(ranges=[0.3, INFINITY, -INFINITY, NAN, 7.0], intensities=[INFINITY])
    wanted = row(0.3, 30.0, 0.0, 12.0, 7.0, dtype='float32') * np.float32(0.1)
    clipped = wanted.clip(np.float32(0.05), np.float32(2.5))[None]
    assert_answers(dialogue.ask(x=scan), Chain(), clipped)


POINTS = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)


def cloud(points: Array) -> PointCloud2:
    """Make a cloud of x, y, z, intensity, with bytes in between."""
    places = {'x': 0, 'y': 4, 'z': 8, 'intensity': 16}
    written = np.full((len(points), 24), 99, np.uint8)
    for column, begin in enumerate(places.values()):
        written[:, begin:begin + 4] = np.ascontiguousarray(
            points[:, column:column + 1]).view(np.uint8)
    return PointCloud2(
        height=1, width=len(points), point_step=24, row_step=24 * len(points), is_dense=True,
        fields=[
            PointField(name=name, offset=begin, datatype=7, count=1)
            for name, begin in places.items()], data=written.tobytes())


@pytest.mark.parametrize('field, columns', [
    ('', [0, 1, 2]), (', field: [intensity, z, x]', [3, 2, 0]),
    (', field: [z], scale: 2.0', [2])])
def test_a_cloud_is_a_row_for_each_point(
        field: str, columns: List[int], start: Start) -> None:
    dialogue = start(Chain(), f"""
        inputs: {{x: {{type: sensor_msgs/msg/PointCloud2, shape: [-1, {len(columns)}]{field}}}}}
    """)
    for count in (6, 2, 5):
        points = np.ascontiguousarray(POINTS[:count, columns])
        scale = np.float32(2.0 if 'scale' in field else 1.0)
        assert_answers(dialogue.ask(x=cloud(POINTS[:count])), Chain(), points * scale)


PIXELS = np.random.default_rng(1).integers(0, 256, (4, 6, 3), dtype=np.uint8)


def image(pixels: Array, encoding: str, *, padding: int = 0) -> Image:
    """Make an image whose rows end with bytes that mean nothing."""
    rows = np.pad(
        np.ascontiguousarray(pixels).view(np.uint8).reshape(len(pixels), -1),
        ((0, 0), (0, padding)), constant_values=99)
    return Image(
        height=pixels.shape[0], width=pixels.shape[1], encoding=encoding, step=rows.shape[1],
        data=rows.tobytes())


NORMAL = 'layout: chw, scale: 0.00392156862745098, mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4]'


def normal(pixels: Array) -> Array:
    """Do with numpy what NORMAL says."""
    scaled = pixels.astype(np.float32) * np.float32(0.00392156862745098)
    mean, std = row(0.4, 0.5, 0.6, dtype='float32'), row(0.2, 0.3, 0.4, dtype='float32')
    return np.ascontiguousarray(((scaled - mean) / std).transpose(2, 0, 1))


def test_an_image_is_laid_out_and_normalized(start: Start) -> None:
    dialogue = start(Chain(), f"""
        inputs: {{x: {{type: sensor_msgs/msg/Image, shape: [1, 3, 4, 6], color: rgb, {NORMAL}}}}}
    """)
    wanted = normal(PIXELS)[None]
    for message in (
            image(PIXELS, 'rgb8'), image(PIXELS[..., ::-1], 'bgr8', padding=5),
            image(np.dstack([PIXELS, PIXELS[..., :1]]), 'rgba8')):
        assert_answers(dialogue.ask(x=message), Chain(), wanted)


def test_an_image_comes_as_it_was_sent_if_nothing_is_asked_for(start: Start) -> None:
    dialogue = start(Chain(), 'inputs: {x: {type: sensor_msgs/msg/Image}}')
    assert_answers(dialogue.ask(x=image(PIXELS, 'bgr8', padding=1)), Chain(), PIXELS)


@pytest.mark.parametrize('encoding, pixels', [
    ('mono16', np.arange(24, dtype='<u2').reshape(4, 6, 1) * 2000),
    ('32FC1', np.arange(24, dtype='<f4').reshape(4, 6, 1) / 7)])
def test_an_image_of_depths_is_scaled(encoding: str, pixels: Array, start: Start) -> None:
    dialogue = start(Chain(), """
        inputs: {x: {type: sensor_msgs/msg/Image, scale: 0.001, dtype: float32}}
    """)
    answer = dialogue.ask(x=image(pixels, encoding, padding=4))
    assert_answers(answer, Chain(), pixels.astype(np.float32) * np.float32(0.001))


def test_a_picture_is_a_part_of_an_observation(start: Start) -> None:
    dialogue = start(Chain(), """
        inputs:
          x:
            shape: [1, 25]
            part_names: [camera, q]
            parts:
              camera: {type: sensor_msgs/msg/Image, layout: chw, color: gray, scale: 0.5}
              q: {type: sensor_msgs/msg/JointState, field: position, select: [a]}
    """)
    gray = PIXELS[..., :1]
    answer = dialogue.ask(
        camera=image(gray, 'mono8'), q=JointState(name=['a'], position=[0.1]))
    wanted = np.concatenate([gray.flatten().astype(np.float32) * np.float32(0.5), row(0.1)])
    assert_answers(answer, Chain(), wanted[None])


def test_a_compressed_image_is_the_picture_in_it(start: Start) -> None:
    pillow = pytest.importorskip('PIL.Image', reason='Pillow is an extra')
    dialogue = start(Chain(), f"""
        inputs: {{x: {{type: sensor_msgs/msg/CompressedImage, resize: [2, 3], {NORMAL}}}}}
    """)
    for form in ('png', 'jpeg'):
        file = BytesIO()
        pillow.fromarray(PIXELS).save(file, form)
        resized = pillow.open(file).convert('RGB').resize((3, 2), pillow.Resampling.BILINEAR)
        answer = dialogue.ask(x=CompressedImage(format=form, data=file.getvalue()))
        assert_answers(answer, Chain(), normal(np.asarray(resized)))


def test_an_output_is_an_image(start: Start) -> None:
    dialogue = start(Inverted(), """
        inputs: {x: {type: sensor_msgs/msg/Image, layout: chw, shape: [1, 3, 4, 6]}}
        outputs: {output: {type: sensor_msgs/msg/Image, encoding: bgr8, layout: chw,
                           frame_id: camera, stamp_from: x}}
    """)
    sent = image(PIXELS, 'bgr8', padding=3)
    sent.header.stamp = Time(sec=12, nanosec=34)
    message = dialogue.ask(kind=Image, x=sent)
    assert (message.height, message.width, message.encoding) == (4, 6, 'bgr8')
    assert message.step == 18 and not message.is_bigendian
    assert message.header == Header(stamp=Time(sec=12, nanosec=34), frame_id='camera')
    assert bytes(message.data) == (255 - PIXELS).tobytes()


class Inverted(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return 255 - x


def test_an_output_is_an_image_of_depths(start: Start) -> None:
    dialogue = start(small_models.Double(), """
        inputs: {x: {type: sensor_msgs/msg/Image, dtype: float32, shape: [4, 6, 1]}}
        outputs: {output: {type: sensor_msgs/msg/Image, encoding: 32FC1, scale: 0.5, offset: 1.0}}
    """)
    pixels = np.arange(24, dtype='<f4').reshape(4, 6, 1)
    message = dialogue.ask(kind=Image, x=image(pixels, '32FC1'))
    assert np.frombuffer(bytes(message.data), '<f4').tolist() == (
        pixels.flatten() + 1.0).tolist()
