# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What one output may be, and how fast it may change."""

import math
from typing import Dict, List, Optional, Tuple

from dg_pytorch_ros.checks import Values
from dg_pytorch_ros.config.trust_config import LimitsConfig
from dg_pytorch_ros.errors import ContractError, EvaluationError
from dg_pytorch_ros.model import Array, describe_array, loses_nothing
from dg_pytorch_ros.values.spread import counts, element_parts
import numpy as np
from numpy import count_nonzero, float64

_NO_MINIMUM: Array = np.array(-math.inf)
_NO_MAXIMUM: Array = np.array(math.inf)

_FEW = 32
# Less than half of the last place of the largest number: added to it, this does not overflow.
_SMALL_STEP = 1e291


class Limits:
    """
    Cuts the values of one output to its limits, and holds its fallback.

    Limits are kept as arrays that numpy repeats over a value: of no dimension for one number, of
    one row, or of the whole shape. Everything but the reading of the counters belongs to the
    evaluation thread.
    """

    def __init__(self, config: LimitsConfig, *, fade_in: bool) -> None:
        self.clamped = 0
        self.slowed = 0
        given = {'min': config.minimum, 'max': config.maximum, 'max_rate': config.max_rate}
        self._given = {name: values for name, values in given.items() if values is not None}
        self._given_fallback = config.fallback
        self._in_use = [*self._given, *(['fade_in_s'] if fade_in else [])]
        self._is_bounded = 'min' in self._given or 'max' in self._given
        self._top_rate = float(max(config.max_rate or (0.0,)))
        self._shape: Optional[Tuple[int, ...]] = None
        self._fallback: Optional[Array] = None
        # What the next value's rate counts from; it is never written into.
        self.last: Optional[Array] = None
        self._bounds: Optional[List[Tuple[float, float, float]]] = None
        self._take({}, ())

    @property
    def is_idle(self) -> bool:
        """Whether no value is ever changed; then there is no need to apply the limits."""
        return not self._in_use

    def fit(self, value: Array) -> None:
        """Learn the output's shape and dtype; raise ContractError if a limit does not fit them."""
        if self._in_use and value.dtype.kind != 'f':
            raise ContractError(
                f'{self._in_use[0]} is set, but the output is '
                f'{describe_array(value.dtype, value.shape)}; only floating outputs have limits')
        fitted = {
            name: _fitted(name, np.array(values, float64), value)
            for name, values in self._given.items()}
        fallback = None
        if self._given_fallback is not None:
            fallback = _in_dtype(self._given_fallback, value.dtype)
            fallback = _fitted('fallback', fallback, value)
            fallback = np.array(np.broadcast_to(fallback, value.shape))
        self._take(fitted, value.shape)
        self._fallback = None if fallback is None else self._within_bounds(fallback)
        self._shape = value.shape

    def fallback(self) -> Optional[Array]:
        """Return the fallback in the output's shape and dtype; None without one, or before fit."""
        return self._fallback

    def apply(
        self, value: Array, *, start: Optional[Array], progress: float, elapsed_s: float
    ) -> Array:
        """
        Return what may be published of a value, in float64; raise EvaluationError if none fits.

        Below a progress of 1, it is on its way from the start to the value. Then it is cut to min
        and max, and last held back to what max_rate allows since the remembered value. What needs
        none of this may come back as the same array.
        """
        if value.shape != self._shape:
            self._check_shape(value)
        elif progress >= 1.0 and self._are_few_within(value, elapsed_s):
            return value.astype(float64, copy=False)
        result: Array = value.astype(float64, copy=False)
        if progress < 1.0 and start is not None:
            result = _fade_in(_start(start, value), result, progress)
        if self._is_bounded:
            bounded = _cut(result, self._minimum, self._maximum)
            self.clamped += bounded is not result
            result = bounded
        if self.last is not None:
            if self.last.shape != result.shape:
                raise EvaluationError(
                    f'has max_rate, and cannot change from {list(self.last.shape)} to '
                    f'{list(result.shape)}')
            slow = _cut(result, *self._reach(self.last, elapsed_s))
            self.slowed += slow is not result
            result = slow
        return result

    def remember(self, published: Array) -> None:
        """Take over what was published, from which the next value's rate counts."""
        if self._top_rate:
            self.last = np.array(published, float64)  # a copy: the model may reuse its memory

    def _take(self, fitted: Dict[str, Array], shape: Tuple[int, ...]) -> None:
        self._fitted = fitted
        self._minimum = fitted.get('min', _NO_MINIMUM)
        self._maximum = fitted.get('max', _NO_MAXIMUM)
        self._max_rate = fitted.get('max_rate', _NO_MAXIMUM)
        self._bounds = None
        if math.prod(shape) <= _FEW:
            self._bounds = list(zip(*(
                np.broadcast_to(limit, shape).ravel().tolist()
                for limit in (self._minimum, self._maximum, self._max_rate))))

    def _are_few_within(self, value: Array, elapsed_s: float) -> bool:
        """Whether nothing is to be done; of a few numbers, Python knows that sooner than numpy."""
        if self._bounds is None:
            return False
        numbers = value.ravel().tolist()
        if self.last is None:
            for number, (low, high, _) in zip(numbers, self._bounds):
                if not low <= number <= high:
                    return False
            return True
        if self.last.shape != value.shape or elapsed_s < 0.0:
            return False
        for number, last, (low, high, rate) in zip(
                numbers, self.last.ravel().tolist(), self._bounds):
            step = rate * elapsed_s
            if not (low <= number <= high and last - step <= number <= last + step):
                return False
        return True

    def _within_bounds(self, fallback: Array) -> Array:
        # Rounded to a narrower dtype, a fallback on a bound may have come to lie beyond it.
        if self._is_bounded:
            exact = fallback.astype(float64)
            with np.errstate(over='ignore'):
                np.copyto(fallback, np.nextafter(fallback, fallback.dtype.type(math.inf)),
                          where=exact < self._minimum)
                np.copyto(fallback, np.nextafter(fallback, fallback.dtype.type(-math.inf)),
                          where=exact > self._maximum)
        fallback.setflags(write=False)
        return fallback

    def _check_shape(self, value: Array) -> None:
        if self._shape is None:
            raise EvaluationError('has limits that are not fitted to a run yet')
        for name, limit in self._fitted.items():
            if limit.shape not in element_parts(value.shape):
                raise EvaluationError(
                    f'{_misfit(name, limit, value)}, as its first size varies; give '
                    f'{counts(element_parts(value.shape)[:-1])}')

    def _reach(self, last: Array, elapsed_s: float) -> Tuple[Array, Array]:
        elapsed_s = max(0.0, elapsed_s)
        if self._top_rate * elapsed_s < _SMALL_STEP:
            return _around(last, self._max_rate, elapsed_s)
        with np.errstate(over='ignore'):  # an endless reach is no limit
            return _around(last, self._max_rate, elapsed_s)


def _around(last: Array, max_rate: Array, elapsed_s: float) -> Tuple[Array, Array]:
    step = max_rate * elapsed_s
    return last - step, last + step


def _cut(value: Array, low: Array, high: Array) -> Array:
    """Return the value itself if all of it is from low to high, else a copy that is."""
    below = value < low
    above = value > high
    if not (count_nonzero(below) or count_nonzero(above)):
        return value
    result = value.copy()
    np.copyto(result, low, where=below)
    np.copyto(result, high, where=above)
    return result


def _fade_in(start: Array, value: Array, progress: float) -> Array:
    """Return what lies between start and value; never less far on with more progress."""
    if progress <= 0.0:
        return np.array(np.broadcast_to(start, value.shape))
    # Halves: their difference is finite, however far apart start and value are.
    half = 0.5 * start
    with np.errstate(over='ignore'):
        result = 2.0 * (half + progress * (0.5 * value - half))
    low, high = np.minimum(start, value), np.maximum(start, value)
    return np.asarray(np.minimum(np.maximum(result, low), high))


def _start(start: Array, value: Array) -> Array:
    shaped = _shaped(start.astype(float64, copy=False), value.shape)
    if shaped is None:
        raise EvaluationError(
            f'{_misfit("the start of its fade-in", start, value)}; give '
            f'{counts(element_parts(value.shape))}')
    return shaped


def _fitted(name: str, limit: Array, value: Array) -> Array:
    shaped = _shaped(limit, value.shape)
    if shaped is None:
        raise ContractError(
            f'{_misfit(name, limit, value)}; give {counts(element_parts(value.shape))}')
    return shaped


def _shaped(numbers: Array, shape: Tuple[int, ...]) -> Optional[Array]:
    """Return the numbers in a shape that is repeated over the given one; None if they cannot."""
    for part in element_parts(shape):
        if numbers.size == math.prod(part):
            return numbers.reshape(part)
    return None


def _in_dtype(values: Values, dtype: 'np.dtype[np.generic]') -> Array:
    numbers = np.array(values)
    try:
        with np.errstate(over='raise', invalid='raise'):
            cast = numbers.astype(dtype)
        if loses_nothing(numbers, cast):
            return cast
    except (FloatingPointError, OverflowError):  # too large
        pass
    raise ContractError(
        f'fallback is {list(values)}, but the output is {dtype}; give numbers that it holds')


def _misfit(name: str, numbers: Array, value: Array) -> str:
    return (
        f'{name} has {numbers.size} numbers, but the output has {value.size} elements '
        f'({describe_array(value.dtype, value.shape)})')
