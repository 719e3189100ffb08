# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What ONNX's numbers for dtypes mean."""

from typing import Optional

from dg_pytorch_ros.config.input_config import DTYPES

_NAMES = {
    1: 'float32', 2: 'uint8', 3: 'int8', 4: 'uint16', 5: 'int16', 6: 'int32', 7: 'int64',
    8: 'string', 9: 'bool', 10: 'float16', 11: 'float64', 12: 'uint32', 13: 'uint64',
    14: 'complex64', 15: 'complex128', 16: 'bfloat16', 17: 'float8_e4m3fn',
    18: 'float8_e4m3fnuz', 19: 'float8_e5m2', 20: 'float8_e5m2fnuz', 21: 'uint4', 22: 'int4',
    23: 'float4_e2m1', 24: 'float8_e8m0', 25: 'uint2', 26: 'int2'}


def dtype_name(number: int) -> str:
    """Return the name of a dtype by its number in ONNX."""
    return _NAMES.get(number, f'dtype {number}')


def is_array_dtype(name: str) -> bool:
    """Whether onnxruntime takes and gives it as an array; numpy has no bfloat16."""
    return name in DTYPES and name != 'bfloat16'


def only_floating(names: 'set[str]') -> Optional[str]:
    """Return the one floating dtype among these, None if there is none, or several."""
    floating = [name for name in names if 'float' in name]
    return floating[0] if len(floating) == 1 and floating[0] in DTYPES else None
