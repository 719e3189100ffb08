# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Modules that the nodes under test run; each shows one thing."""

from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

import torch
from torch import Tensor


class Double(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x


class Triple(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return 3 * x


class Sum(torch.nn.Module):

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b


class Count(torch.nn.Module):
    """Returns how often it ran since its file was loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('runs', torch.zeros(1, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        self.runs += 1
        return self.runs + 0 * x


class Twice(torch.nn.Module):
    """Returns its input twice, end to end."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, x])


class Linear(torch.nn.Module):
    """Has float32 parameters, takes rows of 3 and gives rows of 2."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class Dtype(torch.nn.Module):
    """Returns one for float32, two for float64, three for int32 and four for int64."""

    def forward(self, x: Tensor) -> Tensor:
        code = 0.0
        if x.dtype == torch.float32:
            code = 1.0
        elif x.dtype == torch.float64:
            code = 2.0
        elif x.dtype == torch.int32:
            code = 3.0
        elif x.dtype == torch.int64:
            code = 4.0
        return torch.tensor([code])


class Identity(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x


class Transposed(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x.t()


class Scaled(torch.nn.Module):
    """Takes Python numbers beside its tensor."""

    def forward(self, x: Tensor, gain: float, times: int, negate: bool) -> Tensor:
        for _ in range(times):
            x = x * gain
        return -x if negate else x


class Pair(torch.nn.Module):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        return x + 1, x + 2


class Named(NamedTuple):

    action: Tensor
    value: Tensor


class NamedPair(torch.nn.Module):

    def forward(self, x: Tensor) -> Named:
        return Named(action=x + 1, value=x + 2)


class ListPair(torch.nn.Module):

    def forward(self, x: Tensor) -> List[Tensor]:
        return [x + 1, x + 2]


class DictPair(torch.nn.Module):

    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        return {'action': x + 1, 'value': x + 2}


class Reciprocal(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return 1 / x


class Busy(torch.nn.Module):
    """Takes its time."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(1000):
            x = x * 1.0
        return x


class Endless(torch.nn.Module):
    """Takes seconds, which are more than anybody has."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(300000):
            x = x * 1.0
        return x


class Picky(torch.nn.Module):
    """Fails on negative numbers."""

    def forward(self, x: Tensor) -> Tensor:
        assert bool((x >= 0).all()), 'no negative numbers, please'
        return x


def save(module: torch.nn.Module, directory: Path, name: str = 'model.pt') -> str:
    """Script a module into a file and return its path."""
    path = str(directory / name)
    torch.jit.script(module.eval()).save(path)
    return path
