#!/usr/bin/env python3
# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Make quadruped_policy.pt, of a walking policy's form, beside this script or at a given path.

Its weights are random: it shows how a policy is wired, and walks nowhere.
"""

from archive import save
import torch
from torch import Tensor
from torch.nn import ELU, Linear, Sequential

OBSERVATIONS = 45
JOINTS = 12


class QuadrupedPolicy(torch.nn.Module):
    """The actor of a policy as Isaac Lab and legged_gym train it."""

    def __init__(self) -> None:
        super().__init__()
        self.actor = Sequential(
            Linear(OBSERVATIONS, 128), ELU(), Linear(128, 64), ELU(), Linear(64, 32), ELU(),
            Linear(32, JOINTS))
        for layer in self.modules():
            if isinstance(layer, Linear):
                torch.nn.init.xavier_uniform_(layer.weight)

    def forward(self, obs: Tensor) -> Tensor:
        """Return the action on a batch of observations."""
        action: Tensor = self.actor(obs)
        return action


if __name__ == '__main__':
    torch.manual_seed(1)
    save(QuadrupedPolicy(), __file__)
