# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What one argument of `forward` is tried with."""

from dataclasses import dataclass, replace
import math
from typing import Tuple

from dg_pytorch_ros.model import Array
import numpy as np

Shape = Tuple[int, ...]

_MOST_ELEMENTS = 2 ** 24


@dataclass(frozen=True)
class Guess:
    """A shape and a dtype; what is settled is not to be changed any more."""

    shape: Shape
    dtype: str
    is_settled: bool = False

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    @property
    def is_sensible(self) -> bool:
        """Whether it is worth a try."""
        return all(size >= 1 for size in self.shape) and self.size <= _MOST_ELEMENTS

    def value(self, *, negated: bool = False) -> Array:
        """
        Make such a value.

        Floating numbers are between 0 and 1, or their negatives; whole ones are 0, which is a
        place in any table.
        """
        numpy_dtype = np.dtype('float32' if self.dtype == 'bfloat16' else self.dtype)
        value: Array = np.random.default_rng(0).random(self.shape).astype(numpy_dtype)
        return -value if negated and numpy_dtype.kind == 'f' else value


Guesses = Tuple[Guess, ...]


def with_shape(guesses: Guesses, index: int, shape: Shape) -> Guesses:
    """Give one of the guesses another shape."""
    return _with(guesses, index, replace(guesses[index], shape=shape))


def with_dtype(guesses: Guesses, index: int, dtype: str) -> Guesses:
    """Give one of the guesses another dtype."""
    return _with(guesses, index, replace(guesses[index], dtype=dtype))


def with_size(guesses: Guesses, index: int, axis: int, size: int) -> Guesses:
    """Give one axis of one of the guesses another size."""
    shape = list(guesses[index].shape)
    shape[axis] = size
    return with_shape(guesses, index, tuple(shape))


def _with(guesses: Guesses, index: int, guess: Guess) -> Guesses:
    return (*guesses[:index], guess, *guesses[index + 1:])
