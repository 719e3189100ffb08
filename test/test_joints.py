# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The simulated joints obey mechanics, whatever they are told."""

import math

from dg_pytorch_ros.joints import COMMAND_TIMEOUT_S, FRICTION_NM_S, INERTIA_KG_M2, Joints, STEP_S
import numpy as np
import pytest

TORQUE = [1.0, -1.0, 2.0, 0.0, 0.5, 3.0]


def run(joints: Joints, duration_s: float, torque: 'list[float] | None' = None) -> None:
    for _ in range(round(duration_s / STEP_S)):
        if torque is not None:
            joints.command(torque)
        joints.step()


def test_joints_rest_without_torque() -> None:
    joints = Joints()
    run(joints, 1.0)
    assert not joints.position.any()
    assert not joints.velocity.any()


def test_motion_is_that_of_a_mass_with_viscous_friction() -> None:
    joints = Joints()
    run(joints, 1.0, TORQUE)
    inertia, friction = np.array(INERTIA_KG_M2), np.array(FRICTION_NM_S)
    velocity = np.array(TORQUE) / friction * (1.0 - np.exp(-friction / inertia))
    position = (np.array(TORQUE) - inertia * velocity) / friction
    assert joints.velocity == pytest.approx(velocity, rel=0.01)
    assert joints.position == pytest.approx(position, rel=0.01)


def test_joints_go_limp_when_commands_stop() -> None:
    joints = Joints()
    run(joints, 1.0, TORQUE)
    run(joints, COMMAND_TIMEOUT_S)
    moving = joints.velocity.copy()
    run(joints, 10.0)
    assert (abs(moving[[0, 1, 2, 4, 5]]) > 0.1).all()
    assert joints.velocity == pytest.approx(np.zeros(6), abs=1e-6)


@pytest.mark.parametrize('nonsense', [[1.0] * 5, [1.0] * 7, [], [math.nan] * 6, [math.inf] * 6])
def test_nonsense_is_ignored(nonsense: 'list[float]') -> None:
    joints = Joints()
    run(joints, 1.0, nonsense)
    assert not joints.position.any()


def test_gains_of_the_example_lead_to_the_targets() -> None:
    joints = Joints()
    targets = np.arange(1.0, 7.0)
    for _ in range(round(5.0 / STEP_S)):
        joints.command((5.0 * (targets - joints.position) - 0.01 * joints.velocity).tolist())
        joints.step()
    assert joints.position == pytest.approx(targets, abs=0.002)
