# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Room in a message for the numbers that are to be written into one of its fields."""

from dataclasses import dataclass
import math
from typing import Any, Callable, List, Optional, Sequence, Tuple

from dg_pytorch_ros.errors import ConfigError, EvaluationError
from dg_pytorch_ros.messages.field_path import Element, EVERY, Steps
from dg_pytorch_ros.messages.kinds import Kind, Many, Number, Struct
from dg_pytorch_ros.messages.sizes import Shape, static_shape


@dataclass(frozen=True)
class Room:
    """
    The arrays on the way to a field, outermost first, and the numbers in each innermost element.

    The size of an array that takes any number of elements is None.
    """

    sizes: Tuple[Optional[int], ...]
    numbers: int

    @property
    def capacity(self) -> Optional[int]:
        """How many numbers it takes; None if that can be chosen."""
        return None if None in self.sizes else self.unit

    @property
    def unit(self) -> int:
        """How many numbers it takes with one element in each array of any size."""
        return self.numbers * math.prod(size for size in self.sizes if size is not None)

    def with_elements(self, count: int) -> 'Room':
        """Return the room with so many elements in the innermost array of any size."""
        sizes = list(self.sizes)
        for index in reversed(range(len(sizes))):
            if sizes[index] is None:
                sizes[index] = count
                break
        return Room(tuple(sizes), self.numbers)

    def fit(self, shape: Shape) -> Optional[Shape]:
        """Return the sizes with which it takes values of a shape; None if there are none."""
        if self.sizes.count(None) > 1:
            sizes = self._match(shape)
        else:
            missing = math.prod(shape) // self.unit
            sizes = tuple(missing if size is None else size for size in self.sizes)
        fits = math.prod(sizes) * self.numbers == math.prod(shape)
        return sizes if fits and len(sizes) == len(self.sizes) else None

    def _match(self, shape: Shape) -> Shape:
        """Return the sizes with which its dimensions are those of the values."""
        end = len(shape) - (self.numbers > 1)
        begin = max(0, end - len(self.sizes))
        return tuple(
            given if size is None else size for size, given in zip(self.sizes, shape[begin:end]))


def measure_room(struct: Struct, path: str, steps: Steps) -> Room:
    """Return the room that there is at a path; raise ConfigError if it has no clear form."""
    sizes: List[Optional[int]] = []
    kind: Kind = struct
    for step in steps:
        if isinstance(kind, Struct):
            kind = kind.fields[str(step)]
        elif isinstance(kind, Many):
            if step == EVERY:
                sizes.append(kind.count)
            kind = kind.element
    while isinstance(kind, Many):
        sizes.append(kind.count)
        kind = kind.element
    shape = static_shape(kind)
    if shape is None:
        raise ConfigError(
            f'field is {path!r}, which holds arrays of any length in {struct.type_name}; an '
            'output needs the fields of numbers themselves')
    return Room(tuple(sizes), math.prod(shape))


def make_room(
    message: Any, struct: Struct, steps: Steps, sizes: Sequence[int], new: Callable[[str], Any]
) -> None:
    """Give the arrays on the way to a path their sizes; `new` makes a message of a type."""
    if not steps:
        return
    name, rest = str(steps[0]), steps[1:]
    kind = struct.fields[name]
    if isinstance(kind, Struct):
        make_room(getattr(message, name), kind, rest, sizes, new)
    elif isinstance(kind, Many):
        step, rest = (rest[0], rest[1:]) if rest else (EVERY, ())
        assert isinstance(step, Element)
        count = sizes[0] if step.is_every else step.index + 1
        if kind.count is None:
            _lengthen(message, struct, name, count, new)
            if step.is_every:  # a message type can have more elements by default
                setattr(message, name, getattr(message, name)[:count])
        if isinstance(kind.element, Struct):
            elements = getattr(message, name)
            inner_sizes = sizes[1:] if step.is_every else sizes
            for element in elements if step.is_every else [elements[step.index]]:
                make_room(element, kind.element, rest, inner_sizes, new)


def _lengthen(
    message: Any, struct: Struct, name: str, count: int, new: Callable[[str], Any]
) -> None:
    kind = struct.fields[name]
    assert isinstance(kind, Many)
    if kind.most is not None and count > kind.most:
        raise EvaluationError(
            f'has {count} elements for {name} of {struct.type_name}, which takes up to '
            f'{kind.most}')
    elements = list(getattr(message, name))
    elements += [_blank(kind.element, new) for _ in range(count - len(elements))]
    setattr(message, name, elements)


def _blank(kind: Kind, new: Callable[[str], Any]) -> Any:
    if isinstance(kind, Struct):
        return new(kind.type_name)
    assert isinstance(kind, Number)
    return kind.zero
