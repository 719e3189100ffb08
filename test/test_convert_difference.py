# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How far outputs are from each other, and what may differ."""

from typing import Any

from dg_pytorch_ros.conversion.difference import difference
from dg_pytorch_ros.conversion.tolerance import Tolerance, usual_tolerance
import numpy as np
import pytest

SINGLE = usual_tolerance(['float32'])


def floats(*numbers: float) -> Any:
    return np.array(numbers, np.float32)


def test_the_largest_difference_counts_and_is_a_part_of_the_largest_number() -> None:
    found = difference(floats(1, -4, 2), floats(1, -4.5, 2.25), SINGLE)
    assert (found.absolute, found.relative, found.is_within) == (0.5, 0.125, False)


@pytest.mark.parametrize('off, is_within', [
    (0.9e-5, True), (1.09e-4, True), (1.2e-4, False)])
def test_a_number_may_differ_by_both_tolerances_together(off: float, is_within: bool) -> None:
    expected = np.array([1.0, 0.25])
    assert difference(
        expected, expected + [0.0, off], SINGLE).is_within is is_within


def test_numbers_that_are_small_beside_others_may_differ_as_those_may() -> None:
    assert difference(floats(1e6, 0.0), floats(1e6, 50.0), SINGLE).is_within
    assert not difference(floats(1e6, 0.0), floats(1e6, 150.0), SINGLE).is_within


@pytest.mark.parametrize('expected, found, place', [
    (floats(1, np.nan), floats(1, 2), '[1]'), (floats(1, 2), floats(np.inf, 2), '[0]'),
    (floats(-np.inf), floats(0), '[0]')])
def test_both_must_be_not_finite_in_the_same_places(expected: Any, found: Any, place: str) -> None:
    apart = difference(expected, found, SINGLE)
    assert not apart.is_within
    assert apart.complaint.endswith(f'at {place}')


def test_which_of_the_numbers_that_are_not_finite_it_is_does_not_matter() -> None:
    assert difference(floats(np.nan, np.inf, 1), floats(np.inf, -np.inf, 1), SINGLE).is_within


@pytest.mark.parametrize('found, complaint', [
    (np.zeros((1, 2), np.float32), 'float32[1, 2] instead of float32[2]'),
    (np.zeros(2), 'float64[2] instead of float32[2]')])
def test_shape_and_dtype_must_be_the_same(found: Any, complaint: str) -> None:
    apart = difference(floats(0, 0), found, SINGLE)
    assert (apart.is_within, apart.complaint) == (False, complaint)


@pytest.mark.parametrize('dtype', ['int64', 'uint8', 'bool'])
def test_whole_numbers_must_be_the_same(dtype: str) -> None:
    one, other = np.array([0, 1], dtype), np.array([1, 1], dtype)
    assert difference(one, one, SINGLE).is_within
    apart = difference(one, other, SINGLE)
    assert (apart.is_within, apart.absolute) == (False, 1.0)
    assert difference(one, other, SINGLE, spread=np.array([1.0, 0.0])).is_within


def test_a_spread_lets_single_numbers_differ_by_more() -> None:
    expected, found = floats(1, 1), floats(1.5, 1)
    assert difference(expected, found, SINGLE, spread=np.array([0.5, 0.0])).is_within
    assert not difference(expected, found, SINGLE, spread=np.array([0.0, 0.5])).is_within
    assert difference(
        floats(1, 1), floats(np.inf, 1), SINGLE, spread=np.array([np.inf, 0])).is_within


def test_the_largest_numbers_of_a_dtype_can_be_compared() -> None:
    most = np.finfo(np.float64).max
    found = difference(np.array([most]), np.array([-most]), Tolerance(0, 1))
    assert (found.absolute, found.relative, found.is_within) == (np.inf, 2.0, False)


def test_nothing_differs_in_nothing() -> None:
    found = difference(np.zeros((0, 3)), np.zeros((0, 3)), Tolerance(0, 0))
    assert (found.absolute, found.relative, found.is_within) == (0.0, 0.0, True)


def test_a_denormal_number_that_is_flushed_to_zero_is_no_great_difference() -> None:
    found = difference(floats(1e-45), floats(0), SINGLE)
    assert found.is_within and found.relative < 1e-30


@pytest.mark.parametrize('dtypes, expected', [
    (['float32'], 'float32'), (['float64', 'float32'], 'float32'), (['float64'], 'float64'),
    (['float32', 'bfloat16', 'float16'], 'bfloat16'), (['int64', 'float16'], 'float16'),
    (['int64', 'bool'], 'whole numbers'), ([], 'whole numbers')])
def test_the_coarsest_dtype_decides_on_the_tolerance(dtypes: Any, expected: str) -> None:
    assert usual_tolerance(dtypes).dtype == expected


def test_a_user_may_ask_for_other_tolerances_one_by_one() -> None:
    assert SINGLE.but(None, None) == SINGLE
    assert SINGLE.but(0.0, None) == Tolerance(0.0, SINGLE.relative, 'float32')
    assert SINGLE.but(None, 0.5) == Tolerance(SINGLE.absolute, 0.5, 'float32')
