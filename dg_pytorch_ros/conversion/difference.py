# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How far one output is from another."""

from dataclasses import dataclass
from typing import Any, Optional

from dg_pytorch_ros.conversion.tolerance import Tolerance
from dg_pytorch_ros.model import Array
import numpy as np


@dataclass(frozen=True)
class Difference:
    """
    The largest difference between two arrays, absolute and in parts of the largest number.

    Where all numbers are below the absolute tolerance, parts are parts of that.
    `complaint` says what no number can; `is_within` whether each number is near enough.
    """

    absolute: float = 0.0
    relative: float = 0.0
    is_within: bool = True
    complaint: str = ''


def difference(
    expected: Array, found: Array, tolerance: Tolerance, *, spread: Optional[Array] = None
) -> Difference:
    """
    Compare two outputs.

    They must be of one shape and dtype, and not finite in the same places. `spread` is how much
    each number may differ beyond the tolerance.
    """
    if expected.shape != found.shape or expected.dtype != found.dtype:
        return Difference(np.inf, np.inf, False, (
            f'{found.dtype}{list(found.shape)} instead of '
            f'{expected.dtype}{list(expected.shape)}'))
    if expected.dtype.kind != 'f':
        return _of_whole(expected, found, spread)
    room = np.zeros(expected.shape) if spread is None else np.asarray(spread)
    finite = np.isfinite(expected)
    # What rounding alone may make infinite is left out.
    unlike = (finite != np.isfinite(found)) & np.isfinite(room)
    both = finite & np.isfinite(found)
    wide_expected, wide_found = _wide(expected[both]), _wide(found[both])
    apart = np.abs(wide_expected - wide_found)
    largest = np.max(np.abs(wide_expected), initial=0.0)
    absolute = np.max(apart, initial=0.0)
    allowed = tolerance.absolute + tolerance.relative * largest + room[both]
    if unlike.any():
        place = tuple(int(index) for index in np.argwhere(unlike)[0])
        return Difference(np.inf, np.inf, False, (
            f'{found[place]} instead of {expected[place]} at {list(place)}'))
    return Difference(
        float(absolute), _part(absolute, max(largest, tolerance.absolute)),
        bool((apart <= allowed).all()))


def _of_whole(expected: Array, found: Array, spread: Optional[Array]) -> Difference:
    apart = np.abs(_wide(expected) - _wide(found))
    largest = float(np.max(np.abs(_wide(expected)), initial=0.0))
    absolute = float(np.max(apart, initial=0.0))
    room = np.zeros(expected.shape) if spread is None else np.asarray(spread)
    return Difference(
        absolute, _part(absolute, max(largest, 1.0)), bool((apart <= room).all()))


def _part(amount: Any, whole: Any) -> float:
    if amount == 0.0:
        return 0.0
    return float(amount / whole) if whole else np.inf


def _wide(array: Array) -> Array:
    # Differences of the largest numbers of a dtype are not finite in it.
    return array.astype(np.longdouble if array.dtype == np.float64 else np.float64)
