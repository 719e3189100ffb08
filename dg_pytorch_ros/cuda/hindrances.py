# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Find out why a program cannot be recorded, by watching it run."""

from typing import Any, Dict, Iterator, List, Optional, Tuple

from dg_pytorch_ros.cuda.gpu import Gpu
import torch
from torch.utils._python_dispatch import TorchDispatchMode

_WAITS = (torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape)
_WAITS_UNTAGGED = ('aten::is_nonzero', 'aten::nonzero_numpy')
_MASKS = (torch.bool, torch.uint8)
_CROSSES = 'copies between CPU and GPU'
# What they return on the CPU is of use to training only.
_RETURNS_SEEDS = 'aten::_scaled_dot_product'


class Hindrances(TorchDispatchMode):
    """
    Watches the operations of the calling thread for those that a recording would get wrong.

    To try it would show most of them as well, but a recording that fails is hard on torch. What
    an operation does within itself stays unseen, and so does compiled code: that shows when it is
    recorded.
    """

    def __init__(self, gpu: Gpu) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._gpu = gpu
        self.first: Optional[str] = None
        self._versions: Dict[int, Tuple[torch.Tensor, int]] = {}

    @property
    def written(self) -> List[torch.Tensor]:
        """Return the tensors that the run wrote into and that count it, so none of its own."""
        return [
            tensor for tensor, version in self._versions.values() if tensor._version != version]

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Do the operation; note what speaks against it, if nothing did before."""
        given = list(tensors_in((args, kwargs)))
        for tensor in given:
            if not tensor.is_inference():
                self._versions.setdefault(id(tensor), (tensor, tensor._version))
        result = operation(*args, **(kwargs or {}))
        if self.first is None:
            found = self._object(operation, given, list(tensors_in(result)))
            if found is not None:
                self.first = f'{operation._schema.name} {found}'
        return result

    def _object(
        self, operation: Any, given: List[torch.Tensor], made: List[torch.Tensor]
    ) -> Optional[str]:
        name = operation._schema.name
        if name.startswith(_RETURNS_SEEDS):
            return None
        given_there = [tensor for tensor in given if not self._gpu.holds(tensor)]
        made_there = [tensor for tensor in made if not self._gpu.holds(tensor)]
        if len(given_there) < len(given):
            if _waits(operation, given):
                return 'makes the CPU wait for values from the GPU'
            if made_there or any(tensor.dim() > 0 for tensor in given_there):
                return _CROSSES
            # A single number on the CPU goes along as a part of the call, but not of a copy.
            return _CROSSES if given_there and name == 'aten::copy_' else None
        if len(made_there) < len(made) and given:
            return _CROSSES
        if made_there and torch.Tag.nondeterministic_seeded in operation.tags:
            return 'draws random numbers on the CPU'
        writes = operation._schema.is_mutable and name != 'aten::detach_'
        return 'writes on the CPU' if given and writes else None


def _waits(operation: Any, given: List[torch.Tensor]) -> bool:
    if operation._schema.name.startswith('aten::index'):
        # Indices are taken as they are; a mask is counted first.
        return any(tensor.dtype in _MASKS for tensor in given[1:])
    return operation._schema.name in _WAITS_UNTAGGED or any(
        tag in operation.tags for tag in _WAITS)


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """Find the tensors in arguments or results."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        yield from tensors_in(tuple(value.values()))
