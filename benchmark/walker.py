# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The messages of a walking robot: joints by name, the whole observation, and the targets."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from benchmark.case import Case
from benchmark.models import SEED
from benchmark.sensors import imus, joint_states, POLICY_JOINTS, twists
from benchmark.wired import Wired
from geometry_msgs.msg import Twist
import numpy as np
from numpy.typing import NDArray
from rclpy.clock import ROSClock
from rclpy.context import Context
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Imu, JointState
import torch

_BLOCK = 50
_JOINTS = len(POLICY_JOINTS)
_DEFAULT = [0.1, 0.8, -1.5, -0.1, 0.8, -1.5, 0.1, 1.0, -1.5, -0.1, 1.0, -1.5]
_ACTION_SCALE = 0.25
_COMMAND_SCALE = [2.0, 2.0, 0.25]
_INPUT = 'inputs.x.parts.'
_JOINT_STATE = 'sensor_msgs/msg/JointState'
_IMU = 'sensor_msgs/msg/Imu'

_POSITIONS: Dict[str, Any] = {
    'inputs.x.type': _JOINT_STATE, 'inputs.x.field': 'position',
    'inputs.x.select': POLICY_JOINTS}
_POLICY: Dict[str, Any] = {
    'inputs.x.shape': [1, 9 + 3 * _JOINTS],
    'inputs.x.part_names': ['gyro', 'gravity', 'command', 'q', 'dq', 'last_action'],
    f'{_INPUT}gyro.topic': 'imu', f'{_INPUT}gyro.type': _IMU,
    f'{_INPUT}gyro.field': 'angular_velocity', f'{_INPUT}gyro.scale': 0.25,
    f'{_INPUT}gravity.topic': 'imu', f'{_INPUT}gravity.type': _IMU,
    f'{_INPUT}gravity.field': 'linear_acceleration', f'{_INPUT}gravity.scale': -0.1,
    f'{_INPUT}command.topic': 'command', f'{_INPUT}command.type': 'geometry_msgs/msg/Twist',
    f'{_INPUT}command.field': ['linear.x', 'linear.y', 'angular.z'],
    f'{_INPUT}command.scale': _COMMAND_SCALE,
    f'{_INPUT}q.topic': 'joints', f'{_INPUT}q.type': _JOINT_STATE,
    f'{_INPUT}q.field': 'position', f'{_INPUT}q.select': POLICY_JOINTS,
    f'{_INPUT}q.offset': [-angle for angle in _DEFAULT],
    f'{_INPUT}dq.topic': 'joints', f'{_INPUT}dq.type': _JOINT_STATE,
    f'{_INPUT}dq.field': 'velocity', f'{_INPUT}dq.select': POLICY_JOINTS,
    f'{_INPUT}dq.scale': 0.05,
    f'{_INPUT}last_action.feedback': 'y',
    'outputs.y.type': _JOINT_STATE, 'outputs.y.field': 'position',
    'outputs.y.names': POLICY_JOINTS, 'outputs.y.scale': _ACTION_SCALE,
    'outputs.y.offset': _DEFAULT}

Moment = Tuple[bytes, bytes, bytes]
Floats = NDArray[np.float32]


class Target(NamedTuple):
    """What the module gives, and the message that it becomes."""

    action: Floats
    message: JointState


def walker_cases(context: Optional[Context] = None) -> List[Case]:
    """Return what is measured of a walking robot."""
    return [
        _joints('joints', joint_states(), context),
        _joints('joints_rotating', joint_states(is_rotating=True), context),
        _observation(context), _targets(context)]


def _joints(name: str, messages: List[bytes], context: Optional[Context]) -> Case:
    wired = Wired(_POSITIONS, context)

    def ours(data: bytes) -> Any:
        wired.take(data)
        return wired.value
    return Case(name, messages, {
        'ours': ours, 'rclpy': lambda data: deserialize_message(data, JointState),
        'hand': _joints_by_hand}, _BLOCK)


def _joints_by_hand(data: bytes) -> NDArray[np.float64]:
    message = deserialize_message(data, JointState)
    return np.array([message.position[message.name.index(name)] for name in POLICY_JOINTS])


def _observation(context: Optional[Context]) -> Case:
    wired = Wired(_POLICY, context)

    def ours(moment: Moment) -> torch.Tensor:
        wired.take(*moment)
        return wired.tensor
    return Case('observation', list(zip(imus(), twists(), joint_states())), {
        'ours': ours, 'rclpy': _deserialize, 'hand': _observation_by_hand}, _BLOCK)


def _deserialize(moment: Moment) -> Tuple[Imu, Twist, JointState]:
    imu, command, joints = moment
    return (
        deserialize_message(imu, Imu), deserialize_message(command, Twist),
        deserialize_message(joints, JointState))


def _observation_by_hand(moment: Moment) -> torch.Tensor:
    imu, command, joints = _deserialize(moment)
    gyro, pull = imu.angular_velocity, imu.linear_acceleration
    order = [joints.name.index(name) for name in POLICY_JOINTS]
    observation = np.concatenate([
        np.array([gyro.x, gyro.y, gyro.z]) * 0.25,
        np.array([pull.x, pull.y, pull.z]) * -0.1,
        np.array([command.linear.x, command.linear.y, command.angular.z]) * _COMMAND_SCALE,
        np.array(joints.position)[order] - _DEFAULT,
        np.array(joints.velocity)[order] * 0.05,
        np.zeros(_JOINTS)])
    return torch.tensor(observation, dtype=torch.float32).unsqueeze(0)


def _targets(context: Optional[Context]) -> Case:
    wired = Wired(_POLICY, context)
    clock = ROSClock()
    actions = list(np.random.default_rng(SEED).normal(size=(16, 1, _JOINTS)).astype(np.float32))
    wired.fit(actions[0])

    def by_hand(target: Target) -> bytes:
        message = _joint_targets(target.action)
        message.header.stamp = clock.now().to_msg()
        return bytes(serialize_message(message))
    return Case('targets', [Target(action, _joint_targets(action)) for action in actions], {
        'ours': lambda target: wired.publish(target.action),
        'rclpy': lambda target: serialize_message(target.message),
        'hand': by_hand}, _BLOCK, content=_positions)


def _joint_targets(action: Floats) -> JointState:
    return JointState(
        name=POLICY_JOINTS, position=(action.ravel() * _ACTION_SCALE + _DEFAULT).tolist())


def _positions(data: bytes) -> NDArray[np.float64]:
    message = deserialize_message(data, JointState)
    assert message.name == POLICY_JOINTS
    return np.array(message.position)
