# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Numbers of which a script and a program have different notions."""

from typing import Any, List, Type

import torch
from torch._subclasses.fake_tensor import FakeTensor

# The numbers by which TorchScript names dtypes.
_NUMBERED: List[torch.dtype] = [
    torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.float32,
    torch.float64, torch.complex32, torch.complex64, torch.complex128, torch.bool, torch.qint8,
    torch.quint8, torch.qint32, torch.bfloat16]
_DTYPES = {bool: torch.bool, int: torch.int64, float: torch.float64}
SYMBOLIC = (torch.SymInt, torch.SymFloat, torch.SymBool)


class LiveNumber:
    """
    A Python number of the script that only a run of the program knows.

    Its tensor has no dimensions, and the dtype that holds all that such a Python number may be.
    """

    def __init__(self, tensor: torch.Tensor, kind: Type[Any]) -> None:
        self.kind = kind
        dtype = _DTYPES[kind]
        if tensor.dim():  # by selection: no list of sizes is empty in a file
            tensor = tensor.reshape(-1)[0]
        self.tensor = tensor if tensor.dtype == dtype else tensor.to(dtype)


class KnownTensor:
    """A tensor without dimensions of which the number is known, as traces make of sizes."""

    def __init__(self, number: Any, dtype: torch.dtype) -> None:
        self.number = number
        self.dtype = dtype

    def tensor(self) -> torch.Tensor:
        """Make it a real tensor."""
        return torch.scalar_tensor(self.number, dtype=self.dtype)


def is_unknown(tensor: torch.Tensor) -> bool:
    """Whether this stands for a tensor that only a run of the program knows."""
    return isinstance(tensor, FakeTensor)


def kind_of(number: Any) -> Type[Any]:
    """Return the Python type that a number has in the script."""
    if isinstance(number, LiveNumber):
        return number.kind
    if isinstance(number, torch.SymBool):
        return bool
    if isinstance(number, torch.SymInt):
        return int
    return float if isinstance(number, torch.SymFloat) else type(number)


def as_tensor(number: Any) -> torch.Tensor:
    """Return a number, whoever knows it, as a tensor without dimensions."""
    if isinstance(number, LiveNumber):
        return number.tensor
    return torch.scalar_tensor(number, dtype=_DTYPES[kind_of(number)])


def is_number(value: Any) -> bool:
    """Whether this is a number of the script."""
    return isinstance(value, (bool, int, float, LiveNumber, *SYMBOLIC))


def number_of(dtype: torch.dtype) -> int:
    """Return TorchScript's number for a dtype."""
    return _NUMBERED.index(dtype)


def dtype_of(number: Any) -> Any:
    """Return the dtype that TorchScript calls by a number."""
    return _NUMBERED[number] if isinstance(number, int) else number


def to_bool(value: Any) -> Any:
    """Do what `bool` does in a script."""
    return _cast(value, bool)


def to_int(value: Any) -> Any:
    """Do what `int` does in a script."""
    return _cast(value, int)


def to_float(value: Any) -> Any:
    """Do what `float` does in a script."""
    return _cast(value, float)


def to_number(tensor: Any) -> Any:
    """Do what `Tensor.item` does."""
    if isinstance(tensor, KnownTensor):
        return tensor.number
    if tensor.dtype.is_floating_point:
        return _cast(tensor, float)
    return _cast(tensor, bool if tensor.dtype == torch.bool else int)


def _cast(value: Any, kind: Type[Any]) -> Any:
    if isinstance(value, KnownTensor):
        value = value.number
    if isinstance(value, torch.Tensor):
        if not is_unknown(value):
            return kind(value.item())
        value = LiveNumber(value, _kind_of_tensor(value))
    if isinstance(value, LiveNumber):
        if kind is int and value.kind is float:
            return LiveNumber(value.tensor.trunc(), int)
        return LiveNumber(value.tensor, kind)
    if isinstance(value, SYMBOLIC):
        if kind is bool:
            return value if isinstance(value, torch.SymBool) else value != 0
        return torch.sym_int(value) if kind is int else torch.sym_float(value)
    return kind(value)


def _kind_of_tensor(tensor: torch.Tensor) -> Type[Any]:
    if tensor.numel() != 1:
        raise RuntimeError(
            f'a tensor of shape {list(tensor.shape)} cannot be converted to a number')
    if tensor.dtype.is_floating_point:
        return float
    return bool if tensor.dtype == torch.bool else int
