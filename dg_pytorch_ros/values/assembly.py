# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One input made of several parts, each with its own source."""

from typing import Any, List, Optional, Sequence, Tuple

from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.values.value_source import ValueSource
import numpy as np

Shape = Tuple[int, ...]


class Assembly:
    """
    Joins the values of its parts, flat and in the order of the parts.

    The numbers come in the tensor's dtype: joined in a common one, large whole numbers next to
    floating ones would be rounded. That each part's values fit the dtype is for its slot to check.
    """

    def __init__(
        self, name: str, parts: Sequence[ValueSource], *, dtype: 'np.dtype[Any]',
        shape: Optional[Shape]
    ) -> None:
        if shape is not None and shape.count(-1) > 1:
            raise ConfigError(
                f'shape is {list(shape)}; expected one -1 at most, as parts are joined flat')
        self.name = name
        self.parts = parts
        self._dtype = dtype
        self._shape = shape

    @property
    def value(self) -> Optional[Array]:
        """The joined value; None while a part has none; MessageError if the shape misfits."""
        values: List[Array] = []
        for part in self.parts:
            value = part.value
            if value is None:
                return None
            values.append(value)
        return self._join(values)

    def sample(self) -> Optional[Array]:
        """Return a value to try the module on; None while too little is known of a part."""
        samples = [part.sample() for part in self.parts]
        known = [sample for sample in samples if sample is not None]
        return self._join(known) if len(known) == len(samples) else None

    def forget_shape(self) -> None:
        """Let the next values of all parts decide their shapes, unless they were given."""
        for part in self.parts:
            part.forget_shape()

    def _join(self, values: List[Array]) -> Array:
        joined: Array = np.concatenate(values, None, dtype=self._dtype, casting='unsafe')
        if self._shape is None:
            return joined
        shaped = reshaped(joined, self._shape)
        if shaped is not None:
            return shaped
        sizes = ', '.join(
            f'{part.name} {value.size}' for part, value in zip(self.parts, values))
        raise MessageError(
            f'its parts have {joined.size} numbers together ({sizes}), which do not fit its shape '
            f'{list(self._shape)}')


def reshaped(value: Array, shape: Shape) -> Optional[Array]:
    """Return the value in a shape that may hold -1 for open sizes; None if it does not fit."""
    if shape.count(-1) > 1:
        is_alike = value.ndim == len(shape) and all(
            wanted in (size, -1) for size, wanted in zip(value.shape, shape))
        return value if is_alike else None
    try:
        return value.reshape(shape)
    except ValueError:
        return None
