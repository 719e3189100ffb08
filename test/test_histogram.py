# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Percentiles are those of numpy, to the microsecond, however many durations there were."""

from typing import List

from dg_pytorch_ros.histogram import Histogram
from hypothesis import example, given, strategies
import numpy as np
import pytest

LAST_STEP_NS = 20_000_000

DURATIONS = strategies.one_of(
    strategies.integers(0, 3_000), strategies.integers(0, 300_000),
    strategies.integers(LAST_STEP_NS - 2_000, LAST_STEP_NS + 2_000), strategies.integers(0, 10**9),
    strategies.sampled_from([0, 999, 1_000, 1_001, LAST_STEP_NS - 1, LAST_STEP_NS]))
PERCENT = (0.0, 1.0, 12.5, 25.0, 50.0, 90.0, 95.0, 99.0, 99.9, 100.0)


def histogram_of(durations_ns: List[int]) -> Histogram:
    histogram = Histogram()
    for duration_ns in durations_ns:
        histogram.add(duration_ns)
    return histogram


def rounded_up_us(duration_ns: int, max_ns: int) -> float:
    if duration_ns >= LAST_STEP_NS:
        return max_ns / 1e3
    return min(duration_ns // 1_000 * 1_000 + 1_000, max_ns) / 1e3


@given(strategies.lists(DURATIONS, min_size=1, max_size=60), strategies.sampled_from(PERCENT))
@example([5_000] * 99 + [80_000], 99.0)
@example([5_000] * 98 + [80_000] * 2, 99.0)
@example([5_000] * 999 + [80_000], 99.9)
def test_percentiles_are_those_of_numpy_to_the_microsecond(
    durations_ns: List[int], percent: float
) -> None:
    exact_ns = int(np.percentile(durations_ns, percent, method='inverted_cdf'))
    assert histogram_of(durations_ns).percentile_us(percent) == rounded_up_us(
        exact_ns, max(durations_ns))


@given(strategies.lists(DURATIONS, max_size=60))
def test_count_and_maximum_are_exact(durations_ns: List[int]) -> None:
    histogram = histogram_of(durations_ns)
    assert histogram.count == len(durations_ns)
    assert histogram.max_ns == max(durations_ns, default=0)


@given(strategies.lists(DURATIONS, min_size=1, max_size=60))
def test_more_percent_are_never_less_time(durations_ns: List[int]) -> None:
    histogram = histogram_of(durations_ns)
    percentiles = [histogram.percentile_us(percent) for percent in PERCENT]
    assert percentiles == sorted(percentiles)
    assert percentiles[-1] == histogram.max_ns / 1e3


@pytest.mark.parametrize('durations_ns, text', [
    ([], 'none'),
    ([0], 'p50 0 us, p99 0 us, max 0 us'),
    ([12_000], 'p50 12 us, p99 12 us, max 12 us'),
    ([4_200] * 98 + [30_000_000, 70_000_000], 'p50 5 us, p99 70000 us, max 70000 us')])
def test_summary_is_short(durations_ns: List[int], text: str) -> None:
    assert str(histogram_of(durations_ns)) == text


def test_nothing_is_zero() -> None:
    assert Histogram().percentile_us(99) == 0.0
