# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Names are matched with what `forward` takes and gives, or refused by name."""

from typing import Any, Optional, Sequence

from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.errors import ContractError
import pytest

TENSOR = Result('Tensor')
PAIR = Result('Tuple[Tensor, Tensor]', ('Tensor', 'Tensor'))
NAMED = Result('__torch__.Out', ('Tensor', 'int', 'Tensor'), ('torque', 'step', 'value'))
DICT = Result('Dict[str, Tensor]', ('Dict[str, Tensor]',), is_open=True)

PD = Signature(
    (Argument('kp'), Argument('position'), Argument('gain', 'float', has_default=True)), TENSOR)


def returning(result: Result) -> Signature:
    return Signature((Argument('x'),), result)


@pytest.mark.parametrize('names, matched', [
    (None, ('kp', 'position')),
    (['kp', 'position'], ('kp', 'position')),
    (['kp', 'position', 'gain'], ('kp', 'position', 'gain')),
    (['a', 'b', 'c'], ('a', 'b', 'c')),
    (['a', 'position'], ('a', 'position')),
])
def test_inputs_are_named_in_the_order_of_the_arguments(
    names: Optional[Sequence[str]], matched: Any
) -> None:
    assert PD.match_inputs(names) == matched


@pytest.mark.parametrize('names, complaint', [
    (['kp'], r'input_names has 1 names \(kp\), but forward takes 2 to 3: kp, position, gain'),
    ([], r'input_names has 0 names \(none\), but forward takes 2 to 3'),
    (['a', 'b', 'c', 'd'], r'input_names has 4 names \(a, b, c, d\)'),
    (['position', 'kp'],
     "input_names has 'position' in place 1, but it is argument 2 of forward; "
     'the order must be that of forward: kp, position, gain'),
    (['a', 'gain'], "input_names has 'gain' in place 2, but it is argument 3"),
])
def test_names_that_cannot_be_the_arguments_are_refused(
    names: Sequence[str], complaint: str
) -> None:
    with pytest.raises(ContractError, match=complaint):
        PD.match_inputs(names)


def test_exact_number_of_arguments_is_told_when_none_has_a_default() -> None:
    with pytest.raises(ContractError, match='forward takes 1: x'):
        returning(TENSOR).match_inputs(['x', 'y'])


@pytest.mark.parametrize('type_name', ['Tensor', 'float', 'int', 'bool'])
def test_tensors_and_python_numbers_can_be_fed(type_name: str) -> None:
    argument = Argument('x', type_name)
    assert Signature((argument,), TENSOR).match_inputs(['anything']) == ('anything',)
    assert argument.is_scalar == (type_name != 'Tensor')


@pytest.mark.parametrize('type_name', ['List[Tensor]', 'Optional[int]', 'str'])
def test_argument_that_no_message_can_feed_is_refused_unless_its_default_is_used(
    type_name: str
) -> None:
    arguments = (Argument('x'), Argument('extra', type_name, has_default=True))
    signature = Signature(arguments, TENSOR)
    assert signature.match_inputs(None) == ('x',)
    with pytest.raises(ContractError) as caught:
        signature.match_inputs(['x', 'mine'])
    assert str(caught.value) == (
        f"input 'mine': forward takes {type_name} here; "
        'an input feeds a Tensor, float, int or bool')


@pytest.mark.parametrize('result, names, matched', [
    (TENSOR, None, ('output',)),
    (TENSOR, ['torque'], ('torque',)),
    (PAIR, None, ('output_0', 'output_1')),
    (PAIR, ['a', 'b'], ('a', 'b')),
    (NAMED, ['value', 'torque'], ('value', 'torque')),
    (NAMED, ['torque'], ('torque',)),
    (DICT, ['whatever', 'it', 'holds'], ('whatever', 'it', 'holds')),
])
def test_outputs_are_named(
    result: Result, names: Optional[Sequence[str]], matched: Any
) -> None:
    assert returning(result).match_outputs(names) == matched


def test_fields_of_a_named_tuple_are_the_default_names() -> None:
    result = Result('__torch__.Out', ('Tensor', 'Tensor'), ('torque', 'value'))
    assert returning(result).match_outputs(None) == ('torque', 'value')


@pytest.mark.parametrize('result, names, complaint', [
    (TENSOR, ['a', 'b'],
     r'output_names has 2 names \(a, b\), but forward returns 1: Tensor'),
    (PAIR, ['a'], r'output_names has 1 names \(a\), but forward returns 2: Tuple'),
    (NAMED, ['effort'], "output_names holds 'effort', which does not exist; "
     'forward returns torque, step, value'),
    (NAMED, ['torque', 'step'], "output 'step': forward returns int here; expected a Tensor"),
    (NAMED, None, "output 'step': forward returns int here"),
    (Result('float', ('float',)), None, "output 'output': forward returns float here"),
    (Result('Tuple[Tensor, Tuple[Tensor, Tensor]]', ('Tensor', 'Tuple[Tensor, Tensor]')),
     ['y', 'state'], r"output 'state': forward returns Tuple\[Tensor, Tensor\] here"),
    (DICT, None, r'output_names is not set, and forward returns Dict\[str, Tensor\]'),
])
def test_names_that_cannot_be_the_results_are_refused(
    result: Result, names: Optional[Sequence[str]], complaint: str
) -> None:
    with pytest.raises(ContractError, match=complaint):
        returning(result).match_outputs(names)


LABELLED = Result('(Tensor, Tensor)', ('Tensor', 'Tensor'), labels=('pose', 'score'))


@pytest.mark.parametrize('names, matched, places', [
    (None, ('pose', 'score'), (0, 1)),
    (['score'], ('score',), (1,)),
    (['score', 'pose'], ('score', 'pose'), (1, 0)),
    (['a', 'b'], ('a', 'b'), None),
])
def test_labels_choose_results_or_are_replaced(
    names: Optional[Sequence[str]], matched: Any, places: Any
) -> None:
    signature = returning(LABELLED)
    assert signature.match_outputs(names) == matched
    assert signature.output_places(matched) == places


@pytest.mark.parametrize('names, complaint', [
    (['a', 'pose'], "output_names holds 'a', which does not exist; forward returns pose, score"),
    (['a'], 'output_names has 1 names'),
])
def test_names_that_mix_labels_with_others_are_refused(
    names: Sequence[str], complaint: str
) -> None:
    with pytest.raises(ContractError, match=complaint):
        returning(LABELLED).match_outputs(names)


@pytest.mark.parametrize('expected, shape, takes', [
    (None, (), True), (None, (1, 2), True), ((), (), True), ((), (1,), False),
    ((1, 48), (1, 48), True), ((1, 48), (1, 47), False), ((1, 48), (48,), False),
    ((-1, 48), (0, 48), True), ((-1, 48), (9, 48), True), ((-1, 48), (9, 48, 1), False)])
def test_shapes_that_an_argument_takes(expected: Any, shape: Any, takes: bool) -> None:
    assert Argument('x', shape=expected).takes(shape) == takes
