# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a trace has lost is told by what is left of it."""

from conversion_pairs import Pair
from dg_pytorch_ros.conversion.traced import traced_warning
import pytest
import torch
from torch import nn, Tensor

pytestmark = pytest.mark.filterwarnings('ignore::torch.jit.TracerWarning')


class Repeats(nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        for i in range(x.shape[0]):
            x = x + i
            x = x.tanh()
        return x


class Layers(nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
            x = x.relu()
        return x


class TakesNumberOut(nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x * float(x.max())


class Branches(nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x * 0.1 if bool(x.sum() > 0) else x


class Formula(nn.Module):

    def forward(self, kp: Tensor, kd: Tensor, a: Tensor, b: Tensor) -> Tensor:
        return kp * (a - b) + kd * (b - a) * 0.1 * 3.14159265358979


def warning(module: nn.Module, *shapes: int) -> str:
    """Return what is said of a module that was traced on examples of these sizes."""
    generator = torch.Generator().manual_seed(1)
    examples = tuple(torch.rand(3, size, generator=generator) for size in shapes)
    pair = Pair(torch.jit.trace(module.eval(), examples))
    return traced_warning(pair.script(), pair.content)


def test_loops_are_found() -> None:
    text = warning(Repeats(), 4)
    assert 'it was traced, and control flow seems to be lost' in text
    assert 'of test_conversion_traced.py are in it 3 times' in text


def test_numbers_out_of_tensors_are_found() -> None:
    text = warning(TakesNumberOut(), 4)
    assert 'is a number out of a tensor of the example' in text
    assert 'test_conversion_traced.py:' in text


@pytest.mark.parametrize('module, sizes', [
    (Branches(), (4,)), (Layers(), (4,)), (Formula(), (2, 2, 2, 2)),
    (nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU()), (4,)),
    (nn.LSTM(4, 3), (4,))], ids=lambda value: type(value).__name__)
def test_other_traces_are_met_calmly(module: nn.Module, sizes: 'tuple[int, ...]') -> None:
    text = warning(module, *sizes)
    assert text.startswith('it was traced: of each if and for, only the path')


def test_scripts_are_not_warned_about() -> None:
    pair = Pair(Branches())
    assert traced_warning(pair.script(), pair.content) == ''


def test_scripts_with_traced_parts_are() -> None:
    class Mixed(nn.Module):

        def __init__(self) -> None:
            super().__init__()
            self.part = torch.jit.trace(Repeats(), torch.rand(3, 4))

        def forward(self, x: Tensor) -> Tensor:
            return self.part(x) if x.size(0) > 2 else x

    pair = Pair(Mixed())
    assert traced_warning(pair.script(), pair.content).startswith(
        'parts of it were traced, and control flow seems to be lost')


def test_archives_that_are_not_understood_are_not_judged() -> None:
    pair = Pair(Branches())
    assert 'does not tell whether it was traced' in traced_warning(pair.script(), b'nothing')
