# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The models of the benchmark, with the same weights wherever they are made."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Callable, Dict, List
import warnings

from benchmark.shapes import ACTIONS
import torch
from torch import nn

SEED = 20261121


class Recurrent(nn.Module):
    """A GRU that keeps its hidden state in a buffer."""

    hidden: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(48, 256, batch_first=True)
        self.head = nn.Linear(256, ACTIONS)
        self.register_buffer('hidden', torch.zeros(1, 1, 256))

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        """Return an action, and remember."""
        features, hidden = self.gru(observation.unsqueeze(0), self.hidden)
        self.hidden = hidden
        action: torch.Tensor = self.head(features[0])
        return action


class LongMemory(nn.Module):
    """An LSTM that writes its hidden state into its buffers."""

    hidden: torch.Tensor
    cell: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(48, 256, batch_first=True)
        self.head = nn.Linear(256, ACTIONS)
        self.register_buffer('hidden', torch.zeros(1, 1, 256))
        self.register_buffer('cell', torch.zeros(1, 1, 256))

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        """Return an action, and remember."""
        features, (hidden, cell) = self.lstm(observation.unsqueeze(0), (self.hidden, self.cell))
        self.hidden.copy_(hidden)
        self.cell.copy_(cell)
        action: torch.Tensor = self.head(features[0])
        return action


class Perception(nn.Module):
    """A small convolutional net on an image."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, 8, stride=4), nn.ReLU(),
            nn.Conv2d(16, 32, 4, stride=2), nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2), nn.ReLU())
        self.head = nn.Linear(64, ACTIONS)

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        """Return an action."""
        action: torch.Tensor = self.head(self.features(observation).mean([2, 3]))
        return action


def policy() -> nn.Module:
    """Return the multilayer perceptron of a walking robot."""
    return nn.Sequential(
        nn.Linear(48, 512), nn.ELU(), nn.Linear(512, 256), nn.ELU(),
        nn.Linear(256, 128), nn.ELU(), nn.Linear(128, ACTIONS))


def chain() -> nn.Module:
    """Return many small layers, one after the other: what costs is each operator, not its size."""
    layers: List[nn.Module] = [nn.Linear(48, 16), nn.Tanh()]
    for _ in range(98):
        layers += [nn.Linear(16, 16), nn.Tanh()]
    return nn.Sequential(*layers, nn.Linear(16, ACTIONS))


MODELS: Dict[str, Callable[[], nn.Module]] = {
    'mlp': policy, 'gru': Recurrent, 'lstm': LongMemory, 'conv': Perception, 'chain': chain}


def make(name: str) -> torch.jit.ScriptModule:
    """Make a model."""
    torch.manual_seed(SEED)
    module = MODELS[name]().eval()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        scripted: torch.jit.ScriptModule = torch.jit.script(module)
    return scripted


def main() -> None:
    """Write all models into a folder."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path)
    folder = parser.parse_args().folder
    for name in MODELS:
        make(name).save(str(folder / f'{name}.pt'))


if __name__ == '__main__':
    main()
