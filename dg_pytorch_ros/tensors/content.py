# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a tensor held, and how to put it back."""

import torch


class Content:
    """What a tensor holds, and in which shape, as it was when taken."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor
        self._place = tensor.detach()
        self._saved = self._place.clone()

    def restore(self) -> None:
        """Put it back into its old place: the module may know that by a second name."""
        tensor, place = self.tensor, self._place
        if tensor.layout == torch.strided and not tensor.is_set_to(place):
            tensor.set_(
                place.untyped_storage(), place.storage_offset(), place.shape, place.stride())
        _without_repeats(tensor, tensor).copy_(_without_repeats(self._saved, tensor))


def _without_repeats(tensor: torch.Tensor, expanded: torch.Tensor) -> torch.Tensor:
    """Return the part in which no two elements of the expanded tensor share their place."""
    if tensor.layout == torch.strided:
        for dimension, (step, size) in enumerate(zip(expanded.stride(), expanded.shape)):
            if step == 0 and size > 1:
                tensor = tensor.narrow(dimension, 0, 1)
    return tensor
