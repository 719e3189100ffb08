#!/usr/bin/env python3
# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Make humanoid_policy.pt, a policy with a memory, beside this script or at a given path.

Its weights are random: it shows how such a policy is wired, and walks nowhere.
"""

from archive import save
import torch
from torch import Tensor
from torch.nn import ELU, Linear, LSTM, Sequential

OBSERVATIONS = 45
MEMORY = 64
JOINTS = 12


class HumanoidPolicy(torch.nn.Module):
    """An LSTM and an actor, with the memory in buffers."""

    hidden_state: Tensor
    cell_state: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.memory = LSTM(OBSERVATIONS, MEMORY)
        self.actor = Sequential(Linear(MEMORY, 32), ELU(), Linear(32, JOINTS))
        for layer in self.modules():
            if isinstance(layer, Linear):
                torch.nn.init.xavier_uniform_(layer.weight)
        self.register_buffer('hidden_state', torch.zeros(1, 1, MEMORY))
        self.register_buffer('cell_state', torch.zeros(1, 1, MEMORY))

    def forward(self, obs: Tensor) -> Tensor:
        """Return the action on an observation, and remember it."""
        out, (h, c) = self.memory(obs.unsqueeze(0), (self.hidden_state, self.cell_state))
        self.hidden_state.copy_(h)
        self.cell_state.copy_(c)
        action: Tensor = self.actor(out.squeeze(0))
        return action

    @torch.jit.export
    def reset_memory(self) -> None:
        """Forget; the node does the same by itself on ~/reset and at activation."""
        self.hidden_state.zero_()
        self.cell_state.zero_()


if __name__ == '__main__':
    torch.manual_seed(3)
    save(HumanoidPolicy(), __file__)
