# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What no program can do is refused, with the reason in one sentence."""

from typing import Any, List, Sequence, Type

from conversion_pairs import Pair, rows
from dg_pytorch_ros.conversion.error import ConversionError
import modules_to_convert as modules
import pytest
import scripted_modules
import torch
from torch import Tensor


class HoldsObject(torch.nn.Module):
    """Has weights that only C++ sees."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.ao.nn.quantized.dynamic.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


def refusal(pair: Pair, examples: Sequence[Any]) -> str:
    """Return why a module is not converted."""
    with pytest.raises(ConversionError) as caught:
        pair.program(examples)
    text = str(caught.value)
    assert '\n' not in text and len(text) < 400
    return text


@pytest.mark.parametrize('kind, more, reasons', [
    (modules.Counts, [], ['self.count', 'int', 'register_buffer']),
    (modules.BeginsWithNothing, [], ['self.state is None at first', 'start as a tensor']),
    (modules.Grows, [], ['self.h float32[6] after float32[3]', 'keeps its shape']),
    (modules.ChangesDtype, [], ['self.h float64[3] after float32[3]']),
    (modules.Collects, [], ['self.history another number of items']),
    (modules.SharesMemory, [], ['self.whole, self.part', 'the same memory']),
    (modules.SharesPart, [], ['self.one.c, self.other.c', 'the same tensor']),
    (modules.LoopsByValue, [], ['values decide at run time how long a loop', '.py:']),
    (modules.LoopsByArgument, [3], ['values decide at run time how often a loop']),
    (modules.BreaksByValue, [], ['values decide at run time how long a loop']),
    (modules.LoopsLong, [], ['more than 20000 steps']),
    (modules.ChoosesShapes, [], ['decides by a value at run time', 'shape [6] or [3]']),
    (modules.ChoosesDtypes, [], ['torch.float64 or torch.float32']),
    (modules.ChoosesNothing, [], ['gives None or a tensor']),
    (modules.ChoosesTexts, [], ["gives str 'a' or str 'b'"]),
    (modules.AppendsInBranch, [], ['results of another form']),
    (modules.WritesPartInBranch, [], ['writes into a part of a tensor']),
    (modules.ManyNumbersInBranch, [], ['makes a tensor of many numbers']),
    (modules.AlwaysRaises, [], ['forward raises: never']),
    (modules.RaisesByShape, [], ['forward raises: not three']),
    (modules.ListsTensor, [], ['tolist', 'makes numbers of a tensor']),
    (HoldsObject, [], ['self.layer._packed_params._packed_params', 'LinearPackedParamsBase']),
], ids=lambda value: getattr(value, '__name__', ''))
def test_reason_is_given(
    kind: Type[torch.nn.Module], more: List[Any], reasons: List[str]
) -> None:
    text = refusal(Pair(kind()), [rows()[0][0], *more])
    for reason in reasons:
        assert reason in text


def test_hooks_are_refused() -> None:
    module = scripted_modules.Hooked()
    module.register_forward_pre_hook(scripted_modules.add_one)
    assert 'it has hooks' in refusal(Pair(module), [torch.zeros(3)])


def test_arguments_must_be_tensors_or_numbers() -> None:
    text = refusal(Pair(modules.TakesList()), [torch.zeros(3)])
    assert 'its argument x is of type List[Tensor]' in text


def test_arguments_without_default_need_a_value() -> None:
    text = refusal(Pair(modules.ResetsByTensor()), [torch.zeros(3)])
    assert text == 'its argument reset has no value and no default'


def test_there_are_not_more_values_than_arguments() -> None:
    text = refusal(Pair(modules.Loops()), [torch.zeros(3), torch.zeros(3)])
    assert text == 'there are 2 values for 1 arguments'


def test_what_the_operators_refuse_is_told_in_one_line() -> None:
    text = refusal(Pair(modules.AssignsBuffer()), [torch.zeros(4)])
    assert 'refuses it' in text


def test_unknown_operators_are_named() -> None:
    unit = torch.jit.ScriptModule()
    unit.define(
        'def forward(self, x: Tensor) -> Tensor:\n    return x * float(hash(str(x.dim())))\n')
    assert 'aten::hash' in refusal(Pair(unit), [torch.zeros(3)])
