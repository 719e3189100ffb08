# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Every output gets what writes its messages, or the reason why nothing can."""

from typing import Any

from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.encoding import choose_encoding, Encoding
from dg_pytorch_ros.errors import ConfigError, ContractError
from dg_pytorch_ros.messages.field_encoder import FieldEncoder
from dg_pytorch_ros.messages.multi_arrays import ArrayEncoder
from dg_pytorch_ros.pictures.image_encoder import ImageEncoder
from messages_at_random import import_class
import numpy as np
import pytest

serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')
for package in ('geometry_msgs', 'sensor_msgs', 'std_msgs', 'trajectory_msgs'):
    pytest.importorskip(f'{package}.msg', reason=f'{package} is not installed')

FLOATS = 'std_msgs/msg/Float64MultiArray'
IMAGE = 'sensor_msgs/msg/Image'
JOINT_STATE = 'sensor_msgs/msg/JointState'
TRAJECTORY = 'trajectory_msgs/msg/JointTrajectory'


def encoding_of(type_name: str, **fields: Any) -> Encoding:
    return choose_encoding(
        OutputConfig('y', topic='y', message_type=type_name, **fields), import_class,
        serialization.serialize_message)


def refusal(type_name: str, **fields: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        encoding_of(type_name, **fields)
    return str(caught.value)


def heard(type_name: str, value: Any, **fields: Any) -> Any:
    """Return the message that others make of what is published."""
    encoder = encoding_of(type_name, **fields).encoder
    encoder.check(np.asarray(value))
    return serialization.deserialize_message(
        encoder.encode(np.asarray(value)), import_class(type_name))


@pytest.mark.parametrize('type_name, encoder, has_stamp, fields', [
    (FLOATS, ArrayEncoder, False, {}), (FLOATS, FieldEncoder, False, {'field': ('data',)}),
    ('std_msgs/msg/Float32', FieldEncoder, False, {}),
    (JOINT_STATE, FieldEncoder, True, {'field': ('position',)}),
    ('geometry_msgs/msg/TwistStamped', FieldEncoder, True, {}),
    ('geometry_msgs/msg/Twist', FieldEncoder, False, {}),
    (IMAGE, ImageEncoder, True, {'encoding': 'rgb8'})])
def test_each_type_has_its_encoder(
    type_name: str, encoder: Any, has_stamp: bool, fields: Any
) -> None:
    encoding = encoding_of(type_name, **fields)
    assert isinstance(encoding.encoder, encoder)
    assert encoding.has_stamp is has_stamp


def test_a_multi_array_gets_a_layout_unless_its_field_is_named() -> None:
    assert [dim.size for dim in heard(FLOATS, np.ones((2, 3))).layout.dim] == [2, 3]
    named = heard(FLOATS, np.ones((2, 3)), field=('data',))
    assert (list(named.layout.dim), named.data.tolist()) == ([], [1.0] * 6)


def test_a_joint_command_has_names_a_frame_and_the_values() -> None:
    message = heard(
        JOINT_STATE, [[1.0, 2.0]], field=('position',), names=('hip', 'knee'), frame_id='base')
    assert (message.name, message.position.tolist()) == (['hip', 'knee'], [1.0, 2.0])
    assert (message.header.frame_id, list(message.velocity)) == ('base', [])
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (0, 0)


def test_a_trajectory_of_one_point_has_names_and_a_time() -> None:
    message = heard(
        TRAJECTORY, [1.0, 2.0], field=('points[0].positions',), names=('hip', 'knee'),
        time_from_start_ms=1020.5)
    point, = message.points
    assert (message.joint_names, point.positions.tolist()) == (['hip', 'knee'], [1.0, 2.0])
    assert (point.time_from_start.sec, point.time_from_start.nanosec) == (1, 20_500_000)


def test_names_say_how_many_elements_there_are() -> None:
    encoder = encoding_of(JOINT_STATE, field=('position',), names=('hip', 'knee')).encoder
    with pytest.raises(ContractError):
        encoder.check(np.zeros(3))
    shared = heard(
        JOINT_STATE, [1.0, 2.0, 3.0, 4.0], field=('position', 'velocity'), names=('hip', 'knee'))
    assert (shared.position.tolist(), shared.velocity.tolist()) == ([1.0, 2.0], [3.0, 4.0])


def test_name_field_says_where_the_names_go() -> None:
    pytest.importorskip('diagnostic_msgs.msg', reason='diagnostic_msgs is not installed')
    message = heard(
        'diagnostic_msgs/msg/DiagnosticArray', np.array([1, 2], 'uint8'),
        field=('status[].level',), names=('motor', 'lamp'), name_field='status[].name')
    assert [(status.name, status.level) for status in message.status] == [
        ('motor', b'\1'), ('lamp', b'\2')]


@pytest.mark.parametrize('layout, shape', [('hwc', (2, 3, 3)), ('chw', (3, 2, 3))])
def test_an_image_has_an_encoding_and_a_layout(layout: str, shape: Any) -> None:
    message = heard(
        IMAGE, np.ones(shape, 'uint8'), encoding='rgb8', layout=layout, frame_id='camera')
    assert (message.height, message.width, message.encoding) == (2, 3, 'rgb8')
    assert message.header.frame_id == 'camera'


def test_an_image_without_an_encoding_is_refused() -> None:
    assert refusal(IMAGE).startswith("encoding is ''; expected one of rgb8, ")


@pytest.mark.parametrize('fields', [
    {'field': ('data',)}, {'names': ('a',)}, {'time_from_start_ms': 5.0}])
def test_an_image_is_written_as_a_whole(fields: Any) -> None:
    parameter, = fields
    assert refusal(IMAGE, encoding='rgb8', **fields) == (
        f'{parameter} is set, but a {IMAGE} is written as a whole')


@pytest.mark.parametrize('fields, parameter', [
    ({'encoding': 'rgb8'}, 'encoding'), ({'layout': 'chw'}, 'layout')])
@pytest.mark.parametrize('type_name', [FLOATS, 'geometry_msgs/msg/Twist'])
def test_what_is_for_images_is_refused_for_others(
    type_name: str, fields: Any, parameter: str
) -> None:
    assert refusal(type_name, **fields) == (
        f'{parameter} is set, but {type_name} is no picture; it belongs to {IMAGE}')


@pytest.mark.parametrize('type_name, fields, complaint', [
    (FLOATS, {'stamp_from': 'x'},
     f"stamp_from is 'x', but {FLOATS} does not begin with a header"),
    (FLOATS, {'frame_id': 'base'},
     f"frame_id is 'base', but {FLOATS} does not begin with a header"),
    (JOINT_STATE, {'field': ('position',), 'time_from_start_ms': 20.0},
     f'time_from_start_ms is set, but {JOINT_STATE} has no points[].time_from_start'),
    ('geometry_msgs/msg/Twist', {'names': ('a',)},
     'geometry_msgs/msg/Twist has neither name nor joint_names; set name_field to the field of '
     'its names; its fields of texts: none'),
    ('geometry_msgs/msg/Twist', {'field': ('linear.w',)},
     "field is 'linear.w', but geometry_msgs/msg/Twist has no such field; did you mean "
     "'linear.z'? its fields of numbers: linear.x, linear.y, linear.z, angular.x, angular.y, "
     'angular.z')])
def test_what_no_message_of_a_type_can_have_is_refused(
    type_name: str, fields: Any, complaint: str
) -> None:
    assert refusal(type_name, **fields) == complaint


@pytest.mark.parametrize('name', ['String', 'Empty'])
def test_a_message_without_numbers_is_refused(name: str) -> None:
    assert refusal(f'std_msgs/msg/{name}') == f'std_msgs/msg/{name} holds no numbers'
