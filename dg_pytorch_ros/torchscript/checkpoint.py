# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a module remembered before an evaluation, and how to put it back."""

from collections import Counter
from typing import Any, Dict, FrozenSet, List, Optional, Tuple

from dg_pytorch_ros.tensors.content import Content
from dg_pytorch_ros.torchscript.changes import find_changes
from dg_pytorch_ros.torchscript.memory import ModuleMemory, tensors_in
import torch


class Checkpoint:
    """
    The part of a module's memory that an evaluation may change, as it was when taken.

    Of an attribute that may be rebound, its value is kept. What tensors hold is copied only where
    the code writes into tensors, and only again when it may have changed since: most tensors
    count what is written into them.
    """

    def __init__(self, module: torch.jit.ScriptModule, memory: ModuleMemory) -> None:
        changes = find_changes(module)
        self._memory = memory
        self._writes_tensors = changes.in_tensors
        self._rebound: List[Tuple[Any, str]] = []
        fixed: Dict[int, torch.Tensor] = {}
        for owner, name, value in memory.attributes:
            if changes.may_rebind(name, value):
                self._rebound.append((owner, name))
            elif changes.in_tensors:
                fixed.update((id(tensor), tensor) for tensor in tensors_in(value))
        self._is_needed = bool(self._rebound or fixed)
        # Whether an evaluation leaves all that the module remembers where it is.
        self.is_static = not self._rebound
        counting = _counting(memory) if changes.are_counted else frozenset()
        self._uncounted = [tensor for key, tensor in fixed.items() if key not in counting]
        self._counted = [key for key in fixed if key in counting]
        self._counted_contents: List[Content] = []
        self._versions: List[int] = []
        self._other_contents: List[Content] = []
        self._values: Optional[List[Any]] = None
        self.restart()

    def take(self) -> None:
        """Keep what the next evaluation may change."""
        if not self._is_needed:
            return
        self._forget()
        values = [owner.getattr(name) for owner, name in self._rebound]
        if self._writes_tensors:
            self._other_contents = [
                Content(tensor) for tensor in tensors_in((values, self._uncounted))]
            self._follow_versions()
        self._values = values

    def undo(self) -> None:
        """Put back what was kept, unless that is done already."""
        if self._values is None:
            return
        with torch.inference_mode():
            # An operation that fails halfway has written, but is not counted.
            for content in self._other_contents + self._counted_contents:
                content.restore()
        for (owner, name), value in zip(self._rebound, self._values):
            owner.setattr(name, value)
        self._forget()
        self._versions = self._current_versions()

    def restart(self) -> None:
        """Keep nothing; the module remembers what its file says."""
        self._forget()
        self._counted_contents = [self._memory.contents[key] for key in self._counted]
        self._versions = self._current_versions()

    def _forget(self) -> None:
        self._values = None
        self._other_contents = []

    def _follow_versions(self) -> None:
        versions = self._current_versions()
        if versions != self._versions:
            for index, version in enumerate(versions):
                if version != self._versions[index]:
                    tensor = self._counted_contents[index].tensor
                    self._counted_contents[index] = Content(tensor)
            self._versions = versions

    def _current_versions(self) -> List[int]:
        return [content.tensor._version for content in self._counted_contents]


def _counting(memory: ModuleMemory) -> FrozenSet[int]:
    """Find the tensors that count whatever is written into their place."""
    tensors = [content.tensor for content in memory.contents.values()]
    users = Counter(map(_storage, tensors))
    return frozenset(
        id(tensor) for tensor in tensors
        if not tensor.is_inference() and users[_storage(tensor)] == 1)


def _storage(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr() if tensor.layout == torch.strided else id(tensor)
