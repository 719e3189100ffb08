# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Fields are read from the bytes of messages, by place or by name, without looking twice."""

from types import SimpleNamespace
from typing import Any, List, Sequence

from by_hand import BIG_ENDIAN, Encoding
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages.field_decoder import FieldDecoder, Selection
from dg_pytorch_ros.messages.fields import choose_fields, name_steps
from dg_pytorch_ros.messages.kinds import Many, Number, Struct, Text
from dg_pytorch_ros.messages.multi_arrays import UnknownEncoding
from dg_pytorch_ros.messages.walk import MessageWalk
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


WIDE = Struct('m/msg/Wide', {
    'before': Number(np.dtype('uint8')), 'name': Many(Text(wide=True)),
    'value': Number(np.dtype('float64')), 'last': Text(wide=True),
    'data': Many(Number(np.dtype('uint8')))})
WIDE_TEXTS = ['', 'a', 'bb', '\U0001f916', 'x\U0001f916y', '\xe4\u6f22', 'a\0']


def test_wide_text_is_as_long_as_rclpy_writes_it() -> None:
    struct = Struct('m/msg/X', {
        'label': Text(wide=True), 'number': Number(np.dtype('uint8')),
        'name': Many(Text(wide=True)), 'data': Many(Number(np.dtype('uint16')))})
    written_by_rclpy = bytes.fromhex(  # the robot's face and 7, then ä and nothing for 5 and 6
        '00010000' '02000000' '3ed80000' '16dd0000' '07000000' '02000000'
        '01000000' 'e4000000' '00000000' '02000000' '05000600')
    number = FieldDecoder(struct, choose_fields(struct, ['number']))
    assert number.decode(written_by_rclpy).tolist() == [7]
    named = FieldDecoder(
        struct, choose_fields(struct, ['data'], selected=2),
        Selection(('', '\xe4'), name_steps(struct)))
    assert named.decode(written_by_rclpy).tolist() == [6, 5]


@pytest.mark.parametrize('encoding', [Encoding(), BIG_ENDIAN, Encoding('<', pad=b'\xff')])
def test_wide_texts_are_stepped_over_and_are_names(encoding: Encoding) -> None:
    decoder = FieldDecoder(WIDE, choose_fields(WIDE, ['value']))
    for last in WIDE_TEXTS:
        for count in range(len(WIDE_TEXTS)):
            names = WIDE_TEXTS[:count]
            message = SimpleNamespace(
                before=1, name=names, value=0.25 + count, last=last, data=list(range(count)))
            data = write_by_hand(message, WIDE, encoding)
            assert decoder.decode(data).tolist() == [0.25 + count]
            selecting = FieldDecoder(
                WIDE, choose_fields(WIDE, ['data'], selected=count),
                Selection(tuple(names[::-1]), name_steps(WIDE)))
            assert selecting.decode(data).tolist() == list(range(count))[::-1]


def test_wide_text_of_no_characters_is_no_name_of_these() -> None:
    message = SimpleNamespace(before=1, name=['abc'], value=0.25, last='', data=[1])
    data = write_by_hand(message, WIDE).replace(b'b\0\0\0', b'\0\xd8\0\0')
    decoder = FieldDecoder(
        WIDE, choose_fields(WIDE, ['data'], selected=1), Selection(('abc',), name_steps(WIDE)))
    for unit in b'\0\xd8\0\0', b'b\0\1\0', b'\xff' * 4:
        with pytest.raises(MessageError, match="it names no 'abc'; it names 'a") as caught:
            decoder.decode(data.replace(b'\0\xd8\0\0', unit))
        assert caught.value.cause == 'name'
    with pytest.raises(MessageError, match='its bytes are no such message') as caught:
        decoder.decode(data.replace(b'\3\0\0\0', b'\xff' * 4))
    assert caught.value.cause == 'bytes'


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
    refused = "it names no 'abc'; it names 'a\ufffdc', 'bb'"
    with pytest.raises(MessageError, match=refused) as caught:
        decoder_of(JOINT_STATE, 'position', select=['bb', 'abc']).decode(
            data.replace(b'abc', b'a\xffc'))
    assert caught.value.cause == 'name'


def test_missing_names_are_named_with_those_that_are_there() -> None:
    decoder = decoder_of(JOINT_STATE, 'position', select=['a', 'knee', 'ankle'])
    with pytest.raises(MessageError) as caught:
        decoder.decode(joint_state())
    assert caught.value.cause == 'name'
    assert str(caught.value) == (
        "it names no 'knee', 'ankle'; it names 'FL_hip_joint', 'FL_thigh_joint', 'a', 'bb'")
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
    refused = 'that it takes 5001 steps to go over them; expected up to 5000'
    with pytest.raises(MessageError, match=refused) as caught:
        decoder_of(JOINT_STATE, 'position').decode(joint_state([''] * 5001))
    assert caught.value.cause == 'size'
    positions = decoder_of(JOINT_STATE, 'position').decode(joint_state([''] * 5000))
    assert positions.shape == (5000,)


def path_of(count: int) -> bytes:
    message = strict_message('nav_msgs/msg/Path')
    pose = import_class('geometry_msgs/msg/PoseStamped')
    message.poses = [pose() for _ in range(count)]
    for index, each in enumerate(message.poses):
        each.header.frame_id = 'map' * (index % 4)
        each.pose.position.x, each.pose.orientation.z = float(index), -1.0
    return encoded(message, 'nav_msgs/msg/Path')


def test_poses_of_a_path_are_read_though_their_frames_differ_in_length() -> None:
    decoder = decoder_of('nav_msgs/msg/Path', 'poses[].pose.position', 'poses[].header.stamp.sec')
    for count in 1, 2, 1000, 999, 3:
        values = decoder.decode(path_of(count))
        assert values.shape == (4 * count,)
        assert values[:3 * count:3].tolist() == list(range(count))
    whole = decoder_of('nav_msgs/msg/Path', 'poses').decode(path_of(9))
    assert whole[8].tolist() == [0.0, 0.0, 8.0, 0.0, 0.0, 0.0, 0.0, -1.0, 1.0]


@pytest.mark.parametrize('type_name, paths, text_count', [
    ('nav_msgs/msg/Path', ['poses[].pose.position'], 1),
    ('visualization_msgs/msg/MarkerArray', ['markers[].pose.position'], 13),
    ('visualization_msgs/msg/MarkerArray', ['markers[].points[0].x'], 13),
    ('visualization_msgs/msg/MarkerArray', ['markers'], 13)])
def test_texts_and_arrays_in_the_elements_count_too(
    type_name: str, paths: List[str], text_count: int
) -> None:
    pytest.importorskip('visualization_msgs.msg', reason='visualization_msgs is not installed')
    field = paths[0].split('[')[0]
    message = strict_message(type_name)
    kind = struct_of(type_name).fields[field]
    assert isinstance(kind, Many) and isinstance(kind.element, Struct)
    element = import_class(kind.element.type_name)()
    setattr(message, field, [element] * (5000 // text_count + 1))
    with pytest.raises(MessageError, match='steps to go over them') as caught:
        decoder_of(type_name, *paths).decode(encoded(message, type_name))
    assert caught.value.cause == 'size'


def test_arrays_within_arrays_take_more_steps() -> None:
    type_name = 'trajectory_msgs/msg/JointTrajectory'
    message = strict_message(type_name)
    point = import_class('trajectory_msgs/msg/JointTrajectoryPoint')(positions=[1.0, 2.0])
    message.points = [point] * 625
    decoder = decoder_of(type_name, 'points[].positions')
    assert decoder.decode(encoded(message, type_name)).shape == (625, 2)
    message.points = [point] * 626
    with pytest.raises(MessageError, match='steps to go over them'):
        decoder.decode(encoded(message, type_name))


def test_many_names_that_trade_places_are_seen_though_all_lengths_stay() -> None:
    names = [f'j{index:03}' for index in range(500)]
    decoder = decoder_of(JOINT_STATE, 'position', select=['j499', 'j007'])
    for given in names, names[::-1], names:
        assert decoder.decode(joint_state(given)).tolist() == [
            given.index('j499'), given.index('j007')]
    assert decoder.decode(joint_state(names, encoding=Encoding('<', pad=b'\xff'))).tolist() == [
        499.0, 7.0]


def test_names_in_an_array_within_an_element_are_found() -> None:
    inner = Struct('m/msg/Inner', {'name': Many(Text()), 'value': Number(np.dtype('int8'))})
    struct = Struct('m/msg/X', {'inners': Many(inner)})
    message = SimpleNamespace(inners=[
        SimpleNamespace(name=names, value=value)
        for value, names in enumerate([['a', 'b'], ['c'], ['d', 'e', 'f']])])
    decoder = FieldDecoder(
        struct, choose_fields(struct, ['inners[].value'], selected=2),
        Selection(('d', 'a'), name_steps(struct, 'inners[].name[0]')))
    assert decoder.decode(write_by_hand(message, struct)).tolist() == [2, 0]


def test_numbers_behind_arrays_of_every_size_and_alignment_are_found() -> None:
    for element in ['uint8', 'int16', 'float32', 'float64']:
        odd = Struct('m/msg/Odd', {
            'first': Number(np.dtype('float64')), 'last': Number(np.dtype('uint8'))})
        fixed = Struct('m/msg/Fixed', {'odds': Many(odd, 2), 'flag': Number(np.dtype('bool'))})
        inner = Struct('m/msg/Inner', {
            'small': Number(np.dtype('uint8')), 'many': Many(Number(np.dtype(element))),
            'odds': Many(odd), 'texts': Many(Text(), 2), 'fixed': fixed,
            'value': Number(np.dtype('int32')), 'wide': Text(wide=True)})
        struct = Struct('m/msg/X', {'inners': Many(inner)})
        pair = [SimpleNamespace(first=index + 0.5, last=index) for index in range(2)]
        message = SimpleNamespace(inners=[
            SimpleNamespace(
                small=1, many=[1] * (index % 3), odds=pair * (index % 2), value=10 + index,
                texts=['a' * index, 'bc'], fixed=SimpleNamespace(odds=pair, flag=True),
                wide='x' * (index % 4))
            for index in range(12)])
        for encoding in Encoding(), BIG_ENDIAN:
            decoder = FieldDecoder(struct, choose_fields(struct, [
                'inners[].value', 'inners[].fixed.odds[1].first', 'inners[].small']))
            assert decoder.decode(write_by_hand(message, struct, encoding)).tolist() == [
                *range(10, 22), *[1.5] * 12, *[1] * 12]


def test_no_line_of_the_log_lists_names_without_end() -> None:
    with pytest.raises(MessageError, match=r"it names 'j0', 'j1', .*' and [0-9]+ more$") as caught:
        decoder_of(JOINT_STATE, 'position', select=['x']).decode(
            joint_state([f'j{index}' for index in range(4000)]))
    assert len(str(caught.value)) < 2000


def test_no_sender_writes_lines_of_the_log() -> None:
    forged = 'x\n[INFO] [0.0] [node]: all is well\x1b[31m\u202e'
    with pytest.raises(MessageError) as caught:
        decoder_of(JOINT_STATE, 'position', select=[f'j{index}' for index in range(999)]).decode(
            joint_state([forged, *['B' * 20_000] * 50, 'last']))
    said = str(caught.value)
    assert said.isprintable() and len(said) < 2100
    assert r"it names 'x\n[INFO]" in said and "BBB...', " in said


@pytest.mark.parametrize('paths', [['ranges[0]'], ['ranges[7]', 'ranges[2]'], ['angle_min']])
def test_few_numbers_of_a_large_message_do_not_keep_it_alive(paths: List[str]) -> None:
    message = strict_message('sensor_msgs/msg/LaserScan')
    message.ranges = [1.0] * 100_000
    message.intensities = [2.0] * 4
    data = encoded(message, 'sensor_msgs/msg/LaserScan')
    values = decoder_of('sensor_msgs/msg/LaserScan', *paths).decode(data)
    assert not np.shares_memory(values, np.frombuffer(data, 'uint8'))
    again = decoder_of('sensor_msgs/msg/LaserScan', *paths)
    assert again.decode(data).dtype is again.decode(data).dtype
    whole = decoder_of('sensor_msgs/msg/LaserScan', 'ranges').decode(data)
    assert np.shares_memory(whole, np.frombuffer(data, 'uint8'))


def test_elements_may_each_have_other_room_before_their_numbers() -> None:
    odd = Struct('m/msg/Odd', {
        'small': Number(np.dtype('uint8')), 'large': Number(np.dtype('float64')),
        'last': Number(np.dtype('int16'))})
    struct = Struct('m/msg/X', {'first': Number(np.dtype('uint8')), 'odds': Many(odd)})
    message = SimpleNamespace(first=1, odds=[
        SimpleNamespace(small=index, large=index + 0.5, last=-index) for index in range(5)])
    data = write_by_hand(message, struct)
    for path, wanted in [
            ('odds[].large', [0.5, 1.5, 2.5, 3.5, 4.5]), ('odds[].last', [0, -1, -2, -3, -4]),
            ('odds[3]', [3.0, 3.5, -3.0])]:
        decoder = FieldDecoder(struct, choose_fields(struct, [path]))
        assert decoder.decode(data).tolist() == wanted
    whole = FieldDecoder(struct, choose_fields(struct, ['odds'])).decode(data)
    assert whole.tolist() == [[index, index + 0.5, -index] for index in range(5)]


def test_numbers_between_many_texts_may_change_without_walking_again(walks: List[bytes]) -> None:
    decoder = decoder_of('nav_msgs/msg/Path', 'poses[].pose.position.x')
    data = path_of(100)
    decoder.decode(data)
    other = data.replace(np.float64(-1.0).tobytes(), np.float64(2.0).tobytes())
    assert other != data
    assert decoder.decode(other).tolist() == list(range(100))
    assert len(walks) == 1


def test_lengths_behind_texts_of_no_length_are_looked_at() -> None:
    message = SimpleNamespace(before=1, name=['', 'a', '', 'b'], value=0.25, last='', data=[])
    data = write_by_hand(message, WIDE)
    walk = MessageWalk(WIDE, data)
    assert walk.find_texts(name_steps(WIDE)) == ['', 'a', '', 'b']
    assert walk.marks()[:2] == [(0, 2), (8, 8 + 4 * 7)]
