# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The time of a message is read in both byte orders, and put into those that go out."""

import struct
from typing import Any

from by_hand import BIG_ENDIAN, Bytes, Encoding
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages.kinds import Number, Struct
from dg_pytorch_ros.messages.multi_arrays import UnknownEncoding
from dg_pytorch_ros.messages.stamps import has_stamp, is_stamped, read_stamp_ns, with_stamp
from hypothesis import given, strategies
from messages_at_random import struct_of
import numpy as np
import pytest

serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')
geometry_msgs = pytest.importorskip('geometry_msgs.msg', reason='geometry_msgs is not installed')


def stamped(seconds: int, nanoseconds: int, encoding: Encoding = Encoding()) -> bytes:
    data = Bytes(encoding)
    data.uint32(seconds % 2 ** 32)
    data.uint32(nanoseconds)
    data.string('map')
    return data.message()


@pytest.mark.parametrize('type_name, stamp', [
    ('geometry_msgs/msg/PointStamped', True), ('std_msgs/msg/Header', False),
    ('geometry_msgs/msg/Point', False), ('std_msgs/msg/Empty', False),
    ('builtin_interfaces/msg/Time', False), ('diagnostic_msgs/msg/DiagnosticArray', True)])
def test_message_has_a_stamp_if_it_begins_with_a_header(type_name: str, stamp: bool) -> None:
    pytest.importorskip(type_name.split('/')[0])
    assert has_stamp(struct_of(type_name)) is stamp


def test_header_that_comes_later_is_no_stamp() -> None:
    header = struct_of('std_msgs/msg/Header')
    number = Number(np.dtype('float64'))
    assert not has_stamp(Struct('m/msg/X', {'number': number, 'header': header}))
    assert has_stamp(Struct('m/msg/X', {'beginning': header, 'number': number}))


@pytest.mark.parametrize('seconds, nanoseconds, stamp_ns', [
    (0, 0, 0), (0, 999_999_999, 999_999_999), (-1, 999_999_999, -1), (1, 2, 1_000_000_002),
    (2 ** 31 - 1, 999_999_999, 2_147_483_647_999_999_999),
    (-2 ** 31, 0, -2_147_483_648_000_000_000), (0, 2 ** 32 - 1, 4_294_967_295)])
@pytest.mark.parametrize('encoding', [Encoding(), BIG_ENDIAN])
def test_stamp_is_exact(
    encoding: Encoding, seconds: int, nanoseconds: int, stamp_ns: int
) -> None:
    assert read_stamp_ns(stamped(seconds, nanoseconds, encoding)) == stamp_ns


@pytest.mark.parametrize('encoding', [Encoding(), BIG_ENDIAN])
def test_stamp_that_is_cut_off_is_refused(encoding: Encoding) -> None:
    data = stamped(1, 2, encoding)
    for size in range(12):
        with pytest.raises(MessageError, match='are no such message|is not known') as caught:
            read_stamp_ns(data[:size])
        assert isinstance(caught.value, UnknownEncoding) == (size < 4)
        assert size < 4 or caught.value.cause == 'bytes'
    assert read_stamp_ns(data[:12]) == 1_000_000_002


def test_encoding_that_is_not_plain_is_told_from_a_broken_message() -> None:
    with pytest.raises(UnknownEncoding, match='its encoding 0007 is not known'):
        read_stamp_ns(b'\0\7\0\0' + stamped(1, 2)[4:])


@given(strategies.integers(-2 ** 31 * 10 ** 9, 2 ** 31 * 10 ** 9 - 1))
def test_stamp_that_goes_out_is_what_others_read(stamp_ns: int) -> None:
    message: Any = geometry_msgs.PointStamped()
    message.header.frame_id = 'map'
    message.header.stamp.sec = 17
    message.point.y = 0.5
    sent = with_stamp(bytes(serialization.serialize_message(message)), stamp_ns)
    heard = serialization.deserialize_message(sent, geometry_msgs.PointStamped)
    seconds, nanoseconds = divmod(stamp_ns, 10 ** 9)
    assert (heard.header.stamp.sec, heard.header.stamp.nanosec) == (seconds, nanoseconds)
    assert (heard.header.frame_id, heard.point.y) == ('map', 0.5)
    assert read_stamp_ns(sent) == stamp_ns


@pytest.mark.parametrize('stamp_ns', [1, -1, 10 ** 9, 2 ** 62])
def test_written_message_has_no_stamp_until_it_gets_one(stamp_ns: int) -> None:
    message: Any = geometry_msgs.PointStamped()
    message.header.frame_id = 'map'
    message.point.x = 1.5
    data = bytes(serialization.serialize_message(message))
    assert not is_stamped(data)
    assert is_stamped(with_stamp(data, stamp_ns))
    assert not is_stamped(with_stamp(with_stamp(data, stamp_ns), 0))


@pytest.mark.parametrize('stamp_ns, nearest', [
    (2 ** 63, struct.pack('=iI', 2 ** 31 - 1, 999_999_999)),
    (-2 ** 63, struct.pack('=iI', -2 ** 31, 0)),
    (2 ** 31 * 10 ** 9, struct.pack('=iI', 2 ** 31 - 1, 999_999_999))])
def test_stamp_that_no_message_can_have_becomes_the_nearest_one(
    stamp_ns: int, nearest: bytes
) -> None:
    """A sender's stamp is copied, and its nanoseconds may go beyond a second."""
    data = stamped(1, 2)
    assert with_stamp(data, stamp_ns) == data[:4] + nearest + data[12:]
