# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The bytes of MultiArrays, written field by field in any encoding that a sender may choose."""

import struct
from typing import Any, Dict, NamedTuple, Sequence, Tuple

import numpy as np


class Encoding(NamedTuple):
    """What senders are free in; `pad` is what stands between the fields."""

    byte_order: str = '<'
    largest_alignment: int = 8
    pad: bytes = b'\0'


BIG_ENDIAN = Encoding('>')
XCDR2 = Encoding('<', 4)

_KINDS: Dict[Tuple[str, int], int] = {('>', 8): 0, ('<', 8): 1, ('>', 4): 6, ('<', 4): 7}


class Dimension(NamedTuple):
    """Has the fields of a std_msgs/msg/MultiArrayDimension."""

    label: str
    size: int
    stride: int


class Bytes:
    """A message that grows at its end."""

    def __init__(self, encoding: Encoding) -> None:
        self.written = b''
        self._encoding = encoding

    def align(self, size: int) -> None:
        size = min(size, self._encoding.largest_alignment)
        while len(self.written) % size:
            self.written += self._encoding.pad

    def uint32(self, value: int) -> None:
        self.align(4)
        self.written += struct.pack(self._encoding.byte_order + 'I', value)

    def string(self, value: str) -> None:
        encoded = value.encode() + b'\0'
        self.uint32(len(encoded))
        self.written += encoded

    def wide_string(self, value: str) -> None:
        units = np.frombuffer(value.encode('utf-16-le'), '<u2')
        self.uint32(len(units))
        self.numbers(units.astype('uint32'))

    def numbers(self, values: Any) -> None:
        if values.size:
            self.align(values.itemsize)
            self.written += values.astype(
                values.dtype.newbyteorder(self._encoding.byte_order)).tobytes()

    def message(self) -> bytes:
        kind = _KINDS[self._encoding.byte_order, self._encoding.largest_alignment]
        return bytes([0, kind, 0, 0]) + self.written


def multi_array(
    dimensions: Sequence[Any], offset: int, values: Any, encoding: Encoding = Encoding()
) -> bytes:
    """Write a MultiArray; the dimensions are those of a message object or `Dimension`s."""
    data = Bytes(encoding)
    data.uint32(len(dimensions))
    for dimension in dimensions:
        data.string(dimension.label)
        data.uint32(dimension.size)
        data.uint32(dimension.stride)
    data.uint32(offset)
    data.uint32(len(values))
    data.numbers(np.asarray(values))
    return data.message()


def scalar(value: Any, encoding: Encoding = Encoding()) -> bytes:
    """Write a message of one number."""
    data = Bytes(encoding)
    data.numbers(value)
    return data.message()
