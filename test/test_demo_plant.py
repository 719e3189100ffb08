# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The plant process, talked to over its topics."""

import os
import signal
import subprocess
import sys
from typing import Any, Iterator

import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data


@pytest.fixture
def plant(domain: int) -> Iterator['subprocess.Popen[str]']:
    process = subprocess.Popen(
        [sys.executable, '-m', 'dg_pytorch_ros.demo.plant'], text=True, stderr=subprocess.PIPE,
        env={**os.environ, 'ROS_DOMAIN_ID': str(domain)})
    yield process
    process.kill()
    process.communicate()


def test_plant_reports_obeys_and_goes_limp(plant: 'subprocess.Popen[str]', peer: Any) -> None:
    targets = peer.listen('sin_des_position', qos=qos_profile_sensor_data)
    positions = peer.listen('sin_position', qos=qos_profile_sensor_data)
    velocities = peer.listen('sin_velocity', qos=qos_profile_sensor_data)
    peer.wait_until(lambda: targets and positions and velocities, 'the sensors')
    assert list(targets[-1].data) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert list(positions[-1].data) == [0.0] * 6
    assert list(velocities[-1].data) == [0.0] * 6

    torque = np.array([1.0, 2.0, 3.0, -1.0, -2.0, 0.0])
    peer.send_until(
        lambda: np.abs(velocities[-1].data).max() > 0.1, 'a motion', sout_torque=torque.tolist())
    assert (np.sign(velocities[-1].data) == np.sign(torque)).all()
    peer.wait_until(lambda: np.abs(velocities[-1].data).max() < 0.001, 'rest')
    assert (np.sign(positions[-1].data) == np.sign(torque)).all()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_plant_ends_in_order(
    plant: 'subprocess.Popen[str]', peer: Any, number: signal.Signals
) -> None:
    positions = peer.listen('sin_position', qos=qos_profile_sensor_data)
    peer.wait_until(lambda: positions, 'a position')
    plant.send_signal(number)
    _, complaints = plant.communicate(timeout=30)
    assert plant.returncode == 0
    assert complaints == ''
