# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The newest value of one input."""

from typing import Any, NamedTuple, Optional, Tuple

from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.model import all_finite, Array, loses_nothing
from dg_pytorch_ros.values.conversion import Conversion
import numpy as np
from numpy import vdot

_FEW = 4096
_LARGEST_BFLOAT16 = 3.3895313892515355e38  # numpy has no such type

Shape = Tuple[int, ...]


class Content(NamedTuple):
    """What a slot holds at a time."""

    shape: Optional[Shape]
    last_shape: Optional[Shape]
    since_ns: int
    value: Optional[Array] = None
    unconverted: Optional[Array] = None
    is_finite: bool = True
    stamp_ns: Optional[int] = None
    has_received: bool = False


class Slot:
    """
    Holds what `forward` gets for one input, or for a part of one.

    A value is kept as it came, a view of its message, unless there is something to convert; every
    evaluation makes its own copy. Without a shape given, the first value decides the shape, and
    later ones must agree; a flat slot makes one row of each value. Its age counts from `since_ns`:
    from the arrival of the message, or from `forget` until there was one.
    """

    def __init__(
        self, name: str, *, dtype: str, shape: Optional[Shape] = None,
        initial: Optional[Array] = None, max_age_ns: Optional[int] = None,
        conversion: Optional[Conversion] = None, is_flat: bool = False
    ) -> None:
        self.name = name
        self.max_age_ns = max_age_ns
        self.since_ns = 0
        self.stamp_ns: Optional[int] = None
        self.has_received = False
        self._conversion = conversion
        self._is_flat = is_flat
        self.dtype: 'np.dtype[Any]' = np.dtype('float32' if dtype == 'bfloat16' else dtype)
        self._dtype_name = dtype
        self._largest = _largest(dtype)
        self.value: Optional[Array] = None
        self.unconverted: Optional[Array] = None
        self.is_finite = True
        self._given_shape = shape
        self._shape = shape
        self._last_shape = shape
        self._usual_shape: Optional[Shape] = None
        self._usual_dtype: Optional['np.dtype[Any]'] = None
        self._is_shaped = False
        self._squared_limit = self._largest * self._largest  # infinite for float64
        self._initial = initial
        self.forget()

    @property
    def shape(self) -> Optional[Shape]:
        """The shape that values must have, -1 where it may vary; None until it is decided."""
        return self._shape

    def check(self, value: Array) -> Array:
        """Return what the slot would hold; raise MessageError if the value does not fit."""
        return self._check(self._prepare(value))

    def offer(self, value: Array) -> None:
        """Take over a value; raise MessageError, and keep the old one, if it does not fit."""
        prepared = self._prepare(value)
        is_known_finite = self._conversion is not None and self._conversion.keeps_finite(value)
        self._take_over(prepared, is_known_finite)
        self.unconverted = value

    @property
    def content(self) -> Content:
        """What the slot holds at present."""
        return Content(
            self._shape, self._last_shape, self.since_ns, self.value, self.unconverted,
            self.is_finite, self.stamp_ns, self.has_received)

    def put_back(self, content: Content) -> None:
        """Hold again what the slot held before."""
        (self._shape, self._last_shape, self.since_ns, self.value, self.unconverted,
         self.is_finite, self.stamp_ns, self.has_received) = content
        self._usual_shape = None

    def _prepare(self, value: Array) -> Array:
        if self._conversion is not None:
            # First of all the size: a conversion of what does not fit may cost any time.
            value = self._fit_flat(value) if self._is_flat else self._fit(value)
            value = self._conversion.apply(value)
        return value.reshape(-1) if self._is_flat and value.ndim > 1 else value

    def _fit_flat(self, value: Array) -> Array:
        """Return the value as it came, as rows of it may have one factor each, if it fits."""
        self._fit(value.reshape(-1))
        return value

    def _check(self, value: Array) -> Array:
        fitted = self._fit(value)
        if not self._can_hold(fitted):
            raise MessageError(
                f'it holds values that are no {self._dtype_name}', cause='value')
        return fitted

    def _take_over(self, value: Array, is_known_finite: bool) -> None:
        if value.shape == self._usual_shape and value.dtype is self._usual_dtype and (
                float(vdot(value, value)) < self._squared_limit):
            self.value = value if self._is_shaped else value.reshape(self._last_shape)
            self.is_finite = True
            return
        fitted = self._check(value)
        if self._shape is None:
            self._shape = fitted.shape
        self._last_shape = fitted.shape
        self.is_finite = is_known_finite or all_finite(fitted)
        self.value = fitted
        self._expect_more_of(value)

    def receive(self, value: Array, since_ns: int, stamp_ns: Optional[int] = None) -> None:
        """Take over the value of a message, or raise MessageError."""
        self.offer(value)
        self.since_ns = since_ns
        self.stamp_ns = stamp_ns
        self.has_received = True

    def is_stale(self, now_ns: int) -> bool:
        """Whether the value is older than it may be."""
        return self.max_age_ns is not None and now_ns - self.since_ns > self.max_age_ns

    def retune(self, value: Array) -> None:
        """Replace the initial value at once and for good; raise MessageError if it cannot be."""
        self.offer(value)
        self._initial = value

    def forget(self, now_ns: int = 0) -> None:
        """Go back to the initial value, or to none; the shape stays decided."""
        self.put_back(Content(self._shape, self._last_shape, now_ns))
        if self._initial is not None:
            self.offer(self._initial)

    def forget_shape(self) -> None:
        """Forget the shape as well, unless it was given."""
        self._shape = self._last_shape = self._given_shape
        self.forget(self.since_ns)

    def sample(self) -> Optional[Array]:
        """Return a value to try the module on: the present one, else one of the known shape."""
        if self.value is not None:
            return self.value
        if self._last_shape is None or -1 in self._last_shape:
            return None
        if self.dtype.kind != 'f':
            return np.zeros(self._last_shape, self.dtype)
        # Not zeros: a module that divides or inverts must survive being tried.
        return np.random.default_rng(0).random(self._last_shape).astype(self.dtype)

    def _expect_more_of(self, value: Array) -> None:
        """
        Make ready for values of the same shape and dtype, which come nearly always.

        They fit if they are finite and below the limit of the slot's dtype: if the sum of their
        squares is below its square. Of many numbers, a look at each takes less time.
        """
        is_quick = value.dtype.kind == 'f' and value.size <= _FEW
        self._usual_shape = value.shape if is_quick else None
        self._usual_dtype = value.dtype
        self._is_shaped = value.shape == self._last_shape

    def _can_hold(self, value: Array) -> bool:
        if self._dtype_name != 'bfloat16' and np.can_cast(value.dtype, self.dtype, 'safe'):
            return True
        try:
            with np.errstate(over='raise', invalid='raise'):
                cast = value.astype(self.dtype)
        except FloatingPointError:
            return False
        if self._dtype_name == 'bfloat16' and (np.abs(cast[np.isfinite(cast)])
                                               > self._largest).any():
            return False
        return loses_nothing(value, cast)

    def _fit(self, value: Array) -> Array:
        if self._shape is None:
            if value.size == 0:
                raise MessageError('it is empty, and so cannot decide the shape')
            return value
        if _matches(value.shape, self._shape):
            return value
        more = len(self._shape) - value.ndim
        if value.ndim > 1 and _matches((1,) * more + value.shape, self._shape):
            return value.reshape((1,) * more + value.shape)
        if value.ndim > 1 and not _agree(value.shape, self._shape):
            raise MessageError(
                f'its layout is {list(value.shape)}; expected {list(self._shape)}',
                cause='layout')
        try:
            return value.reshape(self._shape)
        except ValueError:
            raise MessageError(
                f'it has {value.size} elements; expected {_expected(self._shape)}') from None


def _largest(dtype: str) -> float:
    """Return the largest floating number of a dtype; 0 where there is none."""
    if dtype == 'bfloat16':
        return _LARGEST_BFLOAT16
    kind = np.dtype(dtype)
    return float(np.finfo(kind).max) if kind.kind == 'f' else 0.0


def _matches(given: Tuple[int, ...], expected: Tuple[int, ...]) -> bool:
    return len(given) == len(expected) and all(
        size in (other, -1) for other, size in zip(given, expected))


def _agree(given: Tuple[int, ...], expected: Tuple[int, ...]) -> bool:
    return _matches(
        tuple(size for size in given if size != 1), tuple(size for size in expected if size != 1))


def _expected(shape: Tuple[int, ...]) -> str:
    if shape.count(-1) > 1:
        return f'a layout, because its shape {list(shape)} has several open sizes'
    count = abs(int(np.prod(shape)))
    return f'{count}{" or a multiple" if -1 in shape else ""} for its shape {list(shape)}'
