# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The way through a part of a message, worked out before any message has come."""

from functools import lru_cache
import math
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from dg_pytorch_ros.messages.cdr import HEADER
from dg_pytorch_ros.messages.field_path import Element, EVERY, Steps
from dg_pytorch_ros.messages.kinds import (
    holds_numbers, Kind, Many, Number, NUMBER_DTYPES, Struct, Text)
from dg_pytorch_ros.messages.sizes import fixed_size, static_shape
from dg_pytorch_ros.model import Array
import numpy as np

WIDE_UNIT = 4  # bytes

_ALIGNMENTS = (1, 2, 4, 8)


class Grain(NamedTuple):
    """What follows a length: each unit so many bytes, the first at a multiple of mask + 1."""

    mask: int
    unit: int


class Stage(NamedTuple):
    """
    Something of open size, then what is of fixed size, up to the next thing of open size.

    `item` is what is of open size; None if there is nothing. `grain` tells its size by its length;
    without it, the item has to be gone through by itself. Of what is fixed, `sizes` and `offsets`
    hold the size and where the wanted numbers are, for each position modulo 8.
    """

    item: Optional[Kind]
    grain: Optional[Grain]
    is_wanted_text: bool
    sizes: Tuple[int, ...]
    has_wanted_numbers: bool
    offsets: Array
    dtypes: Array


class Passage(NamedTuple):
    """The way through; `weight` is how many things of open size there are."""

    stages: Tuple[Stage, ...]
    weight: int


@lru_cache(maxsize=1024)
def passage(*kinds: Kind) -> Passage:
    """Return the way over these, one behind the other."""
    return _join([piece for kind in kinds for piece in _pieces(kind, None)])


@lru_cache(maxsize=1024)
def passage_to(kind: Kind, steps: Steps) -> Optional[Passage]:
    """Return the way over this that notes what is at a path; None if arrays make it differ."""
    try:
        return _join(list(_pieces(kind, steps)))
    except _OpenArray:
        return None


@lru_cache(maxsize=4096)
def grain_of(kind: Kind) -> Optional[Grain]:
    """Return how many bytes of what length a text or array has; None if that is not all."""
    if isinstance(kind, Text):
        return Grain(0, WIDE_UNIT if kind.wide else 1)
    if not isinstance(kind, Many) or kind.count is not None:
        return None
    sizes = [fixed_size(kind.element, begin) for begin in range(8)]
    for alignment in _ALIGNMENTS:
        unit = sizes[0] or 1
        if unit % alignment == 0 and sizes == [-begin % alignment + unit for begin in range(8)]:
            return Grain(alignment - 1, unit)
    return None


class _OpenArray(Exception):
    """What is wanted is within an array of open size."""


class _Piece(NamedTuple):
    """Something in a message, and whether it is wanted."""

    kind: Kind
    is_wanted: bool


def _pieces(kind: Kind, steps: Optional[Steps]) -> Iterator[_Piece]:
    """Return what is one behind the other; the steps lead to what is wanted, None if nothing."""
    is_fixed = fixed_size(kind, 0) is not None
    if isinstance(kind, (Number, Text)) or steps is None and is_fixed:
        yield _Piece(kind, steps is not None)
    elif isinstance(kind, Struct):
        for name, inner in kind.fields.items():
            yield from _pieces(inner, _inner_steps(name, inner, steps))
    elif kind.count is None:
        if steps is not None:
            raise _OpenArray
        yield _Piece(kind, False)
    else:
        step, rest = (steps[0], steps[1:]) if steps else (EVERY, None if steps is None else ())
        assert isinstance(step, Element)
        if step.is_every and is_fixed and isinstance(kind.element, Number):
            yield _Piece(kind, True)
            return
        for index in range(kind.count):
            yield from _pieces(
                kind.element, rest if step.is_every or step.index == index else None)


def _inner_steps(name: str, inner: Kind, steps: Optional[Steps]) -> Optional[Steps]:
    if steps:
        return steps[1:] if steps[0] == name else None
    return () if steps is not None and holds_numbers(inner) else None


def _join(pieces: Sequence[_Piece]) -> Passage:
    stages: List[Stage] = []
    item: Optional[_Piece] = None
    fixed: List[_Piece] = []
    for piece in pieces:
        if fixed_size(piece.kind, 0) is None:
            stages.append(_stage(item, fixed))
            item, fixed = piece, []
        else:
            fixed.append(piece)
    stages.append(_stage(item, fixed))
    return Passage(tuple(stages), len(stages) - 1)


def _stage(item: Optional[_Piece], fixed: Sequence[_Piece]) -> Stage:
    stretches = [_stretch(fixed, (position - len(HEADER)) % 8) for position in range(8)]
    wanted = [_numbers(piece.kind) for piece in fixed if piece.is_wanted]
    dtypes = [
        NUMBER_DTYPES.index(number.dtype) for number, count in wanted for _ in range(count)]
    return Stage(
        item.kind if item else None, grain_of(item.kind) if item else None,
        item is not None and item.is_wanted, tuple(size for size, _ in stretches), bool(wanted),
        np.array([offsets for _, offsets in stretches], np.int64), np.array(dtypes, np.int8))


def _stretch(pieces: Sequence[_Piece], phase: int) -> Tuple[int, List[int]]:
    """Return the size of pieces from a position on, modulo 8, and where the wanted numbers are."""
    end = phase
    offsets: List[int] = []
    for piece in pieces:
        end += fixed_size(piece.kind, end % 8) or 0
        if piece.is_wanted:
            number, count = _numbers(piece.kind)
            size = number.dtype.itemsize
            offsets += range(end - phase - count * size, end - phase, size)
    return end - phase, offsets


def _numbers(kind: Kind) -> Tuple[Number, int]:
    number = kind.element if isinstance(kind, Many) else kind
    assert isinstance(number, Number)
    return number, math.prod(static_shape(kind) or ())
