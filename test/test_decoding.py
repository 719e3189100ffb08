# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Every input gets what reads its messages, or the reason why nothing can."""

from typing import Any, Optional, Tuple

from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.decoding import choose_decoding, Decoding
from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.messages.clouds import CloudDecoder
from dg_pytorch_ros.messages.field_decoder import FieldDecoder
from dg_pytorch_ros.messages.multi_arrays import ArrayDecoder
from dg_pytorch_ros.pictures.compressed_images import CompressedImageDecoder
from dg_pytorch_ros.pictures.images import ImageDecoder
from messages_at_random import import_class
import numpy as np
import pytest

serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')
for package in ('geometry_msgs', 'sensor_msgs', 'std_msgs', 'trajectory_msgs'):
    pytest.importorskip(f'{package}.msg', reason=f'{package} is not installed')

IMAGES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')
CLOUD = 'sensor_msgs/msg/PointCloud2'
NUMBERS = (
    'Float64', 'Float32', 'Int8', 'Int16', 'Int32', 'Int64', 'UInt8', 'UInt16', 'UInt32', 'UInt64')


def decoding_of(type_name: str, **fields: Any) -> Decoding:
    return choose_decoding(
        InputConfig('x', topic='x', message_type=type_name, **fields), import_class)


def refusal(type_name: str, **fields: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        decoding_of(type_name, **fields)
    return str(caught.value)


def sent(message: Any) -> bytes:
    return bytes(serialization.serialize_message(message))


@pytest.mark.parametrize('type_name, dtype', [
    *((f'std_msgs/msg/{name}MultiArray', name.lower()) for name in NUMBERS),
    ('std_msgs/msg/ByteMultiArray', 'uint8')])
def test_a_multi_array_is_read_with_its_layout(type_name: str, dtype: str) -> None:
    decoding = decoding_of(type_name)
    assert isinstance(decoding.decoder, ArrayDecoder)
    assert (decoding.dtype, decoding.shape, decoding.has_stamp) == (np.dtype(dtype), None, False)


def test_a_multi_array_whose_field_is_named_is_read_without_its_layout() -> None:
    message = import_class('std_msgs/msg/Float64MultiArray')(data=[1.0, 2.0, 3.0, 4.0])
    message.layout.dim = [
        import_class('std_msgs/msg/MultiArrayDimension')(size=size) for size in (2, 2)]
    whole = decoding_of('std_msgs/msg/Float64MultiArray')
    assert whole.decoder.decode(sent(message)).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    named = decoding_of('std_msgs/msg/Float64MultiArray', field=('data', 'layout.data_offset'))
    assert isinstance(named.decoder, FieldDecoder)
    assert named.decoder.decode(sent(message)).tolist() == [1.0, 2.0, 3.0, 4.0, 0.0]


def test_a_multi_array_can_be_selected_from_by_the_labels_of_its_dimensions() -> None:
    message = import_class('std_msgs/msg/Int32MultiArray')(data=[1, 2, 3])
    message.layout.dim = [
        import_class('std_msgs/msg/MultiArrayDimension')(label=label) for label in 'abc']
    decoding = decoding_of(
        'std_msgs/msg/Int32MultiArray', select=('c', 'a'), name_field='layout.dim[].label')
    assert decoding.decoder.decode(sent(message)).tolist() == [3, 1]
    assert decoding.shape == (2,)


@pytest.mark.parametrize('type_name, dtype, shape, has_stamp', [
    *((f'std_msgs/msg/{name}', name.lower(), (1,), False) for name in NUMBERS),
    ('std_msgs/msg/Bool', 'bool', (1,), False), ('std_msgs/msg/Byte', 'uint8', (1,), False),
    ('std_msgs/msg/ColorRGBA', 'float32', (4,), False),
    ('geometry_msgs/msg/PointStamped', 'float64', (3,), True),
    ('geometry_msgs/msg/PoseStamped', 'float64', (7,), True),
    ('geometry_msgs/msg/Twist', 'float64', (6,), False)])
def test_the_numbers_of_a_message_are_read_where_no_field_is_named(
    type_name: str, dtype: str, shape: Tuple[int, ...], has_stamp: bool
) -> None:
    decoding = decoding_of(type_name)
    assert isinstance(decoding.decoder, FieldDecoder)
    assert (decoding.dtype, decoding.shape) == (np.dtype(dtype), shape)
    assert (decoding.has_stamp, decoding.channel_axis) == (has_stamp, None)


@pytest.mark.parametrize('field, select, shape', [
    (('position',), (), None), (('position',), ('a', 'b'), (2,)),
    (('position', 'velocity'), ('a', 'b', 'c'), (6,)), (('header.stamp.sec',), (), (1,))])
def test_what_is_known_of_the_shape_depends_on_field_and_select(
    field: Tuple[str, ...], select: Tuple[str, ...], shape: Optional[Tuple[int, ...]]
) -> None:
    decoding = decoding_of('sensor_msgs/msg/JointState', field=field, select=select)
    assert decoding.shape == shape
    assert decoding.has_stamp


def test_selected_elements_come_in_the_order_of_select() -> None:
    message = import_class('sensor_msgs/msg/JointState')(
        name=['knee', 'hip'], position=[1.0, 2.0])
    decoding = decoding_of(
        'sensor_msgs/msg/JointState', field=('position',), select=('hip', 'knee'))
    assert decoding.decoder.decode(sent(message)).tolist() == [2.0, 1.0]


def test_name_field_says_where_the_names_are() -> None:
    message = import_class('trajectory_msgs/msg/JointTrajectory')(joint_names=['knee', 'hip'])
    message.points = [
        import_class('trajectory_msgs/msg/JointTrajectoryPoint')(positions=[1.0, 2.0])]
    for options in {}, {'name_field': 'joint_names'}:
        decoding = decoding_of(
            'trajectory_msgs/msg/JointTrajectory', field=('points[0].positions',),
            select=('hip',), **options)
        assert decoding.decoder.decode(sent(message)).tolist() == [2.0]
    assert refusal(
        'trajectory_msgs/msg/JointTrajectory', field=('points[0].positions',), select=('hip',),
        name_field='name') == (
            "name_field is 'name', which is no list of names in "
            'trajectory_msgs/msg/JointTrajectory; its fields of texts: header.frame_id, '
            'joint_names')


@pytest.mark.parametrize('type_name, decoder', [
    (IMAGES[0], ImageDecoder), (IMAGES[1], CompressedImageDecoder)])
@pytest.mark.parametrize('layout, channel_axis', [('hwc', -1), ('chw', -3)])
def test_a_picture_is_read_as_a_whole_and_tells_where_its_channels_are(
    type_name: str, decoder: Any, layout: str, channel_axis: int
) -> None:
    decoding = decoding_of(type_name, image=ImageConfig(layout=layout))
    assert isinstance(decoding.decoder, decoder)
    assert (decoding.dtype, decoding.shape) == (np.dtype('uint8'), None)
    assert (decoding.channel_axis, decoding.has_stamp) == (channel_axis, True)


@pytest.mark.parametrize('type_name', IMAGES)
@pytest.mark.parametrize('parameter', ['field', 'select'])
def test_a_picture_has_neither_fields_nor_names(type_name: str, parameter: str) -> None:
    assert refusal(type_name, **{parameter: ('data',)}) == (
        f'{parameter} is set, but a {type_name} is read as a whole picture')


@pytest.mark.parametrize('fields', [(), ('x', 'y', 'z', 'intensity')])
def test_the_fields_of_a_cloud_are_those_of_its_points(fields: Tuple[str, ...]) -> None:
    decoding = decoding_of(CLOUD, field=fields)
    assert isinstance(decoding.decoder, CloudDecoder)
    assert (decoding.dtype, decoding.shape) == (np.dtype('float32'), None)
    assert (decoding.channel_axis, decoding.has_stamp) == (None, True)


def test_the_points_of_a_cloud_have_no_names() -> None:
    assert refusal(CLOUD, select=('x',)) == (
        f'select is set, but the points of a {CLOUD} have no names')


@pytest.mark.parametrize('type_name', [
    CLOUD, 'std_msgs/msg/Float64MultiArray', 'sensor_msgs/msg/JointState'])
@pytest.mark.parametrize('fields, parameter', [
    ({'image': ImageConfig(layout='chw')}, 'layout'),
    ({'image': ImageConfig(resize=(2, 2))}, 'resize'),
    ({'image': ImageConfig(color='rgb')}, 'color'),
    ({'conversion': ConversionConfig(mean=(0.5,))}, 'mean'),
    ({'conversion': ConversionConfig(std=(0.5,))}, 'std')])
def test_what_is_for_pictures_is_refused_for_others(
    type_name: str, fields: Any, parameter: str
) -> None:
    assert refusal(type_name, **fields) == (
        f'{parameter} is set, but {type_name} is no picture; it belongs to '
        'sensor_msgs/msg/Image and sensor_msgs/msg/CompressedImage')


@pytest.mark.parametrize('type_name, complaint', [
    ('Float64', "type is 'Float64'; expected PACKAGE/msg/NAME, for example"),
    ('std_msgs/srv/Float64', 'expected PACKAGE/msg/NAME'),
    ('std_msgs/msg/Float65', "type is 'std_msgs/msg/Float65', but std_msgs has no message"),
    ('no_msgs/msg/X', "type is 'no_msgs/msg/X', but there is no package 'no_msgs'")])
def test_a_type_that_is_none_is_refused(type_name: str, complaint: str) -> None:
    from dg_pytorch_ros.messages.classes import import_message_class
    with pytest.raises(ConfigError, match=complaint):
        choose_decoding(InputConfig('x', message_type=type_name), import_message_class)


@pytest.mark.parametrize('name', ['String', 'Empty'])
def test_a_message_without_numbers_is_refused(name: str) -> None:
    assert refusal(f'std_msgs/msg/{name}') == f'std_msgs/msg/{name} holds no numbers'


@pytest.mark.parametrize('layout, shape, refused', [
    ('chw', (1, 3, 5, 7), True), ('chw', (3, 2, 4), False), ('hwc', (5, 7, 3), True),
    ('hwc', (1, 2, 4, 3), False), ('chw', (1, 3, -1, -1), False), ('chw', None, False),
    # No height and width for certain.
    ('hwc', (1, 5, 7), False), ('chw', (24,), False)])
def test_an_image_of_another_size_than_the_shape_says_is_not_even_converted(
    layout: str, shape: Any, refused: bool
) -> None:
    decoder = choose_decoding(
        InputConfig(
            'x', topic='x', message_type='sensor_msgs/msg/Image', shape=shape,
            image=ImageConfig(layout)), import_class).decoder
    message = import_class('sensor_msgs/msg/Image')(
        height=2, width=4, encoding='rgb8', step=12, data=bytes(24))
    data = bytes(serialization.serialize_message(message))
    if not refused:
        assert decoder.decode(data).size == 24
        return
    with pytest.raises(MessageError, match='its size is 2x4; expected 5x7'):
        decoder.decode(data)
