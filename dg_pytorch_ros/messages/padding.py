# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The bytes of a message that mean nothing."""

from dg_pytorch_ros.messages.cdr import HEADER
from dg_pytorch_ros.messages.kinds import Kind, Many, Number, Struct, Text
from dg_pytorch_ros.messages.multi_arrays import plain_reader
from dg_pytorch_ros.messages.passage import WIDE_UNIT


def clear_padding(struct: Struct, data: bytes) -> bytes:
    """
    Return a message with zeros between its fields and behind them.

    Middleware leaves there what happens to be in its memory; the same message is the same bytes
    only without that.
    """
    copy = _Copy(data)
    copy.part(struct)
    return bytes(copy.data)


class _Copy:
    """A copy of what a message says, each part where it was."""

    def __init__(self, original: bytes) -> None:
        self.data = bytearray(len(original))
        self.data[:len(HEADER)] = original[:len(HEADER)]
        self._original = original
        self._reader = plain_reader(original)

    def part(self, kind: Kind) -> None:
        """Copy a part of the message, and what it consists of."""
        if isinstance(kind, Number):
            self._numbers(1, kind.dtype.itemsize)
        elif isinstance(kind, Text):
            self._numbers(self._length(), WIDE_UNIT if kind.wide else 1)
        elif isinstance(kind, Struct):
            self._fields(kind)
        else:
            self._elements(kind)

    def _fields(self, struct: Struct) -> None:
        for field in struct.fields.values():
            self.part(field)
        if not struct.fields:
            self._numbers(1, 1)  # it is one byte on its way

    def _elements(self, kind: Many) -> None:
        count = self._length() if kind.count is None else kind.count
        if isinstance(kind.element, Number):
            self._numbers(count, kind.element.dtype.itemsize)
            return
        for _ in range(count):
            self.part(kind.element)

    def _length(self) -> int:
        length = self._reader.uint32()
        self._copy_from(self._reader.position - 4)
        return length

    def _numbers(self, count: int, size: int) -> None:
        if count:
            self._reader.align(size)
            self._copy_from(self._reader.skip(count * size))

    def _copy_from(self, begin: int) -> None:
        end = self._reader.position
        self.data[begin:end] = self._original[begin:end]
