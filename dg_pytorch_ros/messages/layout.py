# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The form that a MultiArray claims for its numbers: std_msgs/msg/MultiArrayLayout."""

import math
from typing import NamedTuple, Optional, Tuple

from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages.cdr import CdrReader
from dg_pytorch_ros.model import Array
import numpy as np

# What every version of numpy can hold.
_MOST_DIMENSIONS = 32


class Layout(NamedTuple):
    """Sizes and strides in elements, and where the first element stands."""

    sizes: Tuple[int, ...]
    strides: Tuple[int, ...]
    offset: int

    def check(self, count: int) -> 'Layout':
        """Fill in what senders leave out; raise MessageError unless so many numbers fill it."""
        sizes = self.sizes or (max(0, count - self.offset),)
        # Element (i, j, k) stands at offset + i * dim[1].stride + j * dim[2].stride + k. Senders
        # that leave the strides at 0 mean data without gaps.
        steps = (*self.strides[1:], 1)
        if 0 in steps:
            steps = _without_gaps(sizes)
        if any(step < size * inner for step, size, inner in zip(steps, sizes[1:], steps[1:])):
            raise MessageError(
                f'its layout says {list(sizes)} with strides that overlap; the stride of a '
                'dimension counts the elements of that dimension and all inner ones',
                cause='layout')
        last = self.offset + sum((size - 1) * step for size, step in zip(sizes, steps))
        if 0 in sizes or not 0 <= last < count:
            raise MessageError(
                f'its layout says {list(sizes)} from element {self.offset} on, '
                f'but it holds {count} elements', cause='layout')
        return Layout(sizes, steps, self.offset)

    def apply(self, values: Array) -> Array:
        """Return a view of the numbers in this form."""
        if self.strides == _without_gaps(self.sizes):
            end = self.offset + math.prod(self.sizes)
            return values[self.offset:end].reshape(self.sizes)
        return np.lib.stride_tricks.as_strided(
            values[self.offset:], self.sizes, [step * values.itemsize for step in self.strides],
            writeable=False)


def read_layout(reader: CdrReader) -> Optional[Layout]:
    """
    Return the layout, or None where it says no more than a list does.

    Raise MessageError or CdrError if it is none.
    """
    dimensions = reader.uint32()
    if dimensions > _MOST_DIMENSIONS:
        raise MessageError(
            f'its layout has {dimensions} dimensions; expected up to {_MOST_DIMENSIONS}',
            cause='layout')
    sizes, strides = [], []
    for _ in range(dimensions):
        reader.skip_string()
        sizes.append(reader.uint32())
        strides.append(reader.uint32())
    offset = reader.uint32()
    if len(sizes) < 2 and not offset:
        return None
    return Layout(tuple(sizes), tuple(strides), offset)


def _without_gaps(sizes: Tuple[int, ...]) -> Tuple[int, ...]:
    return tuple(math.prod(sizes[index + 1:]) for index in range(len(sizes)))
