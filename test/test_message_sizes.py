# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Sizes that are known before a message comes are those that its bytes have."""

from random import Random
from typing import Any

from by_hand import Bytes, Encoding
from dg_pytorch_ros.messages.field_path import parse
from dg_pytorch_ros.messages.kinds import Kind, Many, Number, NUMBER_DTYPES, Struct, Text
from dg_pytorch_ros.messages.sizes import fixed_size, fixed_size_of_many, static_shape
from hypothesis import given, strategies
from messages_at_random import struct_of
import numpy as np
import pytest

NUMBERS = [Number(dtype) for dtype in NUMBER_DTYPES]


def random_kind(random: Random, depth: int = 3) -> Kind:
    """Return something of a fixed size."""
    what = random.choice(['number', 'struct', 'many']) if depth else 'number'
    if what == 'struct':
        return Struct('m/msg/X', {
            f'f{index}': random_kind(random, depth - 1) for index in range(random.randrange(4))})
    if what == 'many':
        return Many(random_kind(random, depth - 1), random.randint(1, 4))
    return random.choice(NUMBERS)


def write(kind: Any, data: Bytes) -> None:
    if isinstance(kind, Number):
        data.numbers(np.zeros(1, kind.dtype))
    elif isinstance(kind, Many):
        for _ in range(kind.count or 0):
            write(kind.element, data)
    else:
        for inner in kind.fields.values():
            write(inner, data)
        if not kind.fields:
            data.numbers(np.zeros(1, 'uint8'))


@given(strategies.integers(0, 2 ** 32 - 1).map(Random), strategies.integers(0, 7))
def test_fixed_size_is_that_of_the_bytes_from_any_position(random: Random, begin: int) -> None:
    kind = random_kind(random)
    data = Bytes(Encoding())
    data.numbers(np.zeros(begin, 'uint8'))
    for count in range(5):
        assert fixed_size_of_many(kind, count, begin) == len(data.written) - begin
        write(kind, data)
        assert count or fixed_size(kind, begin) == len(data.written) - begin


@pytest.mark.parametrize('kind', [
    Text(), Many(NUMBERS[0]), Many(NUMBERS[0], most=3), Many(Text(), 2),
    Struct('m/msg/X', {'a': NUMBERS[0], 'b': Text()}), Many(Many(NUMBERS[0]), 2)])
def test_size_that_depends_on_the_message_is_not_fixed(kind: Any) -> None:
    assert fixed_size(kind, 0) is None
    assert fixed_size_of_many(kind, 2, 0) is None


@pytest.mark.parametrize('path, rows, shape', [
    ('pose.covariance', None, (36,)), ('pose.pose.position', None, (3,)), ('pose', None, (43,)),
    ('pose.pose.position.x', None, ()), ('pose.covariance[35]', None, ()),
    ('pose.covariance', 4, (4,)), ('pose.pose.position', 4, (3,))])
def test_shape_of_a_field_of_fixed_size(path: str, rows: Any, shape: Any) -> None:
    pytest.importorskip('nav_msgs.msg', reason='nav_msgs is not installed')
    assert static_shape(struct_of('nav_msgs/msg/Odometry'), parse(path), rows) == shape


@pytest.mark.parametrize('path, rows, shape', [
    ('points', None, None), ('points[].positions', None, None), ('points[].positions', 2, None),
    ('points[0].positions', None, None), ('points[0].positions', 2, (2,)),
    ('points[].time_from_start', None, None), ('points[].time_from_start', 5, (5, 2)),
    ('points[0].time_from_start', None, (2,)), ('points[0]', None, None)])
def test_shape_of_a_field_of_any_size(path: str, rows: Any, shape: Any) -> None:
    pytest.importorskip('trajectory_msgs.msg', reason='trajectory_msgs is not installed')
    struct = struct_of('trajectory_msgs/msg/JointTrajectory')
    assert static_shape(struct, parse(path), rows) == shape
