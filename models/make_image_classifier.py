#!/usr/bin/env python3
# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Make image_classifier.pt, a small net for pictures, beside this script or at a given path.

Its weights are random: it shows how such a net is wired, and knows nothing.
"""

from archive import save
import torch
from torch import Tensor
from torch.nn import AdaptiveAvgPool2d, Conv2d, Flatten, Linear, ReLU, Sequential

CLASSES = 10


class ImageClassifier(torch.nn.Module):
    """Takes pictures of any size, three channels first, and gives a probability a class."""

    def __init__(self) -> None:
        super().__init__()
        self.features = Sequential(
            Conv2d(3, 8, 3, stride=2, padding=1), ReLU(),
            Conv2d(8, 16, 3, stride=2, padding=1), ReLU(), AdaptiveAvgPool2d(1), Flatten())
        self.head = Linear(16, CLASSES)
        torch.nn.init.xavier_uniform_(self.head.weight, gain=4.0)

    def forward(self, image: Tensor) -> Tensor:
        """Return the probabilities of the classes for a batch of pictures."""
        scores: Tensor = self.head(self.features(image))
        return torch.softmax(scores, dim=1)


if __name__ == '__main__':
    torch.manual_seed(4)
    save(ImageClassifier(), __file__)
