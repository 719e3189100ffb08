# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""After a run that is undone, a module remembers what it did before, bit for bit."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any, Callable, List, Tuple

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.errors import EvaluationError
from dg_pytorch_ros.tensors.content import Content
from dg_pytorch_ros.torchscript import checkpoint as checkpoint_file
from dg_pytorch_ros.torchscript.checkpoint import Checkpoint
from dg_pytorch_ros.torchscript.memory import ModuleMemory
from loading import bind, load
import numpy as np
import numpy.typing as npt
import pytest
import scripted_modules as modules
from test_torchscript_memory import REMEMBERING
import torch

HARD = [
    modules.BufferRarelyWritten, modules.FailsAfterwards, modules.RectifiesInPlace,
    modules.WritesIntoWhatItRebound, modules.LastFew, modules.TupleOfLists,
    modules.DictWrittenInto, modules.BufferAndViewByTurns, modules.ViewReboundByTurns,
    modules.ExpandedWritten, modules.ResizedInPlace, modules.GrowsInVain,
    modules.WritesHalfOfIt, modules.TransposedInPlace, modules.SetToAnother,
    modules.WritesPastTheCount, modules.WritesUnsafely, modules.NormalisesByRunningMean,
    modules.ForgetsOnRequest, modules.HiddenAndCell, modules.Forks, modules.HidesStage,
    modules.HookedMemory, modules.SparseMemory, modules.TrainsByItself,
    modules.RebindsToWritten]

POISONS = {
    'nan': np.full(3, np.nan), 'great': np.array([1e6, -1e6, 3.0]), 'too long': np.ones(7)}


def values() -> 'List[npt.NDArray[np.float64]]':
    return list(np.random.default_rng(3).standard_normal((5, 3)))


def attempt(model: BoundModel, value: Any) -> bytes:
    """Run once; return the output bit for bit, or nothing if that fails."""
    try:
        return model.run([value])[0].tobytes()
    except EvaluationError:
        return b''


def memory_of(model: BoundModel) -> ModuleMemory:
    program: Any = model._program
    memory: ModuleMemory = program._memory
    return memory


def state(memory: ModuleMemory) -> List[Any]:
    """Read everything that the module remembers, bit for bit and with its form."""
    return [(name, frozen(owner.getattr(name))) for owner, name, _ in memory.attributes]


def frozen(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided:
            return frozen(value.to_dense())
        return (
            value.dtype, value.shape, value.stride(), value.detach().clone().numpy().tobytes())
    if isinstance(value, dict):
        return [(key, frozen(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return isinstance(value, tuple), [frozen(item) for item in value]
    return type(value).__name__, repr(value)


def make_model(make: Callable[[], torch.nn.Module], directory: Path) -> BoundModel:
    torch.manual_seed(5)
    return bind(load(make(), directory))


@pytest.mark.parametrize('poison', POISONS)
@pytest.mark.parametrize('make', REMEMBERING + HARD)
def test_run_that_is_undone_was_never_made(
    tmp_path: Path, make: 'type[torch.nn.Module]', poison: str
) -> None:
    """Wherever in the sequence of runs, however often, and whether it failed or not."""
    undisturbed = make_model(make, tmp_path)
    with undisturbed.mode():
        clean = [attempt(undisturbed, value) for value in values()]
    model = make_model(make, tmp_path)
    with model.mode():
        for places in [(0,), (1,), (2,), (3,), (4,), (1, 1), (0, 1, 2, 3, 4)]:
            outputs = []
            for index, value in enumerate(values()):
                for _ in range(places.count(index)):
                    before = state(memory_of(model))
                    attempt(model, POISONS[poison])
                    model.undo()
                    assert state(memory_of(model)) == before
                outputs.append(attempt(model, value))
            assert outputs == clean
            model.reset()


@pytest.mark.parametrize('make', REMEMBERING + HARD)
def test_run_without_fault_can_be_undone_too(
    tmp_path: Path, make: 'type[torch.nn.Module]'
) -> None:
    """Each run is made twice, the first time in vain, outside of the model's mode, too."""
    for mode in (BoundModel.mode, nullcontext):
        undisturbed, model = make_model(make, tmp_path), make_model(make, tmp_path)
        with mode(undisturbed):
            for value in values():
                attempt(model, value)
                model.undo()
                assert attempt(model, value) == attempt(undisturbed, value)


@pytest.mark.parametrize('make', REMEMBERING + HARD)
def test_undo_where_there_is_nothing_to_undo_is_harmless(
    tmp_path: Path, make: 'type[torch.nn.Module]'
) -> None:
    model = make_model(make, tmp_path)
    with model.mode():
        fresh = state(memory_of(model))
        model.undo()
        assert state(memory_of(model)) == fresh
        attempt(model, values()[0])
        before = state(memory_of(model))
        attempt(model, values()[1])
        model.undo()
        model.undo()
        assert state(memory_of(model)) == before
        attempt(model, values()[1])
        model.reset()
        model.undo()
        assert state(memory_of(model)) == fresh
        model.prepare(values()[:1])
        model.undo()
        assert state(memory_of(model)) == fresh


def test_undo_and_reset_keep_two_names_one_tensor(tmp_path: Path) -> None:
    model = make_model(modules.TwoNamesInPlace, tmp_path)
    with model.mode():
        for _ in range(2):
            attempt(model, values()[0])
            model.undo()
            assert model.run([np.ones(3)])[0].tolist() == [2.0] * 3
            model.reset()


def test_evaluation_that_is_not_fed_changes_nothing(tmp_path: Path) -> None:
    """The run before the one that is undone stays."""
    model = make_model(modules.Numbers, tmp_path)
    with model.mode():
        attempt(model, values()[0])
        before = state(memory_of(model))
        with pytest.raises(EvaluationError):
            model.run([np.array(['nonsense'])])
        model.undo()
        assert state(memory_of(model)) == before


class Copies:
    """Counts the contents that are copied."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        monkeypatch.setattr(checkpoint_file, 'Content', self._copy)

    def _copy(self, tensor: torch.Tensor) -> Content:
        self.number += 1
        return Content(tensor)


@pytest.mark.parametrize('make, number', [
    (modules.Identity, 0), (modules.Normalises, 0), (modules.BufferRebound, 0),
    (modules.HiddenAndCell, 0), (modules.Numbers, 0), (modules.KeepsInput, 0),
    (modules.LastFew, 0), (modules.ListOfTensors, 0), (modules.BufferRarelyWritten, 0),
    (modules.BufferInPlace, 4), (modules.RectifiesInPlace, 0),
    (modules.WritesIntoWhatItRebound, 4), (modules.ViewOfBuffer, 10),
    (modules.SetToAnother, 10), (modules.RebindsToWritten, 5 + 4), (modules.HookedMemory, 5)])
def test_contents_are_copied_only_where_they_may_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: 'type[torch.nn.Module]', number: int
) -> None:
    """What was read from the file is there already."""
    model = make_model(make, tmp_path)
    copies = Copies(monkeypatch)
    with model.mode():
        for value in values():
            attempt(model, value)
    assert copies.number == number


def test_copy_is_as_old_as_the_last_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(modules.BufferRarelyWritten, tmp_path)
    copies = Copies(monkeypatch)
    with model.mode():
        attempt(model, POISONS['great'])
        for value in values():
            attempt(model, value)
        assert copies.number == 1
        before = state(memory_of(model))
        attempt(model, POISONS['great'])
        model.undo()
    assert state(memory_of(model)) == before


@pytest.mark.parametrize('make', [modules.Identity, modules.Normalises])
def test_nothing_is_kept_of_a_module_that_remembers_nothing(
    make: 'type[torch.nn.Module]'
) -> None:
    module = torch.jit.script(make().eval())
    checkpoint = Checkpoint(module, ModuleMemory(module))
    checkpoint.take()
    assert not checkpoint._is_needed


def test_module_that_was_loaded_in_inference_mode_is_put_back(tmp_path: Path) -> None:
    """Its tensors do not count what is written into them."""
    torch.manual_seed(5)
    with torch.inference_mode():
        model = bind(load(modules.BufferInPlace(), tmp_path))
        fresh = state(memory_of(model))
        for value in values():
            before = state(memory_of(model))
            attempt(model, POISONS['nan'])
            model.undo()
            assert state(memory_of(model)) == before
            attempt(model, value)
    model.reset()
    assert state(memory_of(model)) == fresh


def test_run_can_be_undone_outside_of_the_mode(tmp_path: Path) -> None:
    model = make_model(modules.WritesIntoWhatItRebound, tmp_path)
    with model.mode():
        attempt(model, values()[0])
        before = state(memory_of(model))
        attempt(model, values()[1])
    model.undo()
    assert state(memory_of(model)) == before


def test_checkpoint_that_fails_leaves_nothing_to_undo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above all not the run before."""
    def fail(tensor: torch.Tensor) -> Content:
        raise MemoryError('no room')

    model = make_model(modules.BufferInPlace, tmp_path)
    with model.mode():
        attempt(model, values()[0])
        before = state(memory_of(model))
        monkeypatch.setattr(checkpoint_file, 'Content', fail)
        with pytest.raises(EvaluationError, match='no room'):
            model.run([values()[1]])
        model.undo()
    assert state(memory_of(model)) == before


def test_what_is_left_out_of_the_memory_is_not_undone(tmp_path: Path) -> None:
    model = bind(load(modules.HoldsScriptObject(), tmp_path))
    counts: List[Tuple[float, ...]] = []
    for _ in range(2):
        counts.append(tuple(model.run([np.ones(1)])[0].tolist()))
        model.undo()
    assert counts == [(1.0,), (2.0,)]
