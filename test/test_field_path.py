# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Paths are read as they are meant, and lead to what is there."""

from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.messages.field_path import (
    Element, EVERY, number_paths, parse, resolve, Steps, text_paths)
from dg_pytorch_ros.messages.kinds import Many, Number, Struct, Text
import numpy as np
import pytest

NUMBER = Number(np.dtype('float64'), 0.0)
POINT = Struct('m/msg/Point', {'x': NUMBER, 'y': NUMBER})
WHOLE = Struct('m/msg/Whole', {
    'label': Text(), 'point': POINT, 'points': Many(POINT), 'two': Many(POINT, 2),
    'data': Many(NUMBER), 'bounded': Many(NUMBER, most=3), 'names': Many(Text()),
    'children': Many(Struct('m/msg/Child', {'name': Text(), 'values': Many(NUMBER)}))})


@pytest.mark.parametrize('path, steps', [
    ('data', ('data',)), ('data[]', ('data', EVERY)), ('data[2]', ('data', Element(2))),
    ('a.b_2.c', ('a', 'b_2', 'c')), ('a[].b[10].c', ('a', EVERY, 'b', Element(10), 'c')),
    ('a[0][]', ('a', Element(0), EVERY))])
def test_path_is_taken_apart(path: str, steps: Steps) -> None:
    assert parse(path) == steps


@pytest.mark.parametrize('path', [
    '', '.', 'a.', '.a', 'a..b', 'a b', 'a[', 'a]', 'a[-1]', 'a[x]', 'a[1', '[0]', 'a.[0]', 'a/b',
    ' a', 'a[1:2]'])
def test_what_is_no_path_is_refused_with_an_example(path: str) -> None:
    for parameter in 'field', 'name_field':
        with pytest.raises(ConfigError) as caught:
            parse(path, parameter)
        assert str(caught.value).startswith(f'{parameter} is {path!r}; expected names of fields')
        assert str(caught.value).endswith('for example twist.linear.x')


@pytest.mark.parametrize('path, kind', [
    ('point', POINT), ('point.y', NUMBER), ('points[]', POINT), ('points[7].x', NUMBER),
    ('two[1]', POINT), ('data[]', NUMBER), ('bounded[2]', NUMBER), ('label', Text()),
    ('names[3]', Text()), ('children[].values', Many(NUMBER))])
def test_path_leads_to_what_is_there(path: str, kind: object) -> None:
    assert resolve(WHOLE, parse(path)) == kind


@pytest.mark.parametrize('path', [
    'z', 'point.z', 'point[0]', 'points.x', 'data.x', 'label.x', 'label[0]', 'two[2]',
    'bounded[3]', 'data[][]', 'point.x.y'])
def test_path_may_lead_nowhere(path: str) -> None:
    assert resolve(WHOLE, parse(path)) is None


def test_all_numbers_and_texts_are_listed_in_order() -> None:
    assert number_paths(WHOLE) == [
        'point.x', 'point.y', 'points[].x', 'points[].y', 'two[].x', 'two[].y', 'data', 'bounded',
        'children[].values']
    assert text_paths(WHOLE) == ['label', 'names', 'children[].name']


@pytest.mark.parametrize('path', number_paths(WHOLE) + text_paths(WHOLE))
def test_listed_paths_lead_to_what_they_were_listed_for(path: str) -> None:
    kind = resolve(WHOLE, parse(path))
    leaf = kind.element if isinstance(kind, Many) else kind
    assert isinstance(leaf, Number if path in number_paths(WHOLE) else Text)


def test_element_that_is_not_there_is_a_flaw_of_the_message() -> None:
    assert Element(2).before(3) == 2
    assert EVERY.is_every and not Element(0).is_every
    with pytest.raises(MessageError, match=(
            'it has 2 elements, but the field asks for number 2, counted from 0')) as caught:
        Element(2).before(2)
    assert caught.value.cause == 'size'
