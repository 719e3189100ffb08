# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Turn a result of a program into an array."""

from typing import Any

from dg_pytorch_ros.errors import EvaluationError
from dg_pytorch_ros.model import Array
import torch


def to_array(name: str, result: Any) -> Array:
    """Return the numbers of a tensor; raise EvaluationError for what no message can hold."""
    try:
        array: Array = result.numpy(force=True)
    except (AttributeError, RuntimeError, TypeError) as error:
        if not isinstance(result, torch.Tensor):
            raise EvaluationError(
                f'output {name!r} is of type {type(result).__name__}; expected a Tensor') from None
        if result.dtype == torch.bfloat16:  # numpy has no such type
            return to_array(name, result.float())
        raise EvaluationError(
            f'output {name!r} is a tensor of {result.dtype}, {result.layout}, '
            f'which no message holds: {error}') from error
    if array.dtype.kind == 'c':
        raise EvaluationError(f'output {name!r} is {array.dtype}, which no message holds')
    return array
