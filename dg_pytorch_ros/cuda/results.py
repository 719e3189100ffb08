# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Fetch the results of a program from the GPU."""

from typing import Any, Dict, List, Sequence, Tuple

from dg_pytorch_ros.cuda.gpu import Gpu
from dg_pytorch_ros.cuda.staging import Staging
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.tensors.arrays import to_array
import numpy as np
import torch


class Fetch:
    """Copies results into pinned memory, which is used again each time, and waits once for all."""

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        self._stagings: Dict[Tuple[int, torch.dtype], Staging] = {}

    def __call__(self, names: Sequence[str], results: Sequence[Any]) -> List[Array]:
        """Return arrays of their own; raise EvaluationError for what no message can hold."""
        fetched = [self._begin(place, result) for place, result in enumerate(results)]
        self._gpu.synchronise()
        return [np.array(to_array(name, result)) for name, result in zip(names, fetched)]

    def _begin(self, place: int, result: Any) -> Any:
        """Begin to copy a result; leave alone what is none, which an error will name."""
        if not isinstance(result, torch.Tensor) or not self._gpu.holds(result) \
                or result.layout != torch.strided or result.is_quantized:
            return result
        key = place, result.dtype
        if key not in self._stagings:
            self._stagings[key] = Staging(result.dtype, self._gpu)
        target = self._stagings[key].tensor(result.shape)
        self._gpu.copy(result, target)
        return target
