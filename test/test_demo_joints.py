# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The simulated joints obey mechanics, whatever they are told."""

import math

from dg_pytorch_ros.demo.joints import (
    COMMAND_TIMEOUT_S, FRICTION_NM_S, INERTIA_KG_M2, Joints, STEP_S)
import pytest

TARGETS_RAD = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
TORQUE = [1.0, -1.0, 2.0, 0.0, 0.5, 3.0]


def run(joints: Joints, duration_s: float, torque: 'list[float] | None' = None) -> None:
    for _ in range(round(duration_s / STEP_S)):
        if torque is not None:
            joints.command(torque)
        joints.step()


def test_joints_rest_without_torque() -> None:
    joints = Joints()
    run(joints, 1.0)
    assert list(joints.position) == [0.0] * 6
    assert list(joints.velocity) == [0.0] * 6


def test_motion_is_that_of_a_mass_with_viscous_friction() -> None:
    joints = Joints()
    run(joints, 1.0, TORQUE)
    for index, torque in enumerate(TORQUE):
        inertia, friction = INERTIA_KG_M2[index], FRICTION_NM_S[index]
        velocity = torque / friction * (1.0 - math.exp(-friction / inertia))
        position = (torque - inertia * velocity) / friction
        assert joints.velocity[index] == pytest.approx(velocity, rel=0.01)
        assert joints.position[index] == pytest.approx(position, rel=0.01)


def test_joints_go_limp_when_commands_stop() -> None:
    joints = Joints()
    run(joints, 1.0, TORQUE)
    run(joints, COMMAND_TIMEOUT_S)
    velocity = list(joints.velocity)
    run(joints, 10.0)
    assert [abs(value) > 0.1 for value in velocity] == [bool(torque) for torque in TORQUE]
    assert joints.velocity == pytest.approx([0.0] * 6, abs=1e-6)


@pytest.mark.parametrize('nonsense', [[1.0] * 5, [1.0] * 7, [], [math.nan] * 6, [math.inf] * 6])
def test_nonsense_is_ignored(nonsense: 'list[float]') -> None:
    joints = Joints()
    run(joints, 1.0, nonsense)
    assert list(joints.position) == [0.0] * 6


def test_gains_of_the_example_lead_to_the_targets() -> None:
    joints = Joints()
    for _ in range(round(5.0 / STEP_S)):
        joints.command([
            5.0 * (target - position) - 0.01 * velocity
            for target, position, velocity in zip(
                TARGETS_RAD, joints.position, joints.velocity)])
        joints.step()
    assert joints.position == pytest.approx(TARGETS_RAD, abs=0.002)
