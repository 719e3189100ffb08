# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A few numbers given for many elements: one for all, one an element of a row, or one each."""

import math
from typing import Iterable, Optional, Tuple

from dg_pytorch_ros.model import Array
import numpy as np

Shape = Tuple[int, ...]


def element_parts(shape: Shape) -> Tuple[Shape, ...]:
    """Return the shapes of numbers that can be repeated over an array, the smallest first."""
    return (), (1, *shape[1:]), shape


def channel_parts(shape: Shape, axis: int) -> Tuple[Shape, ...]:
    """Return the same for an image: one number for all, or one a channel."""
    channels = [1] * len(shape)
    channels[axis] = shape[axis]
    return (), tuple(channels)


def spread(numbers: Array, parts: Iterable[Shape], like: Array) -> Optional[Array]:
    """
    Return numbers that are repeated over an array, in their own dtype; None if they cannot be.

    One number comes back as an array of no dimension. Several are written out in full, in the
    order in which the array's elements lie in memory: numpy is slow at repeating a short row.
    """
    for part in parts:
        if numbers.size == math.prod(part):
            if numbers.size == 1:
                return numbers.reshape(())
            full = np.empty_like(like, numbers.dtype)
            is_row = math.prod(part[:-1]) == 1 and part[-1] == like.shape[-1]
            if is_row and full.size and full.flags.c_contiguous:
                _repeat(numbers, full.reshape(-1))
            else:
                full[...] = numbers.reshape(part)
            return full
    return None


def _repeat(numbers: Array, flat: Array) -> None:
    """Fill an array with a short row, over and over: twice as much in every step."""
    done = numbers.size
    flat[:done] = numbers
    while done < flat.size:
        step = min(done, flat.size - done)
        flat[done:done + step] = flat[:step]
        done += step


def counts(parts: Iterable[Shape]) -> str:
    """Write how many numbers there may be, as in `1, 3 or 12`."""
    sizes = sorted({math.prod(part) for part in parts} - {0})
    return ' or '.join(', '.join(map(str, sizes)).rsplit(', ', 1))
