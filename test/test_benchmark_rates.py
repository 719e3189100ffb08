# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Slices of the timer scenario, and the highest rate that follows from them."""

from typing import Any, Dict, List

from benchmark.rates import highest_held_hz, measure

SECOND_NS = 1_000_000_000


def missed(*percents: float, rate_hz: int) -> List[Dict[str, Any]]:
    return [
        {'name': 'ours', 'rate_hz': rate_hz, 'missed_percent': percent} for percent in percents]


def test_the_median_round_counts() -> None:
    slices = [
        *missed(0.0, 0.1, 0.2, rate_hz=1000), *missed(4.0, 0.2, 0.9, rate_hz=2000),
        *missed(3.0, 0.2, 1.1, rate_hz=4000), *missed(0.0, rate_hz=5000)]
    assert highest_held_hz(slices, 'ours') == 2000
    assert highest_held_hz(slices, 'hand') == 0


def test_only_outputs_of_the_slice_count() -> None:
    stamps_ns = [10 * SECOND_NS + number * 1_000_000 for number in range(3000)]
    result = {
        'stamps_ns': [stamps_ns], 'begin_ns': 11 * SECOND_NS, 'end_ns': 12 * SECOND_NS,
        'elapsed_s': 1.0, 'cpu_percent': 30.0, 'robot_cpu_percent': 20.0, 'robot_hz': 980.0}
    one = measure(result, 1000.0, '10 evaluations, 0 ticks missed, ticks late p50 1 us, '
                                  'p99 2 us, max 3 us')
    assert one['achieved'] == 1.0
    assert one['missed_percent'] == 0.0
    assert one['is_held_by_robot'] is False
    assert one['tick_late_us'] == {'p50_us': 1.0, 'p99_us': 2.0, 'max_us': 3.0}
