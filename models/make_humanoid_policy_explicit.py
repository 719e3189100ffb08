#!/usr/bin/env python3
# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Make humanoid_policy_explicit.pt beside this script or at a given path.

It is humanoid_policy.pt with a memory that comes in and goes out, and the same weights.
"""

from typing import Tuple

from archive import save
from make_humanoid_policy import HumanoidPolicy
import torch
from torch import Tensor


class HumanoidPolicyExplicit(torch.nn.Module):
    """An LSTM and an actor that remember nothing by themselves."""

    def __init__(self, policy: HumanoidPolicy) -> None:
        super().__init__()
        self.memory = policy.memory
        self.actor = policy.actor

    def forward(self, obs: Tensor, h: Tensor, c: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        """Return the action on an observation and a memory, and the memory after it."""
        out, (next_h, next_c) = self.memory(obs.unsqueeze(0), (h, c))
        return self.actor(out.squeeze(0)), next_h, next_c


if __name__ == '__main__':
    torch.manual_seed(3)
    save(HumanoidPolicyExplicit(HumanoidPolicy()), __file__)
