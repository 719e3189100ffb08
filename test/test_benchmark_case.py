# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Ways to do one thing that take turns, and how they are compared block by block."""

import math
from typing import Any, Callable, List

from benchmark.case import Case
from benchmark.pairs import median_difference, median_ratio
from benchmark.turns import all_cases, measure
import numpy as np
import pytest
import torch


def noting(name: str, calls: List[str]) -> Callable[[Any], None]:
    def way(item: Any) -> None:
        calls.append(f'{name}{item}')
    return way


def test_ways_take_turns_in_an_order_that_rotates() -> None:
    calls: List[str] = []
    case = Case('noted', [0, 1, 2], {name: noting(name, calls) for name in 'abc'}, block=2)
    case.measure(3)
    settling = ['a0', 'a1', 'b0', 'b1', 'c0', 'c1']
    assert calls == [
        *settling, *settling,
        'b2', 'b0', 'c2', 'c0', 'a2', 'a0',
        'c1', 'c2', 'a1', 'a2', 'b1', 'b2']
    assert {name: len(samples) for name, samples in case.samples_us.items()} == {
        'a': 6, 'b': 6, 'c': 6}


def test_what_gives_no_array_is_not_compared() -> None:
    Case('alike', [1.0, 2.0], {
        'numpy': lambda item: np.array([item]), 'step': lambda item: 'something else',
        'torch': lambda item: torch.tensor([item])}, block=1).check()


@pytest.mark.parametrize('wrong', [np.array([1.1]), np.array([[1.0]])])
def test_ways_that_differ_end_the_measurement(wrong: Any) -> None:
    case = Case('different', [1.0], {
        'right': lambda item: np.array([item]), 'wrong': lambda item: wrong}, block=1)
    with pytest.raises(SystemExit, match='different: wrong gives'):
        case.check()


def test_a_way_that_gives_the_same_memory_each_time_is_compared_too() -> None:
    room = np.zeros(1)

    def into_room(item: float, error: float = 0.0) -> Any:
        room[0] = item + error
        return room
    ways = {'one': into_room, 'other': lambda item: into_room(item, 1.0)}
    with pytest.raises(SystemExit):
        Case('different', [1.0], ways, block=1).check()


def test_blocks_are_compared_in_pairs() -> None:
    slow, quick = [3.0, 90.0, 3.0, 13.0, 12.0, 13.0], [1.0, 1.0, 1.0, 10.0, 10.0, 90.0]
    assert median_difference(slow, quick, 3) == 2.5
    assert median_ratio(slow, quick, 3) == pytest.approx((3.0 + 1.3) / 2)


def test_nothing_cannot_be_compared() -> None:
    assert math.isnan(median_difference([], [1.0], 3))
    assert math.isnan(median_ratio([1.0], [], 3))


def test_after_an_interruption_there_is_what_was_measured_until_then() -> None:
    calls: List[int] = []

    def interrupted(item: int) -> None:
        calls.append(item)
        if len(calls) > 6:
            raise KeyboardInterrupt
    first = Case('first', [1], {'ours': lambda item: None}, block=2)
    second = Case('second', [1], {'ours': interrupted}, block=2)
    third = Case('third', [1], {'ours': lambda item: None}, block=2)
    measured = measure([first, second, third], 5)
    assert [case.name for case in measured] == ['first', 'second']
    assert [len(case.samples_us['ours']) for case in measured] == [10, 3]


def test_ours_and_the_other_ways_come_to_the_same_numbers(context: Any) -> None:
    for case in all_cases(context):
        case.check()
