# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A GPU that is none, and that minds the rules of one."""

from contextlib import contextmanager
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

from dg_pytorch_ros.cuda.gpu import Recording
from dg_pytorch_ros.cuda.hindrances import tensors_in
import torch


class FakeGpu:
    """
    Computes on the CPU, where every tensor that is not pinned is taken for one of the GPU.

    Copies to the CPU are there when it was waited for them, not before. Copies from the CPU must
    be left alone until then. A recording leaves `memory` as it was, and what a replay writes into
    it is not counted.
    """

    def __init__(self, memory: Sequence[torch.Tensor] = (), name: str = 'cuda:0') -> None:
        self.name = name
        self.memory = memory
        self.synchronisations = 0
        self.recordings = 0
        self.replays = 0
        self.sent: List[torch.Tensor] = []
        self.objection: Optional[Exception] = None
        self.failure: Optional[Exception] = None
        self.lost = False
        self.elsewhere: List[torch.Tensor] = []
        self._pinned: List[torch.Tensor] = []
        self._arriving: List[Tuple[torch.Tensor, torch.Tensor]] = []
        self._leaving: List[Tuple[torch.Tensor, torch.Tensor]] = []

    @property
    def pinned_sizes(self) -> List[int]:
        """How much was asked for, each time."""
        return [tensor.numel() for tensor in self._pinned]

    @contextmanager
    def stream(self) -> Iterator[None]:
        yield

    def pinned(self, count: int, dtype: torch.dtype) -> torch.Tensor:
        memory = torch.empty(count, dtype=dtype)
        self._pinned.append(memory)
        return memory

    def send(self, tensor: torch.Tensor) -> torch.Tensor:
        self._leaving.append((tensor, tensor.clone()))
        self.sent.append(tensor.clone())
        return self.sent[-1]

    def copy(self, source: torch.Tensor, target: torch.Tensor) -> None:
        if self.holds(target):
            self._leaving.append((source, source.clone()))
            target.copy_(source)
        else:
            self._arriving.append((source.clone(), target))

    def holds(self, tensor: torch.Tensor) -> bool:
        places = {_place(other) for other in self._pinned + self.elsewhere}
        return _place(tensor) not in places

    def synchronise(self) -> None:
        self.synchronisations += 1
        for tensor, content in self._leaving:
            assert tensor.equal(content), 'written to while it was being copied'
        for source, target in self._arriving:
            target.copy_(source)
        self._leaving.clear()
        self._arriving.clear()
        if self.failure is not None:
            raise self.failure

    def is_lost(self) -> bool:
        return self.lost

    def record(self, work: Callable[[], Any]) -> Recording:
        self.recordings += 1
        if self.objection is not None:
            raise self.objection
        before = [tensor.clone() for tensor in self.memory]
        result = work()
        for tensor, content in zip(self.memory, before):
            tensor.copy_(content)

        def replay() -> None:
            self.replays += 1
            versions = [tensor._version for tensor in self.memory]
            for old, new in zip(tensors_in(result), tensors_in(work())):
                if old is not new:
                    old.copy_(new)
            torch._C._autograd._unsafe_set_version_counter(tuple(self.memory), tuple(versions))
        return Recording(replay, result)


def _place(tensor: torch.Tensor) -> int:
    is_strided = tensor.layout == torch.strided
    return tensor.untyped_storage().data_ptr() if is_strided else id(tensor)
