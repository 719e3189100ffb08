# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Read and write the bytes of messages, as ROS middleware carries them.

The encoding is the OMG's Common Data Representation, version 1: a header of four bytes that tells
the byte order, then the fields in order, each number at a multiple of its size.
"""

import struct
import sys
from typing import Dict, Literal

# Of what is written here: no options, the machine's own byte order.
HEADER = b'\x00\x01\x00\x00' if sys.byteorder == 'little' else b'\x00\x00\x00\x00'

_PLAIN = b'\x00'
_BYTE_ORDERS: Dict[int, Literal['<', '>']] = {0: '>', 1: '<'}


class CdrError(ValueError):
    """Bytes that do not hold what they should."""


def is_plain(data: bytes) -> bool:
    """Return whether these bytes are encoded in the one way that `CdrReader` understands."""
    return len(data) >= len(HEADER) and data[:1] == _PLAIN and data[1] in _BYTE_ORDERS


class CdrReader:
    """Walks over the fields of a message; raises CdrError where they do not fit in its bytes."""

    def __init__(self, data: bytes) -> None:
        self.byte_order = _BYTE_ORDERS[data[1]]
        self.position = len(HEADER)
        self._data = data
        self._uint32 = struct.Struct(self.byte_order + 'I')

    def uint32(self) -> int:
        """Read a number."""
        self.align(4)
        begin = self.skip(4)
        return int(self._uint32.unpack_from(self._data, begin)[0])

    def skip_string(self) -> None:
        """Pass over a string."""
        self.skip(self.uint32())

    def align(self, size: int) -> None:
        """Go on to where a number of this size stands."""
        self.position += -(self.position - len(HEADER)) % size

    def skip(self, size: int) -> int:
        """Pass over so many bytes; return where they begin."""
        begin = self.position
        self.position += size
        if self.position > len(self._data):
            raise CdrError(
                f'it needs {self.position} bytes at least, but has {len(self._data)}')
        return begin


class CdrWriter:
    """Puts the fields of a message one behind the other, in the machine's byte order."""

    def __init__(self) -> None:
        self.data = bytearray(HEADER)

    def uint32(self, value: int) -> None:
        """Write a number."""
        self.align(4)
        self.data += struct.pack('=I', value)

    def string(self, value: str) -> None:
        """Write a string."""
        encoded = value.encode() + b'\0'
        self.uint32(len(encoded))
        self.data += encoded

    def align(self, size: int) -> None:
        """Go on to where a number of this size stands."""
        self.data += bytes(-(len(self.data) - len(HEADER)) % size)
