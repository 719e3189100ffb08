# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Turn the array of an input into what `forward` takes."""

from typing import Any

from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.model import Array, describe_array
from dg_pytorch_ros.program import Feed
import numpy as np
import torch

_PYTHON_TYPES = {'float': float, 'int': int, 'bool': bool}


class TensorFeed:
    """
    An argument of type Tensor.

    Each evaluation gets a tensor of its own: a module may write into it or keep it for the next
    evaluation, and neither may change what was received.
    """

    def __init__(self, dtype: str) -> None:
        self._dtype = dtype
        self._widened = dtype == 'bfloat16'  # numpy has no such type
        self._numpy_dtype = np.dtype('float32' if self._widened else dtype)

    def __call__(self, value: Array) -> torch.Tensor:
        """Copy the value into a new tensor."""
        tensor = torch.from_numpy(value.astype(self._numpy_dtype, 'C'))
        return tensor.bfloat16() if self._widened else tensor

    def describe(self, value: Array) -> str:
        """Write the tensor's dtype and shape."""
        return describe_array(self._dtype, value.shape)


class ScalarFeed:
    """An argument typed float, int or bool."""

    def __init__(self, type_name: str) -> None:
        self._type_name = type_name
        self._python_type = _PYTHON_TYPES[type_name]

    def __call__(self, value: Array) -> Any:
        """Return the one element as a Python number."""
        return self._python_type(value.item())

    def describe(self, value: Array) -> str:
        """Write the type that the module asked for."""
        return self._type_name


def make_feed(argument: Argument, dtype: str) -> Feed:
    """Choose the feed that an argument's type asks for."""
    return ScalarFeed(argument.type_name) if argument.is_scalar else TensorFeed(dtype)
