# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What an evaluation may change is read off the code, and never less than it does change."""

import io
from typing import Any, Tuple

from dg_pytorch_ros.torchscript.changes import find_changes, PossibleChanges
import pytest
import scripted_modules as modules
import torch


def loaded(module: torch.nn.Module) -> torch.jit.ScriptModule:
    """Take a module through a file."""
    content = torch.jit.script(module.eval()).save_to_buffer()
    result: torch.jit.ScriptModule = torch.jit.load(io.BytesIO(content)).eval()
    return result


def changes(
    *attributes: str, containers: bool = False, tensors: bool = False, counted: bool = True
) -> PossibleChanges:
    return PossibleChanges(frozenset(attributes), containers, tensors, counted)


ANYTHING = PossibleChanges(None, True, True, False)


@pytest.mark.parametrize('make', [
    modules.Identity, modules.TakesNumbers, modules.TakesDefaults, modules.Drops,
    modules.Normalises, lambda: torch.nn.BatchNorm2d(2),
    lambda: torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ELU(), torch.nn.Linear(4, 1)),
    lambda: torch.nn.Sequential(
        torch.nn.Conv2d(1, 1, 1), torch.nn.BatchNorm2d(1), torch.nn.ReLU(True))])
def test_what_remembers_nothing_changes_nothing(make: Any) -> None:
    assert find_changes(loaded(make())) == changes()


@pytest.mark.parametrize('make, expected', [
    (modules.BufferInPlace, changes(tensors=True)),
    (modules.BufferRarelyWritten, changes(tensors=True)),
    (modules.BufferRebound, changes('total')),
    (modules.HiddenAndCell, changes('h', 'c')),
    (modules.Numbers, changes('count', 'level', 'is_first', 'phase')),
    (modules.LastFew, changes(containers=True)),
    (modules.DictOfTensors, changes(containers=True)),
    (modules.DictWrittenInto, changes(tensors=True)),
    (modules.ListInPlace, changes(containers=True, tensors=True)),
    (lambda: torch.nn.TransformerEncoderLayer(4, 2), changes(containers=True, tensors=True)),
    (modules.TwoNamesRebound, changes('written', tensors=True)),
    (modules.RectifiesInPlace, changes('last')),
    (modules.ForgetsOnRequest, changes('state')),
    (modules.Nested, changes(
        'last', 'count', 'level', 'is_first', 'phase', tensors=True)),
    (modules.WritesPastTheCount, changes(tensors=True, counted=False)),
    (modules.WritesUnsafely, changes(tensors=True, counted=False)),
    (modules.SetToAnother, changes(tensors=True, counted=False)),
    (modules.NormalisesByRunningMean, changes(tensors=True, counted=False)),
    (modules.TrainsByItself, changes('count', 'training')),
    (modules.HoldsScriptObject, changes('count')),
    (modules.Forks, ANYTHING), (modules.HidesStage, ANYTHING), (modules.HookedMemory, ANYTHING),
])
def test_changes_are_found(make: Any, expected: Tuple[Any, ...]) -> None:
    assert find_changes(loaded(make())) == expected


def test_what_is_frozen_changes_only_what_was_left() -> None:
    frozen = torch.jit.freeze(
        torch.jit.script(modules.Numbers().eval()), preserved_attrs=['count', 'level'])
    assert find_changes(frozen).attributes == {'count', 'level', 'is_first', 'phase'}


def test_what_was_traced_in_training_mode_changes_what_it_normalises_by() -> None:
    traced = torch.jit.trace(
        torch.nn.BatchNorm1d(3).train(), torch.ones(2, 3), check_trace=False)
    assert find_changes(traced.eval()) == changes(tensors=True, counted=False)


def test_list_may_be_rebound_where_lists_change() -> None:
    found = changes('count', containers=True)
    assert found.may_rebind('count', 1)
    assert found.may_rebind('history', []) and found.may_rebind('state', ({}, 1))
    assert not found.may_rebind('total', torch.zeros(1))
    assert not changes('count').may_rebind('history', [])
    assert ANYTHING.may_rebind('total', torch.zeros(1))
