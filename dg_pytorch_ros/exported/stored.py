# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The parameters, buffers and constants that are stored with a program."""

from typing import Any, Dict, Iterable, Mapping, Tuple

import torch

_STORED = ('PARAMETER', 'BUFFER', 'CONSTANT_TENSOR', 'CUSTOM_OBJ')


def read_stored(program: Any, device: torch.device) -> Dict[str, Any]:
    """Return what is stored by its names in the graph; tensors on a device."""
    stored: Dict[str, Any] = {}
    for spec in program.graph_signature.input_specs:
        if spec.kind.name in _STORED:
            where = program.state_dict if spec.target in program.state_dict else program.constants
            stored[spec.arg.name] = where[spec.target]
        elif spec.kind.name == 'TOKEN':  # the order of effects, which Python keeps by itself
            stored[spec.arg.name] = torch.empty(0)
    for node in program.graph.nodes:
        if node.op == 'get_attr':
            value = getattr(program.graph_module, node.target, None)
            if isinstance(value, torch.Tensor):
                stored[node.name] = value
    return _moved(stored, device)


def objects(program: Any) -> Tuple[str, ...]:
    """Return the paths of what is stored and no tensor: nobody can copy it."""
    return tuple(
        str(spec.target) for spec in program.graph_signature.input_specs
        if spec.kind.name == 'CUSTOM_OBJ')


def parameter_count(program: Any) -> int:
    """Return how many numbers the parameters hold."""
    return sum(tensor.numel() for tensor in _of_kind(program, ('PARAMETER',)))


def floating_dtypes(program: Any) -> Tuple[torch.dtype, ...]:
    """Return the floating dtypes of the parameters, else of the buffers, else of constants."""
    for kind in ('PARAMETER', 'BUFFER', 'CONSTANT_TENSOR'):
        found = {one.dtype for one in _of_kind(program, (kind,)) if one.is_floating_point()}
        if found:
            return tuple(found)
    return ()


def _of_kind(program: Any, kinds: Iterable[str]) -> Iterable[torch.Tensor]:
    for spec in program.graph_signature.input_specs:
        if spec.kind.name in kinds:
            where: Mapping[str, Any] = (
                program.state_dict if spec.target in program.state_dict else program.constants)
            yield where[spec.target]


def _moved(stored: Mapping[str, Any], device: torch.device) -> Dict[str, Any]:
    """Move tensors; those that share their memory still do so afterwards."""
    memories: Dict[int, torch.Tensor] = {}
    return {
        name: _to(value.detach(), device, memories) if isinstance(value, torch.Tensor) else value
        for name, value in stored.items()}


def _to(
    tensor: torch.Tensor, device: torch.device, memories: Dict[int, torch.Tensor]
) -> torch.Tensor:
    if tensor.device == device or tensor.layout != torch.strided:
        return tensor.to(device)
    storage = tensor.untyped_storage()
    key = storage.data_ptr()
    if key not in memories:
        whole = torch.empty(0, dtype=torch.uint8, device=tensor.device).set_(storage)
        memories[key] = whole.to(device)
    return torch.empty(0, dtype=tensor.dtype, device=device).set_(
        memories[key].untyped_storage(), tensor.storage_offset(), tensor.shape, tensor.stride())
