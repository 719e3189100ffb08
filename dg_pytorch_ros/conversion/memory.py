# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The attributes of a module and its submodules: read, assigned, and remembered."""

from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.conversion.error import ConversionError
from dg_pytorch_ros.conversion.script_numbers import is_number, KnownTensor, LiveNumber
import torch
from torch import nn, Tensor
from torch.utils import _pytree as pytree


class ModuleAt(NamedTuple):
    """A module or submodule, by its path."""

    path: str


class TensorAt(NamedTuple):
    """A parameter or buffer, by its path."""

    path: str


class Unreadable(NamedTuple):
    """What no program can hold."""

    reason: str


Places = Dict[str, Any]


def join(path: str, name: str) -> str:
    """Return the path of what is in a module."""
    return f'{path}.{name}' if path else name


class Memory:
    """
    What the attributes of a module are during one run.

    They are rebound and changed as the script says; the run ends with `remember`, which writes
    into the buffers what later runs have to find there.
    """

    def __init__(self, root: nn.Module, places: Places) -> None:
        self._root = root
        self._places = places
        self.current: Dict[str, Any] = {}
        self.assigned: Set[str] = set()
        self._tensors: Dict[str, Tensor] = {}

    def read(self, path: str) -> Any:
        """Return what is at a place."""
        if path not in self.current:
            self.current[path] = self._first(path)
        return self.current[path]

    def assign(self, path: str, value: Any) -> None:
        """Let a place be something else."""
        if path not in self.current:
            self.current[path] = self._first(path)
        self.current[path] = value
        self.assigned.add(path)

    def tensor(self, path: str) -> Tensor:
        """Return a parameter or buffer."""
        if path not in self._tensors:
            owner, _, name = path.rpartition('.')
            tensor: Tensor = getattr(self._root.get_submodule(owner), name)
            self._tensors[path] = tensor
        return self._tensors[path]

    def branch(self, swap: Any) -> 'Memory':
        """Return a memory of its own for one of two branches, with tensors of its own."""
        return _Branch(self, swap)

    def remember(self, result: Any) -> Any:
        """Write what changed into the buffers; return the result, apart from them."""
        changes = list(self._changes())
        self._check_shared([path for path, _ in changes])
        targets = [self.tensor(path) for path, _ in changes]

        def apart(value: Any) -> Any:
            if isinstance(value, Tensor) and any(_share(value, target) for target in targets):
                return value.clone()
            return value

        values = [apart(value) for _, value in changes]
        result = pytree.tree_map(apart, result)
        for target, value in zip(targets, values):
            target.copy_(value)
        return result

    def _first(self, path: str) -> Any:
        if path not in self._places:
            raise ConversionError(f'self.{path} is nothing that can be read')
        place = self._places[path]
        if isinstance(place, Unreadable):
            raise ConversionError(f'self.{path} is {place.reason}')
        return _filled(place, self.tensor)

    def _changes(self) -> Iterator[Tuple[str, Tensor]]:
        for path in sorted(self.current):
            place = self._places[path]
            if not isinstance(place, ModuleAt):
                yield from self._changes_at(path, place, self.current[path])

    def _changes_at(self, path: str, first: Any, last: Any) -> Iterator[Tuple[str, Tensor]]:
        if isinstance(first, TensorAt):
            if isinstance(last, KnownTensor):
                last = last.tensor()
            if last is not self.tensor(first.path):
                self._check_tensor(path, self.tensor(first.path), last)
                yield first.path, last
        elif isinstance(first, (list, tuple, dict)):
            if type(first) is not type(last) or len(first) != len(last):
                raise _unsteady(path, 'another number of items')
            if isinstance(first, dict):
                if list(first) != list(last):
                    raise _unsteady(path, 'other keys')
                for key in first:
                    yield from self._changes_at(f'{path}[{key!r}]', first[key], last[key])
            else:
                for index, (old, new) in enumerate(zip(first, last)):
                    yield from self._changes_at(f'{path}[{index}]', old, new)
        elif type(last) is not type(first) or (last is not first and last != first):
            raise _no_memory(path, first, last)

    def _check_tensor(self, path: str, old: Tensor, new: Any) -> None:
        if not isinstance(new, Tensor):
            raise ConversionError(
                f'forward assigns {type(new).__name__} to self.{path}, which is a tensor: '
                'a program can only write other numbers into it')
        if _sizes(new) != list(old.shape) or new.dtype != old.dtype:
            raise ConversionError(
                f'forward makes self.{path} {_describe(new)} after {_describe(old)}: the memory '
                'of a program keeps its shape and dtype; let it start with its final ones')

    def _check_shared(self, changed: List[str]) -> None:
        for path in changed:
            owners = [
                place for place, value in self._places.items()
                if any(
                    isinstance(leaf, TensorAt) and leaf.path == path for leaf in _leaves(value))]
            if len(owners) > 1:
                names = [f'self.{owner}' for owner in owners]
                raise ConversionError(
                    f'forward assigns a new tensor to one of {enumeration(names)}, which are the '
                    'same tensor: a program cannot part them')


class _Branch(Memory):
    """A memory whose changes are handed on, not remembered."""

    def __init__(self, outer: Memory, swap: Any) -> None:
        super().__init__(outer._root, outer._places)
        self._outer = outer
        self._swap = swap

    def read(self, path: str) -> Any:
        if path not in self.current:
            self.current[path] = self._swap(self._outer.read(path))
        return self.current[path]

    def assign(self, path: str, value: Any) -> None:
        self.read(path)
        super().assign(path, value)


def _filled(place: Any, tensor: Any) -> Any:
    if isinstance(place, TensorAt):
        return tensor(place.path)
    if isinstance(place, dict):
        return {key: _filled(value, tensor) for key, value in place.items()}
    if isinstance(place, (list, tuple)) and not isinstance(place, ModuleAt):
        return type(place)(_filled(value, tensor) for value in place)
    return place


def _leaves(place: Any) -> Iterator[Any]:
    if isinstance(place, (dict, list, tuple)) and not isinstance(place, (ModuleAt, TensorAt)):
        for value in place.values() if isinstance(place, dict) else place:
            yield from _leaves(value)
    else:
        yield place


def _share(left: Tensor, right: Tensor) -> bool:
    internal: Any = torch._C
    return bool(internal._is_alias_of(left, right))


def _sizes(tensor: Tensor) -> List[Optional[int]]:
    return [size if isinstance(size, int) else None for size in tensor.shape]


def _describe(tensor: Tensor) -> str:
    return f'{str(tensor.dtype).removeprefix("torch.")}{list(tensor.shape)}'


def _no_memory(path: str, first: Any, last: Any) -> ConversionError:
    if first is None:
        return ConversionError(
            f'self.{path} is None at first, and forward assigns something to it: the memory of a '
            'program cannot begin with nothing; let it start as a tensor of its final shape')
    kind = type(first).__name__
    is_counter = is_number(first) and (is_number(last) or isinstance(last, LiveNumber))
    advice = '; make it a tensor (register_buffer)' if is_counter else ''
    return ConversionError(
        f'forward changes self.{path}, which is no tensor but {kind}: a program remembers '
        f'tensors only{advice}')


def _unsteady(path: str, what: str) -> ConversionError:
    return ConversionError(
        f'forward gives self.{path} {what}: the memory of a program keeps its form')
