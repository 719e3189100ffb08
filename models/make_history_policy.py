#!/usr/bin/env python3
# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Make history_policy.pt, of a walking policy's form, beside this script or at a given path.

It takes the last six observations, the newest first. Its weights are random: it shows how such
a policy is wired, and walks nowhere.
"""

from archive import save
import torch
from torch import Tensor
from torch.nn import ELU, Linear, Sequential

FRAMES = 6
OBSERVATIONS = 45
LATENT = 19
JOINTS = 12


class HistoryPolicy(torch.nn.Module):
    """An actor on the newest observation, and on what an encoder makes of all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Sequential(
            Linear(FRAMES * OBSERVATIONS, 64), ELU(), Linear(64, LATENT))
        self.actor = Sequential(
            Linear(OBSERVATIONS + LATENT, 64), ELU(), Linear(64, JOINTS))
        for layer in self.modules():
            if isinstance(layer, Linear):
                torch.nn.init.xavier_uniform_(layer.weight)

    def forward(self, obs_history: Tensor) -> Tensor:
        """Return the action on a batch of histories."""
        newest = obs_history[:, :45]
        action: Tensor = self.actor(torch.cat([newest, self.encoder(obs_history)], dim=1))
        return action


if __name__ == '__main__':
    torch.manual_seed(2)
    save(HistoryPolicy(), __file__)
