# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Where the numbers and texts of a field stand in the bytes of a message."""

from typing import Callable, List, Set, Tuple, TypeVar

from dg_pytorch_ros.cdr import HEADER
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.field_path import Element, EVERY, Steps
from dg_pytorch_ros.message_sizes import fixed_size, fixed_size_of_many, static_shape
from dg_pytorch_ros.message_types import holds_numbers, Kind, Many, Number, Struct, Text
from dg_pytorch_ros.messages import plain_reader
from dg_pytorch_ros.spots import Found, join, Run, Spots
import numpy as np

Result = TypeVar('Result')

# Elements of different sizes are gone over one by one, and a message must not stop a controller.
_MOST_STEPS = 10_000


class MessageWalk:
    """
    Walks over one message, from its begin to its end.

    Raises CdrError where the bytes hold no such message, MessageError where a field is not there.
    """

    def __init__(self, struct: Struct, data: bytes) -> None:
        self._struct = struct
        self._data = data
        self._reader = plain_reader(data)
        self._steps = 0
        self._marks: Set[Tuple[int, int]] = {(0, 2)}  # the encoding

    @property
    def byte_order(self) -> str:
        """The message's byte order, < or >."""
        return self._reader.byte_order

    def find_numbers(self, steps: Steps) -> Found:
        """Return where the numbers at a path are."""
        self._begin()
        return self._numbers(self._struct, steps)

    def find_texts(self, steps: Steps) -> List[str]:
        """Return the texts at a path."""
        self._begin()
        return self._texts(self._struct, steps)

    def marks(self) -> List[Tuple[int, int]]:
        """
        Return the begin and end of each piece that the findings rest on.

        In any message of this size that has the same pieces there, the same is found.
        """
        marks: List[Tuple[int, int]] = []
        for begin, end in sorted(self._marks):
            if marks and begin == marks[-1][1]:
                begin = marks.pop()[0]
            marks.append((begin, end))
        return marks

    def _begin(self) -> None:
        self._reader.position = len(HEADER)
        self._steps = 0

    def _numbers(self, kind: Kind, steps: Steps) -> Found:
        if isinstance(kind, Number):
            return self._run((), 1, kind)
        if isinstance(kind, Many):
            step, rest = (steps[0], steps[1:]) if steps else (EVERY, ())
            assert isinstance(step, Element)
            if step.is_every:
                return self._every(kind, rest)
            return self._in_element(kind, step, lambda inner: self._numbers(inner, rest))
        assert isinstance(kind, Struct)
        if steps:
            return self._in_field(
                kind, str(steps[0]), lambda inner: self._numbers(inner, steps[1:]))
        return self._all_in_struct(kind)

    def _texts(self, kind: Kind, steps: Steps) -> List[str]:
        if isinstance(kind, Text):
            return [self._text()]
        if isinstance(kind, Struct):
            return self._in_field(
                kind, str(steps[0]), lambda inner: self._texts(inner, steps[1:]))
        assert isinstance(kind, Many)
        step, rest = (steps[0], steps[1:]) if steps else (EVERY, ())
        assert isinstance(step, Element)
        if not step.is_every:
            return self._in_element(kind, step, lambda inner: self._texts(inner, rest))
        return [
            text for _ in range(self._count(kind)) for text in self._texts(kind.element, rest)]

    def _in_field(self, kind: Struct, name: str, find: Callable[[Kind], Result]) -> Result:
        names = list(kind.fields)
        place = names.index(name)
        for before in names[:place]:
            self._skip(kind.fields[before])
        found = find(kind.fields[name])
        for behind in names[place + 1:]:
            self._skip(kind.fields[behind])
        return found

    def _in_element(self, kind: Many, step: Element, find: Callable[[Kind], Result]) -> Result:
        count = self._count(kind)
        self._skip_elements(kind.element, step.before(count))
        found = find(kind.element)
        self._skip_elements(kind.element, count - step.index - 1)
        return found

    def _all_in_struct(self, kind: Struct) -> Found:
        found: List[Found] = []
        for inner in kind.fields.values():
            if holds_numbers(inner):
                found.append(self._numbers(inner, ()))
            else:
                self._skip(inner)
        return join(found)

    def _every(self, kind: Many, steps: Steps) -> Found:
        count, element = self._count(kind), kind.element
        if isinstance(element, Number):
            return self._run((count,), count, element)
        if not count:
            shape = (0, *(static_shape(element, steps) or ()))
            return Spots(np.empty(shape, np.int64), np.empty(shape, np.int8))
        # From the second on, elements of a fixed size follow each other in equal steps.
        looked_at = count if fixed_size(element, 0) is None else min(count, 2)
        found: List[Spots] = []
        begin = end = self._reader.position
        for _ in range(looked_at):
            begin = self._reader.position
            found.append(self._numbers(element, steps).spots())
            end = self._reader.position
        self._reader.skip((count - looked_at) * (end - begin))
        return _stack(found, count, end - begin)

    def _run(self, shape: Tuple[int, ...], count: int, number: Number) -> Run:
        if count:
            self._reader.align(number.dtype.itemsize)
        return Run(number.dtype, self._reader.skip(count * number.dtype.itemsize), shape)

    def _skip(self, kind: Kind) -> None:
        if isinstance(kind, Text):
            self._reader.skip(self._uint32())
            return
        size = fixed_size(kind, self._phase)
        if size is not None:
            self._reader.skip(size)
        elif isinstance(kind, Struct):
            for inner in kind.fields.values():
                self._skip(inner)
        elif isinstance(kind, Many):
            self._skip_elements(kind.element, self._count(kind))

    def _skip_elements(self, kind: Kind, count: int) -> None:
        size = fixed_size_of_many(kind, count, self._phase)
        if size is not None:
            self._reader.skip(size)
        else:
            for _ in range(count):
                self._skip(kind)

    @property
    def _phase(self) -> int:
        return (self._reader.position - len(HEADER)) % 8

    def _count(self, kind: Many) -> int:
        if kind.count is not None:
            return kind.count
        count = self._uint32()
        if fixed_size(kind.element, 0) is None:
            self._steps += count
        if self._steps > _MOST_STEPS:
            raise MessageError(
                f'it has arrays of {self._steps} elements whose sizes differ; expected up to '
                f'{_MOST_STEPS}', cause='size')
        return count

    def _text(self) -> str:
        size = self._uint32()
        begin = self._reader.skip(size)
        self._marks.add((begin, begin + size))
        return self._data[begin:begin + size].rstrip(b'\0').decode(errors='replace')

    def _uint32(self) -> int:
        value = self._reader.uint32()
        self._marks.add((self._reader.position - 4, self._reader.position))
        return value


def _stack(found: List[Spots], count: int, step: int) -> Spots:
    """Return the spots in so many elements; after those found, each is a step behind another."""
    shape = found[0].positions.shape
    if any(spots.positions.shape != shape for spots in found):
        raise MessageError(
            'its elements are of different lengths, so that they make no array', cause='size')
    more = count - len(found)
    offsets = step * np.arange(1, more + 1).reshape(-1, *(1,) * len(shape))
    return Spots(
        np.concatenate([
            np.stack([spots.positions for spots in found]), found[-1].positions + offsets]),
        np.concatenate([
            np.stack([spots.dtypes for spots in found]),
            np.broadcast_to(found[-1].dtypes, (more, *shape))]))
