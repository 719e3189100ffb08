# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Messages of Protocol Buffers, read without their definitions."""

from collections import defaultdict
import struct
from typing import DefaultDict, Iterator, List, Tuple, Union

# By far more than any model's graph has nodes; less than what would fill the memory.
_MOST_FIELDS = 500_000
_VARINT, _EIGHT_BYTES, _COUNTED, _FOUR_BYTES = 0, 1, 2, 5
_FIXED_SIZES = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}

Content = Union[int, memoryview]


class ProtobufError(ValueError):
    """Bytes that are no message; `number` is that of the field where it breaks, if it has one."""

    def __init__(self, message: str, *, number: int = 0) -> None:
        super().__init__(message)
        self.number = number


class Message:
    """The fields of one message, by their numbers; the fields of those within are read later."""

    def __init__(self, data: memoryview) -> None:
        self._fields: DefaultDict[int, List[Content]] = defaultdict(list)
        for count, (number, _, content) in enumerate(fields(data)):
            if count == _MOST_FIELDS:
                raise ProtobufError(f'more than {_MOST_FIELDS} fields in one message')
            self._fields[number].append(content)

    def __contains__(self, number: int) -> bool:
        return number in self._fields

    def number(self, number: int, default: int = 0) -> int:
        """Return a whole number; negative ones included, as int32 and int64 write them."""
        return next(self.numbers(number), default)

    def numbers(self, number: int) -> Iterator[int]:
        """Return a repeated whole number, packed or not; there may be very many."""
        for content in self._contents(number):
            if isinstance(content, int):
                yield _signed(content)
            else:
                yield from _unpack(content)

    def floats(self, number: int) -> Iterator[float]:
        """Return a float, or repeated ones, packed or not; there may be very many."""
        for content in self._contents(number):
            if isinstance(content, int) or len(content) % 4:
                raise ProtobufError(f'field {number} holds no floats')
            for (value,) in struct.iter_unpack('<f', content):
                yield value

    def text(self, number: int) -> str:
        """Return a text, '' if there is none; what is no UTF-8 is replaced."""
        texts = self.texts(number)
        return texts[-1] if texts else ''

    def texts(self, number: int) -> List[str]:
        """Return a repeated text."""
        return [str(data, 'utf-8', 'replace') for data in self.data(number)]

    def message(self, number: int) -> 'Message':
        """Return a message within, an empty one if there is none."""
        found = self.data(number)
        return Message(found[-1] if found else memoryview(b''))

    def messages(self, number: int) -> Iterator['Message']:
        """Return repeated messages within, each read when its turn comes."""
        return map(Message, self.data(number))

    def data(self, number: int) -> List[memoryview]:
        """Return the bytes of a repeated field that has bytes, as they stand."""
        found = []
        for content in self._contents(number):
            if isinstance(content, int):
                raise ProtobufError(f'field {number} holds a number where bytes are due')
            found.append(content)
        return found

    def _contents(self, number: int) -> List[Content]:
        return self._fields.get(number, [])


def fields(data: memoryview) -> Iterator[Tuple[int, int, Content]]:
    """Return number, wire type and content of each field; raise ProtobufError where it breaks."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            value, position = _varint(data, position)
            yield number, wire_type, value
            continue
        if wire_type == _COUNTED:
            size, position = _varint(data, position)
        elif wire_type in _FIXED_SIZES:
            size = _FIXED_SIZES[wire_type]
        else:
            raise ProtobufError(f'field {number} has the wire type {wire_type}')
        if size > len(data) - position:
            raise ProtobufError(
                f'field {number} is said to have {size} bytes, but {len(data) - position} are '
                'left', number=number)
        yield number, wire_type, data[position:position + size]
        position += size


def _varint(data: memoryview, position: int) -> Tuple[int, int]:
    """Return a number of up to 64 bits, and the position behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if position == len(data):
            raise ProtobufError('the end is missing')
        byte = data[position]
        position += 1
        value |= (byte & 0x7f) << shift
        if byte < 0x80:
            return value, position
    raise ProtobufError(f'a number of more than ten bytes before byte {position}')


def _unpack(data: memoryview) -> Iterator[int]:
    position = 0
    while position < len(data):
        value, position = _varint(data, position)
        yield _signed(value)


def _signed(value: int) -> int:
    value &= 2**64 - 1
    return value - 2**64 if value >= 2**63 else value
