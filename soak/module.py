# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The modules of the soak: a controller of six joints, and what a reload may come across."""

from argparse import ArgumentParser
from pathlib import Path
import warnings

from soak.promises import JOINTS
import torch
from torch import nn, Tensor


class Controller(nn.Module):
    """A PD controller that remembers; behind the torques, it says which messages it used."""

    memory: Tensor

    def __init__(self, damping: float) -> None:
        super().__init__()
        self.damping = damping
        self.register_buffer('memory', torch.zeros(JOINTS, dtype=torch.float64))

    def forward(self, gain: Tensor, position: Tensor, velocity: Tensor) -> Tensor:
        """Return torques and numbers."""
        self.memory = 0.9 * self.memory + 0.1 * torch.tanh(position[:6])
        torque = -gain * (position[:6] + 0.1 * self.memory) - self.damping * velocity[:6]
        return torch.cat([torque, position[6:], velocity[6:]])


class Stranger(nn.Module):
    """Loads, but is none of those that fit."""

    def forward(self, gain: Tensor, position: Tensor, velocity: Tensor) -> Tensor:
        """Return too few numbers."""
        return gain * position[:3] + velocity[:3]


def save(folder: Path) -> None:
    """Write the modules into a folder."""
    modules = {'first': Controller(0.1), 'second': Controller(0.2), 'stranger': Stranger()}
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        for name, module in modules.items():
            torch.jit.script(module.eval()).save(str(folder / f'{name}.pt'))


def main() -> None:
    """Write the modules into the folder that is named on the command line."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path)
    save(parser.parse_args().folder)


if __name__ == '__main__':
    main()
