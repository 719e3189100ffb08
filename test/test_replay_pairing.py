# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Each recorded message finds the replayed one that answers to it, in order, or none."""

from typing import List

from dg_pytorch_ros.replay.pairing import pair_by_stamp, pair_with_cause, pair_with_nearest
from hypothesis import given, strategies

TIMES = strategies.lists(strategies.integers(0, 40), max_size=9).map(sorted)


def test_stamps_decide_whatever_the_order() -> None:
    assert pair_by_stamp([30, 10, 20], [10, 20, 40]) == [(1, 0), (2, 1)]


def test_messages_with_one_stamp_are_paired_in_their_order() -> None:
    assert pair_by_stamp([10, 10, 10, 20], [10, 20, 10]) == [(0, 0), (1, 2), (3, 1)]


def test_messages_without_a_stamp_have_no_counterpart() -> None:
    assert pair_by_stamp([None, 10], [None, 10]) == [(1, 1)]


def test_a_message_is_paired_with_the_latest_cause_before_it() -> None:
    assert pair_with_cause([12, 32], [10, 20, 30, 40]) == [(0, 0), (1, 2)]


def test_a_cause_of_the_same_time_counts() -> None:
    assert pair_with_cause([10], [10]) == [(0, 0)]


def test_what_is_recorded_after_the_next_cause_keeps_its_own() -> None:
    assert pair_with_cause([13, 14], [10, 12]) == [(0, 0), (1, 1)]


def test_a_message_before_all_causes_is_alone() -> None:
    assert pair_with_cause([5, 12], [10]) == [(1, 0)]


def test_a_constant_lag_of_more_than_a_period_does_no_harm() -> None:
    causes = list(range(0, 100, 10))
    assert pair_with_cause([cause + 25 for cause in causes], causes) == [
        (place, place) for place in range(10)]


@given(TIMES, TIMES)
def test_pairs_with_causes_do_not_cross_and_none_could_be_closer(
    recorded: List[int], replayed: List[int]
) -> None:
    pairs = pair_with_cause(recorded, replayed)
    for (one, cause), (two, other) in zip(pairs, pairs[1:]):
        assert one < two and cause < other
    free = set(range(len(replayed))) - {other for _, other in pairs}
    for place, other in pairs:
        assert replayed[other] <= recorded[place]
        assert not [
            each for each in free if replayed[other] < replayed[each] <= recorded[place]]


def test_the_nearest_is_taken_as_far_as_it_is_near_enough() -> None:
    assert pair_with_nearest([9, 21, 30, 46], [10, 20, 40, 50], farthest_ns=5) == [
        (0, 0), (1, 1), (3, 3)]


@given(TIMES, TIMES)
def test_nearest_pairs_are_near_and_each_is_in_one_only(
    recorded: List[int], replayed: List[int]
) -> None:
    pairs = pair_with_nearest(recorded, replayed, farthest_ns=4)
    for place, other in pairs:
        assert abs(recorded[place] - replayed[other]) <= 4
    for (one, nearest), (two, other) in zip(pairs, pairs[1:]):
        assert one < two and nearest < other


@given(strategies.lists(strategies.integers(0, 100), unique=True).map(sorted))
def test_equal_times_are_all_paired(times: List[int]) -> None:
    everything = [(place, place) for place in range(len(times))]
    assert pair_with_nearest(times, times, farthest_ns=0) == everything
    assert pair_with_cause(times, times) == everything
