# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is known of the sizes in messages before any has come."""

from functools import lru_cache
import math
from typing import Optional, Tuple

from dg_pytorch_ros.messages.field_path import EVERY, Steps
from dg_pytorch_ros.messages.kinds import holds_numbers, Kind, Many, Number, Struct, Text

Shape = Tuple[int, ...]

# On the wire, a message without fields is one byte.
_EMPTY_SIZE = 1


@lru_cache(maxsize=4096)
def fixed_size(kind: Kind, begin: int) -> Optional[int]:
    """Return how many bytes this takes from a position, modulo 8; None if messages differ."""
    if isinstance(kind, Number):
        return -begin % kind.dtype.itemsize + kind.dtype.itemsize
    if isinstance(kind, Text):
        return None
    if isinstance(kind, Many):
        return None if kind.count is None else fixed_size_of_many(kind.element, kind.count, begin)
    size = 0
    for inner in kind.fields.values():
        inner_size = fixed_size(inner, (begin + size) % 8)
        if inner_size is None:
            return None
        size += inner_size
    return size or _EMPTY_SIZE


def fixed_size_of_many(element: Kind, count: int, begin: int) -> Optional[int]:
    """Return how many bytes so many elements take from a position; None if messages differ."""
    first = fixed_size(element, begin % 8)
    if first is None:
        return None
    # The first may need room before it; from the second on, they follow each other in equal steps.
    step = fixed_size(element, (begin + first) % 8) or 0
    return first + (count - 1) * step if count else 0


def static_shape(kind: Kind, steps: Steps = (), rows: Optional[int] = None) -> Optional[Shape]:
    """
    Return the shape of the numbers at a path; None if that depends on the message.

    With `rows`, so many elements are taken of the outermost array.
    """
    if isinstance(kind, Number):
        return ()
    if isinstance(kind, Many):
        if steps and steps[0] != EVERY:
            return static_shape(kind.element, steps[1:], rows)
        inner_shape = static_shape(kind.element, steps[1:])
        count = kind.count if rows is None else rows
        return None if count is None or inner_shape is None else (count, *inner_shape)
    assert isinstance(kind, Struct)
    if steps:
        return static_shape(kind.fields[str(steps[0])], steps[1:], rows)
    shapes = [static_shape(inner) for inner in kind.fields.values() if holds_numbers(inner)]
    sizes = [math.prod(shape) for shape in shapes if shape is not None]
    return (sum(sizes),) if len(sizes) == len(shapes) else None
