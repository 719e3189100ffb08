# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Where and with what was measured."""

from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
import os
import platform
from typing import Any, Dict, Optional

from dg_pytorch_ros.timing.machine import cpu_model
import psutil
from rclpy.utilities import get_rmw_implementation_identifier

_PACKAGES = ('torch', 'onnxruntime', 'numpy', 'rclpy', 'dg_pytorch_ros')
_BUSY = 0.5


def describe_machine() -> Dict[str, Any]:
    """Return what somebody needs to know who wants to measure the same."""
    return {
        'date': datetime.now(timezone.utc).isoformat(timespec='seconds'),
        'cpu': cpu_model(), 'cores': os.cpu_count(),
        'memory_gib': round(psutil.virtual_memory().total / 2 ** 30, 1),
        'kernel': platform.release(), 'system': platform.system(),
        'load_at_start': os.getloadavg()[0],
        'ros_distro': os.environ.get('ROS_DISTRO', ''),
        'rmw': get_rmw_implementation_identifier(),
        'versions': {
            'python': platform.python_version(), **{name: _version(name) for name in _PACKAGES}}}


def complaint(machine: Dict[str, Any]) -> Optional[str]:
    """Say it if others use the machine at the same time."""
    load = machine['load_at_start']
    if load <= _BUSY * machine['cores']:
        return None
    return (
        f'the load of this machine is {load:.1f} already, on {machine["cores"]} cores: '
        'the figures will say more about it than about the contestants')


def _version(name: str) -> str:
    wheel = f'ros-{os.environ.get("ROS_DISTRO", "jazzy")}-{name}'
    for distribution in (wheel, name):
        try:
            return version(distribution)
        except PackageNotFoundError:
            pass
    return 'unknown'
