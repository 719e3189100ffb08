# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Messages of any type with random content, their bytes by hand, and what their fields hold."""

from importlib import import_module
import math
from random import Random
from typing import Any, Iterator, List

from by_hand import Bytes, Encoding
from dg_pytorch_ros.messages.field_path import Steps
from dg_pytorch_ros.messages.kinds import (
    holds_numbers, Kind, Many, Number, read_struct, Struct, Text)
import numpy as np

LETTERS = 'abcxyz_09 äß漢🤖'
TEXT_LENGTHS = (0, 1, 2, 3, 4, 7, 20)
LENGTHS = (0, 1, 2, 2, 3, 5)
FLOATS = (0.0, -0.0, 1.0, -2.5, 1e30, 5e-324, math.nan, math.inf, -math.inf)


def import_class(type_name: str) -> Any:
    package, kind, name = type_name.split('/')
    return getattr(import_module(f'{package}.{kind}'), name)


def strict_message(type_name: str) -> Any:
    """Return a message object that refuses what it cannot hold, where rclpy leaves that open."""
    message = import_class(type_name)()
    if hasattr(message, '_check_fields'):
        message._check_fields = True
    return message


def struct_of(type_name: str) -> Struct:
    return read_struct(type_name, import_class)


def random_message(struct: Struct, random: Random) -> Any:
    message = strict_message(struct.type_name)
    for name, kind in struct.fields.items():
        setattr(message, name, _random_value(kind, random))
    return message


def write_by_hand(message: Any, struct: Struct, encoding: Encoding = Encoding()) -> bytes:
    """Return the bytes of a message in any byte order, with any padding."""
    data = Bytes(encoding)
    _write(message, struct, data)
    return data.message()


def read_field(value: Any, kind: Kind, steps: Steps) -> Any:
    """Return the numbers at a path in a message object; raise IndexError if they are not there."""
    if not steps:
        return _numbers(value, kind)
    step, rest = steps[0], steps[1:]
    if isinstance(kind, Struct):
        name = str(step)
        return read_field(getattr(value, name), kind.fields[name], rest)
    assert isinstance(kind, Many) and not isinstance(step, str)
    if step.is_every:
        return [read_field(element, kind.element, rest) for element in value]
    return read_field(value[step.index], kind.element, rest)


def all_paths(kind: Kind, path: str = '') -> Iterator[str]:
    """Return every way to say which numbers of a message are meant."""
    if path and holds_numbers(kind):
        yield path
    if isinstance(kind, Many):
        yield from all_paths(kind.element, f'{path}[]')
        yield from all_paths(kind.element, f'{path}[0]')
    elif isinstance(kind, Struct):
        for name, inner in kind.fields.items():
            yield from all_paths(inner, f'{path}.{name}' if path else name)


def _random_value(kind: Kind, random: Random) -> Any:
    if isinstance(kind, Struct):
        return random_message(kind, random)
    if isinstance(kind, Text):
        return ''.join(random.choices(LETTERS, k=random.choice(TEXT_LENGTHS)))
    if isinstance(kind, Many):
        count = random.choice(LENGTHS) if kind.count is None else kind.count
        return [
            _random_value(kind.element, random)
            for _ in range(count if kind.most is None else min(count, kind.most))]
    return _random_number(kind, random)


def _random_number(kind: Number, random: Random) -> Any:
    if kind.dtype.kind == 'b':
        return random.random() < 0.5
    if kind.dtype.kind == 'f':
        number = random.choice([*FLOATS, random.gauss(0.0, 1.0)])
        return number if kind.dtype.itemsize == 8 else float(np.float32(number))
    span = np.iinfo(kind.dtype)
    number = random.choice([0, 1, span.min, span.max, random.randint(span.min, span.max)])
    return bytes([number]) if kind.zero == b'\0' else number


def _write(value: Any, kind: Kind, data: Bytes) -> None:
    if isinstance(kind, Struct):
        for name, inner in kind.fields.items():
            _write(getattr(value, name), inner, data)
        if not kind.fields:
            data.numbers(np.zeros(1, 'uint8'))
    elif isinstance(kind, Text):
        (data.wide_string if kind.wide else data.string)(value)
    elif isinstance(kind, Many):
        if kind.count is None:
            data.uint32(len(value))
        for element in value:
            _write(element, kind.element, data)
    else:
        data.numbers(np.array([_number(value)], kind.dtype))


def _numbers(value: Any, kind: Kind) -> Any:
    if isinstance(kind, Number):
        return _number(value)
    if isinstance(kind, Many):
        return [_numbers(element, kind.element) for element in value]
    assert isinstance(kind, Struct)
    flat: List[Any] = []
    for name, inner in kind.fields.items():
        if holds_numbers(inner):
            flat += np.array(_numbers(getattr(value, name), inner), object).ravel().tolist()
    return flat


def _number(value: Any) -> Any:
    return value[0] if isinstance(value, bytes) else value
