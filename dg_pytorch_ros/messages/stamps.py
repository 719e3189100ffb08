# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The time in the header that a message begins with."""

from struct import Struct as Layout
from typing import Dict

from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages.cdr import CdrError, HEADER
from dg_pytorch_ros.messages.kinds import Kind, Struct
from dg_pytorch_ros.messages.multi_arrays import plain_reader

_HEADER_TYPE = 'std_msgs/msg/Header'

# A header begins with the stamp's seconds and nanoseconds.
_STAMPS: Dict[str, Layout] = {'<': Layout('<iI'), '>': Layout('>iI')}
_OWN_STAMP = Layout('=iI')
_BEGIN = len(HEADER)
_END = _BEGIN + _OWN_STAMP.size
_NO_STAMP = bytes(_OWN_STAMP.size)

_NS_PER_S = 10 ** 9
_FIRST_NS = -2 ** 31 * _NS_PER_S
_LAST_NS = 2 ** 31 * _NS_PER_S - 1


def is_header(kind: Kind) -> bool:
    """Return whether this part of a message is a std_msgs/msg/Header."""
    return isinstance(kind, Struct) and kind.type_name == _HEADER_TYPE


def has_stamp(struct: Struct) -> bool:
    """Return whether messages of a type begin with a header."""
    return any(map(is_header, list(struct.fields.values())[:1]))


def read_stamp_ns(data: bytes) -> int:
    """Return the time that a message begins with, in nanoseconds."""
    reader = plain_reader(data)
    try:
        begin = reader.skip(_OWN_STAMP.size)
    except CdrError as error:
        raise MessageError(f'its bytes are no such message: {error}', cause='bytes') from error
    seconds, nanoseconds = _STAMPS[reader.byte_order].unpack_from(data, begin)
    return int(seconds * _NS_PER_S + nanoseconds)


def with_stamp(message: bytes, stamp_ns: int) -> bytes:
    """Return a message of this machine's byte order with another time, the nearest there is."""
    seconds, nanoseconds = divmod(min(max(stamp_ns, _FIRST_NS), _LAST_NS), _NS_PER_S)
    return message[:_BEGIN] + _OWN_STAMP.pack(seconds, nanoseconds) + message[_END:]


def is_stamped(message: bytes) -> bool:
    """Return whether a message of this machine's byte order has a time other than 0."""
    return message[_BEGIN:_END] != _NO_STAMP
