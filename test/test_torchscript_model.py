# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Real modules, scripted and traced, are loaded, checked, warmed up, run and reset."""

import io
from pathlib import Path
from typing import Any, List, Sequence
import zipfile

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.errors import ContractError, EvaluationError, ModelFileError
from dg_pytorch_ros.loading import load_model
from dg_pytorch_ros.model_file import ModelFile
from loading import bind, load, read, run, script
import numpy as np
import pytest
import scripted_modules as modules
import torch


def refusal(model: BoundModel, *values: Any) -> EvaluationError:
    """Return the error of an evaluation that must fail, after a look at its form."""
    with pytest.raises(EvaluationError) as caught:
        run(model, *values)
    assert '\n' not in str(caught.value)
    assert 'Traceback' not in str(caught.value)
    return caught.value


def prepare(model: BoundModel, *values: Any) -> List[Any]:
    with model.mode():
        return [output.tolist() for output in model.prepare([np.asarray(v) for v in values])]


@pytest.mark.parametrize('make, outputs, given', [
    (modules.Identity, None, [[1.0, 2.0]]),
    (modules.ReturnsPair, None, [[1.0, 2.0], [2.0, 4.0]]),
    (modules.ReturnsNamed, None, [[1.0, 2.0], [2.0, 4.0]]),
    (modules.ReturnsList, ['a', 'b'], [[1.0, 2.0], [2.0, 4.0]]),
    (modules.ReturnsDict, ['torque', 'value_2'], [[1.0, 2.0], [2.0, 4.0]]),
    (modules.ReturnsDict, ['value_2'], [[2.0, 4.0]]),
])
@pytest.mark.parametrize('how', ['scripted', 'traced', 'frozen'])
def test_every_form_of_result_gives_the_named_outputs(
    tmp_path: Path, how: str, make: Any, outputs: Any, given: List[List[float]]
) -> None:
    module = make().eval()
    if how == 'traced':
        module = torch.jit.trace(module, torch.zeros(2), strict=False)
    elif how == 'frozen':
        module = torch.jit.freeze(script(module))
    model = bind(load(module, tmp_path), outputs=outputs)
    assert prepare(model, [1.0, 2.0]) == given
    assert run(model, [1.0, 2.0]) == given


@pytest.mark.parametrize('outputs, given', [
    (['value_2'], [[2.0]]), (['value_2', 'torque'], [[2.0], [1.0]])])
@pytest.mark.parametrize('make', [modules.ReturnsNamed, modules.ReturnsDict])
def test_outputs_with_names_of_their_own_may_be_chosen(
    tmp_path: Path, make: Any, outputs: Any, given: List[List[float]]
) -> None:
    assert run(bind(load(make(), tmp_path), outputs=outputs), [1.0]) == given


@pytest.mark.parametrize('make, outputs, complaint', [
    (modules.ReturnsList, ['a'],
     'forward returned 2 outputs, but output_names has 1: a'),
    (modules.ReturnsList, ['a', 'b', 'c'],
     'forward returned 2 outputs, but output_names has 3: a, b, c'),
    (modules.ReturnsDict, ['effort'],
     "output 'effort' does not exist; forward returned torque, value_2"),
    (modules.ReturnsNumbers, ['a', 'b'], "output 'a' is of type int; expected a Tensor"),
    (modules.ReturnsSparse, None, "output 'output' is a tensor of torch.float64, "
     'torch.sparse_coo, which no message holds: '),
])
def test_result_that_does_not_fit_the_names_is_refused_when_it_is_seen(
    tmp_path: Path, make: Any, outputs: Any, complaint: str
) -> None:
    model = bind(load(make(), tmp_path), outputs=outputs)
    assert str(refusal(model, [1.0, 2.0])).startswith(complaint)
    with pytest.raises(ContractError) as caught:
        prepare(model, [1.0, 2.0])
    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize('make, names, complaint', [
    (modules.TakesNumbers, {'inputs': ['x', 'gain']},
     r'input_names has 2 names \(x, gain\), but forward takes 4: x, gain, power, negate'),
    (modules.TakesList, {}, r"input 'x': forward takes List\[Tensor\] here"),
    (modules.ReturnsPair, {'outputs': ['a']}, 'but forward returns 2'),
    (modules.ReturnsNumber, {}, 'forward returns float here; expected a Tensor'),
    (modules.ReturnsOptional, {}, r'forward returns Optional\[Tensor\] here'),
    (modules.ReturnsNothing, {}, 'forward returns NoneType here'),
    (modules.ReturnsDict, {}, 'output_names is not set'),
])
def test_names_that_do_not_fit_the_schema_are_refused_before_it_runs(
    tmp_path: Path, make: Any, names: Any, complaint: str
) -> None:
    with pytest.raises(ContractError, match=complaint):
        bind(load(make(), tmp_path), **names)


def test_shape_that_the_module_refuses_is_told_in_one_line(tmp_path: Path) -> None:
    model = bind(load(torch.nn.Linear(3, 2), tmp_path), inputs=['observation'])
    error = refusal(model, np.zeros((1, 4)))
    assert str(error) == (
        'forward failed on observation float32[1, 4]: '
        'mat1 and mat2 shapes cannot be multiplied (1x4 and 3x2)')
    assert 'Traceback of TorchScript' in error.details
    with pytest.raises(ContractError, match='observation float32.* cannot be multiplied'):
        prepare(model, np.zeros((1, 4)))


@pytest.mark.parametrize('make, dtypes, complaint', [
    (modules.Embeds, None, 'forward failed on index float32[1]: Expected tensor for argument'),
    (lambda: torch.nn.Linear(1, 1), ['float64'],
     'forward failed on input float64[1]: mat1 and mat2 must have the same dtype'),
    (modules.AlwaysFails, None, 'forward failed on x float64[1]: this gait is not for stairs'),
])
def test_complaint_of_the_module_is_told_with_what_it_was_given(
    tmp_path: Path, make: Any, dtypes: Any, complaint: str
) -> None:
    model = bind(load(make(), tmp_path), dtypes=dtypes)
    assert str(refusal(model, [1.0])).startswith(complaint)


def test_numbers_among_the_arguments_are_python_numbers(tmp_path: Path) -> None:
    model = bind(load(modules.TakesNumbers(), tmp_path))
    assert run(model, [2.0, 3.0], [10.0], [2], [True]) == [[-40.0, -90.0]]
    assert [model.input_dtype(index, 'float32') for index in range(4)] == [
        'float32', 'float64', 'int64', 'bool']


def test_arguments_with_defaults_may_be_left_out(tmp_path: Path) -> None:
    assert run(bind(load(modules.TakesDefaults(), tmp_path)), [1.0]) == [[3.0]]
    model = bind(load(modules.TakesDefaults(), tmp_path), inputs=['x', 'gain'])
    assert run(model, [1.0], [5.0]) == [[5.0]]


def test_module_that_writes_into_its_input_does_not_change_the_value(tmp_path: Path) -> None:
    value = np.array([1.0])
    value.flags.writeable = False
    model = bind(load(modules.WritesIntoInput(), tmp_path))
    assert [run(model, value) for _ in range(3)] == 3 * [[[2.0]]]
    assert value.tolist() == [1.0]


def test_module_that_keeps_its_input_sees_what_it_was_given_then(tmp_path: Path) -> None:
    """Even when the value lies in the same place each time."""
    model = bind(load(modules.KeepsInput(), tmp_path))
    value = np.array([1.0])
    differences = []
    for number in (1.0, 4.0, 9.0):
        value[:] = number
        differences += run(model, value)
    assert differences == [[1.0], [3.0], [5.0]]


@pytest.mark.parametrize('dtype, out', [
    ('float64', 'float64'), ('float32', 'float32'), ('float16', 'float16'),
    ('bfloat16', 'float32')])
def test_dtype_of_the_parameters_is_that_of_the_inputs(
    tmp_path: Path, dtype: str, out: str
) -> None:
    module = torch.nn.Linear(2, 1).to(getattr(torch, dtype))
    model = bind(load(module, tmp_path))
    assert (model.description.dtype, model.input_dtype(0, 'float64')) == (dtype, dtype)
    with model.mode():
        assert model.run([np.zeros((1, 2))])[0].dtype == np.dtype(out)


@pytest.mark.parametrize('make, dtype', [
    (modules.Identity, None), (modules.MixesDtypes, None), (modules.BufferOnly, 'float32'),
    (modules.BufferInPlace, 'float64')])
def test_dtype_is_that_of_the_message_where_the_module_has_none_or_several(
    tmp_path: Path, make: Any, dtype: Any
) -> None:
    model = load(make(), tmp_path)
    assert model.description.dtype == dtype
    assert model.input_dtype(0, 'int16') == (dtype or 'int16')


@pytest.mark.parametrize('shape', [(), (3,), (2, 3), (1, 2, 1, 3)])
def test_shape_goes_in_and_comes_out(tmp_path: Path, shape: Sequence[int]) -> None:
    assert run(bind(load(modules.ReturnsShape(), tmp_path)), np.zeros(shape)) == [list(shape)]
    model = bind(load(modules.Identity(), tmp_path))
    with model.mode():
        assert model.run([np.ones(shape)])[0].shape == shape


def test_first_size_of_an_output_may_vary(tmp_path: Path) -> None:
    model = bind(load(modules.ReturnsPositive(), tmp_path))
    prepare(model, [1.0, 2.0])
    assert run(model, [1.0, -1.0]) == [[1.0]]
    assert run(model, [-1.0, -1.0]) == [[]]


def test_other_sizes_of_an_output_may_not_vary(tmp_path: Path) -> None:
    model = bind(load(modules.ReturnsSquareOfFirst(), tmp_path))
    prepare(model, [2.0])
    assert str(refusal(model, [3.0])) == (
        "output 'output' has the shape [3, 3] after [2, 2] at first; "
        'only the first size may vary')
    assert run(model, [2.0]) == [[[0.0, 0.0], [0.0, 0.0]]]
    assert prepare(model, [3.0]) == [[[0.0] * 3] * 3]


def test_module_runs_in_evaluation_mode_however_it_was_saved(tmp_path: Path) -> None:
    model = bind(load(torch.jit.script(modules.Drops().train()), tmp_path))
    assert model.description.was_training
    ones = [1.0] * 100
    assert prepare(model, ones) == [ones]
    assert run(model, ones) == [ones]
    assert not load(modules.Drops(), tmp_path).description.was_training


@pytest.mark.parametrize('before, after, given', [
    (False, False, 2.0), (True, False, 4.0), (False, True, 20.0), (True, True, 40.0)])
def test_hooks_that_were_scripted_with_the_module_run(
    tmp_path: Path, before: bool, after: bool, given: float
) -> None:
    module = modules.Hooked()
    if before:
        module.register_forward_pre_hook(modules.add_one)
    if after:
        module.register_forward_hook(modules.times_ten)
    assert run(bind(load(module, tmp_path)), [1.0]) == [[given]]


def test_frozen_module_runs_in_the_dtype_of_what_its_parameters_became(tmp_path: Path) -> None:
    linear = torch.nn.Linear(3, 2).eval()
    model = bind(load(torch.jit.freeze(script(linear)), tmp_path))
    assert model.description.dtype == 'float32'
    assert model.run([np.ones((1, 3))])[0].shape == (1, 2)


def test_optional_tensor_is_fed_when_it_is_named(tmp_path: Path) -> None:
    model = bind(load(modules.TakesDefaults(), tmp_path), inputs=['x', 'gain', 'bias'])
    (output,) = model.run([np.ones(2), np.array([2.0]), np.full(2, 5.0)])
    assert output.tolist() == [7.0, 7.0]


def test_description_tells_what_was_loaded(tmp_path: Path) -> None:
    model = load(torch.nn.Linear(3, 2), tmp_path)
    file = read(script(torch.nn.Linear(3, 2)), tmp_path)
    assert model.description.path == str(file.path)
    assert len(model.description.sha256) == 64
    assert model.description.kind == 'TorchScript module Linear'
    assert model.description.parameters == 8


def test_warm_up_runs_as_often_as_asked_and_is_remembered(tmp_path: Path) -> None:
    model = bind(load(modules.Identity(), tmp_path, warmup_runs=7))
    assert model.warm_up is None
    prepare(model, [1.0])
    assert model.warm_up is not None
    assert model.warm_up.runs == 7
    assert model.warm_up.first_ms > 0.0 and model.warm_up.settled_ms > 0.0


def test_warm_up_that_fails_is_none(tmp_path: Path) -> None:
    model = bind(load(modules.AlwaysFails(), tmp_path))
    with pytest.raises(ContractError, match='not for stairs'):
        prepare(model, [1.0])
    assert model.warm_up is None


def test_warm_up_ends_with_the_outputs_of_the_last_run(tmp_path: Path) -> None:
    """The module's memory is put back after it, not in between."""
    model = bind(load(modules.BufferInPlace(), tmp_path, warmup_runs=3))
    assert prepare(model, [1.0, 1.0, 1.0]) == [[3.25] * 3]


@pytest.mark.parametrize('threads', [1, 2])
def test_mode_is_inference_on_the_number_of_threads_and_ends(tmp_path: Path, threads: int) -> None:
    model = load(modules.Identity(), tmp_path, num_threads=threads)
    with model.mode():
        assert torch.is_inference_mode_enabled()
        assert torch.get_num_threads() == threads
    assert not torch.is_inference_mode_enabled()


def test_parameters_and_gradients_do_not_hinder_the_way_out(tmp_path: Path) -> None:
    """The outputs outside of inference mode want a gradient, which numpy does not know."""
    model = bind(load(torch.nn.Linear(2, 1), tmp_path))
    assert model.run([np.zeros((1, 2))])[0].shape == (1, 1)


def test_module_without_forward_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        load(modules.WithoutForward(), tmp_path)
    assert str(caught.value) == (
        f'model file {tmp_path / "model.pt"} holds the module WithoutForward, '
        'which has no forward method')


def without(content: bytes, part: str, instead: bytes) -> bytes:
    """Return an archive in which one file has another content."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, 'w') as new:
        for name in old.namelist():
            new.writestr(name, instead if name.endswith(part) else old.read(name))
    return result.getvalue()


@pytest.mark.parametrize('part', ['data.pkl', 'constants.pkl', 'scripted_modules.py', 'version'])
def test_archive_that_torch_refuses_is_told_in_one_line(tmp_path: Path, part: str) -> None:
    file = read(script(modules.ReturnsNamed()), tmp_path)
    broken = ModelFile(file.path, without(file.content, part, b'nonsense'), file.sha256)
    with pytest.raises(ModelFileError, match='cannot be loaded by torch') as caught:
        load_model(broken, ModelConfig(str(file.path)))
    assert str(file.path) in str(caught.value)
    assert '\n' not in str(caught.value)
