# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What only a GPU can show; without one, the reason for skipping is what a user would be told."""

from pathlib import Path
import subprocess
import sys
from threading import Event, Thread
from typing import Any, Iterator, List, Sequence

from dg_pytorch_ros.config.input_config import DTYPES
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.cuda.device import find_cuda_device
from dg_pytorch_ros.cuda.finding import find_index
from dg_pytorch_ros.errors import ConfigError, EvaluationError
from gpu_models import (
    assert_close, EXPORTED, Keeper, load_module, load_tool_model, Noise, notes_of, RebindingLstm,
    run_all, Scribbler, SIZES, Slow, values_for)
import numpy as np
import pytest
import small_models
import torch


def _why_not() -> str:
    try:
        find_index('cuda')
    except ConfigError as error:
        return str(error)
    return ''


_WHY_NOT = _why_not()
pytestmark = pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)

_YES = ('CUDA graph: yes, for inputs of the sizes that it was warmed up with',)
_CASES = [('script', name) for name in SIZES] + [('exported', name) for name in EXPORTED]


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        yield


@pytest.mark.parametrize('kind, name', _CASES)
def test_results_are_those_of_the_cpu(kind: str, name: str, tmp_path: Path) -> None:
    runs = values_for(name, 12)
    expected = run_all(load_tool_model(name, tmp_path, kind, 'cpu'), runs)
    model = load_tool_model(name, tmp_path, kind, 'cuda')
    assert_close(run_all(model, runs), expected)
    if name == 'branch':
        assert notes_of(model) == (
            'CUDA graph: no, because aten::item makes the CPU wait for values from the GPU',)
    else:
        assert notes_of(model) == _YES


def test_a_branch_goes_both_ways(tmp_path: Path) -> None:
    runs = [[np.full(4, value)] for value in (1.0, -1.0, 2.0, -2.0, 3.0)]
    expected = run_all(load_tool_model('branch', tmp_path, 'script', 'cpu'), runs)
    assert_close(
        run_all(load_tool_model('branch', tmp_path, 'script', 'cuda'), runs), expected)


@pytest.mark.parametrize('kind', ['script', 'exported'])
def test_undo_and_reset_reach_a_graph(kind: str, tmp_path: Path) -> None:
    model = load_tool_model('lstm', tmp_path, kind, 'cuda')
    first, second, third = values_for('lstm', 3)
    with model.mode():
        model.prepare(first)
        assert notes_of(model) == _YES
        before = [model.run(first), model.run(second)]
        for _ in range(3):
            model.run(third)
            model.undo()
        after = model.run(third)
        model.reset()
        again = [model.run(first), model.run(second), model.run(third)]
    for outputs, others in zip(again, [*before, after]):
        assert np.array_equal(outputs[0], others[0])


def test_memory_moves_on_by_one_step_a_run(tmp_path: Path) -> None:
    model = load_module(small_models.Count(), tmp_path, 'cuda')
    results = run_all(model, [[np.zeros(1)]] * 20)
    assert [output.tolist() for (output,) in results] == [[count] for count in range(1, 21)]
    assert notes_of(model) == _YES


@pytest.mark.parametrize('module', [RebindingLstm(), Keeper()], ids=['rebinds', 'keeps'])
def test_what_moves_in_memory_runs_without_a_graph(module: Any, tmp_path: Path) -> None:
    size = 4 if isinstance(module, RebindingLstm) else 3
    runs: List[List[Any]] = [[np.full(size, float(value))] for value in range(8)]
    expected = run_all(load_module(module, tmp_path, 'cpu'), runs)
    model = load_module(module, tmp_path, 'cuda')
    assert_close(run_all(model, runs), expected)
    assert notes_of(model)[0].startswith('CUDA graph: no, because')


def test_neither_inputs_nor_former_outputs_are_written_into(tmp_path: Path) -> None:
    model = load_module(Scribbler(), tmp_path, 'cuda')
    runs: List[List[Any]] = [[np.full(3, float(value))] for value in range(8)]
    results = run_all(model, runs)
    assert [output.tolist() for (output,) in results] == [[value + 1.0] * 3 for value in range(8)]
    assert [value.tolist() for (value,) in runs] == [[float(value)] * 3 for value in range(8)]


def test_other_sizes_run_beside_a_graph(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    runs = [
        [random.normal(size=(count, 3, height, 40))]
        for count, height in [(1, 32), (2, 32), (1, 64), (1, 32), (4, 16), (1, 32)]]
    sizes = [run[0].shape for run in runs]
    models = [load_tool_model('conv', tmp_path, 'script', device) for device in ('cpu', 'cuda')]
    both = [run_all(model, runs) for model in models]
    assert_close(*both)
    assert sizes.count((1, 3, 32, 40)) == 3
    assert notes_of(models[1]) == _YES


@pytest.mark.parametrize('dtype', [
    name for name in DTYPES if name not in ('uint64', 'uint32', 'uint16')])
def test_dtypes(dtype: str, tmp_path: Path) -> None:
    runs: List[List[Any]] = [[np.array([0.0, 1.0, value])] for value in (1.0, 0.0, 1.0, 1.0)]
    expected = run_all(load_module(_Flip(), tmp_path, 'cpu', [dtype]), runs)
    results = run_all(load_module(_Flip(), tmp_path, 'cuda', [dtype]), runs)
    for outputs, others in zip(results, expected):
        assert outputs[0].dtype == others[0].dtype
        assert outputs[0].tolist() == others[0].tolist()


def test_a_result_is_waited_for(tmp_path: Path) -> None:
    runs: List[List[Any]] = [[np.full(3, float(value))] for value in range(10)]
    model = load_module(Slow(), tmp_path, 'cuda', ['float32'])
    results = run_all(model, runs)
    assert [output.tolist() for (output,) in results] == [
        [float(value)] * 3 for value in range(10)]


@pytest.mark.parametrize('is_static', [True, False])
def test_values_are_not_overwritten_on_their_way(is_static: bool) -> None:
    device = find_cuda_device('cuda')
    feed = device.feed(Argument('x'), 'float32')
    slow = Slow()
    run = device.accelerate(lambda arguments: arguments[0] + 1, is_static=is_static)
    with device.mode(), torch.inference_mode():
        for value in range(8):
            slow(torch.ones(1, device=device.name))  # which all that follows has to wait for
            result = run([feed(np.full(1000, float(value)))])
            feed(np.full(1000, -5.0))  # as after a run that failed before its results were fetched
            (array,) = device.to_arrays(['y'], [result])
            assert array.tolist() == [value + 1.0] * 1000


def test_random_numbers_differ_and_are_repeated_from_a_seed(tmp_path: Path) -> None:
    model = load_module(Noise(), tmp_path, 'cuda')
    zeros: List[List[Any]] = [[np.zeros(4)]] * 6
    drawn: List[Any] = []
    for _ in range(2):
        with model.mode():
            if not drawn:
                model.prepare(zeros[0])
            torch.manual_seed(5)
            drawn.append([model.run(values)[0].tolist() for values in zeros])
    assert drawn[0] == drawn[1]
    assert len(set(map(tuple, drawn[0]))) == 6


def test_a_model_is_loaded_and_recorded_while_another_one_runs(tmp_path: Path) -> None:
    running = load_tool_model('lstm', tmp_path, 'script', 'cuda')
    runs = values_for('lstm', 200)
    expected = run_all(load_tool_model('lstm', tmp_path, 'script', 'cpu'), runs)
    rounds: List[List[Any]] = []
    begun, stop = Event(), Event()
    swapped: List[Any] = []
    mlp_runs = values_for('mlp', 20)

    def evaluate() -> None:
        with running.mode():
            running.prepare(runs[0])
            while not stop.is_set():
                rounds.append([running.run(values) for values in runs])
                running.reset()
                begun.set()
            # As after a reload: the thread stays in the mode of the model that it began with.
            swapped.append([replacement.run(values) for values in mlp_runs])

    replacement = load_tool_model('mlp', tmp_path, 'script', 'cuda')
    thread = Thread(target=evaluate)
    thread.start()
    try:
        assert begun.wait(timeout=120)
        for _ in range(40):  # more often than torch has streams
            replacement = load_tool_model('mlp', tmp_path, 'script', 'cuda')
            with replacement.mode():
                replacement.prepare(mlp_runs[0])
            assert notes_of(replacement) == _YES
    finally:
        stop.set()
        thread.join(timeout=120)
    for results in rounds:
        assert_close(results, expected)
    assert_close(
        swapped[0], run_all(load_tool_model('mlp', tmp_path, 'script', 'cpu'), mlp_runs))


def test_torch_is_as_before_after_a_recording_that_failed(tmp_path: Path) -> None:
    device = find_cuda_device('cuda')
    feed = device.feed(Argument('x'), 'float32')

    def work(arguments: Sequence[Any]) -> Any:
        result = arguments[0] + torch.rand_like(arguments[0])
        torch.cuda.synchronize()  # which no recording can hold, and nobody sees before
        return result - result + 2 * arguments[0]

    run = device.accelerate(work, is_static=True)
    with device.mode(), torch.inference_mode():
        for value in range(8):
            (array,) = device.to_arrays(['y'], [run([feed(np.full(3, float(value)))])])
            assert array.tolist() == [2.0 * value] * 3
        assert device.notes[0].startswith('CUDA graph: no, because it cannot be recorded: ')
        assert not torch.cuda.is_current_stream_capturing()
        assert torch.rand(3, device='cuda').shape == (3,)
    runs = values_for('lstm', 5)
    expected = run_all(load_tool_model('lstm', tmp_path, 'script', 'cpu'), runs)
    model = load_tool_model('lstm', tmp_path, 'script', 'cuda')
    assert_close(run_all(model, runs), expected)
    assert notes_of(model) == _YES
    assert len(run_all(load_module(Noise(), tmp_path, 'cuda'), [[np.zeros(2)]] * 5)) == 5


def test_each_model_has_a_stream_of_its_own() -> None:
    first, second = find_cuda_device('cuda'), find_cuda_device('cuda:0')
    before = torch.cuda.current_stream()
    with first.mode():
        outer = torch.cuda.current_stream()
        with second.mode():
            inner = torch.cuda.current_stream()
        assert torch.cuda.current_stream() == outer
    assert torch.cuda.current_stream() == before
    assert len({before, outer, inner}) == 3
    with first.mode():
        assert torch.cuda.current_stream() == outer


def test_a_number_that_no_gpu_has() -> None:
    with pytest.raises(ConfigError) as caught:
        find_index('cuda:99')
    assert f'cuda:0 ({torch.cuda.get_device_name(0)})' in str(caught.value)


def test_too_much_memory_is_an_error_of_one_run_only(tmp_path: Path) -> None:
    model = load_module(_Expander(), tmp_path, 'cuda', ['int64'])
    with model.mode():
        model.prepare([np.array([2])])
        with pytest.raises(EvaluationError, match='out of memory'):
            model.run([np.array([10 ** 15])])
        model.undo()
        assert model.run([np.array([3])])[0].tolist() == [0]


def test_an_error_that_ends_all_use_of_the_gpu_says_so() -> None:
    child = subprocess.run(
        [sys.executable, '-c', _LOSES_THE_GPU], capture_output=True, text=True, timeout=300,
        check=False)
    assert child.returncode == 0, child.stderr
    failed, found = child.stdout.splitlines()
    assert failed.startswith('cuda:0 has failed: ')
    assert failed.endswith('this process cannot use it any more, restart the node')
    assert 'does not compute' in found
    assert found.endswith('if it did before, restart this process')


class _Flip(torch.nn.Module):

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flip(0)


class _Expander(torch.nn.Module):
    """Needs as much memory as it is told, in bytes."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros(int(x[0]), dtype=torch.int8, device=x.device).sum().reshape(1)


_LOSES_THE_GPU = """
import os
import sys

import numpy as np
import torch
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.cuda.device import find_cuda_device
from dg_pytorch_ros.cuda.finding import find_index
from dg_pytorch_ros.errors import ConfigError, EvaluationError

device = find_cuda_device('cuda')
feed = device.feed(Argument('x'), 'int64')
table = torch.ones(3, device='cuda')
run = device.accelerate(lambda arguments: table[arguments[0]], is_static=False)
with device.mode(), torch.inference_mode():
    try:
        device.to_arrays(['y'], [run([feed(np.array([1000]))])])
    except EvaluationError as error:
        print(error)
try:
    find_index('cuda')
except ConfigError as error:
    print(error)
sys.stdout.flush()
os._exit(0)  # torch cannot tidy up any more
"""
