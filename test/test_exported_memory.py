# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What an ExportedProgram remembers is kept, undone and reset, bit for bit."""

from pathlib import Path
from typing import Any, Callable, List, Tuple

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.exported import program as exported_program
from dg_pytorch_ros.exported.memory import TensorMemory
from dg_pytorch_ros.exported.origins import find_origins
from dg_pytorch_ros.model_file import read_model_file
from exported_files import DIALECTS, load_content, load_exported, run_all, saved
from format_models import export, RECIPES
from loading import bind, run
import numpy as np
import pytest
import torch
from torch import nn, Tensor


class Remembering(nn.Module):
    """Base of modules that remember a sum."""

    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('total', torch.zeros(3))


class Sum(Remembering):
    """Adds in place."""

    def forward(self, x: Tensor) -> Tensor:
        self.total.add_(x)
        return 1 * self.total


class Assigned(Remembering):
    """Assigns its buffer."""

    def forward(self, x: Tensor) -> Tensor:
        self.total = self.total + x
        return 1 * self.total


class Given(Remembering):
    """Gives the buffer itself."""

    def forward(self, x: Tensor) -> Tensor:
        self.total.add_(x)
        return self.total


class GivenView(Remembering):
    """Gives a view of the buffer, through operations that may give what they get."""

    def forward(self, x: Tensor) -> Tensor:
        self.total.add_(x)
        dropped = nn.functional.dropout(self.total, training=False)
        return torch.einsum('i->i', dropped.contiguous()).reshape(3).to(torch.float32)


class Viewed(Remembering):
    """Writes through views."""

    def forward(self, x: Tensor) -> Tensor:
        self.total.view(3, 1).t()[0].detach().add_(x)
        return 1 * self.total


class Split(Remembering):
    """Writes into a part."""

    def forward(self, x: Tensor) -> Tensor:
        first, _ = self.total.split([1, 2])
        first.add_(x[0])
        return 1 * self.total


class Reshaped(Remembering):
    """Writes into what may or may not be a view."""

    def forward(self, x: Tensor) -> Tensor:
        self.total.reshape(3).add_(x)
        return 1 * self.total


class NotPersistent(nn.Module):

    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('total', torch.zeros(3), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        self.total.add_(x)
        return 1 * self.total


class WithoutGradient(nn.Module):
    """Changes a parameter, in a graph within the graph."""

    def __init__(self) -> None:
        super().__init__()
        self.total = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            self.total.add_(x)
        return 1 * self.total


class Attribute(nn.Module):
    """Changes a tensor that is no buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.total = torch.zeros(3)

    def forward(self, x: Tensor) -> Tensor:
        self.total.add_(x)
        return 1 * self.total


class SharedMemory(Remembering):
    """Has a second name for a part of its buffer."""

    part: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('part', self.total[:2])

    def forward(self, x: Tensor) -> Tensor:
        self.part.add_(x[:2])
        self.total.add_(0 * x)
        return self.total + torch.cat([self.part, x[2:] * 0])


class RunningMean(nn.Module):
    """Normalises by means that it keeps, without saying that it writes them."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(torch.stack([x, 2 * x])).flatten() + self.norm.running_mean.repeat(2)


class Integers(nn.Module):
    """Counts in another dtype, and rolls a history."""

    count: Tensor
    history: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('count', torch.zeros((), dtype=torch.int64))
        self.register_buffer('history', torch.zeros(4, 3))

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        self.history.copy_(torch.cat([self.history[1:], x[None]]))
        return self.history.sum(0) * self.count


@torch.library.custom_op('dg_test::accumulate', mutates_args={'total'})
def accumulate(total: Tensor, x: Tensor) -> None:
    total += x


class CustomWriter(Remembering):
    """Has an operator of its own write."""

    def forward(self, x: Tensor) -> Tensor:
        torch.ops.dg_test.accumulate(self.total, x)
        return 1 * self.total


IN_BOTH_DIALECTS: List[Callable[[], nn.Module]] = [
    Sum, Assigned, Given, GivenView, Viewed, Split, Reshaped, NotPersistent, Integers,
    CustomWriter]
# Torch cannot decompose these, or loses what they remember when it does.
IN_TRAINING_DIALECT: List[Callable[[], nn.Module]] = [
    WithoutGradient, Attribute, SharedMemory]
CASES: List[Tuple[Any, bool]] = [
    *((make, is_decomposed) for make in IN_BOTH_DIALECTS for is_decomposed in DIALECTS),
    *((make, False) for make in IN_TRAINING_DIALECT)]
STEPS = [[1.0, 2.0, 3.0], [0.1, -0.2, 1e-7], [5.0, 5.0, 5.0], [-3.0, 1e9, 1.0]]


def expected_of(make: Any) -> List[Any]:
    """Return what the module itself gives in a row."""
    module = make()
    with torch.no_grad():
        return [module(torch.tensor(step)).numpy().copy() for step in STEPS]


@pytest.mark.parametrize('make, is_decomposed', CASES)
def test_memory_is_that_of_the_module(make: Any, is_decomposed: bool, tmp_path: Path) -> None:
    model = load_exported(make(), [torch.zeros(3)], tmp_path, is_decomposed=is_decomposed)
    expected = expected_of(make)
    for _ in range(2):
        with model.mode():
            results = [model.run([np.array(step)])[0] for step in STEPS]
        # What was given out is looked at when all have run.
        for result, wanted in zip(results, expected, strict=True):
            np.testing.assert_array_equal(result, wanted)
        model.reset()


@pytest.mark.parametrize('make, is_decomposed', CASES)
def test_run_that_is_undone_has_not_happened(
    make: Any, is_decomposed: bool, tmp_path: Path
) -> None:
    model = load_exported(make(), [torch.zeros(3)], tmp_path, is_decomposed=is_decomposed)
    for step, wanted in zip(STEPS, expected_of(make), strict=True):
        for other in STEPS:
            run(model, np.array(other))
            model.undo()
            model.undo()
        np.testing.assert_array_equal(run_all(model, step)[0], wanted)


def test_running_statistics_are_undone_and_reset(tmp_path: Path) -> None:
    program = torch.export.export(RunningMean().train(), (torch.zeros(3),), strict=False)
    for one in (program, program.run_decompositions()):
        model = bind(load_content(saved(one), tmp_path))
        first, second = (run_all(model, STEPS[0])[0] for _ in range(2))
        assert first.tolist() != second.tolist()
        model.undo()
        np.testing.assert_array_equal(run_all(model, STEPS[0])[0], second)
        model.reset()
        np.testing.assert_array_equal(run_all(model, STEPS[0])[0], first)


@pytest.mark.parametrize('is_decomposed', DIALECTS)
def test_run_that_fails_halfway_is_undone(is_decomposed: bool, tmp_path: Path) -> None:
    class FailsLate(Remembering):

        def forward(self, x: Tensor, index: Tensor) -> Tensor:
            self.total.add_(x)
            return self.total + x[index]

    model = load_exported(
        FailsLate(), [torch.zeros(3), torch.zeros(1, dtype=torch.int64)], tmp_path,
        is_decomposed=is_decomposed)
    assert run(model, [1.0, 1.0, 1.0], [0]) == [[2.0, 2.0, 2.0]]
    with pytest.raises(Exception, match='out of bounds'):
        run(model, [1.0, 1.0, 1.0], [7])
    model.undo()
    assert run(model, [1.0, 1.0, 1.0], [0]) == [[3.0, 3.0, 3.0]]


@pytest.mark.parametrize('is_decomposed', DIALECTS)
def test_what_was_received_is_not_changed(is_decomposed: bool, tmp_path: Path) -> None:
    class Overwriting(nn.Module):

        def forward(self, x: Tensor) -> Tensor:
            x.mul_(2)
            return x

    model = load_exported(
        Overwriting(), [torch.zeros(2)], tmp_path, is_decomposed=is_decomposed)
    value = np.array([1.0, 2.0], np.float32)
    with model.mode():
        results = [model.run([value])[0] for _ in range(2)]
    assert value.tolist() == [1.0, 2.0]
    assert [result.tolist() for result in results] == [[2.0, 4.0], [2.0, 4.0]]


def test_result_that_is_an_argument_stays_as_it_is(tmp_path: Path) -> None:
    model = load_exported(nn.Identity(), [torch.zeros(2)], tmp_path)
    value = np.array([1.0, 2.0], np.float32)
    with model.mode():
        (result,) = model.run([value])
        value[:] = 5
        model.run([value])
    assert result.tolist() == [1.0, 2.0]


@pytest.mark.parametrize('is_decomposed', DIALECTS)
@pytest.mark.parametrize('name, count', [('mlp', 0), ('conv', 0), ('pd', 0), ('lstm', 2)])
def test_only_what_may_change_is_kept(
    name: str, count: int, is_decomposed: bool, tmp_path: Path
) -> None:
    recipe = RECIPES[name]
    assert len(remembered(export(
        recipe.make(), recipe.examples, recipe.dynamic, is_decomposed=is_decomposed),
        tmp_path)) == count


def test_weights_of_a_net_with_activations_in_place_are_not_kept(tmp_path: Path) -> None:
    net = nn.Sequential(
        nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.ReLU(inplace=True), nn.Flatten(),
        nn.Linear(8, 2), nn.Hardtanh(inplace=True))
    assert remembered(export(net, [torch.zeros(1, 2, 4)]), tmp_path) == []


def remembered(program: Any, directory: Path) -> List[Tensor]:
    """Return the tensors of a program's memory."""
    path = directory / 'model.pt2'
    path.write_bytes(saved(program))
    file = read_model_file(str(path), find_share=lambda package: None)
    loaded: Any = exported_program.load_exported(file, ModelConfig(str(path)))
    tensors: List[Tensor] = list(loaded._memory._tensors)
    return tensors


def test_what_did_not_change_is_not_copied_again() -> None:
    tensor = torch.zeros(2)
    memory = TensorMemory([tensor], are_counted=True)
    memory.keep()
    first = memory._kept[0]
    memory.keep()
    assert memory._kept[0] is first
    tensor.add_(1)
    memory.keep()
    assert memory._kept[0] is not first
    tensor.add_(1)
    memory.undo()
    assert tensor.tolist() == [1, 1]
    memory.keep()
    tensor.add_(1)
    memory.undo()
    assert tensor.tolist() == [1, 1]
    memory.keep()
    memory.reset()
    assert tensor.tolist() == [0, 0]
    memory.undo()
    assert tensor.tolist() == [0, 0]


def test_writes_without_a_count_are_copied_each_time() -> None:
    tensor = torch.zeros(2)
    memory = TensorMemory([tensor], are_counted=False)
    for value in (1, 2):
        memory.keep()
        tensor.data.numpy()[:] = value
    memory.undo()
    assert tensor.tolist() == [1, 1]


def test_writes_that_are_not_counted_are_found() -> None:
    for make, is_counted in ((Sum, True), (CustomWriter, False)):
        program = export(make(), [torch.zeros(3)])
        origins = find_origins(program.graph, program.graph_module, ['b_total'])
        assert origins.written == {'b_total'}
        assert origins.are_counted is is_counted
    program = torch.export.export(RunningMean().train(), (torch.zeros(3),), strict=False)
    stored = [spec.arg.name for spec in program.graph_signature.input_specs][:-1]
    origins = find_origins(program.graph, program.graph_module, stored)
    assert origins.written >= {'b_norm_running_mean', 'b_norm_running_var'}
    assert not origins.are_counted


class Shifts(nn.Module):
    """Remembers the last two values, and returns the older one."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('older', torch.zeros(2))
        self.register_buffer('newer', torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        self.older.copy_(self.newer)
        self.newer.copy_(x)
        return self.older


@pytest.mark.parametrize('is_decomposed', [True, False])
def test_results_are_what_memory_was_before_it_was_written(
    is_decomposed: bool, tmp_path: Path
) -> None:
    model = bind(load_exported(
        Shifts(), [torch.zeros(2)], tmp_path, is_decomposed=is_decomposed))
    values = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert [run(model, value) for value in values] == [[[0.0, 0.0]], [values[0]], [values[1]]]
