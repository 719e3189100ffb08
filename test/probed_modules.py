# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Modules that take shapes of all kinds, in a real file because TorchScript reads their source."""

from typing import Tuple

import torch
from torch import nn, Tensor


class Inner(nn.Module):
    """Hands its argument on to a layer."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class FirstOf(nn.Module):
    """Returns the first result of a recurrent layer."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)[0]


class WithMatrix(nn.Module):

    matrix: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('matrix', torch.rand(48, 3))


class Times(WithMatrix):

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.matrix


class StateFeedback(WithMatrix):
    """A linear controller, whose matrix stands in front."""

    def forward(self, x: Tensor) -> Tensor:
        return -self.matrix @ x


class Joined(WithMatrix):

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.cat([x, y], 1) @ self.matrix


class JoinedFew(nn.Module):
    """Joins two values to fewer numbers than are tried at first."""

    def __init__(self, total: int, axis: int) -> None:
        super().__init__()
        self.axis = axis
        self.layer = nn.Linear(total, 2)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.layer(torch.cat([x, y], self.axis))


class JoinedThree(nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(5, 2)

    def forward(self, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        return self.layer(torch.cat([x, y, z], -1))


class JoinedInFront(nn.Module):
    """Joins two vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 2)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.layer(torch.cat([x, y], 0).t())


class Mistaken(nn.Module):
    """Has two layers that do not fit each other."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 16)
        self.second = nn.Linear(17, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(torch.relu(self.first(x)))


class JoinedAtTheEnd(nn.Module):
    """Takes two values of any size, but of as many axes."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.cat([x, y], -1)


class OnlyOnce(nn.Module):
    """Fails on the second of two runs."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = 0

    def forward(self, x: Tensor) -> Tensor:
        self.runs += 1
        assert self.runs == 1, 'once is enough'
        return x.reshape(1, 8)


class Pieces(WithMatrix):
    """Cuts its observation into pieces, the last of which ends at 45."""

    def forward(self, obs: Tensor) -> Tensor:
        return obs[:, :3] * 2 + obs[:, 3:6] * obs[:, 42:45]


class Elements(WithMatrix):

    def forward(self, x: Tensor) -> Tensor:
        return (x[0] + x[5]).reshape(1)


class Normalised(nn.Module):

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('mean', torch.rand(45))
        self.layer = nn.Linear(45, 2)

    def forward(self, obs: Tensor) -> Tensor:
        return self.layer((obs - self.mean) / 2.0)


class ChannelsLast(nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 8, 3)

    def forward(self, image: Tensor) -> Tensor:
        return self.layer(image.permute(0, 3, 1, 2)).mean((2, 3))


class Picture(nn.Module):
    """A net for pictures of one size, which a linear layer at its end decides."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        features = nn.Sequential(
            nn.Conv2d(channels, 4, 8, stride=4), nn.ReLU(), nn.Conv2d(4, 8, 4, stride=2),
            nn.Flatten())
        count = features(torch.zeros(1, channels, height, width)).numel()
        self.layers = nn.Sequential(features, nn.Linear(count, 2))

    def forward(self, image: Tensor) -> Tensor:
        return self.layers(image / 255.0)


class Sensors(nn.Module):
    """A picture and a state."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.head = nn.Linear(32 + 9, 2)

    def forward(self, image: Tensor, state: Tensor) -> Tensor:
        return self.head(torch.cat([self.features(image), state], 1))


class Insists(nn.Module):
    """Says with words what it wants."""

    def forward(self, x: Tensor) -> Tensor:
        if x.size(-1) != 12:
            raise ValueError('this robot has 12 joints')
        return 2 * x


class Embeds(nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(10, 8)
        self.layer = nn.Linear(8 + 5, 2)

    def forward(self, gait: Tensor, x: Tensor) -> Tensor:
        return self.layer(torch.cat([self.table(gait), x], -1))


class Masks(nn.Module):

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return torch.where(mask, x, -x)


class BatchedProduct(WithMatrix):

    def forward(self, x: Tensor) -> Tensor:
        return torch.bmm(x, self.matrix.unsqueeze(0))


class TwoDtypes(nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Linear(6, 4).double()
        self.narrow = nn.Linear(6, 4)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.wide(x) + self.narrow(y)


class Stacked(WithMatrix):
    """Takes a shape to pieces."""

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, size = x.shape
        return x.reshape(batch * steps, size) @ self.matrix


class Cell(nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(9, 16)
        self.action = nn.Linear(16, 2)

    def forward(self, obs: Tensor, hidden: Tensor) -> Tuple[Tensor, Tensor]:
        state = self.cell(obs, hidden)
        return self.action(state), state


class OpenMemory(nn.Module):
    """An LSTM whose memory comes in and goes out."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = nn.LSTM(9, 16, num_layers=2)

    def forward(self, obs: Tensor, h: Tensor, c: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        action, (h, c) = self.memory(obs.unsqueeze(0), (h, c))
        return action[0], h, c


class OtherSign(nn.Module):
    """Only for negative numbers it wants four."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            return x[..., :2]
        return self.layer(x)


class Points(nn.Module):
    """A set of points, of any number."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 16)

    def forward(self, points: Tensor) -> Tensor:
        return self.layer(points).max(0)[0]


class Nothing(nn.Module):
    """Takes nothing."""

    def forward(self) -> Tensor:
        return torch.ones(2)
