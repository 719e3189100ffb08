# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a program remembers between two runs, and how to put it back."""

from collections import Counter
from typing import Iterable, List, Sequence

from dg_pytorch_ros.tensors.content import Content
import torch


class TensorMemory:
    """
    Tensors that runs may write into, as they are in the file and as they were before a run.

    `are_counted`: whatever writes into one of them moves its version. What they hold is copied
    then only if it has changed since the last copy.
    """

    def __init__(self, tensors: Sequence[torch.Tensor], *, are_counted: bool) -> None:
        self._tensors = tuple(tensors)
        self._are_counted = are_counted
        self._in_file = tuple(map(Content, tensors))
        self._kept: List[Content] = []
        self._versions: List[int] = []
        self._is_kept = False
        self._start()

    def keep(self) -> None:
        """Note what the next run may change."""
        if not self._tensors:
            return
        if not self._are_counted:
            self._kept = list(map(Content, self._tensors))
        else:
            for index, tensor in enumerate(self._tensors):
                if tensor._version != self._versions[index]:
                    self._kept[index] = Content(tensor)
                    self._versions[index] = tensor._version
        self._is_kept = True

    def undo(self) -> None:
        """Put back what was noted, unless that is done already."""
        if self._is_kept:
            self._restore(self._kept)
            self._count()

    def reset(self) -> None:
        """Put back what is in the file."""
        self._restore(self._in_file)
        self._start()

    def _start(self) -> None:
        self._kept = list(self._in_file)
        self._count()

    def _count(self) -> None:
        self._is_kept = False
        if self._are_counted:
            self._versions = [tensor._version for tensor in self._tensors]

    def _restore(self, contents: Iterable[Content]) -> None:
        # All of them: an operation that fails halfway has written, but is not counted.
        with torch.inference_mode():
            for content in contents:
                content.restore()


def sharing(tensors: Sequence[torch.Tensor], others: Iterable[torch.Tensor]) -> List[torch.Tensor]:
    """Return the tensors and those of the others that share memory with one of them."""
    known = {id(tensor) for tensor in tensors}
    places = set(map(_place, tensors))
    return [
        *tensors, *(one for one in others if id(one) not in known and _place(one) in places)]


def counts_alone(tensors: Iterable[torch.Tensor]) -> bool:
    """Whether each of the tensors counts what is written, and no two share their memory."""
    users = Counter(map(_place, tensors))
    return not any(number > 1 for number in users.values()) and not any(
        tensor.is_inference() for tensor in tensors)


def _place(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr() if tensor.layout == torch.strided else id(tensor)
