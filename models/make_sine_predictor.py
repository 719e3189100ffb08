#!/usr/bin/env python3
# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Make sine_predictor.pt, which goes on with a sine, beside this script or at a given path.

The weights of the LSTM are random, few and fixed; only the layer that reads it is fitted, as in
an echo state network. That takes seconds instead of minutes, and most of the file is zeros.
"""

import math
from typing import Tuple
import zipfile

from archive import save
import torch
from torch import Tensor

HIDDEN = 256
STEPS_PER_PERIOD = 50
STEPS = 40 * STEPS_PER_PERIOD
SEQUENCES = 32
# Whoever is fed back on himself must find the way back from his own small errors.
NOISE = 0.01
RIDGE = 1e-2


class SinePredictor(torch.nn.Module):
    """An LSTM of two layers that takes a value and gives the next one."""

    hidden_state: Tensor
    cell_state: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.memory = torch.nn.LSTM(1, HIDDEN, num_layers=2)
        self.readout = torch.nn.Linear(HIDDEN, 1)
        self.register_buffer('hidden_state', torch.zeros(2, 1, HIDDEN))
        self.register_buffer('cell_state', torch.zeros(2, 1, HIDDEN))

    def forward(self, value: Tensor) -> Tensor:
        """Return the value after this one, and remember this one."""
        out, (h, c) = self.memory(value.view(1, 1, 1), (self.hidden_state, self.cell_state))
        self.hidden_state.copy_(h)
        self.cell_state.copy_(c)
        prediction: Tensor = self.readout(out)
        return prediction.view(1)


@torch.no_grad()
def draw_memory(memory: torch.nn.LSTM) -> None:
    """Give a tenth of the recurrent weights one of two values, and the others zero."""
    for name, weights in memory.named_parameters():
        signs = torch.randint(0, 2, weights.shape) * 2.0 - 1.0
        if name == 'weight_ih_l0':
            weights.copy_(signs)
        elif name.startswith('weight'):
            weights.copy_(0.25 * signs * (torch.rand(weights.shape) < 0.1))
        elif name.startswith('bias_ih'):
            weights.copy_(torch.randint(-4, 5, weights.shape) / 8.0)
            weights[HIDDEN:2 * HIDDEN] += 1.0  # the gates that keep, or forget
        else:
            weights.zero_()


@torch.no_grad()
def fit(predictor: SinePredictor) -> None:
    """Let the last layer give the next value of a sine, whether it was fed well or not so well."""
    inputs, targets = sines()
    out, _ = predictor.memory(inputs.unsqueeze(-1))
    states = torch.nn.functional.pad(out.flatten(0, 1).double(), (0, 1), value=1.0)
    products = states.T @ states + RIDGE * torch.eye(HIDDEN + 1, dtype=torch.float64)
    weights = torch.linalg.solve(products, states.T @ targets.flatten().double())
    predictor.readout.weight.copy_(weights[:HIDDEN])
    predictor.readout.bias.copy_(weights[HIDDEN])


def sines() -> Tuple[Tensor, Tensor]:
    """Return values of a sine that begins at zero, all but the first with noise, and the next."""
    exact = torch.sin(torch.arange(STEPS + 1) * (2.0 * math.pi / STEPS_PER_PERIOD))
    noise = NOISE * torch.randn(STEPS, SEQUENCES)
    noise[0] = 0.0
    noise[:, 0] = 0.0
    return exact[:-1, None] + noise, exact[1:, None].expand(-1, SEQUENCES)


def main() -> None:
    """Make the module and save it."""
    torch.manual_seed(5)
    torch.set_num_threads(1)  # more of them wait for each other on a busy machine
    predictor = SinePredictor()
    draw_memory(predictor.memory)
    fit(predictor)
    save(predictor, __file__, compression=zipfile.ZIP_DEFLATED)


if __name__ == '__main__':
    main()
