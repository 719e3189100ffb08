# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Where the numbers and texts of a field stand in the bytes of a message."""

from functools import lru_cache
import math
from struct import error as StructError, Struct as Layout
from typing import Callable, List, Optional, Tuple, TypeVar

from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages.cdr import HEADER
from dg_pytorch_ros.messages.field_path import Element, EVERY, Steps
from dg_pytorch_ros.messages.kinds import holds_numbers, Kind, Many, Number, Struct, Text
from dg_pytorch_ros.messages.multi_arrays import plain_reader
from dg_pytorch_ros.messages.passage import Passage, passage, passage_to, Stage, WIDE_UNIT
from dg_pytorch_ros.messages.sizes import fixed_size, fixed_size_of_many, static_shape
from dg_pytorch_ros.messages.spots import Found, gather, Run, Spots
import numpy as np

Result = TypeVar('Result')

# Texts and arrays within arrays are gone over one by one, and no message may stop a controller.
_MOST_STEPS = 5000
_EXTRA_STEPS = 4  # where an element holds arrays of wanted numbers

# Of more pieces, also the few bytes between them are taken for what the findings rest on.
_FEW_PIECES = 64
_MOST_PADDING = 3  # bytes

_ENCODING_END = 2  # bytes
_LENGTH = 4  # bytes


class MessageWalk:
    """
    Walks over one message, from its begin to its end.

    Raises CdrError where the bytes hold no such message, MessageError where a field is not there.
    """

    def __init__(self, struct: Struct, data: bytes) -> None:
        self._struct = struct
        self._data = data
        self._reader = plain_reader(data)
        self._unpack_length = Layout(self._reader.byte_order + 'I').unpack_from
        self._steps = 0
        self._found: List[Found] = []
        self._lengths: List[int] = []  # where they stand
        self._texts_read: List[Tuple[int, int]] = []

    @property
    def byte_order(self) -> str:
        """The message's byte order, < or >."""
        return self._reader.byte_order

    def find_numbers(self, steps: Steps) -> Found:
        """Return where the numbers at a path are."""
        self._begin()
        self._found = []
        shape = self._numbers(self._struct, steps)
        return gather(self._found, shape)

    def find_texts(self, steps: Steps) -> List[str]:
        """Return the texts at a path."""
        self._begin()
        return self._texts(self._struct, steps)

    def marks(self) -> List[Tuple[int, int]]:
        """
        Return the begin and end of each piece that the findings rest on.

        In any message of this size that has the same pieces there, the same is found.
        """
        begins = np.array([
            0, *self._lengths, *(begin for begin, _ in self._texts_read)], np.int64)
        ends = np.array([
            _ENCODING_END, *(begin + _LENGTH for begin in self._lengths),
            *(end for _, end in self._texts_read)], np.int64)
        order = np.argsort(begins, kind='stable')
        begins, ends = begins[order], np.maximum.accumulate(ends[order])
        padding = _MOST_PADDING if len(begins) > _FEW_PIECES else 0
        gaps, = np.nonzero(begins[1:] > ends[:-1] + padding)
        return list(zip(
            begins[[0, *(gaps + 1)]].tolist(), ends[[*gaps, len(ends) - 1]].tolist()))

    def _begin(self) -> None:
        self._reader.position = len(HEADER)
        self._steps = 0

    def _numbers(self, kind: Kind, steps: Steps) -> Tuple[int, ...]:
        """Note what is found at a path, in the order of the message; return its shape."""
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
            return [self._text(kind)]
        if isinstance(kind, Struct):
            return self._in_field(
                kind, str(steps[0]), lambda inner: self._texts(inner, steps[1:]))
        assert isinstance(kind, Many)
        step, rest = (steps[0], steps[1:]) if steps else (EVERY, ())
        assert isinstance(step, Element)
        if not step.is_every:
            return self._in_element(kind, step, lambda inner: self._texts(inner, rest))
        count, way = self._count(kind), passage_to(kind.element, rest)
        if way is None:
            return [text for _ in range(count) for text in self._texts(kind.element, rest)]
        text, = (stage for stage in way.stages if stage.is_wanted_text)
        return [self._text_at(position, text.item) for position in self._pass(way, count)]

    def _in_field(self, kind: Struct, name: str, find: Callable[[Kind], Result]) -> Result:
        before, behind = _around(kind, name)
        self._pass(before)
        found = find(kind.fields[name])
        self._pass(behind)
        return found

    def _in_element(self, kind: Many, step: Element, find: Callable[[Kind], Result]) -> Result:
        count = self._count(kind)
        self._skip_elements(kind.element, step.before(count))
        found = find(kind.element)
        self._skip_elements(kind.element, count - step.index - 1)
        return found

    def _all_in_struct(self, kind: Struct) -> Tuple[int, ...]:
        count = 0
        for inner in kind.fields.values():
            if holds_numbers(inner):
                count += math.prod(self._numbers(inner, ()))
            else:
                self._pass(passage(inner))
        return (count,)

    def _every(self, kind: Many, steps: Steps) -> Tuple[int, ...]:
        count, element = self._count(kind), kind.element
        if isinstance(element, Number):
            return self._run((count,), count, element)
        if not count:
            return (0, *(static_shape(element, steps) or ()))
        way = passage_to(element, steps)
        if way is not None:
            self._found.append(
                self._on(way, count) if fixed_size(element, 0) is None else
                self._on_even(way.stages[0], count))
            return (count, *(static_shape(element, steps) or ()))
        self._take_steps(_EXTRA_STEPS * count)
        shapes = {self._numbers(element, steps) for _ in range(count)}
        if len(shapes) > 1:
            raise MessageError(
                'its elements are of different lengths, so that they make no array', cause='size')
        return (count, *shapes.pop())

    def _on(self, way: Passage, count: int) -> Spots:
        """Return the wanted numbers on a way that is gone so many times."""
        noted = self._pass(way, count)
        stages = [stage for stage in way.stages if stage.has_wanted_numbers]
        begins = np.array(noted, np.int64).reshape(count, len(stages))
        positions = np.concatenate([
            column[:, np.newaxis] + stage.offsets[column & 7]
            for column, stage in zip(begins.T, stages)], axis=1)
        return Spots(positions, np.tile(
            np.concatenate([stage.dtypes for stage in stages]), count).reshape(positions.shape))

    def _on_even(self, stage: Stage, count: int) -> Spots:
        """Return the wanted numbers in so many elements, which are all of the stage's size."""
        first = self._reader.skip(stage.sizes[self._reader.position & 7])
        # From the second on, they follow each other in equal steps.
        second = self._reader.position
        step = stage.sizes[second & 7]
        self._reader.skip((count - 1) * step)
        positions = np.empty((count, len(stage.dtypes)), np.int64)
        positions[0] = first + stage.offsets[first & 7]
        positions[1:] = (
            second + step * np.arange(count - 1)[:, np.newaxis] + stage.offsets[second & 7])
        return Spots(positions, np.tile(stage.dtypes, count).reshape(positions.shape))

    def _run(self, shape: Tuple[int, ...], count: int, number: Number) -> Tuple[int, ...]:
        if count:
            self._reader.align(number.dtype.itemsize)
        begin = self._reader.skip(count * number.dtype.itemsize)
        self._found.append(Run(number.dtype, begin, (count,)))
        return shape

    def _skip_elements(self, kind: Kind, count: int) -> None:
        size = fixed_size_of_many(kind, count, self._phase)
        if size is not None:
            self._reader.skip(size)
        else:
            self._pass(passage(kind), count)

    def _pass(self, way: Passage, count: int = 1) -> List[int]:
        """Go a way so many times; return the positions that it notes."""
        data, unpack_length, lengths = self._data, self._unpack_length, self._lengths
        position, size = self._reader.position, len(self._data)
        noted: List[int] = []
        try:
            for _ in range(count):
                for item, grain, is_wanted_text, sizes, has_wanted, _, _ in way.stages:
                    if grain is not None:
                        position += -position & 3
                        if is_wanted_text:
                            noted.append(position)
                        length = unpack_length(data, position)[0]
                        lengths.append(position)
                        position += _LENGTH
                        if length:
                            position += (len(HEADER) - position & grain.mask) + (
                                length * grain.unit)
                    elif item is not None:
                        position = self._pass_over(item, position)
                    if has_wanted:
                        noted.append(position)
                    position += sizes[position & 7]
                if position > size:
                    break
        except StructError:  # the length is not there
            position += _LENGTH
        self._reader.position = position
        self._reader.skip(0)
        return noted

    def _pass_over(self, item: Kind, position: int) -> int:
        assert isinstance(item, Many)
        self._reader.position = position
        self._skip_elements(item.element, self._count(item))
        return self._reader.position

    @property
    def _phase(self) -> int:
        return (self._reader.position - len(HEADER)) % 8

    def _count(self, kind: Many) -> int:
        if kind.count is not None:
            return kind.count
        self._lengths.append(self._reader.position + -self._reader.position % _LENGTH)
        count = self._reader.uint32()
        if fixed_size(kind.element, 0) is None:
            self._take_steps(count * passage(kind.element).weight)
        return count

    def _take_steps(self, count: int) -> None:
        self._steps += count
        if self._steps > _MOST_STEPS:
            raise MessageError(
                'its arrays hold so many texts and arrays that it takes '
                f'{self._steps} steps to go over them; expected up to {_MOST_STEPS}',
                cause='size')

    def _text(self, kind: Text) -> str:
        begin = self._reader.position
        self._pass(passage(kind))
        return self._text_at(begin + -begin % _LENGTH, kind)

    def _text_at(self, position: int, kind: Optional[Kind]) -> str:
        assert isinstance(kind, Text)
        begin = position + _LENGTH
        end = begin + self._unpack_length(self._data, position)[0] * (
            WIDE_UNIT if kind.wide else 1)
        self._texts_read.append((begin, end))
        if not kind.wide:
            return self._data[begin:end].rstrip(b'\0').decode(errors='replace')
        units = np.frombuffer(self._data[begin:end], self.byte_order + 'u4')
        utf_16: bytes = np.minimum(units, 0xFFFF).astype('<u2').tobytes()
        return utf_16.decode('utf-16-le', errors='replace')


@lru_cache(maxsize=1024)
def _around(kind: Struct, name: str) -> Tuple[Passage, Passage]:
    """Return the ways over what is before a field and behind it."""
    place, kinds = list(kind.fields).index(name), list(kind.fields.values())
    return passage(*kinds[:place]), passage(*kinds[place + 1:])
