# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The modules on which the tools are tried: one of each kind that robots run."""

from pathlib import Path
from typing import Callable, Dict, NamedTuple, Optional, Tuple

from small_models import save
import torch
from torch import nn, Tensor


class Mlp(nn.Module):
    """A policy: an observation of 48 in, 12 actions out."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(48, 64), nn.ELU(), nn.Linear(64, 12))

    def forward(self, observation: Tensor) -> Tensor:
        return self.layers(observation)


class ConvNet(nn.Module):
    """A classifier of images of any size, three channels in, ten scores out."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.scores = nn.Linear(8, 10)

    def forward(self, image: Tensor) -> Tensor:
        return self.scores(self.features(image))


class Lstm(nn.Module):
    """A recurrent policy that keeps its state in buffers."""

    hidden: Tensor
    cell: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.memory = nn.LSTM(8, 16)
        self.action = nn.Linear(16, 4)
        self.register_buffer('hidden', torch.zeros(1, 1, 16))
        self.register_buffer('cell', torch.zeros(1, 1, 16))

    def forward(self, observation: Tensor) -> Tensor:
        output, (hidden, cell) = self.memory(
            observation.reshape(1, 1, 8), (self.hidden, self.cell))
        self.hidden.copy_(hidden)
        self.cell.copy_(cell)
        return self.action(output).flatten()


class LstmWithReset(Lstm):
    """The same, with a method that empties the state."""

    @torch.jit.export
    def reset_memory(self) -> None:
        self.hidden.zero_()
        self.cell.zero_()


class PdController(nn.Module):
    """Six arguments, one torque a joint."""

    def forward(
        self, kp: Tensor, kd: Tensor, position: Tensor, velocity: Tensor, des_position: Tensor,
        des_velocity: Tensor
    ) -> Tensor:
        return kp * (des_position - position) + kd * (des_velocity - velocity)


class Estimate(NamedTuple):
    """Fields that become outputs."""

    mean: Tensor
    variance: Tensor


class Estimator(nn.Module):
    """Two named results."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 4)

    def forward(self, measurement: Tensor) -> Estimate:
        both = self.layer(measurement)
        return Estimate(both[..., :2], both[..., 2:].exp())


class Detector(nn.Module):
    """A dict, whose keys only a run tells."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(5, 3)

    def forward(self, scan: Tensor) -> Dict[str, Tensor]:
        logits = self.layer(scan)
        return {'scores': logits.softmax(-1), 'best': logits.argmax(-1, keepdim=True)}


class Branch(nn.Module):
    """Control flow: another net for another sign, and a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.positive = nn.Linear(4, 2)
        self.negative = nn.Linear(4, 2)

    def forward(self, state: Tensor, bias: Optional[Tensor] = None) -> Tensor:
        if bool(state.sum() > 0):
            result = self.positive(state)
        else:
            result = self.negative(state)
        for _ in range(3):
            result = 0.5 * result
        return result if bias is None else result + bias


class Pair(nn.Module):
    """Two tensors of different sizes in, a tuple out, and a number that is no tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.state = nn.Linear(3, 4)
        self.goal = nn.Linear(2, 4)

    def forward(self, state: Tensor, goal: Tensor, gain: float = 1.0) -> Tuple[Tensor, Tensor]:
        features = self.state(state) + gain * self.goal(goal)
        return features, features.sum(-1, keepdim=True)


def _saver(kind: Callable[[], nn.Module], name: str) -> Callable[[Path], str]:
    def write(directory: Path) -> str:
        with torch.random.fork_rng():
            torch.manual_seed(1)
            return save(kind(), directory, f'{name}.pt')
    return write


TOOL_MODELS: Dict[str, Callable[[Path], str]] = {
    name: _saver(kind, name) for name, kind in {
        'mlp': Mlp, 'conv': ConvNet, 'lstm': Lstm, 'lstm_reset': LstmWithReset,
        'pd': PdController, 'named': Estimator, 'dict': Detector, 'branch': Branch,
        'pair': Pair}.items()}
