# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The definitions that go into a bag are those of the messages, down to their hashes."""

from types import SimpleNamespace
from typing import Any, Dict

from dg_pytorch_ros.errors import BagError
from dg_pytorch_ros.messages.classes import import_message_class
from dg_pytorch_ros.replay.definitions import type_store
import pytest

typesys = pytest.importorskip('rosbags.typesys', reason='rosbags is not installed')

KNOWN = typesys.get_typestore(typesys.Stores.ROS2_JAZZY)


@pytest.mark.parametrize('name', [
    'std_msgs/msg/Float64', 'std_msgs/msg/Float32MultiArray', 'std_msgs/msg/Bool',
    'std_msgs/msg/ByteMultiArray', 'sensor_msgs/msg/JointState', 'sensor_msgs/msg/Imu',
    'sensor_msgs/msg/Image', 'sensor_msgs/msg/PointCloud2', 'sensor_msgs/msg/BatteryState',
    'geometry_msgs/msg/TwistStamped', 'geometry_msgs/msg/PoseWithCovariance',
    'trajectory_msgs/msg/JointTrajectory', 'diagnostic_msgs/msg/DiagnosticArray',
    'shape_msgs/msg/SolidPrimitive', 'rcl_interfaces/msg/ParameterDescriptor'])
def test_hashes_are_those_of_ros(name: str) -> None:
    store = type_store(name, import_message_class)
    assert store.hash_rihs01(name) == KNOWN.hash_rihs01(name)


def only(**fields: Any) -> Any:
    """Return what imports a class of such fields."""
    described: Dict[str, str] = fields
    return lambda name: SimpleNamespace(get_fields_and_field_types=lambda: described)


def test_bounds_are_kept() -> None:
    name = 'own_msgs/msg/Bounded'
    text, _ = type_store(name, only(
        codes='sequence<int16, 4>', label='string<10>', labels='sequence<string<5>, 3>',
        foot='double[3]')).generate_msgdef(name, ros_version=2)
    assert text.splitlines() == [
        'int16[<=4] codes', 'string<=10 label', 'string<=5[<=3] labels', 'float64[3] foot']


@pytest.mark.parametrize('kind', ['wstring', 'sequence<wstring>', 'wstring<3>'])
def test_wide_strings_are_refused(kind: str) -> None:
    with pytest.raises(BagError, match='^own_msgs/msg/Wide holds wide strings, .*CSV'):
        type_store('own_msgs/msg/Wide', only(text=kind))
