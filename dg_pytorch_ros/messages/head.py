# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What stands before the data in the messages of sensors."""

from typing import List, Sequence

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.messages.cdr import CdrReader, HEADER

_STAMP_SIZE = 8
_STAMP_END = len(HEADER) + _STAMP_SIZE
_LONGEST_SHOWN = 60
_MOST_SHOWN = 900  # of a list of texts


class Head:
    """
    The bytes up to the data, which mostly are the same each time.

    The stamp is left out of account, because it never is.
    """

    def __init__(self) -> None:
        self._size = -1
        self._encoding = b''
        self._rest = b''

    def is_of(self, data: bytes) -> bool:
        """Whether a message of the same size begins like the last one that was learned."""
        return len(data) == self._size and data.startswith(self._rest, _STAMP_END) and (
            data.startswith(self._encoding))

    def learn(self, data: bytes, end: int) -> None:
        """Take over the head of a message, up to where its data begin."""
        self._size = len(data)
        self._encoding = data[:len(HEADER)]
        self._rest = data[_STAMP_END:end]


def skip_header(reader: CdrReader) -> None:
    """Pass over a std_msgs/msg/Header."""
    reader.skip(_STAMP_SIZE)
    reader.skip_string()


def read_text(reader: CdrReader, data: bytes) -> str:
    """Read a string; what is no UTF-8 in it is replaced."""
    size = reader.uint32()
    begin = reader.skip(size)
    return data[begin:begin + size].rstrip(b'\0').decode(errors='replace')


def shown(text: str) -> str:
    """Write a sender's text for an error, but not pages of it."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + '...')


def all_shown(texts: Sequence[str]) -> str:
    """Write a sender's texts for an error, those at the front if they are many."""
    parts: List[str] = []
    size = 0
    for part in map(shown, texts):
        size += len(part) + len(', ')
        if parts and size > _MOST_SHOWN:
            break
        parts.append(part)
    more = len(texts) - len(parts)
    return enumeration(parts) + (f' and {more} more' if more else '')
