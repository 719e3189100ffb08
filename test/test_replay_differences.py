# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A difference is what it is for numbers of every kind, and nothing where there is none."""

import math
from types import SimpleNamespace
from typing import Any

from dg_pytorch_ros.replay.differences import Differences
from dg_pytorch_ros.replay.series import Series
import numpy as np
import pytest

INF, NAN = math.inf, math.nan


def series(*values: Any) -> Series:
    """Return values as they are, a nanosecond apart."""
    readout: Any = SimpleNamespace(values=lambda value: value, stamp_ns=lambda value: None)
    made = Series(readout)
    for time_ns, value in enumerate(values):
        made.add(time_ns, value)
    return made


def differences(recorded: Any, replayed: Any) -> Differences:
    return Differences(series(recorded), series(replayed), [(0, 0)])


@pytest.mark.parametrize('recorded, replayed, expected', [
    (1.0, 1.5, 0.5), (1.5, 1.0, 0.5), (-1.0, 1.0, 2.0), (NAN, NAN, 0.0), (NAN, 1.0, INF),
    (1.0, NAN, INF), (INF, INF, 0.0), (-INF, INF, INF), (INF, 1.0, INF), (INF, NAN, INF)])
def test_floating_numbers_are_apart_by(
    recorded: float, replayed: float, expected: float
) -> None:
    found = differences(np.array([0.0, recorded]), np.array([0.0, replayed]))
    assert found.maximum == expected
    assert found.greatest.tolist() == [0.0, expected]
    assert (found.worst is None) == (expected == 0.0)


@pytest.mark.parametrize('dtype, recorded, replayed', [
    ('int64', 2 ** 62, 2 ** 62 + 1), ('uint64', 2 ** 64 - 1, 2 ** 64 - 2), ('uint8', 3, 2),
    ('int8', -1, 0), ('bool', True, False), ('float32', 2.0, 1.0)])
def test_numbers_of_every_dtype_are_one_apart(dtype: str, recorded: Any, replayed: Any) -> None:
    assert differences(np.array([recorded], dtype), np.array([replayed], dtype)).maximum == 1.0


def test_small_differences_of_small_floats_are_not_rounded_away() -> None:
    one = np.array([0.1], 'float32')
    assert differences(one, np.nextafter(one, np.float32(1.0))).maximum == 2.0 ** -27


def test_each_element_has_its_greatest_and_mean_in_messages_of_any_length() -> None:
    found = Differences(
        series(np.array([1.0]), np.array([1.0, 2.0, 3.0]), np.array([5.0, 6.0])),
        series(np.array([2.0]), np.array([1.0, 2.5, 3.0]), np.array([5.0, 8.0])),
        [(0, 0), (1, 1), (2, 2)])
    assert found.greatest.tolist() == [1.0, 2.0, 0.0]
    assert found.means.tolist() == pytest.approx([1 / 3, 2.5 / 2, 0.0])
    assert found.mean == pytest.approx(3.5 / 6)
    assert found.of_pairs == [1.0, 0.5, 2.0]
    assert found.worst == (2, 1, 6.0, 8.0)


def test_the_first_of_equal_differences_is_the_worst() -> None:
    one = np.array([1.0, 1.0])
    found = Differences(series(one, one), series(0 * one, 0 * one), [(0, 0), (1, 1)])
    assert found.worst == (0, 0, 1.0, 0.0)


def test_a_layout_alone_is_no_difference() -> None:
    found = differences(np.arange(12.0), np.arange(12.0).reshape(1, 12) + 0.5)
    assert (found.unlike, found.maximum) == (0, 0.5)


@pytest.mark.parametrize('replayed', [np.zeros((1, 3)), np.zeros((1, 2), np.int64)])
def test_another_count_or_kind_of_numbers_is_unlike(replayed: Any) -> None:
    found = differences(np.zeros(2), replayed)
    assert (found.unlike, found.maximum) == (1, None)


def test_what_is_not_paired_is_counted() -> None:
    one = np.array([1.0])
    found = Differences(series(one, one, one), series(one, one), [(1, 1)])
    assert (found.pairs, found.unpaired_recorded, found.unpaired_replayed) == (1, 2, 1)
    assert found.unpaired_share == pytest.approx(0.6)


def test_of_nothing_there_is_no_difference_to_know() -> None:
    found = Differences(series(), series(), [])
    assert (found.maximum, found.mean, found.worst, found.unpaired_share) == (
        None, None, None, 0.0)
    empty = differences(np.zeros(0), np.zeros(0))
    assert (empty.pairs, empty.maximum) == (1, None)
