# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""First guesses for a module whose file states the shapes that it takes."""

from typing import Sequence

from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.probing.guess import Shape
from dg_pytorch_ros.probing.hint import Hint, Hints

_PICTURE = 64
_MOST_COLORS = 4
# Least sizes, and sizes of which free ones may have to be multiples.
_LIKELY_SIZES = (2, 3, 4, 8, 16, 32, 64)


def stated_hints(arguments: Sequence[Argument]) -> Hints:
    """Return hints in which all sizes that a file states are pinned."""
    return Hints(tuple(map(_hint, arguments)), _LIKELY_SIZES)


def _hint(argument: Argument) -> Hint:
    if argument.shape is None:
        return Hint(dtype=argument.dtype)
    pinned = tuple(axis for axis, size in enumerate(argument.shape) if size >= 0)
    return Hint(
        _with_sizes(argument.shape), argument.dtype, has_rank=True, pinned=pinned,
        is_stated=True)


def _with_sizes(shape: Shape) -> Shape:
    """Fill in one where any size will do, but for the sides of pictures."""
    sides = _sides(shape)
    return tuple(
        size if size >= 0 else _PICTURE if axis in sides else 1
        for axis, size in enumerate(shape))


def _sides(shape: Shape) -> Sequence[int]:
    if len(shape) != 4:
        return ()
    return (1, 2) if 1 <= shape[3] <= _MOST_COLORS else (2, 3)
