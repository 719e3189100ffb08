# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""ONNX models are loaded, bound, warmed up and run as modules of torch are."""

import gc
from pathlib import Path
from threading import Thread
from typing import Any, List

from dg_pytorch_ros.errors import ContractError, EvaluationError
from loading import bind, run
import numpy as np
from onnx_files import (
    BOOL, FLOAT, identity, INT64, linear, load, model, node, stored, TensorProto, value)
import pytest


def refusal(bound: Any, *values: Any) -> str:
    """Return the error of an evaluation that must fail, after a look at its form."""
    with pytest.raises(EvaluationError) as caught:
        run(bound, *values)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def test_model_is_described(tmp_path: Path) -> None:
    description = load(linear(), tmp_path).description
    assert description.path == str(tmp_path / 'model.onnx')
    assert len(description.sha256) == 64
    assert description.kind == 'ONNX model, opset 17'
    assert (description.parameters, description.dtype) == (8, 'float32')
    assert not description.was_training
    assert description.notes == ()


def test_names_are_those_of_the_file(tmp_path: Path) -> None:
    bound = bind(load(linear(), tmp_path))
    assert bound.signature.match_inputs(None) == ('observation',)
    assert bound.signature.match_outputs(None) == ('action',)
    assert bound.signature.arguments[0].shape == (-1, 3)
    assert run(bound, [[1.0, 2.0, 3.0]]) == [[[6.0, 12.0]]]
    assert run(bound, np.ones((2, 3))) == [[[3.0, 6.0], [3.0, 6.0]]]


def test_parameters_for_a_script_module_fit_the_same_module_in_onnx(tmp_path: Path) -> None:
    """Inputs by the names of forward's arguments; the outputs' names are the user's own."""
    bound = bind(load(linear(), tmp_path), inputs=['observation'], outputs=['torque'])
    assert run(bound, [[1.0, 0.0, 0.0]]) == [[[1.0, 2.0]]]


def two_outputs() -> Any:
    return model(
        [node('Neg', 'x', 'action'), node('Abs', 'x', 'value')],
        [value('x')], [value('action'), value('value')])


@pytest.mark.parametrize('outputs, given', [
    (None, [[1.0], [1.0]]), (['value', 'action'], [[1.0], [1.0]]), (['value'], [[1.0]]),
    (['a', 'b'], [[1.0], [1.0]])])
def test_outputs_are_chosen_by_the_names_in_the_file_or_by_place(
    tmp_path: Path, outputs: Any, given: List[List[float]]
) -> None:
    assert run(bind(load(two_outputs(), tmp_path), outputs=outputs), [-1.0]) == given
    (first, *_) = run(bind(load(two_outputs(), tmp_path), outputs=outputs), [2.0])
    assert first == ([-2.0] if outputs is None or outputs[0] in ('action', 'a') else [2.0])


@pytest.mark.parametrize('names, complaint', [
    ({'outputs': ['a']}, r'output_names has 1 names \(a\), but forward returns 2: action, value'),
    ({'outputs': ['action', 'b']}, "output_names holds 'b', which does not exist"),
    ({'inputs': ['x', 'unused']},
     r'input_names has 2 names \(x, unused\), but forward takes 1: x')])
def test_names_that_do_not_fit_are_refused(tmp_path: Path, names: Any, complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        bind(load(two_outputs(), tmp_path), **names)


def test_inputs_in_another_order_are_refused(tmp_path: Path) -> None:
    made = model([node('Sub', 'kp kd', 'y')], [value('kp'), value('kd')], [value('y')])
    assert run(bind(load(made, tmp_path)), [5.0], [3.0]) == [[2.0]]
    with pytest.raises(ContractError, match="'kd' in place 1, but it is argument 2"):
        bind(load(made, tmp_path), inputs=['kd', 'kp'])


@pytest.mark.parametrize('dtype, name', [
    (TensorProto.FLOAT16, 'float16'), (FLOAT, 'float32'), (TensorProto.DOUBLE, 'float64'),
    (TensorProto.INT8, 'int8'), (TensorProto.UINT16, 'uint16'), (INT64, 'int64'),
    (TensorProto.UINT64, 'uint64'), (BOOL, 'bool')])
def test_dtype_is_that_of_the_file_whatever_the_message_has(
    tmp_path: Path, dtype: int, name: str
) -> None:
    bound = bind(load(identity(dtype), tmp_path))
    assert bound.input_dtype(0, 'float64') == name
    with bound.mode():
        (output,) = bound.run([np.array([0.0, 1.0])])
    assert output.dtype == np.dtype(name)
    assert output.tolist() == [0, 1]
    other = 'float64' if name != 'float64' else 'float32'
    with pytest.raises(ContractError, match=f'dtype is {other}, but the file takes {name} here'):
        bind(load(identity(dtype), tmp_path), dtypes=[other])


@pytest.mark.parametrize('dtype', [
    TensorProto.STRING, TensorProto.BFLOAT16])
def test_tensors_that_are_no_arrays_are_refused_by_name(tmp_path: Path, dtype: int) -> None:
    bound = load(identity(dtype), tmp_path)
    kind = {TensorProto.STRING: 'string', TensorProto.BFLOAT16: 'bfloat16'}[dtype]
    with pytest.raises(ContractError, match=rf"input 'x': forward takes tensor\({kind}\) here"):
        bind(bound)
    with pytest.raises(ContractError, match=rf"output 'y': forward returns tensor\({kind}\)"):
        bound.signature.match_outputs(None)


def with_a_list() -> Any:
    sequence = TensorProto.FLOAT, ['n']
    return model(
        [node('SequenceConstruct', 'x', 'all'), node('Neg', 'x', 'action')], [value('x')],
        [_sequence('all', *sequence), value('action')])


def _sequence(name: str, dtype: int, shape: Any) -> Any:
    from onnx import helper
    return helper.make_tensor_sequence_value_info(name, dtype, shape)


def test_output_that_is_no_tensor_may_be_left_out(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="output 'all': forward returns sequence here"):
        bind(load(with_a_list(), tmp_path))
    assert run(bind(load(with_a_list(), tmp_path), outputs=['action']), [1.0]) == [[-1.0]]


def test_input_that_is_no_tensor_is_refused(tmp_path: Path) -> None:
    made = model([node('SequenceAt', 'xs i', 'y')],
                 [_sequence('xs', FLOAT, ['n']), value('i', [], INT64)], [value('y')])
    with pytest.raises(ContractError, match="input 'xs': forward takes sequence here"):
        bind(load(made, tmp_path))


@pytest.mark.parametrize('shape, takes, refuses', [
    ([2, 3], [(2, 3)], [(3, 2), (6,), (1, 2, 3)]),
    (['batch', 3], [(1, 3), (5, 3)], [(3,), (3, 1)]),
    ([None, 2], [(7, 2)], [(2,), (2, 7)]),
    (None, [(1,), (2, 3), (1, 1, 1)], [])])
def test_shape_is_that_of_the_file(
    tmp_path: Path, shape: Any, takes: Any, refuses: Any
) -> None:
    bound = bind(load(identity(shape=shape), tmp_path))
    for one in takes:
        assert run(bound, np.ones(one)) == [np.ones(one).tolist()]
    for one in refuses:
        assert refusal(bound, np.ones(one)).startswith(
            f"input 'x' has the shape {list(one)}, but the file takes float32[")


def test_number_without_dimensions_comes_from_one_element(tmp_path: Path) -> None:
    made = model([node('Mul', 'x gain', 'y')], [value('x'), value('gain', [])], [value('y')])
    bound = bind(load(made, tmp_path))
    assert run(bound, [1.0, 2.0], [3.0]) == [[3.0, 6.0]]
    assert run(bound, [1.0, 2.0], 3.0) == [[3.0, 6.0]]
    assert refusal(bound, [1.0, 2.0], [3.0, 4.0]) == (
        'forward failed on x float32[2], gain float32[2]: float32[2] where a number is due')


def test_number_without_dimensions_comes_out(tmp_path: Path) -> None:
    made = model([node('ReduceSum', 'x', 'y', keepdims=0)], [value('x')], [value('y', [])])
    bound = bind(load(made, tmp_path))
    with bound.mode():
        (output,) = bound.run([np.array([1.0, 2.0])])
    assert (output.shape, output.tolist()) == ((), 3.0)


def with_default(ir_version: int) -> Any:
    """Make a model that lists its gain among the inputs, before the others."""
    return model([node('Mul', 'x gain', 'y')], [value('gain', [1]), value('x')], [value('y')],
                 [stored('gain', [2])], ir_version=ir_version)


def test_initializer_among_the_inputs_is_a_default(tmp_path: Path) -> None:
    bound = load(with_default(8), tmp_path)
    assert [argument.name for argument in bound.signature.arguments] == ['x', 'gain']
    assert bound.signature.match_inputs(None) == ('x',)
    assert run(bind(bound), [3.0]) == [[6.0]]
    assert run(bind(load(with_default(8), tmp_path), inputs=['x', 'gain']), [3.0], [5.0]) == [
        [15.0]]


def test_initializer_among_the_inputs_of_an_old_file_is_a_constant(tmp_path: Path) -> None:
    bound = load(with_default(3), tmp_path)
    assert [argument.name for argument in bound.signature.arguments] == ['x']
    assert run(bind(bound), [3.0]) == [[6.0]]


def test_input_without_effect_is_an_input_all_the_same(tmp_path: Path) -> None:
    made = model([node('Neg', 'x', 'y')], [value('x'), value('unused', [2])], [value('y')])
    assert run(bind(load(made, tmp_path)), [1.0], [0.0, 0.0]) == [[-1.0]]


def test_output_may_be_an_input_or_a_constant(tmp_path: Path) -> None:
    made = model([], [value('x')], [value('x'), value('constant', [2])],
                 [stored('constant', [1, 2])])
    bound = bind(load(made, tmp_path), inputs=['given'])
    given = np.array([5.0])
    with bound.mode():
        first, constant = bound.run([given])
        first[:] = constant[:] = 0
        assert given == [5.0]
        assert [output.tolist() for output in bound.run([given])] == [[5.0], [1.0, 2.0]]


def test_results_stay_as_they_are_when_it_runs_again_and_when_it_is_gone(tmp_path: Path) -> None:
    bound = bind(load(linear(), tmp_path))
    with bound.mode():
        results = [bound.run([np.full((1, 3), float(number))])[0] for number in range(20)]
    del bound
    gc.collect()
    assert [result.tolist() for result in results] == [
        [[3.0 * number, 6.0 * number]] for number in range(20)]


def test_values_that_lie_at_odd_places_and_may_not_be_written(tmp_path: Path) -> None:
    bound = bind(load(identity(TensorProto.DOUBLE), tmp_path))
    odd = np.frombuffer(b'\0' * 4 + np.arange(3.0).tobytes(), 'float64', 3, 4)
    assert not odd.flags.writeable
    assert run(bound, odd) == [[0.0, 1.0, 2.0]]
    assert run(bound, np.arange(6.0)[::2]) == [[0.0, 2.0, 4.0]]


@pytest.mark.parametrize('threads', [1, 2])
def test_model_runs_in_another_thread_than_it_was_loaded_in(tmp_path: Path, threads: int) -> None:
    bound = bind(load(linear(), tmp_path, num_threads=threads))
    found: List[Any] = []
    thread = Thread(target=lambda: found.extend(run(bound, [[1.0, 1.0, 1.0]])))
    thread.start()
    thread.join()
    assert found == [[[3.0, 6.0]]]


def test_warm_up_and_reset_leave_nothing_behind(tmp_path: Path) -> None:
    bound = bind(load(linear(), tmp_path, warmup_runs=4))
    with bound.mode():
        assert bound.prepare([np.ones((1, 3))])[0].tolist() == [[3.0, 6.0]]
        bound.undo()
        bound.reset()
    assert bound.warm_up is not None
    assert bound.warm_up.runs == 4
    assert run(bound, np.ones((1, 3))) == [[[3.0, 6.0]]]


def test_complaint_is_one_line_and_nothing_goes_past_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    table = model([node('Gather', 'table row', 'y', name='look_up')], [value('row', ['n'], INT64)],
                  [value('y', ['n', 2])], [stored('table', np.ones((3, 2)))])
    bound = bind(load(table, tmp_path))
    assert refusal(bound, [7.0]) == (
        "forward failed on row int64[1]: Gather 'look_up': indices element out of data bounds, "
        'idx=7 must be within the inclusive range [-3,2]')
    assert capfd.readouterr() == ('', '')
    assert run(bound, [2.0]) == [[[1.0, 1.0]]]


def test_names_that_no_parameter_can_have_are_made_fit(tmp_path: Path) -> None:
    made = model([node('Identity', 'serving/x:0', 'Identity:0'), node('Neg', 'serving/x:0', '7')],
                 [value('serving/x:0')], [value('Identity:0'), value('7')])
    bound = bind(load(made, tmp_path))
    assert bound.signature.match_inputs(None) == ('serving_x_0',)
    assert bound.signature.match_outputs(None) == ('Identity_0', 'output_7')
    assert run(bound, [1.0]) == [[1.0], [-1.0]]
