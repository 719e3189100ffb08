# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Turn the array of an input into what onnxruntime takes."""

from dg_pytorch_ros.model import Array, describe_array


class ArrayFeed:
    """
    An input of the graph.

    Each evaluation gets an array of its own: messages may lie in memory as no kernel expects it.
    """

    def __init__(self, dtype: str) -> None:
        self._dtype = dtype

    def __call__(self, value: Array) -> Array:
        """Copy the value into a new array."""
        return value.astype(self._dtype, 'C')

    def describe(self, value: Array) -> str:
        """Write the array's dtype and shape."""
        return describe_array(self._dtype, value.shape)


class NumberFeed(ArrayFeed):
    """An input without dimensions, which messages cannot have."""

    def __call__(self, value: Array) -> Array:
        """Copy the one element of the value; raise ValueError if it has more, or none."""
        if value.size != 1:
            raise ValueError(f'{describe_array(self._dtype, value.shape)} where a number is due')
        return super().__call__(value).reshape(())
