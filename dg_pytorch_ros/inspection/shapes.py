# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Shapes as files say them, which may be anything."""

from itertools import islice
from typing import Iterable, Tuple

_MOST_SIZES = 64


def checked_shape(sizes: Iterable[int]) -> Tuple[int, ...]:
    """Return a shape; raise ValueError if no tensor can have it, whatever the memory."""
    shape = tuple(map(int, islice(sizes, _MOST_SIZES + 1)))
    if len(shape) > _MOST_SIZES or not all(0 <= size < 2**63 for size in shape):
        raise ValueError('a tensor of an impossible shape')
    return shape
