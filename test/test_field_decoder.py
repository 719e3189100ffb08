# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Fields are read from the bytes of messages, by place or by name, without looking twice."""

from types import SimpleNamespace
from typing import Any, List, Sequence

from by_hand import BIG_ENDIAN, Encoding
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.field_decoder import FieldDecoder, Selection
from dg_pytorch_ros.fields import choose_fields, name_steps
from dg_pytorch_ros.message_types import Many, Number, Struct, Text
from dg_pytorch_ros.message_walk import MessageWalk
from dg_pytorch_ros.messages import UnknownEncoding
from messages_at_random import import_class, strict_message, struct_of, write_by_hand
import numpy as np
import pytest

serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')
for package in ('geometry_msgs', 'nav_msgs', 'sensor_msgs', 'trajectory_msgs'):
    pytest.importorskip(f'{package}.msg', reason=f'{package} is not installed')

JOINTS = ['FL_hip_joint', 'FL_thigh_joint', 'a', 'bb']
JOINT_STATE = 'sensor_msgs/msg/JointState'


def decoder_of(
    type_name: str, *paths: str, select: Sequence[str] = (), name_field: str = ''
) -> FieldDecoder:
    struct = struct_of(type_name)
    if not select:
        return FieldDecoder(struct, choose_fields(struct, paths))
    return FieldDecoder(
        struct, choose_fields(struct, paths, selected=len(select)),
        Selection(tuple(select), name_steps(struct, name_field)))


def joint_state(
    names: Sequence[str] = JOINTS, first: float = 0.0, *, frame: str = 'base',
    encoding: Encoding = Encoding(), seconds: int = 0
) -> bytes:
    message = strict_message(JOINT_STATE)
    message.header.frame_id = frame
    message.header.stamp.sec = seconds
    message.name = list(names)
    message.position = [first + index for index in range(len(names))]
    message.velocity = [100.0 + first + index for index in range(len(names))]
    return write_by_hand(message, struct_of(JOINT_STATE), encoding)


def encoded(message: Any, type_name: str) -> bytes:
    return bytes(serialization.serialize_message(message))


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> List[bytes]:
    """Return the messages that were walked over."""
    walked: List[bytes] = []
    original = MessageWalk.__init__

    def begin(walk: MessageWalk, struct: Struct, data: bytes) -> None:
        walked.append(data)
        original(walk, struct, data)
    monkeypatch.setattr(MessageWalk, '__init__', begin)
    return walked


def test_structs_are_flat_in_declared_order() -> None:
    message = strict_message('sensor_msgs/msg/Imu')
    for name, value in zip('xyzw', (1.0, 2.0, 3.0, 4.0)):
        setattr(message.orientation, name, value)
    for name, value in zip('xyz', (5.0, 6.0, 7.0)):
        setattr(message.angular_velocity, name, value)
        setattr(message.linear_acceleration, name, 10.0 + value)
    data = encoded(message, 'sensor_msgs/msg/Imu')
    imu = 'sensor_msgs/msg/Imu'
    assert decoder_of(imu, 'orientation').decode(data).tolist() == [1.0, 2.0, 3.0, 4.0]
    assert decoder_of(imu, 'linear_acceleration', 'angular_velocity').decode(data).tolist() == [
        15.0, 16.0, 17.0, 5.0, 6.0, 7.0]
    assert decoder_of(imu, 'angular_velocity.z', 'orientation.w').decode(data).tolist() == [
        7.0, 4.0]
    assert decoder_of(imu, 'orientation.w').decode(data).tolist() == [4.0]


def test_array_of_structs_has_a_row_for_each() -> None:
    message = strict_message('geometry_msgs/msg/PoseArray')
    message.poses = [import_class('geometry_msgs/msg/Pose')() for _ in range(3)]
    for index, pose in enumerate(message.poses):
        pose.position.x, pose.position.z = float(index), 0.5
    data = encoded(message, 'geometry_msgs/msg/PoseArray')
    rows = decoder_of('geometry_msgs/msg/PoseArray', 'poses[].position').decode(data)
    assert rows.tolist() == [[0.0, 0.0, 0.5], [1.0, 0.0, 0.5], [2.0, 0.0, 0.5]]
    whole = decoder_of('geometry_msgs/msg/PoseArray', 'poses').decode(data)
    assert whole[2].tolist() == [2.0, 0.0, 0.5, 0.0, 0.0, 0.0, 1.0]
    third = decoder_of('geometry_msgs/msg/PoseArray', 'poses[2].position.x').decode(data)
    assert third.tolist() == [2.0]


def test_long_array_of_structs_is_read_whole() -> None:
    message = strict_message('sensor_msgs/msg/PointCloud')
    point = import_class('geometry_msgs/msg/Point32')
    message.points = [point(x=float(index), y=-1.0) for index in range(20_000)]
    data = encoded(message, 'sensor_msgs/msg/PointCloud')
    rows = decoder_of('sensor_msgs/msg/PointCloud', 'points').decode(data)
    assert rows.shape == (20_000, 3) and rows[12_345].tolist() == [12_345.0, -1.0, 0.0]
    assert np.shares_memory(rows, np.frombuffer(data, 'uint8'))
    column = decoder_of('sensor_msgs/msg/PointCloud', 'points[].x').decode(data)
    assert column.tolist() == list(range(20_000))


@pytest.mark.parametrize('byte', [1, 2, 128, 255])
def test_any_byte_but_0_is_true(byte: int) -> None:
    decoder = decoder_of('std_msgs/msg/Bool')
    assert decoder.decode(b'\0\1\0\0' + bytes([byte])).tolist() == [True]
    assert decoder.decode(b'\0\1\0\0\0').tolist() == [False]
    struct = Struct('m/msg/X', {'flags': Many(Number(np.dtype('bool')), 3)})
    flags = FieldDecoder(struct, choose_fields(struct, ['flags'])).decode(
        b'\0\1\0\0' + bytes([0, byte, 0]))
    assert (flags.tolist(), flags.dtype) == ([False, True, False], np.dtype('bool'))


def test_numbers_of_different_dtypes_get_one_that_holds_them() -> None:
    message = strict_message('sensor_msgs/msg/Joy')
    message.axes, message.buttons = [0.5, -1.0], [2 ** 31 - 1, -7]
    data = encoded(message, 'sensor_msgs/msg/Joy')
    decoder = decoder_of('sensor_msgs/msg/Joy', 'buttons', 'axes')
    values = decoder.decode(data)
    assert values.dtype == np.dtype('float64')
    assert values.tolist() == [2.0 ** 31 - 1, -7.0, 0.5, -1.0]
    message.buttons = []
    only_axes = decoder.decode(encoded(message, 'sensor_msgs/msg/Joy'))
    assert (only_axes.dtype, only_axes.tolist()) == (np.dtype('float64'), [0.5, -1.0])
    message.axes = []
    nothing = decoder.decode(encoded(message, 'sensor_msgs/msg/Joy'))
    assert (nothing.dtype, nothing.shape) == (np.dtype('float64'), (0,))


def test_empty_message_within_a_message_is_one_byte() -> None:
    number = Number(np.dtype('float64'))
    struct = Struct('m/msg/X', {
        'name': Text(), 'nothing': Struct('m/msg/Empty', {}), 'value': number,
        'nothings': Many(Struct('m/msg/Empty', {})), 'last': Number(np.dtype('uint8'))})
    message = SimpleNamespace(
        name='abc', nothing=None, value=0.25, nothings=[None] * 3, last=7)
    data = write_by_hand(message, struct)
    decoder = FieldDecoder(struct, choose_fields(struct, ['value', 'last']))
    assert decoder.decode(data).tolist() == [0.25, 7.0]


@pytest.mark.parametrize('encoding', [Encoding(), BIG_ENDIAN, Encoding('<', pad=b'\xff')])
@pytest.mark.parametrize('select', [JOINTS, JOINTS[::-1], ['bb'], ['a', 'FL_hip_joint']])
def test_elements_are_taken_by_name(encoding: Encoding, select: Sequence[str]) -> None:
    decoder = decoder_of(JOINT_STATE, 'position', 'velocity', select=select)
    for names in JOINTS, JOINTS[2:] + JOINTS[:2], [*JOINTS, 'more'], JOINTS:
        values = decoder.decode(joint_state(names, encoding=encoding))
        places = [names.index(name) for name in select]
        assert values.tolist() == [*places, *(100.0 + place for place in places)]


def test_names_that_trade_places_are_seen_though_all_lengths_stay() -> None:
    decoder = decoder_of(JOINT_STATE, 'position', select=['ab', 'ba'])
    for names in ['ab', 'ba'], ['ba', 'ab'], ['ab', 'ba']:
        assert decoder.decode(joint_state(names)).tolist() == [
            names.index('ab'), names.index('ba')]


def test_rows_are_taken_by_name() -> None:
    type_name = 'sensor_msgs/msg/MultiDOFJointState'
    message = strict_message(type_name)
    message.joint_names = ['left', 'right']
    message.transforms = [import_class('geometry_msgs/msg/Transform')() for _ in range(2)]
    message.transforms[1].translation.y = 3.0
    data = encoded(message, type_name)
    decoder = decoder_of(type_name, 'transforms[].translation', select=['right', 'left'])
    assert decoder.decode(data).tolist() == [[0.0, 3.0, 0.0], [0.0, 0.0, 0.0]]


def test_names_may_be_within_the_elements() -> None:
    type_name = 'diagnostic_msgs/msg/DiagnosticArray'
    pytest.importorskip('diagnostic_msgs.msg', reason='diagnostic_msgs is not installed')
    message = strict_message(type_name)
    status = import_class('diagnostic_msgs/msg/DiagnosticStatus')
    message.status = [
        status(name='motor', level=b'\2', message='hot'), status(name='lamp', level=b'\1')]
    decoder = decoder_of(
        type_name, 'status[].level', select=['lamp', 'motor'], name_field='status[].name')
    assert decoder.decode(encoded(message, type_name)).tolist() == [1, 2]


def test_names_may_be_within_one_element() -> None:
    group = Struct('m/msg/Group', {'name': Many(Text())})
    struct = Struct('m/msg/X', {
        'groups': Many(group), 'data': Many(Number(np.dtype('int8')))})
    message = SimpleNamespace(data=[1, 2], groups=[
        SimpleNamespace(name=names) for names in (['a', 'b', 'c'], ['c', 'd'], ['a'])])
    decoder = FieldDecoder(
        struct, choose_fields(struct, [], selected=2),
        Selection(('d', 'c'), name_steps(struct, 'groups[1].name')))
    assert decoder.decode(write_by_hand(message, struct)).tolist() == [2, 1]


def test_name_that_is_no_text_is_no_name_of_these() -> None:
    data = joint_state(['abc', 'bb'])
    with pytest.raises(MessageError, match="it names no 'abc'; it names a\ufffdc, bb") as caught:
        decoder_of(JOINT_STATE, 'position', select=['bb', 'abc']).decode(
            data.replace(b'abc', b'a\xffc'))
    assert caught.value.cause == 'name'


def test_missing_names_are_named_with_those_that_are_there() -> None:
    decoder = decoder_of(JOINT_STATE, 'position', select=['a', 'knee', 'ankle'])
    with pytest.raises(MessageError) as caught:
        decoder.decode(joint_state())
    assert caught.value.cause == 'name'
    assert str(caught.value) == (
        "it names no 'knee', 'ankle'; it names FL_hip_joint, FL_thigh_joint, a, bb")
    with pytest.raises(MessageError, match='; it names none$'):
        decoder.decode(joint_state([]))


def test_name_that_comes_twice_is_refused_only_if_it_is_asked_for() -> None:
    data = joint_state(['a', 'bb', 'a'])
    assert decoder_of(JOINT_STATE, 'position', select=['bb']).decode(data).tolist() == [1.0]
    with pytest.raises(MessageError, match="it names 'a' more than once") as caught:
        decoder_of(JOINT_STATE, 'position', select=['bb', 'a']).decode(data)
    assert caught.value.cause == 'name'


def test_field_that_is_left_empty_is_told_from_a_missing_name() -> None:
    with pytest.raises(MessageError) as caught:
        decoder_of(JOINT_STATE, 'position', 'effort', select=['a']).decode(joint_state())
    assert caught.value.cause == 'size'
    assert str(caught.value) == 'its effort has 0 elements, but it has 4 names'


def test_element_that_is_not_there_is_refused() -> None:
    decoder = decoder_of(JOINT_STATE, 'position[4]')
    with pytest.raises(MessageError, match='it has 4 elements, but the field asks for number 4'):
        decoder.decode(joint_state())
    assert decoder.decode(joint_state([*JOINTS, 'more'])).tolist() == [4.0]


def test_elements_of_different_lengths_are_refused() -> None:
    type_name = 'trajectory_msgs/msg/JointTrajectory'
    point = import_class('trajectory_msgs/msg/JointTrajectoryPoint')
    message = strict_message(type_name)
    message.points = [point(positions=[1.0, 2.0]), point(positions=[3.0, 4.0])]
    decoder = decoder_of(type_name, 'points[].positions')
    assert decoder.decode(encoded(message, type_name)).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    message.points.append(point(positions=[5.0]))
    with pytest.raises(MessageError, match='its elements are of different lengths') as caught:
        decoder.decode(encoded(message, type_name))
    assert caught.value.cause == 'size'


def test_elements_with_the_same_number_of_other_dtypes_are_kept_apart() -> None:
    inner = Struct('m/msg/Inner', {
        'small': Many(Number(np.dtype('uint8'))), 'large': Many(Number(np.dtype('int16')))})
    struct = Struct('m/msg/Outer', {'inners': Many(inner)})
    message = SimpleNamespace(inners=[
        SimpleNamespace(small=[1], large=[-2, 3]), SimpleNamespace(small=[4, 5], large=[-6])])
    decoder = FieldDecoder(struct, choose_fields(struct, ['inners']))
    assert decoder.decode(write_by_hand(message, struct)).tolist() == [[1, -2, 3], [4, 5, -6]]


def test_only_what_moves_the_numbers_makes_it_walk_again(walks: List[bytes]) -> None:
    decoder = decoder_of(JOINT_STATE, 'velocity', select=['a', 'bb'])
    alike = [
        joint_state(), joint_state(first=7.0), joint_state(seconds=5), joint_state(frame='tool'),
        joint_state(encoding=Encoding('<', pad=b'\xff'))]
    for data in alike:
        decoder.decode(data)
    assert len(walks) == 1
    others = [
        joint_state(frame='map'), joint_state(frame='longer'), joint_state(JOINTS[::-1]),
        joint_state(encoding=BIG_ENDIAN), joint_state(['FR_hip_joint', *JOINTS[1:]]),
        joint_state([*JOINTS, 'more'])]
    for count, data in enumerate(others, 2):
        decoder.decode(data)
        decoder.decode(data)
        assert len(walks) == count


def test_byte_order_may_change_from_message_to_message() -> None:
    decoder = decoder_of(JOINT_STATE, 'position')
    for order in '<>><':
        assert decoder.decode(joint_state(encoding=Encoding(order))).tolist() == [0., 1., 2., 3.]
    scalar = decoder_of('std_msgs/msg/Int32')
    assert scalar.decode(b'\0\1\0\0\1\0\0\0').tolist() == [1]
    assert scalar.decode(b'\0\0\0\0\1\0\0\0').tolist() == [2 ** 24]


def test_numbers_that_stand_together_are_a_view_of_the_message() -> None:
    twist = encoded(strict_message('geometry_msgs/msg/Twist'), 'geometry_msgs/msg/Twist')
    for decoder, data in (
            (decoder_of(JOINT_STATE, 'position'), joint_state()),
            (decoder_of('geometry_msgs/msg/Twist'), twist)):
        values = decoder.decode(data)
        assert np.shares_memory(values, np.frombuffer(data, 'uint8'))
        assert not values.flags.writeable


def test_numbers_outlive_the_messages_after_them() -> None:
    for select in [], ['bb', 'a']:
        decoder = decoder_of(JOINT_STATE, 'position', select=select)
        first = decoder.decode(joint_state())
        before = first.tolist()
        decoder.decode(joint_state(first=50.0))
        assert first.tolist() == before


@pytest.mark.parametrize('paths', [['position'], ['position', 'velocity'], ['position[1]']])
@pytest.mark.parametrize('encoding', [Encoding(), BIG_ENDIAN])
def test_arrays_of_messages_have_one_dtype_object(paths: List[str], encoding: Encoding) -> None:
    """Slots know the usual value by its dtype, whatever the time and the frame."""
    decoder = decoder_of(JOINT_STATE, *paths)
    first, second, third = (
        decoder.decode(joint_state(frame=frame, seconds=seconds, encoding=encoding))
        for seconds, frame in [(1, 'map'), (2, 'map'), (3, 'odometry')])
    assert first.dtype is second.dtype is third.dtype


@pytest.mark.parametrize('encoding', [Encoding(), BIG_ENDIAN])
def test_message_that_is_cut_off_anywhere_is_refused(encoding: Encoding) -> None:
    data = joint_state(encoding=encoding)
    for select in [], ['a']:
        decoder = decoder_of(JOINT_STATE, 'position', select=select)
        for size in range(len(data)):
            with pytest.raises(MessageError, match='are no such message|is not known') as caught:
                decoder.decode(data[:size])
            assert isinstance(caught.value, UnknownEncoding) == (size < 4)
            assert size < 4 or caught.value.cause == 'bytes'
            decoder.decode(data)


@pytest.mark.parametrize('header', [b'', b'\0', b'\0\1\0', b'\1\1\0\0', b'\0\7\0\0', b'\0\6\0\0'])
def test_encoding_that_is_not_plain_is_told_from_a_broken_message(header: bytes) -> None:
    """So that the middleware is asked to translate it, even after plain ones of its size."""
    plain = joint_state()
    decoder = decoder_of(JOINT_STATE, 'position')
    decoder.decode(plain)
    with pytest.raises(UnknownEncoding, match=f'its encoding {header[:2].hex()} is not known'):
        decoder.decode(header + plain[4:] if len(header) == 4 else header)
    assert decoder.decode(plain).tolist() == [0.0, 1.0, 2.0, 3.0]


def test_message_after_a_refused_one_is_read() -> None:
    decoder = decoder_of(JOINT_STATE, 'position', select=['bb'])
    for _ in range(2):
        assert decoder.decode(joint_state()).tolist() == [3.0]
        with pytest.raises(MessageError):
            decoder.decode(joint_state(['FL_hip_joint', 'FL_thigh_joint', 'a', 'cc']))
        with pytest.raises(MessageError):
            decoder.decode(joint_state()[:-1])


def test_message_that_would_take_long_to_go_over_is_refused() -> None:
    data = joint_state([''] * 10_001)
    refused = 'arrays of 10001 elements whose sizes differ'
    with pytest.raises(MessageError, match=refused) as caught:
        decoder_of(JOINT_STATE, 'position').decode(data)
    assert caught.value.cause == 'size'
    positions = decoder_of(JOINT_STATE, 'position').decode(joint_state([''] * 10_000))
    assert positions.shape == (10_000,)


def test_no_line_of_the_log_lists_names_without_end() -> None:
    with pytest.raises(MessageError, match=r'it names j0, j1, .*, j99 and 5 more$'):
        decoder_of(JOINT_STATE, 'position', select=['x']).decode(
            joint_state([f'j{index}' for index in range(105)]))
