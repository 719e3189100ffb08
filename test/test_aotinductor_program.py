# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Compiled modules compute, remember and forget as the modules do that they were compiled from."""

from threading import Thread
from typing import Any, Callable, List

from aotinductor_desk import load_path
from compiled_models import compiled, Numbered, Remembers, Rows, seeded, Stranger
from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.errors import ContractError, EvaluationError
from loading import bind
import numpy as np
import pytest
import torch

NOT_SEEN = np.zeros(0)
POISONS = {'nan': np.full(3, np.nan), 'great': np.full(3, 1e30)}


@pytest.fixture(scope='module')
def path_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    return lambda name: compiled(name, tmp_path_factory)


@pytest.fixture
def remembers(path_of: Callable[[str], str]) -> BoundModel:
    return load_path(path_of('remembers'))


@pytest.fixture
def rows(path_of: Callable[[str], str]) -> BoundModel:
    return load_path(path_of('rows'))


def observations() -> List[Any]:
    return list(np.random.default_rng(3).standard_normal((6, 3)))


def evaluate(model: BoundModel, *values: Any) -> List[Any]:
    with model.mode():
        return list(model.run(list(values)))


def frozen(outputs: List[Any]) -> List[bytes]:
    return [output.tobytes() for output in outputs]


def test_results_are_those_of_the_module_step_by_step(remembers: BoundModel) -> None:
    module = seeded(Remembers)
    for observation in observations():
        outputs = evaluate(remembers, observation)
        with torch.inference_mode():
            expected = module(torch.tensor(observation, dtype=torch.float32))
        for output, tensor in zip(outputs, expected):
            np.testing.assert_allclose(output, tensor.numpy(), rtol=1e-5, atol=1e-6)
    assert outputs[2] == 6, 'it has counted'


def test_names_dtypes_and_sizes_are_in_the_package(remembers: BoundModel) -> None:
    argument, = remembers.signature.arguments
    assert (argument.name, argument.dtype, argument.shape) == ('observation', 'float32', (3,))
    assert remembers.signature.match_outputs(None) == ('action', 'trace', 'steps', 'seen')
    description = remembers.description
    assert description.kind == 'AOTInductor package for cpu'
    assert description.dtype == 'float32' and not description.notes
    assert description.not_reset == ()


def test_some_of_the_results_in_any_order(remembers: BoundModel) -> None:
    observation = observations()[0]
    action, _, steps, _ = evaluate(remembers, observation)
    remembers.reset()
    bind(remembers, outputs=['steps', 'action'])
    assert frozen(evaluate(remembers, observation)) == frozen([steps, action])


@pytest.mark.parametrize('poison', POISONS)
def test_run_that_is_undone_was_never_made(
    path_of: Callable[[str], str], poison: str
) -> None:
    """Wherever in the sequence of runs, and however often it is undone."""
    undisturbed, model = load_path(path_of('remembers')), load_path(path_of('remembers'))
    expected = [frozen(evaluate(undisturbed, each)) for each in observations()]
    seen = []
    for observation in observations():
        evaluate(model, POISONS[poison])
        model.undo()
        model.undo()
        seen.append(frozen(evaluate(model, observation)))
    assert seen == expected


def test_undo_without_a_run_changes_nothing(remembers: BoundModel) -> None:
    remembers.undo()
    assert evaluate(remembers, observations()[0])[2] == 1
    remembers.undo()
    remembers.undo()
    assert evaluate(remembers, observations()[0])[2] == 1


def test_reset_brings_back_what_the_file_says(remembers: BoundModel) -> None:
    first = frozen(evaluate(remembers, observations()[0]))
    for observation in observations():
        evaluate(remembers, observation)
    remembers.reset()
    remembers.undo()
    assert frozen(evaluate(remembers, observations()[0])) == first


def test_warm_up_leaves_no_trace(remembers: BoundModel) -> None:
    with remembers.mode():
        remembers.prepare([observations()[1]])
    assert evaluate(remembers, observations()[0])[2] == 1


def test_models_from_one_file_share_no_memory(path_of: Callable[[str], str]) -> None:
    one, other = load_path(path_of('remembers')), load_path(path_of('remembers'))
    evaluate(one, observations()[0])
    assert evaluate(other, observations()[0])[2] == 1


def test_later_runs_change_neither_results_nor_values(remembers: BoundModel) -> None:
    value = np.ones(3, dtype=np.float32)
    kept = evaluate(remembers, value)
    before = frozen(kept)
    for observation in observations():
        evaluate(remembers, observation)
    remembers.reset()
    assert frozen(kept) == before
    kept[3][:] = 7.0
    assert value.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize('value', [
    np.zeros(5), np.zeros(2), np.zeros((3, 1)), np.zeros(()), np.zeros((1, 3)), NOT_SEEN])
def test_other_size_never_reaches_the_code(remembers: BoundModel, value: Any) -> None:
    with pytest.raises(EvaluationError, match='the file takes'):
        evaluate(remembers, value)
    assert evaluate(remembers, observations()[0])[2] == 1, 'it has not run'


def test_code_itself_refuses_sizes(remembers: BoundModel) -> None:
    """Even where nobody has looked at them before."""
    program = remembers._program
    with program.mode():
        for wrong in (torch.zeros(5), torch.zeros(2), torch.zeros(3, 1), torch.zeros(3).double()):
            with pytest.raises(RuntimeError):
                program.run([wrong])


def test_other_dtype_is_refused_when_inputs_are_named(remembers: BoundModel) -> None:
    with pytest.raises(ContractError, match='float64, but the file takes float32'):
        bind(remembers, dtypes=['float64'])


@pytest.mark.parametrize('count', [65, 100, 5000])
def test_free_size_is_free(rows: BoundModel, count: int) -> None:
    state, goal = np.random.default_rng(count).standard_normal((2, count, 64))
    outputs = evaluate(rows, state, goal)
    expected = Rows()(torch.tensor(state).float(), torch.tensor(goal).float())
    np.testing.assert_allclose(outputs[0], expected['sum'].numpy(), rtol=1e-6)
    np.testing.assert_allclose(outputs[1], expected['total'].numpy(), rtol=1e-3)
    assert rows.signature.match_outputs(None) == ('sum', 'total')


@pytest.mark.parametrize('counts, complaint', [
    ((100, 70), r'goal float32\[70, 64\]: expected size 70==100'),
    ((70, 100), 'expected size 100==70'),
    ((1, 1), 'state: dim value is too small at 0'),
    ((100_001, 100_001), 'state: dim value is too large at 0, expected to be <= 100000')])
def test_free_sizes_that_do_not_belong_together(
    rows: BoundModel, counts: Any, complaint: str
) -> None:
    values = [np.zeros((count, 64)) for count in counts]
    with pytest.raises(EvaluationError, match=complaint) as caught:
        evaluate(rows, *values)
    assert '\n' not in str(caught.value)


def test_package_of_somebody_else(path_of: Callable[[str], str]) -> None:
    """Names as far as it has some; the image in that order in memory for which it was compiled."""
    stranger = load_path(path_of('stranger'))
    image, gain = stranger.signature.arguments
    assert image.name.startswith('arg') and gain.name == 'gain'
    assert image.shape == (1, 3, 8, 8) and gain.shape == (2,)
    assert stranger.signature.match_outputs(None) == ('output_0', 'output_1')
    values = np.random.default_rng(1).standard_normal((1, 3, 8, 8)), np.array([2.0, 3.0])
    outputs = evaluate(stranger, *values)
    with torch.inference_mode():
        expected = seeded(Stranger)(
            torch.tensor(values[0]).float(), gain=torch.tensor(values[1]).float())
    np.testing.assert_allclose(outputs[0], expected[0].numpy(), rtol=1e-4, atol=1e-6)


def test_weights_are_weights_also_where_their_paths_begin_with_a_digit(
    path_of: Callable[[str], str]
) -> None:
    model = load_path(path_of('numbered'))
    assert model.description.parameters == 6 * 5 + 5 * 2, 'the biases are in the code'
    assert model.description.dtype == 'float32'
    program: Any = model._program
    assert not program._memory._tensors
    observation = np.random.default_rng(3).standard_normal((1, 6)).astype('float32')
    with torch.inference_mode():
        expected = seeded(Numbered)(torch.from_numpy(observation)).numpy()
    np.testing.assert_allclose(evaluate(model, observation)[0], expected, rtol=1e-5, atol=1e-6)


def test_memory_that_compiling_has_lost_is_told(path_of: Callable[[str], str]) -> None:
    stranger = load_path(path_of('stranger'))
    note, = stranger.description.notes
    assert 'count' in note and 'compiling has lost' in note
    values = np.zeros((1, 3, 8, 8)), np.zeros(2)
    first = evaluate(stranger, *values)[1].tolist()
    assert first == evaluate(stranger, *values)[1].tolist(), 'a torch that keeps it needs no note'


def test_loaded_in_one_thread_and_run_in_another(path_of: Callable[[str], str]) -> None:
    loaded: List[BoundModel] = []
    loader = Thread(target=lambda: loaded.append(load_path(path_of('remembers'))))
    loader.start()
    loader.join()
    assert evaluate(loaded[0], observations()[0])[2] == 1
