# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The bytes of std_msgs/msg/Float64MultiArray, without the package that is under test."""

import struct
from time import monotonic_ns
from typing import Optional, Sequence, Tuple

from soak.promises import SIZE

_HEADER = b'\0\1\0\0'
# Behind a layout of one dimension that is labelled dim_0, and behind none.
_BEGIN = 36
_PLAIN_BEGIN = 20
_NUMBERS = struct.Struct(f'<{SIZE}d')


def encode(values: Sequence[float]) -> bytes:
    """Return a message without a layout."""
    # No dimensions, no offset, the count, and what aligns the numbers.
    return struct.pack(f'<4sIIII{len(values)}d', _HEADER, 0, 0, len(values), 0, *values)


def decode(data: bytes) -> Optional[Tuple[float, ...]]:
    """Return the numbers of an output; None if it does not hold as many as it should."""
    if len(data) != _BEGIN + _NUMBERS.size or struct.unpack_from('<I', data, _BEGIN - 4) != (
            SIZE,):
        return _decode_plain(data)
    return _NUMBERS.unpack_from(data, _BEGIN)


def _decode_plain(data: bytes) -> Optional[Tuple[float, ...]]:
    """Read what the second publisher sends, without a layout."""
    if len(data) != _PLAIN_BEGIN + _NUMBERS.size:
        return None
    return _NUMBERS.unpack_from(data, _PLAIN_BEGIN)


def number_of_now() -> float:
    """Return a number that grows: the microseconds of the clock that all processes share."""
    return float(monotonic_ns() // 1000)
