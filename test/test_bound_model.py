# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a file says of its arguments and results is held against what is asked of it."""

from contextlib import nullcontext
from typing import Any, ContextManager, List, Optional, Sequence, Tuple

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.errors import ContractError, EvaluationError
from dg_pytorch_ros.model import Array, describe_array, ModelDescription
from dg_pytorch_ros.program import Feed
import numpy as np
import pytest

TWO = ('Tensor', 'Tensor')


class Taken:
    """A feed that passes the array on."""

    def __call__(self, value: Array) -> Array:
        return value

    def describe(self, value: Array) -> str:
        return describe_array(value.dtype, value.shape)


class Doubled:
    """A program in plain numpy: its argument twice, and how often it ran, as two results."""

    description = ModelDescription('model', '', 'numpy', 0, 'float32', False)

    def __init__(self, argument: Argument, result: Optional[Result] = None) -> None:
        self.signature = Signature((argument,), result or Result('Tuple', TWO))
        self.seen: List[Tuple[int, ...]] = []

    def mode(self) -> ContextManager[None]:
        return nullcontext()

    def feed(self, argument: Argument, dtype: str) -> Feed:
        return Taken()

    def run(self, arguments: Sequence[Any]) -> Any:
        self.seen.append(arguments[0].shape)
        return (2 * arguments[0], np.array([len(self.seen)]))

    def to_arrays(self, names: Sequence[str], results: Sequence[Any]) -> List[Array]:
        return list(results)

    def complaint(self, error: BaseException) -> str:
        return str(error)

    def keep(self) -> None:
        self.kept = len(self.seen)

    def undo(self) -> None:
        del self.seen[self.kept:]

    def reset(self) -> None:
        pass


def bound(
    program: Doubled, *, dtype: str = 'float32', outputs: Optional[Sequence[str]] = None
) -> BoundModel:
    model = BoundModel(program, ModelConfig('model', warmup_runs=3), load_ms=1.5)
    model.bind(['x'], [dtype], model.signature.match_outputs(outputs))
    return model


def zeros(*shape: int) -> List[Array]:
    return [np.zeros(shape, 'float32')]


@pytest.mark.parametrize('shape', [(1, 3), (7, 3)])
def test_sizes_that_the_file_allows_are_run(shape: Tuple[int, ...]) -> None:
    program = Doubled(Argument('x', dtype='float32', shape=(-1, 3)))
    assert bound(program).run(zeros(*shape))[0].shape == shape


@pytest.mark.parametrize('shape', [(3,), (1, 4), (1, 1, 3), ()])
def test_other_sizes_never_reach_the_program(shape: Tuple[int, ...]) -> None:
    program = Doubled(Argument('x', dtype='float32', shape=(-1, 3)))
    model = bound(program)
    model.run(zeros(1, 3))
    for _ in range(2):  # a refusal is not remembered as a fit
        with pytest.raises(EvaluationError) as caught:
            model.run(zeros(*shape))
        assert str(caught.value) == (
            f"input 'x' has the shape {list(shape)}, but the file takes float32[any, 3] here; "
            'see inputs.x.shape')
    assert program.seen == [(1, 3)]
    model.run(zeros(1, 3))


def test_a_refused_run_is_undone_not_the_one_before() -> None:
    program = Doubled(Argument('x', dtype='float32', shape=(-1, 3)))
    model = bound(program)
    model.run(zeros(1, 3))
    with pytest.raises(EvaluationError):
        model.run(zeros(1, 4))
    model.undo()
    assert program.seen == [(1, 3)]


def test_outputs_of_the_warm_up_are_not_what_the_reset_puts_back() -> None:
    class Lends(Doubled):

        def reset(self) -> None:
            self.lent.fill(0)

        def run(self, arguments: Sequence[Any]) -> Any:
            self.lent = np.array([7.0])
            return (self.lent, self.lent)

    assert bound(Lends(Argument('x'))).prepare(zeros(1))[0].tolist() == [7.0]


def test_sizes_are_refused_at_configure() -> None:
    model = bound(Doubled(Argument('x', shape=(2,))))
    with pytest.raises(ContractError, match=r'has the shape \[3\], but the file takes any\[2\]'):
        model.prepare(zeros(3))


def test_sizes_are_free_where_the_file_says_none() -> None:
    model = bound(Doubled(Argument('x')))
    assert [model.run(zeros(*shape))[0].shape for shape in ((1,), (2, 3), ())] == [
        (1,), (2, 3), ()]


def test_dtype_is_that_of_the_file() -> None:
    program = Doubled(Argument('x', dtype='int64'))
    model = BoundModel(program, ModelConfig('model'))
    assert model.input_dtype(0, 'float64') == 'int64'
    with pytest.raises(ContractError) as caught:
        bound(program, dtype='float32')
    assert str(caught.value) == (
        "input 'x': dtype is float32, but the file takes int64 here")


@pytest.mark.parametrize('result', [
    Result('Tuple', TWO, names=('twice', 'runs')), Result('Tuple', TWO, labels=('twice', 'runs'))])
@pytest.mark.parametrize('outputs, values', [
    (None, [[4.0], [1]]), (['runs'], [[1]]), (['runs', 'twice'], [[1], [4.0]])])
def test_results_with_names_are_chosen_by_them(
    result: Result, outputs: Any, values: List[List[float]]
) -> None:
    model = bound(Doubled(Argument('x'), result), outputs=outputs)
    given = model.run([np.array([2.0], 'float32')])
    assert [array.tolist() for array in given] == values


def test_labels_may_be_replaced_by_other_names() -> None:
    result = Result('Tuple', TWO, labels=('twice', 'runs'))
    model = bound(Doubled(Argument('x'), result), outputs=['torque', 'count'])
    assert [array.tolist() for array in model.run([np.array([2.0], 'float32')])] == [[4.0], [1]]


def test_number_of_results_that_differs_from_that_of_the_names_is_refused() -> None:
    class Single(Doubled):

        def run(self, arguments: Sequence[Any]) -> Any:
            return super().run(arguments)[0]

    complaint = 'forward returned 1 outputs, but output_names has 2'
    with pytest.raises(EvaluationError, match=complaint):
        bound(Single(Argument('x'))).run(zeros(1))


def test_what_a_result_raises_is_a_failed_evaluation() -> None:
    class Late(Doubled):

        def to_arrays(self, names: Sequence[str], results: Sequence[Any]) -> List[Array]:
            raise RuntimeError('device lost')

    with pytest.raises(EvaluationError, match=r'forward failed on x float32\[1\]: device lost'):
        bound(Late(Argument('x'))).run(zeros(1))


def test_description_tells_how_long_loading_took() -> None:
    assert bound(Doubled(Argument('x'))).description.load_ms == 1.5
