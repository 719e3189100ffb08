# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The random numbers of modules that draw some."""

import torch


def seed_random(number: int) -> None:
    """Let modules draw the same random numbers each time from now on."""
    torch.manual_seed(number)
