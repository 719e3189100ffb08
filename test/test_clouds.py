# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Of each point of a cloud, the chosen fields come out as they went in, or it is refused."""

import struct
from typing import Any, Dict, List, Sequence

from by_hand import BIG_ENDIAN, Encoding, XCDR2
from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.messages.clouds import CloudDecoder
from dg_pytorch_ros.messages.multi_arrays import UnknownEncoding
from hypothesis import given, strategies
import numpy as np
import pytest
from sensors_by_hand import CloudByHand, FieldByHand

serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')
sensor_msgs = pytest.importorskip('sensor_msgs.msg', reason='sensor_msgs is not installed')

DATATYPES: Dict[str, int] = {
    name: getattr(sensor_msgs.PointField, name.upper())
    for name in ('int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64')}
CODES = dict(zip(DATATYPES.values(), 'bBhHiIfd'))

XYZ = [FieldByHand(name, 4 * index, 7) for index, name in enumerate('xyz')]
XYZI = [*XYZ, FieldByHand('intensity', 12, 7)]
# As the driver of a rotating lidar has it, with gaps.
LIDAR = [
    *XYZ, FieldByHand('intensity', 16, 7), FieldByHand('ring', 20, 4), FieldByHand('time', 24, 8)]


def cloud(
    fields: Sequence[FieldByHand], point_step: int, *, height: int = 1, width: int = 5,
    padding: int = 0, is_big_endian: int = 0
) -> CloudByHand:
    """Return a cloud of small numbers that differ, so that each one fits every datatype."""
    rows = []
    for row in range(height):
        points = [bytearray(b'\xaa' * point_step) for _ in range(width)]
        for column, point in enumerate(points):
            for place, field in enumerate(fields):
                numbers = [
                    number_of(row, column, place + index) for index in range(field.count or 1)]
                struct.pack_into(
                    f'{"<>"[is_big_endian]}{len(numbers)}{CODES[field.datatype]}', point,
                    field.offset, *numbers)
        rows.append(b''.join(points) + b'\xbb' * padding)
    return CloudByHand(
        height, width, fields, point_step, width * point_step + padding, b''.join(rows),
        is_big_endian)


def number_of(row: int, column: int, place: int) -> int:
    return (31 * row + 7 * column + place) % 120


def expected(sent: CloudByHand, names: Sequence[str]) -> List[List[int]]:
    places: List[int] = []
    for name in names:
        place = next(place for place, field in enumerate(sent.fields) if field.name == name)
        places += range(place, place + (sent.fields[place].count or 1))
    return [
        [number_of(row, column, place) for place in places]
        for row in range(sent.height) for column in range(sent.width)]


def as_others_send_it(sent: CloudByHand) -> bytes:
    """Return the bytes that other nodes make of it."""
    message = sensor_msgs.PointCloud2(
        height=sent.height, width=sent.width, point_step=sent.point_step,
        row_step=sent.row_step, data=sent.data, is_bigendian=bool(sent.is_big_endian),
        is_dense=True, fields=[sensor_msgs.PointField(**field._asdict()) for field in sent.fields])
    message.header.frame_id = sent.frame
    message.header.stamp.sec, message.header.stamp.nanosec = sent.stamp
    return bytes(serialization.serialize_message(message))


def refusal(sent: CloudByHand, names: Sequence[str] = ('x', 'y', 'z')) -> MessageError:
    with pytest.raises(MessageError) as caught:
        CloudDecoder(names).decode(sent.message())
    return caught.value


def lies_within(array: Any, data: bytes) -> bool:
    return np.shares_memory(array, np.frombuffer(data, 'uint8'))


@pytest.mark.parametrize('sent', [
    cloud(XYZ, 12), cloud(XYZI, 16), cloud(XYZI, 32), cloud(LIDAR, 32), cloud(LIDAR, 48),
    cloud(XYZI, 16, height=3), cloud(XYZI, 16, height=3, padding=5),
    cloud(XYZI, 16, is_big_endian=1), cloud(LIDAR, 32, height=2, padding=1, is_big_endian=1)])
def test_points_come_out_as_they_went_in(sent: CloudByHand) -> None:
    for data in as_others_send_it(sent), sent.message(), sent.message(BIG_ENDIAN):
        values = CloudDecoder().decode(data)
        assert values.dtype.name == 'float32'
        assert values.tolist() == expected(sent, 'xyz')


@pytest.mark.parametrize('names, dtype', [
    (['z', 'x'], 'float32'), (['intensity'], 'float32'), (['ring'], 'uint16'),
    (['time', 'x', 'ring'], 'float64'), (['ring', 'x'], 'float32'), (['x', 'x'], 'float32')])
def test_fields_come_in_the_order_asked_for(names: List[str], dtype: str) -> None:
    sent = cloud(LIDAR, 32, height=2, padding=3)
    values = CloudDecoder(names).decode(as_others_send_it(sent))
    assert values.dtype == np.dtype(dtype)
    assert values.tolist() == expected(sent, names)


@pytest.mark.parametrize('dtype', DATATYPES)
@pytest.mark.parametrize('is_big_endian', [0, 1])
def test_every_datatype_is_read_to_its_limits(dtype: str, is_big_endian: int) -> None:
    kind = np.dtype(dtype).newbyteorder('<>'[is_big_endian])
    info: Any = np.finfo(kind) if kind.kind == 'f' else np.iinfo(kind)
    numbers = np.array([info.min, info.max, 0, 1], kind)
    size = kind.itemsize
    for step in size, size + 3:
        data = b''.join(numbers[[row]].tobytes().ljust(step, b'\xaa') for row in range(4))
        sent = CloudByHand(
            1, 4, [FieldByHand('v', 0, DATATYPES[dtype])], step, 4 * step, data, is_big_endian)
        values = CloudDecoder(['v']).decode(as_others_send_it(sent))
        assert values.dtype.name == dtype
        assert values.tolist() == [[number] for number in numbers.tolist()]


def test_a_field_of_several_numbers_is_as_many_columns() -> None:
    fields = [FieldByHand('normal', 2, 7, 3), FieldByHand('id', 14, 3), FieldByHand('x', 16, 8)]
    sent = cloud(fields, 24)
    assert CloudDecoder(['normal']).decode(sent.message()).shape == (5, 3)
    for names in ['normal'], ['x', 'normal', 'id']:
        values = CloudDecoder(names).decode(as_others_send_it(sent))
        assert values.tolist() == expected(sent, names)


def test_a_count_of_zero_means_one() -> None:
    sent = cloud([field._replace(count=0) for field in XYZ], 12)
    assert CloudDecoder().decode(sent.message()).tolist() == expected(sent, 'xyz')


@pytest.mark.parametrize('sent, names, is_view', [
    (cloud(XYZ, 12), 'xyz', True), (cloud(XYZ, 12, height=4), 'xyz', True),
    (cloud(XYZ, 12, is_big_endian=1), 'xyz', True), (cloud(XYZ, 12), 'xzy', False),
    (cloud(XYZ, 12), 'yz', False), (cloud(XYZ, 12, height=2, padding=12), 'xyz', False),
    (cloud(XYZ, 13), 'xyz', False)])
def test_points_of_just_the_chosen_fields_stay_a_view(
        sent: CloudByHand, names: str, is_view: bool) -> None:
    data = sent.message()
    values = CloudDecoder(list(names)).decode(data)
    assert lies_within(values, data) == is_view
    assert values.tolist() == expected(sent, names)


def test_infinities_and_nan_go_on_as_they_are() -> None:
    numbers = np.array([[np.nan, np.inf, -np.inf]], 'float32')
    sent = CloudByHand(1, 1, XYZ, 12, 12, numbers.tobytes())
    assert CloudDecoder().decode(sent.message()).tobytes() == numbers.tobytes()


@pytest.mark.parametrize('height, width', [(0, 0), (1, 0), (0, 2 ** 32 - 1)])
def test_a_cloud_without_points_has_no_rows(height: int, width: int) -> None:
    sent = CloudByHand(height, width, LIDAR, 32, 0, b'')
    assert CloudDecoder().decode(sent.message()).shape == (0, 3)
    assert CloudDecoder(['time', 'x']).decode(sent.message()).dtype == np.float64


def test_of_a_single_row_the_row_step_plays_no_role() -> None:
    sent = cloud(XYZI, 16)
    for step in 0, 1, 2 ** 32 - 1:
        values = CloudDecoder().decode(sent._replace(row_step=step).message())
        assert values.tolist() == expected(sent, 'xyz')


def test_each_message_is_read_for_what_it_is() -> None:
    decoder = CloudDecoder()
    first = cloud(XYZI, 16)
    for sent in (
            first, first._replace(stamp=(5, 6)), first._replace(frame='x'), cloud(LIDAR, 32),
            cloud(XYZI, 16, width=9), cloud(XYZI, 16, is_big_endian=1),
            cloud([*XYZ[::-1], XYZI[3]], 16), first):
        for encoding in Encoding(), BIG_ENDIAN:
            assert decoder.decode(sent.message(encoding)).tolist() == expected(sent, 'xyz')


def test_a_refused_message_does_not_spoil_the_next() -> None:
    decoder = CloudDecoder()
    good = cloud(XYZI, 16)
    for bad in good._replace(width=6), good._replace(fields=XYZI[1:]):
        decoder.decode(good.message())
        for _ in range(2):
            with pytest.raises(MessageError):
                decoder.decode(bad.message())
        assert decoder.decode(good.message()).tolist() == expected(good, 'xyz')


def test_a_missing_field_is_named_with_those_there_are() -> None:
    error = refusal(cloud(LIDAR, 32), ['x', 'rgb'])
    assert error.cause == 'name'
    assert str(error) == (
        "its points have no field 'rgb'; they have 'x', 'y', 'z', 'intensity', 'ring', 'time'")
    assert 'they have none' in str(refusal(CloudByHand(0, 0, [], 0, 0, b'')))


def test_no_sender_writes_lines_of_the_log() -> None:
    names = ['x\n[INFO] forged\x1b[31m', *['B' * 20_000] * 500]
    fields = [FieldByHand(name, 0, 7) for name in names]
    said = str(refusal(cloud(fields, 12)))
    assert said.isprintable() and len(said) < 2000
    assert r"they have 'x\n[INFO] forged\x1b[31m', 'BBB" in said and said.endswith(' more')


def test_a_field_that_is_there_twice_is_refused() -> None:
    error = refusal(cloud([*XYZ, FieldByHand('x', 12, 7)], 16))
    assert error.cause == 'name'
    assert "the field 'x' more than once" in str(error)


@pytest.mark.parametrize('change, message', [
    ({'width': 6}, 'its cloud is 1 x 6 points of 16 bytes, which makes 96 bytes'),
    ({'height': 2}, 'its cloud is 2 x 5 points of 16 bytes, which makes 160 bytes'),
    ({'height': 2, 'row_step': 79}, 'with a row_step of 79; a row needs 80 bytes at least'),
    ({'width': 2 ** 32 - 1}, 'but it holds 80'),
    ({'width': 2 ** 31, 'height': 2 ** 31, 'row_step': 2 ** 32 - 1}, 'a row needs 34359738368'),
    ({'point_step': 2 ** 32 - 1}, 'but it holds 80'),
    ({'data': b''}, 'but it holds 0')])
def test_sizes_that_contradict_each_other_are_refused(change: Any, message: str) -> None:
    error = refusal(cloud(XYZI, 16)._replace(**change))
    assert error.cause == 'size'
    assert message in str(error)


@pytest.mark.parametrize('field, message', [
    (FieldByHand('x', 13, 7), "the field 'x' of its points has 1 float32 from byte 13 on, but"),
    (FieldByHand('x', 0, 8, 3), 'has 3 float64 from byte 0 on, but points have 16 bytes'),
    (FieldByHand('x', 2 ** 32 - 1, 1), 'from byte 4294967295 on'),
    (FieldByHand('x', 0, 1, 2 ** 32 - 1), 'has 4294967295 int8 from byte 0 on'),
    (FieldByHand('x', 0, 9), 'has the datatype 9; expected one from 1 to 8'),
    (FieldByHand('x', 0, 0), 'has the datatype 0; expected one from 1 to 8')])
def test_fields_that_points_have_no_room_for_are_refused(
        field: FieldByHand, message: str) -> None:
    sent = CloudByHand(1, 5, [field], 16, 80, bytes(80))
    error = refusal(sent, ['x'])
    assert error.cause == 'layout'
    assert message in str(error)


def test_no_lie_takes_memory() -> None:
    empty = CloudByHand(0, 0, [FieldByHand('x', 0, 1, 2 ** 32 - 2)], 2 ** 32 - 1, 0, b'')
    assert refusal(empty, ['x']).cause == 'layout'
    data = bytearray(cloud(XYZ, 12).message())
    data[32:36] = b'\xff\xff\xff\xff'  # how many fields there are
    with pytest.raises(MessageError, match='have 4294967295 fields; expected up to 1000'):
        CloudDecoder().decode(bytes(data))


def test_a_field_that_was_not_chosen_may_be_anything() -> None:
    sent = cloud(XYZ, 12)
    odd = sent._replace(fields=[*sent.fields, FieldByHand('odd', 99, 200, 7)])
    assert CloudDecoder().decode(odd.message()).tolist() == expected(sent, 'xyz')


def test_a_cloud_that_ends_early_is_refused() -> None:
    whole = cloud(LIDAR, 32).message()
    for end in range(len(whole)):
        with pytest.raises(MessageError):
            CloudDecoder().decode(whole[:end])


def test_other_encodings_of_messages_are_left_to_the_middleware() -> None:
    with pytest.raises(UnknownEncoding):
        CloudDecoder().decode(cloud(XYZ, 12).message(XCDR2))


def test_no_fields_at_all_cannot_be_chosen() -> None:
    with pytest.raises(ConfigError, match=r'field is \[\]; expected names of fields'):
        CloudDecoder([])


@given(strategies.data())
def test_any_fields_in_any_order_come_out_as_they_went_in(data: Any) -> None:
    fields: List[FieldByHand] = []
    end = 0
    for name in data.draw(strategies.lists(
            strategies.text('abcxyz_', min_size=1), unique=True, min_size=1, max_size=6)):
        dtype = data.draw(strategies.sampled_from(list(DATATYPES)))
        offset = end + data.draw(strategies.integers(0, 5))
        count = data.draw(strategies.integers(0, 3))
        fields.append(FieldByHand(name, offset, DATATYPES[dtype], count))
        end = offset + (count or 1) * np.dtype(dtype).itemsize
    sent = cloud(
        data.draw(strategies.permutations(fields)), end + data.draw(strategies.integers(0, 5)),
        height=data.draw(strategies.integers(1, 3)), width=data.draw(strategies.integers(1, 4)),
        padding=data.draw(strategies.integers(0, 3)),
        is_big_endian=data.draw(strategies.integers(0, 1)))
    names = data.draw(strategies.lists(
        strategies.sampled_from([field.name for field in fields]), min_size=1))
    decoder = CloudDecoder(names)
    for message in as_others_send_it(sent), sent.message(BIG_ENDIAN):
        assert decoder.decode(message).tolist() == expected(sent, names)
