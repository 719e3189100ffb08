# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Paths to fields of a message, such as `twist.twist.linear`, `poses[].position`, `data[2]`."""

from dataclasses import dataclass
import re
from typing import Iterator, List, Optional, Tuple, Type, Union

from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.messages.kinds import Kind, Many, Number, Struct, Text

_STEP = re.compile(r'(\w+)((?:\[\d*\])*)')
_BRACKET = re.compile(r'\[(\d*)\]')


@dataclass(frozen=True)
class Element:
    """One element of an array, or all of them."""

    index: int = -1

    @property
    def is_every(self) -> bool:
        """Whether all of them are meant."""
        return self.index < 0

    def before(self, count: int) -> int:
        """Return how many of so many elements come before it; raise MessageError if all do."""
        if self.index >= count:
            raise MessageError(
                f'it has {count} elements, but the field asks for number {self.index}, counted '
                'from 0', cause='size')
        return self.index


EVERY = Element()

# The name of a field, or an element of an array.
Step = Union[str, Element]
Steps = Tuple[Step, ...]


def parse(path: str, parameter: str = 'field') -> Steps:
    """Return the steps of a path; raise ConfigError if it is none."""
    steps: List[Step] = []
    for part in path.split('.'):
        match = _STEP.fullmatch(part)
        if not match:
            raise ConfigError(
                f'{parameter} is {path!r}; expected names of fields with dots between them, [] '
                'for all elements of an array and [0] for its first, for example twist.linear.x')
        steps.append(match[1])
        steps += [
            Element(int(bracket[1])) if bracket[1] else EVERY
            for bracket in _BRACKET.finditer(match[2])]
    return tuple(steps)


def resolve(kind: Kind, steps: Steps) -> Optional[Kind]:
    """Return what is at a path; None if nothing can be."""
    if not steps:
        return kind
    inner = _enter(kind, steps[0])
    return None if inner is None else resolve(inner, steps[1:])


def meet(one: Steps, other: Steps) -> bool:
    """Return whether two paths lead to something in common."""
    for step, another in zip(one, other):
        if step != another and EVERY not in (step, another):
            return False
    return True


def number_paths(struct: Struct) -> List[str]:
    """Return the paths to all numbers of a message."""
    return list(_paths(struct, Number, ''))


def text_paths(struct: Struct) -> List[str]:
    """Return the paths to all texts of a message."""
    return list(_paths(struct, Text, ''))


def _enter(kind: Kind, step: Step) -> Optional[Kind]:
    if isinstance(step, str):
        return kind.fields.get(step) if isinstance(kind, Struct) else None
    if not isinstance(kind, Many):
        return None
    most = kind.most if kind.count is None else kind.count
    return None if most is not None and step.index >= most else kind.element


def _paths(kind: Kind, leaf: Type[Union[Number, Text]], path: str) -> Iterator[str]:
    if isinstance(kind, leaf) or isinstance(kind, Many) and isinstance(kind.element, leaf):
        yield path
    elif isinstance(kind, Many):
        yield from _paths(kind.element, leaf, f'{path}[]')
    elif isinstance(kind, Struct):
        for name, inner in kind.fields.items():
            yield from _paths(inner, leaf, f'{path}.{name}' if path else name)
