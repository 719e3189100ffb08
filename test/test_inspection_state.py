# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What changes in a module is told by name, without running it, and never less than changes."""

from typing import Any, Callable, Dict, Type

from archives import content_of, loaded, MODULES, saved
from dg_pytorch_ros.inspection.script.archive import ScriptArchive
from dg_pytorch_ros.inspection.script.modules import join, StoredModules
from dg_pytorch_ros.inspection.script.state import (
    ASSIGNED, changes_of, find_state, ITEMS, looks_like_reset, State, WRITTEN)
from dg_pytorch_ros.torchscript.changes import evaluation_graph
import pytest
import scripted_modules as modules
import torch
from torch import Tensor


def state_of(content: bytes) -> State:
    module = loaded(content)
    return find_state(module, evaluation_graph(module))


def plain(value: Any) -> Any:
    """Return what can be compared, nothing of it rounded."""
    if isinstance(value, Tensor):
        return value.to_dense().tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def contents(module: torch.jit.ScriptModule) -> Dict[str, Any]:
    result = {}
    for path, owner in module.named_modules():
        for name in owner._concrete_type.get_attributes():
            try:
                result[join(path, name)] = plain(getattr(owner, name))
            except RuntimeError:  # an object of a script class has no Python side
                result[join(path, name)] = owner._c.getattr(name)
    return result


def changed_by_running(module: torch.jit.ScriptModule) -> 'set[str]':
    before = contents(module)
    dtypes = {parameter.dtype for parameter in module.parameters()} or {torch.float64}
    for scale in (1.0, 2.0, 300.0):
        try:
            module(torch.tensor([1.0, -2.0, 3.0], dtype=min(dtypes, key=str)) * scale)
        except (RuntimeError, TypeError, torch.jit.Error):
            continue  # it may have changed something before it failed
    after = contents(module)
    return {path for path, value in after.items() if value != before[path]}


@pytest.mark.parametrize('kind', MODULES)
def test_all_that_changes_is_told(kind: Type[torch.nn.Module]) -> None:
    content = content_of(kind)
    state = state_of(content)
    stored = StoredModules(ScriptArchive(content))
    told = {other for path in state.changes for other in (path, *stored.sharing(path))}
    if state.is_certain:
        assert not [
            path for path in changed_by_running(loaded(content))
            if not any(f'{one}.'.startswith(f'{path}.') for one in told)]


@pytest.mark.parametrize('kind, expected', [
    (modules.Identity, {}), (modules.WritesIntoInput, {}), (modules.Drops, {}),
    (modules.Normalises, {}),
    (modules.BufferInPlace, {'total': WRITTEN}), (modules.BufferRebound, {'total': ASSIGNED}),
    (modules.KeepsInput, {'last': ASSIGNED}),
    (modules.RectifiesInPlace, {'last': ASSIGNED}),
    (modules.RebindsToWritten, {'written': WRITTEN, 'last': ASSIGNED}),
    (modules.ViewOfBuffer, {'row': WRITTEN}),
    (modules.ExpandedWritten, {'total': WRITTEN}),
    (modules.LastFew, {'history': ITEMS}), (modules.ListInPlace, {'history': WRITTEN}),
    (modules.DictOfLists, {'state': ITEMS}), (modules.DictWrittenInto, {'state': WRITTEN}),
    (modules.TupleOfLists, {'state': ITEMS}),
    (modules.LongShortTerm, {'state': ASSIGNED}),
    (modules.HiddenAndCell, {'h': ASSIGNED, 'c': ASSIGNED}),
    (modules.Nested, {
        'stages.0.0.total': WRITTEN, 'stages.0.1.last': ASSIGNED, 'stages.1.0.total': WRITTEN,
        'count.count': ASSIGNED, 'count.level': ASSIGNED, 'count.is_first': ASSIGNED,
        'count.phase': ASSIGNED}),
    (modules.NormalisesByRunningMean, {'mean': WRITTEN, 'variance': WRITTEN}),
    (modules.WritesPastTheCount, {'total': WRITTEN}), (modules.WritesUnsafely, {'total': WRITTEN}),
])
def test_changes_are_told_by_name(
    kind: Callable[[], torch.nn.Module], expected: Dict[str, str]
) -> None:
    state = state_of(content_of(kind))
    assert (state.changes, state.is_certain) == (expected, True)


class WritesInLoop(modules.BufferInPlace):
    """Reaches its buffer through a value that a loop hands on."""

    def forward(self, x: Tensor) -> Tensor:
        written = x + 0
        for _ in range(3):
            written += x
            written = self.total
        return written


class WritesAfterLoop(modules.BufferInPlace):
    """Reaches its buffer through what a loop leaves."""

    def forward(self, x: Tensor) -> Tensor:
        written = x + 0
        for _ in range(3):
            written = self.total
        written += x
        return written


class WritesIntoEither(modules.BufferInPlace):
    """Reaches its buffer in one of two branches."""

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            written = self.total
        else:
            written = x + 0
        written[0] += 1
        return written


class WritesThroughList(modules.BufferInPlace):
    """Reaches its buffer through a list of its own."""

    def forward(self, x: Tensor) -> Tensor:
        several = [x + 0]
        several.append(self.total)
        several[1] += x
        return several[0]


@pytest.mark.parametrize('kind', [
    WritesInLoop, WritesAfterLoop, WritesIntoEither, WritesThroughList])
def test_changes_are_followed_through_the_code(kind: Type[torch.nn.Module]) -> None:
    content = content_of(kind)
    assert list(state_of(content).changes) == ['total']
    assert changed_by_running(loaded(content)) == {'total'}


@pytest.mark.parametrize('kind', [modules.Forks, modules.HidesStage, modules.HookedMemory])
def test_what_cannot_be_seen_is_said(kind: Type[torch.nn.Module]) -> None:
    assert not state_of(content_of(kind)).is_certain


def test_what_cannot_be_restored_is_said() -> None:
    state = state_of(content_of(modules.HoldsScriptObject))
    assert state.changes == {'tally.count': ASSIGNED}
    assert state.is_lost('tally.count') and not state.is_lost('tally_2')


class HasMethods(modules.BufferInPlace):

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.limit = 3.0

    def forward(self, x: Tensor) -> Tensor:
        self.total += x
        self.calls += 1
        return self.total + 0

    @torch.jit.export
    def reset_memory(self) -> None:
        self.total.zero_()

    @torch.jit.export
    def set_limit(self, limit: float) -> None:
        self.limit = limit

    @torch.jit.export
    def restart(self, calls: int = 0) -> None:
        self.calls = calls
        self.limit = 3.0

    @torch.jit.export
    def clear(self, total: Tensor) -> None:
        self.total = total


def test_methods_tell_which_of_the_state_they_reset() -> None:
    assert state_of(content_of(HasMethods)).resets == {
        'reset_memory': ('total',), 'restart': ('calls',)}


@pytest.mark.parametrize('name, expected', [
    ('reset', True), ('reset_memory', True), ('clearState', True), ('init_hidden', True),
    ('act', False), ('set_limit', False)])
def test_name_tells_a_reset(name: str, expected: bool) -> None:
    assert looks_like_reset(name) is expected


def test_what_was_traced_in_training_mode_changes_its_statistics() -> None:
    traced = torch.jit.trace(
        torch.nn.BatchNorm1d(3).train(), torch.ones(2, 3), check_trace=False)
    graph = loaded(saved(traced)).forward.inlined_graph
    assert set(changes_of(graph)) >= {'running_mean', 'running_var'}
