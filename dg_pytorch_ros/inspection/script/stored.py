# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Read the pickles of a TorchScript archive as data: nothing that they name is run."""

from dataclasses import replace
from typing import Any, Callable, Optional, Sequence

from dg_pytorch_ros.inspection.pickles import read_pickles
from dg_pytorch_ros.inspection.stored import StoredTensor, tensors_in


def read_pickle(content: bytes, constants: Sequence[Any] = ()) -> Any:
    """Read one pickle; `constants` are the tensors that it may refer to by number."""
    def constant(index: int) -> Any:
        return constants[index] if index < len(constants) else None

    def find(name: str) -> Optional[Callable[..., Any]]:
        function = name.rpartition('.')[2]
        if function == 'build_tensor_from_id':
            return constant
        if function.startswith('build_') or function == 'restore_type_tag':
            return _first
        return _sparse_tensor if function == '_rebuild_sparse_tensor' else None

    return read_pickles(content, find=find).content


def _sparse_tensor(_: Any, shape: Sequence[int], *parts: Any) -> StoredTensor:
    *_, values = tensors_in(parts)
    return replace(values, shape=tuple(shape))


def _first(value: Any, *_: Any) -> Any:
    return value
