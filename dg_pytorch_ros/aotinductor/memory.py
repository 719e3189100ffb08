# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a compiled model remembers between two runs, and how to put it back."""

from typing import Any, Sequence

import torch


class Memory:
    """
    The tensors that a run may change, at the place where the compiled code has them.

    It writes into them without counting: so each is copied before each run.
    """

    def __init__(self, tensors: Sequence[torch.Tensor]) -> None:
        self._tensors = tuple(tensors)
        self._first = [tensor.clone() for tensor in tensors]
        self._kept = [tensor.clone() for tensor in tensors]
        self._is_kept = False
        self._places = {tensor.untyped_storage().data_ptr() for tensor in tensors}

    def keep(self) -> None:
        """Note what they hold."""
        for kept, tensor in zip(self._kept, self._tensors):
            kept.copy_(tensor)
        self._is_kept = True

    def undo(self) -> None:
        """Put back what was noted last, unless that is done already."""
        if self._is_kept:
            self._put_back(self._kept)

    def reset(self) -> None:
        """Put back what they held when the model was loaded."""
        self._put_back(self._first)

    def apart(self, result: Any) -> Any:
        """Return a result that no later run changes."""
        if not self._places or not isinstance(result, torch.Tensor):
            return result
        return result.clone() if result.untyped_storage().data_ptr() in self._places else result

    def _put_back(self, contents: Sequence[torch.Tensor]) -> None:
        for tensor, content in zip(self._tensors, contents):
            tensor.copy_(content)
        self._is_kept = False
