# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The choice of the fields of a message that an input reads or an output writes."""

from dataclasses import dataclass
from difflib import get_close_matches
import math
from typing import Any, Iterator, List, Optional, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.messages.field_path import (
    Element, number_paths, parse, resolve, Steps, text_paths)
from dg_pytorch_ros.messages.kinds import holds_numbers, Kind, Many, Number, Struct, Text
from dg_pytorch_ros.messages.sizes import static_shape
from dg_pytorch_ros.messages.stamps import is_header
import numpy as np

_NAME_FIELDS = ('name', 'joint_names')


@dataclass(frozen=True)
class Fields:
    """
    Fields of numbers, in order.

    `dtype` holds all of their numbers. `shape` is that of all of them together; it is None if
    it depends on the message.
    """

    paths: Tuple[str, ...]
    steps: Tuple[Steps, ...]
    dtype: 'np.dtype[Any]'
    shape: Optional[Tuple[int, ...]]


def choose_fields(
    struct: Struct, paths: Sequence[str], *, selected: Optional[int] = None
) -> Fields:
    """
    Return the fields at the paths, or the default ones if there are no paths.

    `selected` is how many elements of each are taken by their names, if they are. Raise
    ConfigError if that cannot be.
    """
    chosen = tuple(paths) or _default_paths(struct)
    steps = tuple(_number_steps(struct, path) for path in chosen)
    if selected is not None:
        _check_arrays(struct, chosen, steps)
    return Fields(
        chosen, steps, _common_dtype(struct, chosen, steps),
        _common_shape([static_shape(struct, one, selected) for one in steps]))


def name_steps(struct: Struct, name_field: str = '') -> Steps:
    """Return the way to the names of a message's elements; raise ConfigError if there are none."""
    if not name_field:
        name_field = next(filter(struct.fields.__contains__, _NAME_FIELDS), '')
        if not name_field:
            raise ConfigError(
                f'{struct.type_name} has neither {" nor ".join(_NAME_FIELDS)}; set name_field to '
                f'the field of its names; its fields of texts: {enumeration(text_paths(struct))}')
    steps = parse(name_field, 'name_field')
    at_end = resolve(struct, steps)
    element = at_end.element if isinstance(at_end, Many) else at_end
    if not isinstance(element, Text) or _array_depth(struct, steps) != 1:
        raise ConfigError(
            f'name_field is {name_field!r}, which is no list of names in {struct.type_name}; its '
            f'fields of texts: {enumeration(text_paths(struct))}')
    return steps


def _default_paths(struct: Struct) -> Tuple[str, ...]:
    if 'data' in struct.fields and holds_numbers(struct.fields['data']):
        return ('data',)
    fields = {
        name: kind for name, kind in struct.fields.items()
        if holds_numbers(kind) and not is_header(kind)}
    if not holds_numbers(struct):
        raise ConfigError(f'{struct.type_name} holds no numbers')
    if not fields or None in map(static_shape, fields.values()):
        raise ConfigError(
            f'{struct.type_name} does not say by itself which of its numbers are meant; set field '
            f'to one or several of {enumeration(number_paths(struct))}')
    return tuple(fields)


def _number_steps(struct: Struct, path: str) -> Steps:
    steps = parse(path)
    kind = resolve(struct, steps)
    if kind is None or not holds_numbers(kind):
        flaw = 'has no such field' if kind is None else 'holds no numbers there'
        raise ConfigError(
            f'field is {path!r}, but {struct.type_name} {flaw}; {_hint(struct, path)}its fields '
            f'of numbers: {enumeration(number_paths(struct))}')
    return steps


def _hint(struct: Struct, path: str) -> str:
    parts = [known.split('.') for known in number_paths(struct)]
    known_paths = ['.'.join(part[:end]) for part in parts for end in range(1, len(part) + 1)]
    close = get_close_matches(path, known_paths, 1)
    return f'did you mean {close[0]!r}? ' if close else ''


def _check_arrays(struct: Struct, paths: Sequence[str], all_steps: Sequence[Steps]) -> None:
    for path, steps in zip(paths, all_steps):
        if not _array_depth(struct, steps):
            raise ConfigError(
                f'field is {path!r}, which is no array in {struct.type_name}; select takes the '
                'elements of arrays')


def _array_depth(kind: Kind, steps: Steps) -> int:
    """Return how many dimensions of arrays, not of the numbers within a message, there are."""
    every = [step for step in steps if isinstance(step, Element) and step.is_every]
    at_end = resolve(kind, steps)
    return len(every) + isinstance(at_end, Many)


def _common_dtype(
    struct: Struct, paths: Sequence[str], all_steps: Sequence[Steps]
) -> 'np.dtype[Any]':
    dtypes = {
        path: [number.dtype for number in _numbers_in(resolve(struct, steps))]
        for path, steps in zip(paths, all_steps)}
    common = np.result_type(*(dtype for found in dtypes.values() for dtype in found))
    if common.kind == 'f':
        for path, found in dtypes.items():
            wide = [dtype for dtype in found if dtype.kind in 'iu' and dtype.itemsize == 8]
            if wide:
                raise ConfigError(
                    f'field is {enumeration(map(repr, paths))}, but {path} of '
                    f'{struct.type_name} holds {wide[0]}, which does not fit into {common} '
                    'together with the others; read it with an input or part of its own')
    return common


def _numbers_in(kind: Optional[Kind]) -> Iterator[Number]:
    if isinstance(kind, Number):
        yield kind
    elif isinstance(kind, Many):
        yield from _numbers_in(kind.element)
    elif isinstance(kind, Struct):
        for inner in kind.fields.values():
            yield from _numbers_in(inner)


def _common_shape(shapes: List[Optional[Tuple[int, ...]]]) -> Optional[Tuple[int, ...]]:
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    if len(known) == 1:
        return known[0] or (1,)
    return (sum(map(math.prod, known)),)
