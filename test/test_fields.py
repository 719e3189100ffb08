# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The fields that a user names, or means by naming none, are chosen or refused with reasons."""

from typing import Any, Optional, Sequence, Tuple

from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.messages.field_path import EVERY, parse
from dg_pytorch_ros.messages.fields import choose_fields, name_steps
from dg_pytorch_ros.messages.kinds import Many, Number, Struct, Text
from messages_at_random import struct_of
import numpy as np
import pytest

for package in (
        'geometry_msgs', 'nav_msgs', 'sensor_msgs', 'shape_msgs', 'trajectory_msgs',
        'visualization_msgs'):
    pytest.importorskip(f'{package}.msg', reason=f'{package} is not installed')


def struct_with(**dtypes: str) -> Struct:
    return Struct('m/msg/Mixed', {
        name: Number(np.dtype(dtype)) for name, dtype in dtypes.items()})


def refusal(type_name: str, paths: Sequence[str], selected: Optional[int] = None) -> str:
    with pytest.raises(ConfigError) as caught:
        choose_fields(struct_of(type_name), paths, selected=selected)
    return str(caught.value)


@pytest.mark.parametrize('type_name, paths, shape', [
    ('std_msgs/msg/Float32', ('data',), (1,)),
    ('std_msgs/msg/Float64MultiArray', ('data',), None),
    ('sensor_msgs/msg/Image', ('data',), None),
    ('geometry_msgs/msg/Twist', ('linear', 'angular'), (6,)),
    ('geometry_msgs/msg/TwistStamped', ('twist',), (6,)),
    ('geometry_msgs/msg/PoseStamped', ('pose',), (7,)),
    ('geometry_msgs/msg/Vector3', ('x', 'y', 'z'), (3,)),
    ('sensor_msgs/msg/Temperature', ('temperature', 'variance'), (2,)),
    ('nav_msgs/msg/Odometry', ('pose', 'twist'), (85,))])
def test_fields_that_are_meant_when_none_is_named(
    type_name: str, paths: Tuple[str, ...], shape: Optional[Tuple[int, ...]]
) -> None:
    fields = choose_fields(struct_of(type_name), [])
    assert (fields.paths, fields.shape) == (paths, shape)
    assert fields.steps == tuple(map(parse, paths))


@pytest.mark.parametrize('type_name', [
    'sensor_msgs/msg/JointState', 'geometry_msgs/msg/PoseArray', 'sensor_msgs/msg/LaserScan',
    'trajectory_msgs/msg/JointTrajectory'])
def test_message_that_leaves_open_what_is_meant_asks_for_the_field(type_name: str) -> None:
    said = refusal(type_name, [])
    assert said.startswith(
        f'{type_name} does not say by itself which of its numbers are meant; set field to one or '
        'several of header.stamp.sec, header.stamp.nanosec, ')
    if type_name == 'sensor_msgs/msg/JointState':
        assert said.endswith(
            'of header.stamp.sec, header.stamp.nanosec, position, velocity, effort')


def test_header_is_not_meant_when_no_field_is_named() -> None:
    struct = Struct('m/msg/Said', {'header': struct_of('std_msgs/msg/Header'), 'text': Text()})
    with pytest.raises(ConfigError, match='set field to one or several of header.stamp.sec, '):
        choose_fields(struct, [])


@pytest.mark.parametrize('type_name', ['std_msgs/msg/String', 'std_msgs/msg/Empty'])
def test_message_without_numbers_is_refused(type_name: str) -> None:
    assert refusal(type_name, []) == f'{type_name} holds no numbers'


@pytest.mark.parametrize('type_name, paths, shape, dtype', [
    ('sensor_msgs/msg/JointState', ['position'], None, 'float64'),
    ('sensor_msgs/msg/Imu', ['angular_velocity', 'linear_acceleration'], (6,), 'float64'),
    ('sensor_msgs/msg/Imu', ['orientation'], (4,), 'float64'),
    ('sensor_msgs/msg/Imu', ['orientation.w'], (1,), 'float64'),
    ('sensor_msgs/msg/Imu', ['orientation_covariance'], (9,), 'float64'),
    ('sensor_msgs/msg/Imu', ['orientation_covariance[4]'], (1,), 'float64'),
    ('geometry_msgs/msg/PoseArray', ['poses[].position'], None, 'float64'),
    ('geometry_msgs/msg/PoseArray', ['poses[1].position'], (3,), 'float64'),
    ('sensor_msgs/msg/CameraInfo', ['k', 'p'], (21,), 'float64'),
    ('sensor_msgs/msg/CameraInfo', ['height', 'k'], (10,), 'float64'),
    ('sensor_msgs/msg/LaserScan', ['ranges'], None, 'float32'),
    ('sensor_msgs/msg/Joy', ['axes', 'buttons'], None, 'float64'),
    ('sensor_msgs/msg/BatteryState', ['present'], (1,), 'bool'),
    ('nav_msgs/msg/OccupancyGrid', ['data'], None, 'int8'),
    ('shape_msgs/msg/Mesh', ['triangles[].vertex_indices'], None, 'uint32'),
    ('std_msgs/msg/ByteMultiArray', ['data'], None, 'uint8')])
def test_named_fields_have_a_shape_and_a_dtype(
    type_name: str, paths: Sequence[str], shape: Any, dtype: str
) -> None:
    fields = choose_fields(struct_of(type_name), paths)
    assert (fields.paths, fields.shape, fields.dtype) == (tuple(paths), shape, np.dtype(dtype))


@pytest.mark.parametrize('type_name, paths, shape', [
    ('sensor_msgs/msg/JointState', ['position'], (5,)),
    ('sensor_msgs/msg/JointState', ['position', 'velocity'], (10,)),
    ('sensor_msgs/msg/MultiDOFJointState', ['transforms[].translation'], (5, 3)),
    ('sensor_msgs/msg/MultiDOFJointState', ['transforms'], (5, 7)),
    ('trajectory_msgs/msg/JointTrajectory', ['points[0].positions'], (5,)),
    ('sensor_msgs/msg/Imu', ['orientation_covariance'], (5,))])
def test_selected_elements_have_a_shape(
    type_name: str, paths: Sequence[str], shape: Tuple[int, ...]
) -> None:
    assert choose_fields(struct_of(type_name), paths, selected=5).shape == shape


def test_nothing_can_be_selected_from_what_is_no_array() -> None:
    assert refusal('sensor_msgs/msg/Imu', ['orientation'], 2) == (
        "field is 'orientation', which is no array in sensor_msgs/msg/Imu; select takes the "
        'elements of arrays')
    assert 'which is no array' in refusal('sensor_msgs/msg/JointState', ['position[0]'], 1)


@pytest.mark.parametrize('type_name, path, hint', [
    ('sensor_msgs/msg/JointState', 'pozition', "did you mean 'position'? "),
    ('sensor_msgs/msg/Imu', 'angular_velocty', "did you mean 'angular_velocity'? "),
    ('sensor_msgs/msg/Imu', 'angular_velocity.zz', "did you mean 'angular_velocity.z'? "),
    ('geometry_msgs/msg/PoseArray', 'poses.position', "did you mean 'poses[].position'? "),
    ('sensor_msgs/msg/JointState', 'data', '')])
def test_unknown_field_is_refused_with_those_that_there_are(
    type_name: str, path: str, hint: str
) -> None:
    said = refusal(type_name, ['header.stamp', path])
    assert said.startswith(
        f'field is {path!r}, but {type_name} has no such field; {hint}its fields of numbers: '
        'header.stamp.sec, header.stamp.nanosec, ')


def test_field_of_texts_is_refused() -> None:
    assert refusal('sensor_msgs/msg/JointState', ['name']) == (
        "field is 'name', but sensor_msgs/msg/JointState holds no numbers there; its fields of "
        'numbers: header.stamp.sec, header.stamp.nanosec, position, velocity, effort')


def test_what_is_no_path_is_refused() -> None:
    assert "field is 'position.'; expected names" in refusal(
        'sensor_msgs/msg/JointState', ['position.'])


@pytest.mark.parametrize('dtypes, common', [
    ({'a': 'float32', 'b': 'float64'}, 'float64'), ({'a': 'float32', 'b': 'int16'}, 'float32'),
    ({'a': 'float32', 'b': 'int32'}, 'float64'), ({'a': 'bool', 'b': 'uint8'}, 'uint8'),
    ({'a': 'int64', 'b': 'int8'}, 'int64'), ({'a': 'uint64', 'b': 'uint8'}, 'uint64'),
    ({'a': 'bool', 'b': 'float64'}, 'float64')])
def test_common_dtype_holds_all_numbers(dtypes: Any, common: str) -> None:
    assert choose_fields(struct_with(**dtypes), ['a', 'b']).dtype == np.dtype(common)


@pytest.mark.parametrize('dtypes, culprit', [
    ({'a': 'float32', 'b': 'int64'}, 'b of m/msg/Mixed holds int64'),
    ({'a': 'uint64', 'b': 'float64'}, 'a of m/msg/Mixed holds uint64'),
    ({'a': 'int64', 'b': 'uint64'}, 'a of m/msg/Mixed holds int64')])
def test_numbers_that_no_dtype_holds_together_are_refused(dtypes: Any, culprit: str) -> None:
    with pytest.raises(ConfigError) as caught:
        choose_fields(struct_with(**dtypes), ['a', 'b'])
    assert str(caught.value) == (
        f"field is 'a', 'b', but {culprit}, which does not fit into float64 together with the "
        'others; read it with an input or part of its own')


@pytest.mark.parametrize('type_name, name_field, steps', [
    ('sensor_msgs/msg/JointState', '', ('name',)),
    ('trajectory_msgs/msg/JointTrajectory', '', ('joint_names',)),
    ('sensor_msgs/msg/JointState', 'name[]', ('name', EVERY)),
    ('visualization_msgs/msg/MarkerArray', 'markers[].ns', ('markers', EVERY, 'ns'))])
def test_names_are_found(type_name: str, name_field: str, steps: Any) -> None:
    assert name_steps(struct_of(type_name), name_field) == steps


@pytest.mark.parametrize('name_field', [
    'position', 'nome', 'header.frame_id', 'name[0]', 'header', 'name[].x'])
def test_what_is_no_list_of_names_is_refused(name_field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        name_steps(struct_of('sensor_msgs/msg/JointState'), name_field)
    assert str(caught.value) == (
        f'name_field is {name_field!r}, which is no list of names in sensor_msgs/msg/JointState; '
        'its fields of texts: header.frame_id, name')


def test_list_of_lists_of_names_is_refused() -> None:
    struct = Struct('m/msg/Whole', {'groups': Many(Struct('m/msg/Group', {'name': Many(Text())}))})
    with pytest.raises(ConfigError, match=r"name_field is 'groups\[\].name', which is no list"):
        name_steps(struct, 'groups[].name')
    assert name_steps(struct, 'groups[1].name') == parse('groups[1].name')


def test_message_without_usual_names_asks_for_the_field_of_names() -> None:
    with pytest.raises(ConfigError) as caught:
        name_steps(struct_of('geometry_msgs/msg/TransformStamped'))
    assert str(caught.value) == (
        'geometry_msgs/msg/TransformStamped has neither name nor joint_names; set name_field to '
        'the field of its names; its fields of texts: header.frame_id, child_frame_id')


def test_name_that_is_one_text_is_no_list() -> None:
    struct = struct_of('sensor_msgs/msg/PointField')
    with pytest.raises(ConfigError, match="name_field is 'name', which is no list of names"):
        name_steps(struct)
