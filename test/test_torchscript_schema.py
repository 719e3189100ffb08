# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Names and types are read out of a module's file."""

from pathlib import Path
from typing import Any, NamedTuple, Tuple

from dg_pytorch_ros.contract import Argument, Result, Signature
from loading import load
import pytest
import scripted_modules as modules
import torch
from torch import Tensor


def signature(module: torch.nn.Module, directory: Path) -> Signature:
    return load(module, directory).signature


class Control(NamedTuple):
    """Of the same name as another one in the same module."""

    brake: Tensor
    steer: Tensor


class UsesBoth(torch.nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.inner = modules.ReturnsNamed()

    def forward(self, x: Tensor) -> Control:
        return Control(self.inner(x).torque, x)


@pytest.mark.parametrize('make, arguments', [
    (modules.Identity, (Argument('x'),)),
    (modules.TakesNumbers, (
        Argument('x'), Argument('gain', 'float'), Argument('power', 'int'),
        Argument('negate', 'bool'))),
    (modules.TakesDefaults, (
        Argument('x'), Argument('gain', 'float', has_default=True),
        Argument('bias', 'Optional[Tensor]', has_default=True))),
    (modules.TakesList, (Argument('x', 'List[Tensor]'),)),
])
def test_arguments_of_a_scripted_module(
    tmp_path: Path, make: 'type[torch.nn.Module]', arguments: Tuple[Argument, ...]
) -> None:
    assert signature(make(), tmp_path).arguments == arguments


@pytest.mark.parametrize('make, types, names, is_open', [
    (modules.Identity, ('Tensor',), (), False),
    (modules.ReturnsPair, ('Tensor', 'Tensor'), (), False),
    (modules.ReturnsNamed, ('Tensor', 'Tensor'), ('torque', 'value_2'), False),
    (UsesBoth, ('Tensor', 'Tensor'), ('brake', 'steer'), False),
    (modules.ReturnsNested, ('Tensor', 'Tuple[Tensor, Tensor]'), (), False),
    (modules.ReturnsList, ('List[Tensor]',), (), True),
    (modules.ReturnsDict, ('Dict[str, Tensor]',), (), True),
    (modules.ReturnsNumber, ('float',), (), False),
    (modules.ReturnsOptional, ('Optional[Tensor]',), (), False),
    (modules.ReturnsNothing, ('NoneType',), (), False),
])
def test_result_of_a_scripted_module(
    tmp_path: Path, make: 'type[torch.nn.Module]', types: Any, names: Any, is_open: bool
) -> None:
    result = signature(make(), tmp_path).result
    assert result == Result(result.annotation, types, names, is_open)


@pytest.mark.parametrize('make, outputs', [
    (modules.Identity, ('output',)), (modules.ReturnsPair, ('output_0', 'output_1'))])
def test_traced_module_has_names_too(
    tmp_path: Path, make: 'type[torch.nn.Module]', outputs: Any
) -> None:
    traced = signature(torch.jit.trace(make(), torch.zeros(3)), tmp_path)
    assert traced.match_inputs(None) == ('x',)
    assert traced.match_outputs(None) == outputs


def test_traced_dict_tells_its_members_when_it_runs(tmp_path: Path) -> None:
    traced = torch.jit.trace(modules.ReturnsDict(), torch.zeros(3), strict=False)
    assert signature(traced, tmp_path).result.is_open


def test_signature_of_a_frozen_module_is_the_same(tmp_path: Path) -> None:
    scripted = torch.jit.script(modules.ReturnsNamed().eval())
    frozen = signature(torch.jit.freeze(scripted), tmp_path)
    assert frozen == signature(scripted, tmp_path)
