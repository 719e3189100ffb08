# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Robots that walk: what their drivers send, and what their policies are to make of it.

This is the glue that somebody would write by hand; the nodes of the examples are compared with it.
"""

from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from geometry_msgs.msg import Twist
import numpy as np
from sensor_msgs.msg import Imu, JointState
import torch

ACTION_SCALE = 0.25
PARTS = ('gyro', 'gravity', 'command', 'q', 'dq')

Array = Any


class Robot(NamedTuple):
    """The joints that a policy knows, in its order, and those that only the driver knows."""

    joints: Tuple[str, ...]
    others: Tuple[str, ...]
    default: Tuple[float, ...]
    low: Tuple[float, ...]
    high: Tuple[float, ...]


QUADRUPED = Robot(
    joints=tuple(
        f'{leg}_{joint}_joint' for leg in ('FL', 'FR', 'RL', 'RR')
        for joint in ('hip', 'thigh', 'calf')),
    others=('arm_joint', 'FL_foot_fixed'),
    default=(0.1, 0.8, -1.5, -0.1, 0.8, -1.5, 0.1, 1.0, -1.5, -0.1, 1.0, -1.5),
    low=(-1.0, -1.5, -2.7, -1.0, -1.5, -2.7, -1.0, -0.5, -2.7, -1.0, -0.5, -2.7),
    high=(1.0, 3.4, -0.9, 1.0, 3.4, -0.9, 1.0, 4.5, -0.9, 1.0, 4.5, -0.9))

HUMANOID = Robot(
    joints=tuple(
        f'{side}_{joint}_joint' for side in ('left', 'right')
        for joint in ('hip_pitch', 'hip_roll', 'hip_yaw', 'knee', 'ankle_pitch', 'ankle_roll')),
    others=tuple(
        f'{side}_{joint}_joint' for side in ('left', 'right')
        for joint in ('shoulder_pitch', 'shoulder_roll', 'shoulder_yaw', 'elbow', 'wrist_roll'))
    + ('waist_yaw_joint',),
    default=2 * (-0.1, 0.0, 0.0, 0.3, -0.2, 0.0),
    low=(-2.5, -0.5, -2.7, 0.0, -0.8, -0.2, -2.5, -2.9, -2.7, 0.0, -0.8, -0.2),
    high=(2.8, 2.9, 2.7, 2.8, 0.5, 0.2, 2.8, 0.5, 2.7, 2.8, 0.5, 0.2))


class Moment(NamedTuple):
    """What the sensors and the operator say at one time."""

    imu: Imu
    command: Twist
    joints: JointState

    @property
    def messages(self) -> Dict[str, Any]:
        """The messages by topic."""
        return {'imu__data': self.imu, 'cmd_vel': self.command, 'joint_states': self.joints}


def moments(robot: Robot, count: int) -> Iterator[Moment]:
    """Make up moments of a walk; the driver has another order of the joints in each of them."""
    numbers = np.random.default_rng(1)
    for _ in range(count):
        imu, command, joints = Imu(), Twist(), JointState()
        _set(imu.angular_velocity, numbers.normal(0.0, 2.0, 3))
        _set(imu.linear_acceleration, numbers.normal(0.0, 3.0, 3) + [0.0, 0.0, 9.81])
        _set(command.linear, numbers.uniform(-1.0, 1.0, 3))
        _set(command.angular, numbers.uniform(-1.0, 1.0, 3))
        joints.name = list(numbers.permutation(robot.joints + robot.others))
        joints.position, joints.velocity, joints.effort = (
            numbers.normal(0.0, spread, len(joints.name)) for spread in (1.0, 60.0, 5.0))
        yield Moment(imu, command, joints)


def observation(robot: Robot, moment: Moment) -> Array:
    """Return what a policy sees of a moment, its own last action aside."""
    rates, accelerations = (
        _numbers(moment.imu.angular_velocity), _numbers(moment.imu.linear_acceleration))
    command = np.array([
        moment.command.linear.x, moment.command.linear.y, moment.command.angular.z])
    places = [moment.joints.name.index(joint) for joint in robot.joints]
    positions, velocities = (
        np.array(values)[places] for values in (moment.joints.position, moment.joints.velocity))
    return np.concatenate([
        rates * 0.25, np.clip(accelerations * -0.10197, -2.0, 2.0), command * [2.0, 2.0, 0.25],
        positions - robot.default, np.clip(velocities * 0.05, -5.0, 5.0)]).astype(np.float32)


def targets(robot: Robot, action: torch.Tensor) -> List[float]:
    """Return where the joints are to go."""
    wanted = action.numpy().flatten().astype(np.float64) * ACTION_SCALE + robot.default
    limited: List[float] = np.clip(wanted, robot.low, robot.high).tolist()
    return limited


def _set(vector: Any, values: Array) -> None:
    vector.x, vector.y, vector.z = values.tolist()


def _numbers(vector: Any) -> Array:
    return np.array([vector.x, vector.y, vector.z])
