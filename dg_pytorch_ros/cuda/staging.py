# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Memory of the CPU through which values get onto the GPU, and results back."""

import math
from typing import Optional, Sequence

from dg_pytorch_ros.cuda.gpu import Gpu
import torch


class Staging:
    """Pinned memory for tensors of one dtype, kept as long as it is large enough."""

    def __init__(self, dtype: torch.dtype, gpu: Gpu) -> None:
        self._dtype = dtype
        self._gpu = gpu
        self._memory: Optional[torch.Tensor] = None
        self._tensor: Optional[torch.Tensor] = None

    def tensor(self, shape: Sequence[int]) -> torch.Tensor:
        """Return a tensor of that shape in this memory; what was in it is lost."""
        if self._tensor is None or self._tensor.shape != shape:
            count = math.prod(shape)
            if self._memory is None or self._memory.numel() < count:
                self._memory = self._gpu.pinned(count, self._dtype)
            self._tensor = self._memory[:count].view(tuple(shape))
        return self._tensor
