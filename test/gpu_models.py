# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Models of the tests on a GPU, real or not, and values for them."""

from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.loading import load_model_of
from format_models import save_recipe
import loading
import numpy as np
from tool_models import TOOL_MODELS
import torch
from torch import nn, Tensor

SIZES: Dict[str, Tuple[Tuple[int, ...], ...]] = {
    'mlp': ((48,),), 'conv': ((1, 3, 32, 40),), 'lstm': ((8,),), 'lstm_reset': ((8,),),
    'pd': ((12,),) * 6, 'named': ((6,),), 'dict': ((5,),), 'branch': ((4,),),
    'pair': ((3,), (2,))}
# An ExportedProgram takes one way at each branch.
EXPORTED = ('mlp', 'conv', 'lstm', 'pd', 'named', 'dict', 'pair')
_OUTPUTS = {'dict': ('scores', 'best')}


class RebindingLstm(nn.Module):
    """Its state is another tensor after each run."""

    hidden: Tensor
    cell: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.memory = nn.LSTM(4, 8)
        self.register_buffer('hidden', torch.zeros(1, 1, 8))
        self.register_buffer('cell', torch.zeros(1, 1, 8))

    def forward(self, x: Tensor) -> Tensor:
        output, (hidden, cell) = self.memory(x.reshape(1, 1, 4), (self.hidden, self.cell))
        self.hidden, self.cell = hidden, cell
        flat: Tensor = output.flatten()
        return flat


class Keeper(nn.Module):
    """Keeps its input, and returns the one before."""

    kept: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('kept', torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        before = self.kept
        self.kept = x
        return before


class Scribbler(nn.Module):
    """Writes into its input, and returns it."""

    def forward(self, x: Tensor) -> Tensor:
        return x.add_(1)


class Noise(nn.Module):
    """Draws random numbers where its input is."""

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.rand_like(x)


class Slow(nn.Module):
    """Takes its time: much longer than it takes to begin it."""

    def forward(self, x: Tensor) -> Tensor:
        table = torch.eye(2048, device=x.device, dtype=x.dtype)
        product = table
        for _ in range(50):
            product = product @ table
        return product[0, 0] * x


def load_tool_model(name: str, folder: Path, kind: str, device: str) -> BoundModel:
    """Load one of the tools' modules, as TorchScript or as an ExportedProgram."""
    if kind == 'script':
        path = TOOL_MODELS[name](folder)
    else:
        path = save_recipe(name, folder / f'{name}.pt2')
    model = load_model_of(ModelConfig(path, device=device, warmup_runs=5))
    return loading.bind(
        model, inputs=['state'] if name == 'branch' else None, outputs=_OUTPUTS.get(name))


def load_module(
    module: nn.Module, folder: Path, device: str, dtypes: Sequence[str] = ()
) -> BoundModel:
    """Load a module as TorchScript."""
    return loading.bind(
        loading.load(module, folder, device=device, warmup_runs=5), dtypes=dtypes or None)


def values_for(name: str, count: int, seed: int = 1) -> List[List[Any]]:
    """Make values for so many runs of one of the tools' modules."""
    random = np.random.default_rng(seed)
    return [[random.normal(size=size) for size in SIZES[name]] for _ in range(count)]


def run_all(model: BoundModel, runs: Sequence[Sequence[Any]]) -> List[List[Any]]:
    """Prepare a model on the first values, then run it on all of them."""
    with model.mode():
        model.prepare(runs[0])
        return [list(model.run(values)) for values in runs]


def assert_close(results: Sequence[Sequence[Any]], expected: Sequence[Sequence[Any]]) -> None:
    """Check that all outputs of all runs are alike, as far as TF32 and other orders allow."""
    assert len(results) == len(expected)
    for outputs, others in zip(results, expected):
        assert len(outputs) == len(others)
        for output, other in zip(outputs, others):
            assert (output.dtype, output.shape) == (other.dtype, other.shape)
            np.testing.assert_allclose(output, other, rtol=5e-3, atol=5e-3)


def notes_of(model: BoundModel) -> Tuple[str, ...]:
    """Return what the log says of the CUDA graph."""
    program: Any = model._program
    notes: Tuple[str, ...] = program._device.notes
    return notes
