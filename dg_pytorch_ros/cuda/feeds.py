# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Put the values of an input where the GPU can fetch them."""

from typing import Optional

from dg_pytorch_ros.cuda.gpu import Gpu
from dg_pytorch_ros.cuda.staging import Staging
from dg_pytorch_ros.model import Array, describe_array
import numpy as np
import torch


class StagedFeed:
    """
    An argument of type Tensor, in pinned memory that is used again each time.

    Who runs the program takes it from there onto the GPU. All such copies are over when the
    results are on the CPU; but a run that failed ended before, so then they are waited for here.
    """

    def __init__(self, dtype: str, gpu: Gpu) -> None:
        self._dtype = dtype
        self._gpu = gpu
        self._staging: Optional[Staging] = None
        self._filled_at = -1

    def __call__(self, value: Array) -> torch.Tensor:
        """Return the value as a tensor on the CPU, which is good for one run."""
        if self._staging is None:
            self._staging = Staging(getattr(torch, self._dtype), self._gpu)
        if self._filled_at == self._gpu.synchronisations:
            self._gpu.synchronise()
        self._filled_at = self._gpu.synchronisations
        tensor = self._staging.tensor(value.shape)
        if tensor.dtype == torch.bfloat16:  # numpy has no such type
            tensor.copy_(torch.from_numpy(value.astype(np.float32, 'C')))
        else:
            np.copyto(tensor.numpy(), value, casting='unsafe')
        return tensor

    def describe(self, value: Array) -> str:
        """Write the tensor's dtype and shape."""
        return describe_array(self._dtype, value.shape)
