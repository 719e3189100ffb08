# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Programs on a GPU that is none: they give it all that it needs, and leave it the rest."""

from pathlib import Path
from typing import Any, List

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.cuda.device import CudaDevice
from dg_pytorch_ros.errors import EvaluationError
import dg_pytorch_ros.exported.program
import dg_pytorch_ros.torchscript.program
from fake_gpu import FakeGpu
from gpu_models import (
    assert_close, EXPORTED, Keeper, load_module, load_tool_model, notes_of, RebindingLstm,
    run_all, Scribbler, SIZES, values_for)
import numpy as np
import pytest

_YES = ('CUDA graph: yes, for inputs of the sizes that it was warmed up with',)
_CASES = [('script', name) for name in SIZES] + [('exported', name) for name in EXPORTED]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    """Return the GPU on which everything is loaded whose device is cuda."""
    gpu = FakeGpu(name='cpu')
    for room in (dg_pytorch_ros.torchscript.program, dg_pytorch_ros.exported.program):
        find: Any = room.find_device
        monkeypatch.setattr(
            room, 'find_device', lambda name: CudaDevice(gpu) if name == 'cuda' else find(name))
    return gpu


@pytest.mark.parametrize('kind, name', _CASES)
def test_results_are_those_of_the_cpu(
    kind: str, name: str, tmp_path: Path, gpu: FakeGpu
) -> None:
    runs = values_for(name, 8)
    expected = run_all(load_tool_model(name, tmp_path, kind, 'cpu'), runs)
    model = load_tool_model(name, tmp_path, kind, 'cuda')
    assert_close(run_all(model, runs), expected)
    if name == 'branch':
        assert gpu.recordings == 0
        assert notes_of(model) == (
            'CUDA graph: no, because aten::item makes the CPU wait for values from the GPU',)
    else:
        assert (gpu.recordings, gpu.replays) == (1, 2 + 8)
        assert notes_of(model) == _YES


@pytest.mark.parametrize('kind', ['script', 'exported'])
def test_undo_and_reset_reach_a_graph(kind: str, tmp_path: Path, gpu: FakeGpu) -> None:
    model = load_tool_model('lstm', tmp_path, kind, 'cuda')
    gpu.memory = _memory(model)
    first, second, third = values_for('lstm', 3)
    with model.mode():
        model.prepare(first)
        before = [model.run(first), model.run(second)]
        for _ in range(3):
            model.run(third)
            model.undo()
        after = model.run(third)
        model.reset()
        assert_close([model.run(first), model.run(second), model.run(third)], [*before, after])
    assert gpu.recordings == 1


@pytest.mark.parametrize('module', [RebindingLstm(), Keeper()], ids=['rebinds', 'keeps'])
def test_what_moves_in_memory_runs_without_a_graph(
    module: Any, tmp_path: Path, gpu: FakeGpu
) -> None:
    size = 4 if isinstance(module, RebindingLstm) else 3
    runs: List[List[Any]] = [[np.full(size, float(value))] for value in range(6)]
    expected = run_all(load_module(module, tmp_path, 'cpu'), runs)
    model = load_module(module, tmp_path, 'cuda')
    assert_close(run_all(model, runs), expected)
    assert gpu.recordings == 0
    assert notes_of(model)[0].startswith('CUDA graph: no, because')


def test_inputs_that_a_module_writes_into(tmp_path: Path, gpu: FakeGpu) -> None:
    model, value = load_module(Scribbler(), tmp_path, 'cuda'), np.zeros(3)
    results = run_all(model, [[value]] * 4)
    assert [output.tolist() for (output,) in results] == [[1, 1, 1]] * 4
    assert value.tolist() == [0, 0, 0]
    assert gpu.replays == 6


def test_a_run_that_fails_leaves_the_next_ones_right(tmp_path: Path, gpu: FakeGpu) -> None:
    model = load_tool_model('mlp', tmp_path, 'script', 'cuda')
    good = values_for('mlp', 6)
    expected = run_all(model, good)
    with model.mode():
        for values, outputs in zip(good, expected):
            with pytest.raises(EvaluationError, match='^forward failed on observation float32'):
                model.run([np.ones(5)])
            model.undo()
            assert_close([model.run(values)], [outputs])


def _memory(model: BoundModel) -> List[Any]:
    program: Any = model._program
    if hasattr(program._memory, 'contents'):
        return [content.tensor for content in program._memory.contents.values()]
    return list(program._memory._tensors)
