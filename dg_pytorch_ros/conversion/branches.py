# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Both branches of a decision that only a run takes, as one operation of the program."""

from types import SimpleNamespace
from typing import Any, Dict, Iterator, List, NamedTuple, NoReturn, Sequence, Set, Tuple

from dg_pytorch_ros.conversion.error import ConversionError, ScriptRaised
from dg_pytorch_ros.conversion.memory import Memory, ModuleAt
from dg_pytorch_ros.conversion.origin import place_of
from dg_pytorch_ros.conversion.script_numbers import (
    as_tensor, is_number, kind_of, KnownTensor, LiveNumber, SYMBOLIC)
import torch
from torch import Tensor
from torch._higher_order_ops.cond import cond_op
from torch.fx.experimental.proxy_tensor import disable_proxy_modes_tracing
from torch.fx.experimental.symbolic_shapes import statically_known_true
from torch.utils import _pytree as pytree

_Operand = Any  # a tensor, or a size that may vary


class _Outcome(NamedTuple):
    """What a branch has come to: its outputs and what it assigned, or what it raised."""

    leaves: List[Any]
    form: Any
    memory: Memory
    raised: str = ''


class _Swap:
    """Gives a branch values of its own for those outside, lists and dicts included."""

    def __init__(self) -> None:
        self._kept: List[Any] = []  # so that no other object has the identity of one of these
        self._containers: Dict[int, Tuple[Any, Any, List[int]]] = {}

    def __call__(self, value: Any) -> Any:
        if isinstance(value, tuple) and not isinstance(value, ModuleAt):
            return tuple(map(self, value))
        if not isinstance(value, (list, dict, SimpleNamespace)):
            return self._leaf(value)
        if id(value) not in self._containers:
            copy = _filled_like(value, list(map(self, _items(value))))
            self._containers[id(value)] = (value, copy, list(map(id, _items(copy))))
            self._kept.append(_items(copy))
        return self._containers[id(value)][1]

    def changed(self) -> List[Any]:
        """Return the containers outside whose counterparts have been changed."""
        return [
            outside for outside, copy, before in self._containers.values()
            if list(map(id, _items(copy))) != before]

    def _leaf(self, value: Any) -> Any:
        if isinstance(value, LiveNumber):
            return LiveNumber(self._operand(value.tensor), value.kind)
        if isinstance(value, KnownTensor):
            return KnownTensor(self._operand(value.number), value.dtype)
        return self._operand(value)

    def _operand(self, value: Any) -> Any:
        raise NotImplementedError


class _Trial(_Swap):
    """Gives a branch copies of what it takes, and knows afterwards what it took and wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.originals: Dict[int, _Operand] = {}
        self._copies: Dict[int, Tuple[Tensor, int]] = {}

    def original(self, copy: Any) -> Any:
        """Return that of which this is the copy, None if of nothing."""
        for key, (tensor, _) in self._copies.items():
            if tensor is copy:
                return self.originals[key]
        return None

    def written(self) -> Set[int]:
        """Return what the branch has written into."""
        return {
            key for key, (tensor, version) in self._copies.items()
            if tensor._version != version}

    def _operand(self, value: Any) -> Any:
        if isinstance(value, SYMBOLIC):
            self.originals[id(value)] = value
        if not isinstance(value, Tensor):
            return value
        if id(value) not in self.originals:
            copy = value.clone()
            self.originals[id(value)] = value
            self._copies[id(value)] = (copy, copy._version)
        return self._copies[id(value)][0]


class _Given(_Swap):
    """Gives a branch the operands that stand for what it takes."""

    def __init__(self, operands: Dict[int, _Operand]) -> None:
        super().__init__()
        self._operands = operands

    def _operand(self, value: Any) -> Any:
        return self._operands.get(id(value), value)


class Branches:
    """The two blocks of a decision, with what they take from outside."""

    def __init__(self, interpreter: Any, node: Any, values: Dict[str, Any]) -> None:
        self._interpreter = interpreter
        self._node = node
        self._values = values
        self._blocks = list(node.blocks())
        names = set(_taken(node))
        self._free = {name: value for name, value in values.items() if name in names}

    def join(self, condition: LiveNumber) -> List[Any]:
        """Put both branches into the program; return what the decision returns."""
        trials = (_Trial(), _Trial())
        with disable_proxy_modes_tracing():
            outcomes = [
                self._try(block, trial) for block, trial in zip(self._blocks, trials)]
        if outcomes[0].raised or outcomes[1].raised:
            return self._assert(condition, outcomes)
        paths = sorted(outcomes[0].memory.assigned | outcomes[1].memory.assigned)
        changed = {id(item): item for trial in trials for item in trial.changed()}
        self._check_containers(list(changed.values()))
        with disable_proxy_modes_tracing():
            outcomes = [
                _with_changes(outcome, trial, paths, list(changed.values()))
                for outcome, trial in zip(outcomes, trials)]
        return self._decide(condition, trials, outcomes, paths, list(changed.values()))

    def _try(self, block: Any, trial: _Trial) -> _Outcome:
        memory = self._interpreter.memory.branch(trial)
        free = trial(self._free)
        try:
            outputs = self._interpreter.within(memory).run(block, dict(free))
        except ScriptRaised as error:
            return _Outcome([], None, memory, str(error) or 'an exception')
        leaves, form = pytree.tree_flatten(outputs)
        return _Outcome(leaves, form, memory)

    def _assert(self, condition: LiveNumber, outcomes: Sequence[_Outcome]) -> List[Any]:
        first, second = outcomes
        if first.raised and second.raised:
            raise ScriptRaised(first.raised)
        holds = torch.logical_not(condition.tensor) if first.raised else condition.tensor
        message = first.raised or second.raised
        torch.ops.aten._assert_async.msg(holds, message)
        self._interpreter.note(
            f'forward raises by values{place_of(self._node)}: kept as an assertion ({message})')
        outputs: List[Any] = self._interpreter.run(
            self._blocks[1 if first.raised else 0], self._values)
        return outputs

    def _decide(
        self, condition: LiveNumber, trials: Sequence[_Trial], outcomes: Sequence[_Outcome],
        paths: Sequence[str], changed: Sequence[Any]
    ) -> List[Any]:
        first, second = outcomes
        if first.form != second.form:
            self._refuse('gives results of another form in each branch')
        operands = {**trials[0].originals, **trials[1].originals}
        if not operands:  # a file knows no type of nothing
            operands[id(condition.tensor)] = condition.tensor
        written = self._written(operands, trials)
        plan = [
            self._plan(trials, left, right, written)
            for left, right in zip(first.leaves, second.leaves)]
        wanted = [index for index, (is_joined, _) in enumerate(plan) if is_joined]
        results: Sequence[Tensor] = ()
        if wanted or written:
            keys = list(operands)

            def branch(block: Any) -> Any:
                def run(*given: Any) -> Tuple[Tensor, ...]:
                    return self._in_program(
                        block, dict(zip(keys, given)), wanted, written, paths, changed)
                return run

            both: Any = cond_op
            results = both(
                condition.tensor, *map(branch, self._blocks), tuple(operands.values()))
        leaves = [value for _, value in plan]
        for index, result in zip(wanted, results):
            kind = kind_of(leaves[index]) if is_number(leaves[index]) else None
            leaves[index] = result if kind is None else LiveNumber(result, kind)
        for key, result in zip(written, results[len(wanted):]):
            operands[key].copy_(result)
        joined = pytree.tree_unflatten(leaves, first.form)
        outputs, assigned, contents = joined
        for path, value in zip(paths, assigned):
            self._interpreter.memory.assign(path, value)
        for container, content in zip(changed, contents):
            _fill(container, content)
        return list(outputs)

    def _check_containers(self, changed: Sequence[Any]) -> None:
        for container in changed:
            if any(isinstance(item, (list, dict, SimpleNamespace)) for item in _items(container)):
                self._refuse('changes a list of lists in one of its branches')

    def _written(
        self, operands: Dict[int, _Operand], trials: Sequence[_Trial]
    ) -> List[int]:
        changed = trials[0].written() | trials[1].written()
        written = [key for key in operands if key in changed]
        internal: Any = torch._C
        for key in written:
            for other, operand in operands.items():
                if other != key and isinstance(operand, Tensor) and (
                        internal._is_alias_of(operand, operands[key])):
                    self._refuse('writes into a part of a tensor in one of its branches')
        return written

    def _plan(
        self, trials: Sequence[_Trial], left: Any, right: Any, written: Sequence[int]
    ) -> Tuple[bool, Any]:
        """Say whether a result needs both branches, and what stands for it otherwise."""
        source = trials[0].original(left)
        if source is not None and source is trials[1].original(right):
            return False, source
        if isinstance(left, (Tensor, KnownTensor)) and isinstance(right, (Tensor, KnownTensor)):
            self._check_alike(_tensor(left), _tensor(right))
            return True, left
        if is_number(left) and is_number(right):
            if not _is_unsettled(left) and not _is_unsettled(right) and left == right:
                return False, left
            if kind_of(left) is not kind_of(right):
                self._refuse('gives numbers of different types')
            return True, left
        if type(left) is type(right) and left == right:
            return False, left
        names = sorted({_kind_name(left), _kind_name(right)})
        self._refuse(f'gives {" or ".join(names)}')

    def _check_alike(self, left: Tensor, right: Tensor) -> None:
        if left.dtype != right.dtype:
            self._refuse(f'gives a tensor of {left.dtype} or {right.dtype}')
        if left.dim() != right.dim() or not _same_sizes(left, right):
            self._refuse(f'gives a tensor of shape {_shape(left)} or {_shape(right)}')

    def _in_program(
        self, block: Any, given: Dict[int, _Operand], wanted: Sequence[int],
        written: Sequence[int], paths: Sequence[str], changed: Sequence[Any]
    ) -> Tuple[Tensor, ...]:
        own = {
            key: value.clone() if key in written else value for key, value in given.items()}
        swap = _Given(own)
        memory = self._interpreter.memory.branch(swap)
        outputs = self._interpreter.within(memory).run(block, dict(swap(self._free)))
        leaves = pytree.tree_leaves(_all_results(outputs, memory, swap, paths, changed))
        taken: List[Any] = list(given.values())
        results: List[Tensor] = []
        for result in [*(leaves[index] for index in wanted), *(own[key] for key in written)]:
            results.append(_apart(_tensor(result).contiguous(), [*taken, *results]))
        return tuple(results)

    def _refuse(self, what: str) -> NoReturn:
        raise ConversionError(
            f'forward decides by a value at run time{place_of(self._node)} and {what}: '
            'both branches of a program must give the same kind of result')


def _with_changes(
    outcome: _Outcome, swap: _Swap, paths: Sequence[str], changed: Sequence[Any]
) -> _Outcome:
    outputs = pytree.tree_unflatten(outcome.leaves, outcome.form)
    leaves, form = pytree.tree_flatten(
        _all_results(outputs, outcome.memory, swap, paths, changed))
    return _Outcome(leaves, form, outcome.memory)


def _all_results(
    outputs: Sequence[Any], memory: Memory, swap: _Swap, paths: Sequence[str],
    changed: Sequence[Any]
) -> List[Any]:
    contents = [swap(container) for container in changed]
    return [
        list(outputs), [memory.read(path) for path in paths],
        [vars(item) if isinstance(item, SimpleNamespace) else item for item in contents]]


def _items(container: Any) -> List[Any]:
    if isinstance(container, SimpleNamespace):
        container = vars(container)
    return [*container, *container.values()] if isinstance(container, dict) else list(container)


def _filled_like(container: Any, items: Sequence[Any]) -> Any:
    if isinstance(container, list):
        return list(items)
    count = len(items) // 2
    content = dict(zip(items[:count], items[count:]))
    return content if isinstance(container, dict) else SimpleNamespace(**content)


def _fill(container: Any, content: Any) -> None:
    if isinstance(container, list):
        container[:] = content
        return
    mapping = container if isinstance(container, dict) else vars(container)
    mapping.clear()
    mapping.update(content)


def _taken(node: Any) -> Iterator[str]:
    """Find the values that the blocks of a node take from anywhere."""
    for block in node.blocks():
        for output in block.outputs():
            yield output.debugName()
        for inner in block.nodes():
            for value in inner.inputs():
                yield value.debugName()
            yield from _taken(inner)


def _tensor(value: Any) -> Tensor:
    if isinstance(value, KnownTensor):
        return value.tensor()
    return value if isinstance(value, Tensor) else as_tensor(value)


def _apart(tensor: Tensor, others: Sequence[Any]) -> Tensor:
    internal: Any = torch._C
    if any(isinstance(other, Tensor) and internal._is_alias_of(tensor, other) for other in others):
        return tensor.clone()
    return tensor


def _is_unsettled(number: Any) -> bool:
    return isinstance(number, (LiveNumber, *SYMBOLIC))


def _same_sizes(left: Tensor, right: Tensor) -> bool:
    return not any(
        not statically_known_true(one == other) for one, other in zip(left.shape, right.shape))


def _shape(tensor: Tensor) -> str:
    return str([size if isinstance(size, int) else 'any' for size in tensor.shape])


def _kind_name(value: Any) -> str:
    if isinstance(value, (Tensor, KnownTensor)):
        return 'a tensor'
    return 'None' if value is None else f'{kind_of(value).__name__} {value!r}'
