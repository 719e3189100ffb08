# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What messages are made of is read from what their classes say of themselves."""

from types import SimpleNamespace
from typing import Any, Callable, Dict

from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.messages.kinds import (
    holds_numbers, Many, Number, NUMBER_DTYPES, read_struct, Struct, Text)
from messages_at_random import struct_of
import numpy as np
import pytest


def classes(**fields: Dict[str, str]) -> Callable[[str], Any]:
    """Return what imports the classes `m/msg/<name>` with these fields."""
    return lambda type_name: SimpleNamespace(
        get_fields_and_field_types=lambda: fields[type_name[len('m/msg/'):]])


def kind_of(written: str) -> Any:
    imports = classes(Whole={'field': written}, Part={'x': 'double'})
    return read_struct('m/msg/Whole', imports).fields['field']


@pytest.mark.parametrize('written, dtype, zero', [
    ('double', 'float64', 0.0), ('float', 'float32', 0.0), ('boolean', 'bool', False),
    ('octet', 'uint8', b'\0'), ('char', 'uint8', '\0'), ('int8', 'int8', 0), ('uint8', 'uint8', 0),
    ('int16', 'int16', 0), ('uint16', 'uint16', 0), ('int32', 'int32', 0), ('uint32', 'uint32', 0),
    ('int64', 'int64', 0), ('uint64', 'uint64', 0)])
def test_number_has_a_dtype_and_a_zero(written: str, dtype: str, zero: Any) -> None:
    kind = kind_of(written)
    assert kind == Number(np.dtype(dtype), zero)
    assert type(kind.zero) is type(zero)
    assert kind.dtype in NUMBER_DTYPES


@pytest.mark.parametrize('written, kind', [
    ('string', Text()), ('string<8>', Text()),
    ('wstring', Text(wide=True)), ('wstring<8>', Text(wide=True)),
    ('sequence<wstring<8>, 3>', Many(Text(wide=True), most=3)),
    ('float[9]', Many(Number(np.dtype('float32'), 0.0), 9)),
    ('sequence<int8>', Many(Number(np.dtype('int8')))),
    ('sequence<int8, 3>', Many(Number(np.dtype('int8')), most=3)),
    ('sequence<string>', Many(Text())), ('sequence<string<8>>', Many(Text())),
    ('sequence<string<8>, 3>', Many(Text(), most=3)), ('string<8>[2]', Many(Text(), 2))])
def test_texts_and_arrays(written: str, kind: Any) -> None:
    assert kind_of(written) == kind


@pytest.mark.parametrize('written', [
    'm/Part', 'm/msg/Part', 'm/Part[2]', 'sequence<m/Part>', 'sequence<m/Part, 2>'])
def test_messages_within_messages(written: str) -> None:
    kind = kind_of(written)
    inner: Any = kind.element if isinstance(kind, Many) else kind
    assert inner.type_name == 'm/msg/Part'
    assert inner.fields == {'x': Number(np.dtype('float64'), 0.0)}


@pytest.mark.parametrize('written', ['wchar', 'sequence<wchar>', 'wchar[3]', 'long double'])
def test_what_cannot_be_read_is_named(written: str) -> None:
    with pytest.raises(ConfigError, match=(
            r'm/msg/Whole.field is of the type (wchar|wchar\[3\]|long double), which this node '
            'cannot read; expected numbers, strings')):
        kind_of(written)


def test_type_without_fields_holds_nothing() -> None:
    assert read_struct('m/msg/Empty', classes(Empty={})).fields == {}


@pytest.mark.parametrize('kind, holds', [
    (Number(np.dtype('bool')), True), (Text(), False), (Many(Text()), False),
    (Many(Number(np.dtype('bool'))), True), (Struct('m/msg/A', {}), False),
    (Struct('m/msg/A', {'a': Text()}), False),
    (Struct('m/msg/A', {'a': Text(), 'b': Many(Number(np.dtype('int8')))}), True)])
def test_numbers_are_found_at_any_depth(kind: Any, holds: bool) -> None:
    assert holds_numbers(kind) is holds
    assert holds_numbers(Struct('m/msg/Outer', {'inner': Many(kind)})) is holds


def test_real_type_is_read_to_its_last_field() -> None:
    pytest.importorskip('shape_msgs.msg', reason='shape_msgs is not installed')
    struct = struct_of('shape_msgs/msg/SolidPrimitive')
    assert struct.fields['dimensions'] == Many(Number(np.dtype('float64'), 0.0), most=3)
    polygon = struct.fields['polygon']
    assert isinstance(polygon, Struct) and polygon.type_name == 'geometry_msgs/msg/Polygon'
    points = polygon.fields['points']
    assert isinstance(points, Many) and isinstance(points.element, Struct)
    assert list(points.element.fields) == ['x', 'y', 'z']
