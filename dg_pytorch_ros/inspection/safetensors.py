# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Files of safetensors: names, shapes and numbers of tensors."""

import json
from typing import Any, Dict

from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.inspection.checkpoint import tensor_rows, weights_advice
from dg_pytorch_ros.inspection.facts import Facts, Section
from dg_pytorch_ros.inspection.shapes import checked_shape
from dg_pytorch_ros.inspection.stored import StoredTensor
from dg_pytorch_ros.inspection.totals import totals_section

_DTYPES = {
    'BF16': 'bfloat16', 'BOOL': 'bool', 'C64': 'complex64', 'F16': 'float16', 'F32': 'float32',
    'F64': 'float64', 'F8_E4M3': 'float8_e4m3fn', 'F8_E5M2': 'float8_e5m2', 'I16': 'int16',
    'I32': 'int32', 'I64': 'int64', 'I8': 'int8', 'U16': 'uint16', 'U32': 'uint32',
    'U64': 'uint64', 'U8': 'uint8'}
_LENGTH_BYTES = 8


def safetensors_facts(content: bytes, name: str) -> Facts:
    """Return what the head of the file says; raise ModelFileError if it says nonsense."""
    size = int.from_bytes(content[:_LENGTH_BYTES], 'little')
    try:
        head: Dict[str, Any] = json.loads(content[_LENGTH_BYTES:_LENGTH_BYTES + size])
        metadata = {str(key): str(text) for key, text in head.pop('__metadata__', {}).items()}
        tensors = {
            str(key): StoredTensor(
                _DTYPES.get(entry['dtype'], str(entry['dtype']).lower()),
                checked_shape(entry['shape']))
            for key, entry in head.items()}
        end = max((int(entry['data_offsets'][1]) for entry in head.values()), default=0)
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ModelFileError(
            f'looks like safetensors, but its head is broken ({type(error).__name__}: {error})'
        ) from error
    missing = _LENGTH_BYTES + size + end - len(content)
    if missing > 0:
        raise ModelFileError(
            f'is a file of safetensors whose last {missing} bytes are missing; copy it again')
    sections = [
        totals_section({'weights': list(tensors.values())}),
        Section('weights', 'Weights', tensor_rows(tensors))]
    if metadata:
        sections.insert(0, Section('metadata', 'Metadata', metadata))
    return Facts(
        'safetensors', tuple(sections),
        (weights_advice(f'safetensors.torch.load_file({name!r})'),), is_model=False,
        no_graph='weights alone have no graph')
