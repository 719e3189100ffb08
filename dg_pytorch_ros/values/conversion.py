# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What becomes of the numbers of a message before the module gets them."""

import math
from typing import Any, Dict, List, Optional, Tuple

from dg_pytorch_ros.checks import Values
from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.model import all_finite, Array
from dg_pytorch_ros.values.spread import channel_parts, counts, element_parts, Shape, spread
from dg_pytorch_ros.values.steps import Step, Steps
import numpy as np

_OPERATIONS = {
    'offset': np.add, 'scale': np.multiply, 'mean': np.subtract, 'std': np.divide}
_FACTORS = ('scale', 'std')
_INFINITIES = {'posinf': math.inf, 'neginf': -math.inf}


class Conversion:
    """
    Converts the values of one source.

    All arithmetic is in what numpy makes of the value's dtype and float32: float64 for double and
    for whole numbers of 32 bits and more, of which it rounds those above 2 ** 53; float32 for the
    others and for truth values, as 0 and 1. Lists have one number an element, or one a column of
    rows; with `channel_axis`, one a channel.
    """

    def __init__(
        self, config: ConversionConfig, *, channel_axis: Optional[int] = None
    ) -> None:
        self.is_idle = config.is_idle
        self._config = config
        self._channel_axis = channel_axis
        self._shape: Optional[Shape] = None
        self._given_dtype: Optional['np.dtype[Any]'] = None
        self._dtype: 'np.dtype[Any]' = np.dtype(np.float64)
        self._steps = Steps((), self._dtype)
        self._clip: Optional[Tuple[Array, Array]] = None
        self._replacements: Dict[str, Array] = {}

    def apply(self, value: Array) -> Array:
        """
        Return the converted value, in memory of its own; raise MessageError if a list misfits.

        If there is nothing to convert, the value itself comes back. What is not finite, or becomes
        so, is left to be seen: then nothing is clipped.
        """
        if self.is_idle:
            return value
        if value.shape != self._shape or value.dtype != self._given_dtype:
            self._fit(value)
        if not self._steps.are_safe_for(value):
            return self._apply_with_care(value)
        result = value.astype(self._dtype)
        self._steps.apply(result)
        if self._clip is not None:
            result.clip(*self._clip, out=result)
        return result

    def keeps_finite(self, value: Array) -> bool:
        """Whether what was just made of a value is known to be finite, without a look at it."""
        return value.dtype.kind != 'f' and self._steps.are_safe_for(value)

    def _apply_with_care(self, value: Array) -> Array:
        with np.errstate(over='ignore', invalid='ignore'):
            result = value.astype(self._dtype)
            if self._replacements and not all_finite(result):
                self._replace(result)
            self._steps.apply(result)
            if self._clip is not None and all_finite(result):
                result.clip(*self._clip, out=result)
        return result

    def _replace(self, result: Array) -> None:
        for name, number in self._replacements.items():
            where = np.isnan(result) if name == 'nan' else result == _INFINITIES[name]
            np.copyto(result, number, where=where)

    def _fit(self, value: Array) -> None:
        """Make all numbers ready for values of the same shape and dtype."""
        config = self._config
        dtype = np.result_type(value.dtype, np.float32)
        like = np.empty_like(value, dtype)
        steps: List[Step] = [
            (_OPERATIONS[name], self._spread(name, values, like))
            for name, values in config.lists.items()]
        clip = None
        if config.clip is not None:
            low, high = _in_dtype('clip', config.clip, dtype)
            clip = np.array(low), np.array(high)
        self._replacements = {
            name: _in_dtype(f'replace.{name}', (number,), dtype).reshape(())
            for name, number in config.replacements.items()}
        # Nothing can fail any more; before, what there was had to stay.
        self._steps, self._clip = Steps(steps, dtype), clip
        self._shape, self._given_dtype, self._dtype = value.shape, value.dtype, dtype

    def _spread(self, name: str, values: Values, like: Array) -> Array:
        axis = self._channel_axis
        parts = element_parts(like.shape) if axis is None else channel_parts(like.shape, axis)
        numbers = _in_dtype(name, values, like.dtype)
        result = spread(numbers, parts, like)
        if result is not None:
            return result
        size = f'{like.size} elements' if axis is None else f'{like.shape[axis]} channels'
        raise MessageError(f'it has {size}, but {name} has {len(values)} numbers; give '
                           f'{counts(parts)}')


def _in_dtype(name: str, values: Values, dtype: 'np.dtype[Any]') -> Array:
    """Return numbers in the dtype of the arithmetic, where no factor may overflow or vanish."""
    exact = np.array(values, np.float64)
    with np.errstate(over='ignore'):
        numbers = exact.astype(dtype)
    has_vanished = name in _FACTORS and bool((numbers[exact != 0] == 0).any())
    if has_vanished or not all_finite(numbers):
        raise MessageError(
            f'its numbers are {dtype}, in which {name} {list(values)} cannot be written',
            cause='value')
    return numbers
