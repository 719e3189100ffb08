# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Numbers into chosen fields of a message whose other fields stay as they are."""

from itertools import combinations
import math
from typing import Any, Callable, List, NamedTuple, Optional

from dg_pytorch_ros.errors import ConfigError, ContractError, EvaluationError, MessageError
from dg_pytorch_ros.messages.cdr import HEADER
from dg_pytorch_ros.messages.field_path import meet, Steps
from dg_pytorch_ros.messages.fields import Fields
from dg_pytorch_ros.messages.kinds import Number, Struct
from dg_pytorch_ros.messages.multi_arrays import cast, check_dtype
from dg_pytorch_ros.messages.room import make_room, measure_room, Room
from dg_pytorch_ros.messages.sizes import Shape
from dg_pytorch_ros.messages.spots import Group, join
from dg_pytorch_ros.messages.walk import MessageWalk
from dg_pytorch_ros.model import Array, describe_array
import numpy as np

_BODY = len(HEADER)


class Pattern(NamedTuple):
    """What makes the messages of an output, apart from its values."""

    new: Callable[[str], Any]  # makes a message of a type
    furnish: Callable[[Any], None]  # fills in all that is no value
    serialize: Callable[[Any], bytes]
    elements: Optional[int] = None  # of each innermost array that takes any number of them


class FieldEncoder:
    """Writes the values into a copy of one message, made once for each shape."""

    def __init__(self, struct: Struct, fields: Fields, pattern: Pattern) -> None:
        self._struct = struct
        self._fields = fields
        self._pattern = pattern
        self._rooms = [
            _room(struct, path, steps, pattern.elements)
            for path, steps in zip(fields.paths, fields.steps)]
        _check_apart(struct, fields)
        self._planned = _Plan(None, b'', [])

    def check(self, value: Array) -> None:
        """Raise ContractError if messages of this type cannot hold such arrays."""
        try:
            plan = self._plan(value.shape)
        except _Misfit as misfit:
            raise ContractError(
                f'is {describe_array(value.dtype, value.shape)}, but {misfit}') from misfit
        except EvaluationError as error:
            raise ContractError(str(error)) from error
        for group in plan.groups:
            check_dtype(value, group.dtype, self._struct.type_name)

    def encode(self, value: Array) -> bytes:
        """Return the message for an array; raise EvaluationError if it does not fit."""
        shape, blank, groups = self._planned  # at once: another thread may check meanwhile
        if value.shape != shape:
            try:
                self._planned = _, blank, groups = self._plan(value.shape)
            except _Misfit as misfit:
                raise EvaluationError(f'has {value.size} elements, but {misfit}') from misfit
        message = bytearray(blank)
        flat = value.ravel()
        for dtype, which, places, length in groups:
            numbers = cast(
                flat if which is None else flat[which], dtype, self._struct.type_name)
            np.frombuffer(message, dtype, length, _BODY)[places] = numbers
        return bytes(message)

    def _plan(self, shape: Shape) -> '_Plan':
        message = self._pattern.new(self._struct.type_name)
        for steps, sizes in zip(self._fields.steps, self._sizes(shape)):
            make_room(message, self._struct, steps, sizes, self._pattern.new)
        self._pattern.furnish(message)
        blank = bytes(self._pattern.serialize(message))
        walk = MessageWalk(self._struct, blank)
        try:
            found = join([walk.find_numbers(steps) for steps in self._fields.steps])
        except MessageError as error:
            raise _Misfit(f'such a {self._struct.type_name} is too large: {error}') from error
        if math.prod(found.shape) != math.prod(shape):  # fields of one array want other sizes
            raise _Misfit(self._describe_misfit())
        return _Plan(shape, blank, found.groups())

    def _sizes(self, shape: Shape) -> List[Shape]:
        """Return how large the arrays on the way to each field must be."""
        capacities = [room.capacity for room in self._rooms]
        known = sum(capacity for capacity in capacities if capacity is not None)
        left = math.prod(shape) - known
        open_count = capacities.count(None)
        if left and not open_count:
            raise _Misfit(self._describe_capacity(known))
        if left < 0 or open_count and left % open_count:
            raise _Misfit(self._describe_misfit())
        sizes: List[Shape] = []
        for room, capacity in zip(self._rooms, capacities):
            share = left // open_count if capacity is None else capacity
            fitted = room.fit(shape if len(self._rooms) == 1 else (share,))
            if fitted is None:
                raise _Misfit(self._describe_misfit())
            sizes.append(fitted)
        return sizes

    def _describe_capacity(self, count: int) -> str:
        kinds = list(self._struct.fields.values())
        if len(kinds) == 1 and isinstance(kinds[0], Number):
            return f'{self._struct.type_name} holds one element; use a MultiArray'
        number = 'one element' if count == 1 else f'{count} elements'
        names = self._pattern.elements
        because = '' if names is None else f', as there are {names} names'
        return f'{self._describe_fields()} holds {number}{because}'

    def _describe_misfit(self) -> str:
        if len(self._rooms) > 1:
            return f'{self._describe_fields()} cannot share them evenly'
        if self._rooms[0].sizes.count(None) > 1:
            return (
                f'{self._describe_fields()} is an array of arrays, whose sizes such a shape does '
                'not tell')
        return f'{self._describe_fields()} takes multiples of {self._rooms[0].unit} elements'

    def _describe_fields(self) -> str:
        return f'{", ".join(self._fields.paths)} of {self._struct.type_name}'


class _Plan(NamedTuple):
    """The message without the values of a shape, and where they go."""

    shape: Optional[Shape]
    blank: bytes
    groups: List[Group]


class _Misfit(Exception):
    """Values of a shape that the fields cannot take, and why."""


def _check_apart(struct: Struct, fields: Fields) -> None:
    for one, other in combinations(range(len(fields.paths)), 2):
        if meet(fields.steps[one], fields.steps[other]):
            raise ConfigError(
                f'field holds {fields.paths[one]!r} and {fields.paths[other]!r}, which have '
                f'numbers of {struct.type_name} in common; an output writes each one once')


def _room(struct: Struct, path: str, steps: Steps, elements: Optional[int]) -> Room:
    room = measure_room(struct, path, steps)
    if elements is None or not room.sizes:
        return room
    if None not in room.sizes and room.sizes[-1] != elements:
        raise ConfigError(
            f'names holds {elements} names, but {path} of {struct.type_name} has '
            f'{room.sizes[-1]} elements')
    return room.with_elements(elements)
