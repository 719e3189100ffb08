# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the rest of this room asks of a GPU; tests have one that is none."""

from typing import Any, Callable, ContextManager, NamedTuple, Protocol

import torch


class Recording(NamedTuple):
    """Work that can be done again, and the tensors that hold its result each time."""

    replay: Callable[[], None]
    result: Any


class Gpu(Protocol):
    """
    One GPU, as one model uses it.

    All work is put on the current stream of the calling thread and done in that order, later:
    only `synchronise` waits for it, and only what was waited for may be read on the CPU. Until
    then, memory of the CPU from which a copy was begun must not be written.
    """

    @property
    def name(self) -> str:
        """What torch is given: `cuda:` and a number."""

    @property
    def synchronisations(self) -> int:
        """How often the work was waited for."""

    def stream(self) -> ContextManager[None]:
        """Put the calling thread on the stream of this model, which no other model has."""

    def pinned(self, count: int, dtype: torch.dtype) -> torch.Tensor:
        """Return memory of the CPU that the GPU can reach by itself."""

    def send(self, tensor: torch.Tensor) -> torch.Tensor:
        """Begin to copy a tensor into a new one on the GPU."""

    def copy(self, source: torch.Tensor, target: torch.Tensor) -> None:
        """Begin to copy between tensors."""

    def holds(self, tensor: torch.Tensor) -> bool:
        """Whether the tensor is on this GPU, or on another one."""

    def synchronise(self) -> None:
        """Wait until all work is done; raise RuntimeError for what went wrong in it."""

    def is_lost(self) -> bool:
        """Whether an error has made the GPU useless for the rest of this process."""

    def record(self, work: Callable[[], Any]) -> Recording:
        """
        Record work without doing it; raise whatever makes that impossible.

        The work must have been done a few times before: what is made only once is not recorded.
        """
