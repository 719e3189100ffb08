# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Arithmetic in place, one operation after the other, on arrays of one dtype."""

from typing import Any, Sequence, Tuple

from dg_pytorch_ros.model import Array
import numpy as np
from numpy import vdot

Step = Tuple[np.ufunc, Array]

_FEW = 4096
_LARGEST_WHOLE = 2.0 ** 64


class Steps:
    """Adds, subtracts, multiplies by and divides by given numbers, none of which is 0 there."""

    def __init__(self, steps: Sequence[Step], dtype: 'np.dtype[Any]') -> None:
        self._steps = steps
        limit = _safe_magnitude(steps, float(np.finfo(dtype).max))
        self._squared_limit = limit * limit
        self._takes_whole_numbers = limit > _LARGEST_WHOLE

    def are_safe_for(self, value: Array) -> bool:
        """
        Whether all results are known to be finite; a wrong no costs time only.

        The sum of the squares of a few numbers tells at once that each is finite and small enough.
        """
        if value.dtype.kind != 'f':
            return self._takes_whole_numbers
        return value.size <= _FEW and float(vdot(value, value)) < self._squared_limit

    def apply(self, result: Array) -> None:
        """Do all operations on an array, in place."""
        for operation, numbers in self._steps:
            operation(result, numbers, result)


def _safe_magnitude(steps: Sequence[Step], largest: float) -> float:
    """Return up to where numbers stay finite in every step; 0 if that is next to nothing."""
    magnitude = 0.25 * largest  # whatever the rounding does
    for operation, numbers in reversed(steps):
        if not numbers.size:
            continue
        sizes = np.abs(numbers.astype(np.float64))
        if operation is np.multiply:
            magnitude = min(magnitude, magnitude / max(1.0, float(sizes.max())))
        elif operation is np.divide:
            magnitude = min(magnitude, magnitude * min(1.0, float(sizes.min())))
        else:
            magnitude -= float(sizes.max())
    return magnitude if magnitude > 1.0 else 0.0
