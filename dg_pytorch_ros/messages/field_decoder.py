# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The numbers of chosen fields, out of the bytes of a message."""

from collections import Counter
from functools import lru_cache
import math
from struct import Struct as Layout
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple

from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages.cdr import CdrError, HEADER
from dg_pytorch_ros.messages.field_path import Steps
from dg_pytorch_ros.messages.fields import Fields
from dg_pytorch_ros.messages.head import all_shown
from dg_pytorch_ros.messages.kinds import Struct
from dg_pytorch_ros.messages.multi_arrays import in_both_orders, is_much_smaller
from dg_pytorch_ros.messages.spots import Found, Group, join, Spots
from dg_pytorch_ros.messages.walk import MessageWalk
from dg_pytorch_ros.model import Array
import numpy as np

_BODY = len(HEADER)
_BYTE = np.dtype('uint8')

Read = Callable[[bytes], Array]


class Selection(NamedTuple):
    """Which elements of a field to take, by the names that the message gives them."""

    names: Tuple[str, ...]
    name_steps: Steps


class FieldDecoder:
    """
    Reads fields without walking over the message each time.

    Where they stand is worked out once, and again only for a message that differs in what it
    depends on: its length, the lengths of its arrays and texts, and the names of a selection.
    """

    def __init__(
        self, struct: Struct, fields: Fields, selection: Optional[Selection] = None
    ) -> None:
        self._struct = struct
        self._fields = fields
        self._selection = selection
        self._planned = _Plan(-1, Layout(''), (), _unplanned)

    def decode(self, data: bytes) -> Array:
        """Return the numbers; raise MessageError if they are not there."""
        size, outline, pieces, read = self._planned
        if len(data) != size or outline.unpack(data) != pieces:
            self._planned = self._plan(data)
            read = self._planned.read
        return read(data)

    def _plan(self, data: bytes) -> '_Plan':
        walk = MessageWalk(self._struct, data)
        try:
            found = [walk.find_numbers(steps) for steps in self._fields.steps]
            if self._selection is not None:
                rows = _select(walk.find_texts(self._selection.name_steps), self._selection.names)
                found = [
                    _pick(each, rows, path) for each, path in zip(found, self._fields.paths)]
        except CdrError as error:
            raise MessageError(
                f'its bytes are no such message: {error}', cause='bytes') from error
        whole = found[0] if len(found) == 1 else join(found)
        read = _reader(whole, self._fields.dtype, walk.byte_order)
        if is_much_smaller(read(data), data):
            read = _copying(read)
        outline = _outline(walk.marks(), len(data))
        return _Plan(len(data), outline, outline.unpack(data), read)


class _Plan(NamedTuple):
    """How to read messages of a size that have the same pieces in an outline."""

    size: int
    outline: Layout
    pieces: Tuple[bytes, ...]
    read: Read


class _Rows(NamedTuple):
    """Which of so many elements to take, in which order."""

    indices: List[int]
    of: int


def _select(present: List[str], wanted: Sequence[str]) -> _Rows:
    counts = Counter(present)
    missing = [name for name in wanted if not counts[name]]
    if missing:
        raise MessageError(
            f'it names no {all_shown(missing)}; it names {all_shown(present)}',
            cause='name')
    doubles = [name for name in wanted if counts[name] > 1]
    if doubles:
        raise MessageError(f'it names {doubles[0]!r} more than once', cause='name')
    return _Rows([present.index(name) for name in wanted], len(present))


def _pick(found: Found, rows: _Rows, path: str) -> Spots:
    spots = found.spots()
    count = len(spots.positions)
    if count != rows.of:
        raise MessageError(
            f'its {path} has {count} elements, but it has {rows.of} names', cause='size')
    return Spots(spots.positions[rows.indices], spots.dtypes[rows.indices])


def _outline(marks: Sequence[Tuple[int, int]], size: int) -> Layout:
    """Return the layout of a message of this size that has only the marked pieces."""
    layout, position = '=', 0
    for begin, end in marks:
        layout += f'{begin - position}x{end - begin}s'
        position = end
    return Layout(f'{layout}{size - position}x')


def _reader(found: Found, dtype: 'np.dtype[Any]', byte_order: str) -> Read:
    groups = found.groups()
    if len(groups) == 1 and groups[0].dtype == dtype:
        read = _group_reader(groups[0], byte_order)
    else:
        read = _mixed_reader(groups, math.prod(found.shape), dtype, byte_order)
    shape = found.shape or (1,)
    return read if len(shape) == 1 else lambda data: read(data).reshape(shape)


def _copying(read: Read) -> Read:
    return lambda data: read(data).copy()


def _mixed_reader(
    groups: Sequence[Group], size: int, dtype: 'np.dtype[Any]', byte_order: str
) -> Read:
    reads = [_group_reader(group, byte_order) for group in groups]
    places = [slice(None) if group.which is None else group.which for group in groups]

    def read(data: bytes) -> Array:
        values = np.empty(size, dtype)
        for place, read_group in zip(places, reads):
            values[place] = read_group(data)
        return values
    return read


def _group_reader(group: Group, byte_order: str) -> Read:
    places, length = group.places, group.length
    if group.dtype.kind == 'b':  # any byte but 0 is true
        return lambda data: np.frombuffer(data, _BYTE, length, _BODY)[places] != 0
    stored = _stored(group.dtype, byte_order)
    if isinstance(places, slice):
        count, begin = length - places.start, _BODY + places.start * stored.itemsize
        return lambda data: np.frombuffer(data, stored, count, begin)
    return lambda data: np.frombuffer(data, stored, length, _BODY)[places]


@lru_cache(maxsize=None)
def _stored(dtype: 'np.dtype[Any]', byte_order: str) -> 'np.dtype[Any]':
    # The same object each time: who gets the arrays can then tell their dtype at a glance.
    return in_both_orders(dtype)[byte_order]


def _unplanned(data: bytes) -> Array:
    raise AssertionError('no message was planned for')
