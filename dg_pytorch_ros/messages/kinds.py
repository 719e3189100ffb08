# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What messages are made of; their classes are handed in."""

from dataclasses import dataclass
import re
from typing import Any, Callable, Dict, Mapping, Optional, Union

from dg_pytorch_ros.errors import ConfigError
import numpy as np

_DTYPES = {
    'double': 'float64', 'float': 'float32', 'boolean': 'bool', 'octet': 'uint8', 'char': 'uint8',
    'int8': 'int8', 'int16': 'int16', 'int32': 'int32', 'int64': 'int64',
    'uint8': 'uint8', 'uint16': 'uint16', 'uint32': 'uint32', 'uint64': 'uint64'}

_ZEROS = {'octet': b'\0', 'char': '\0'}

# What a message's numbers can be, each in this place.
NUMBER_DTYPES = tuple(np.dtype(name) for name in dict.fromkeys(_DTYPES.values()))

_SEQUENCE = re.compile(r'sequence<(.+?)(?:, *(\d+))?>')
_FIXED_ARRAY = re.compile(r'(.+)\[(\d+)\]')
_TEXT = re.compile(r'(w?)string(?:<\d+>)?')
_NESTED = re.compile(r'(\w+)/(?:msg/)?(\w+)')


@dataclass(frozen=True)
class Number:
    """One number; `zero` is what a message object takes as none."""

    dtype: 'np.dtype[Any]'
    zero: Union[float, int, bool, bytes, str] = 0


@dataclass(frozen=True)
class Text:
    """A string; a wide one is written in UTF-16, each unit of it in four bytes, without an end."""

    wide: bool = False


@dataclass(frozen=True)
class Many:
    """An array: of `count` elements, or of as many as the message says, up to `most`."""

    element: 'Kind'
    count: Optional[int] = None
    most: Optional[int] = None


@dataclass(frozen=True, eq=False)
class Struct:
    """A message, or a message within one."""

    type_name: str
    fields: Mapping[str, 'Kind']


Kind = Union[Number, Text, Many, Struct]
ImportClass = Callable[[str], Any]


def read_struct(type_name: str, import_class: ImportClass) -> Struct:
    """Return what a message of this type is made of; raise ConfigError if that cannot be told."""
    fields: Dict[str, str] = import_class(type_name).get_fields_and_field_types()
    return Struct(type_name, {
        name: _read_kind(kind, f'{type_name}.{name}', import_class)
        for name, kind in fields.items()})


def _read_kind(kind: str, where: str, import_class: ImportClass) -> Kind:
    sequence = _SEQUENCE.fullmatch(kind)
    if sequence:
        most = int(sequence[2]) if sequence[2] else None
        return Many(_read_kind(sequence[1], where, import_class), most=most)
    fixed = _FIXED_ARRAY.fullmatch(kind)
    if fixed:
        return Many(_read_kind(fixed[1], where, import_class), int(fixed[2]))
    text = _TEXT.fullmatch(kind)
    if text:
        return Text(wide=bool(text[1]))
    if kind in _DTYPES:
        dtype = np.dtype(_DTYPES[kind])
        return Number(dtype, _ZEROS.get(kind, dtype.type(0).item()))
    nested = _NESTED.fullmatch(kind)
    if nested:
        return read_struct(f'{nested[1]}/msg/{nested[2]}', import_class)
    raise ConfigError(
        f'{where} is of the type {kind}, which this node cannot read; expected numbers, strings, '
        'messages, and arrays of them')


def multi_array_dtype(struct: Struct) -> 'Optional[np.dtype[Any]]':
    """Return the dtype of the data of a MultiArray; None if a message is something else."""
    data = struct.fields.get('data')
    if set(struct.fields) != {'layout', 'data'} or not isinstance(data, Many):
        return None
    return data.element.dtype if isinstance(data.element, Number) else None


def holds_numbers(kind: Kind) -> bool:
    """Return whether there is any number in a part of a message."""
    if isinstance(kind, Many):
        return holds_numbers(kind.element)
    if isinstance(kind, Struct):
        return any(map(holds_numbers, kind.fields.values()))
    return isinstance(kind, Number)
