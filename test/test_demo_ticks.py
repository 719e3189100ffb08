# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How even ticks are, is told from their times alone, wherever their grid lies."""

import math
from typing import Iterable

from dg_pytorch_ros.demo.ticks import ticks_of
import numpy as np
import pytest

NOW_NS = 1_795_302_300_949_241_853


def times_ns(places: Iterable[float], phase_us: float = 0.0) -> 'list[int]':
    return [NOW_NS + round(1e6 * place + 1e3 * phase_us) for place in places]


@pytest.mark.parametrize('phase_us', [0.0, 1.0, 250.0, 499.0, 500.0, 501.0, 750.0, 999.0])
def test_even_ticks_are_on_their_grid(phase_us: float) -> None:
    ticks = ticks_of(times_ns(range(1000), phase_us))
    assert ticks.off_us == pytest.approx(np.zeros(1000), abs=0.01)
    assert ticks.missing == 0


@pytest.mark.parametrize('first_us', [-480.0, 0.0, 480.0])
def test_distance_counts_from_where_most_ticks_are(first_us: float) -> None:
    # The first tick is as good or bad as any other.
    places = [1e-3 * first_us, *range(1, 200)]
    places[100] += 0.3
    places[150] -= 0.2
    off_us = ticks_of(times_ns(places)).off_us
    assert off_us[[0, 50, 100, 150]] == pytest.approx([first_us, 0.0, 300.0, -200.0], abs=1.0)


def test_half_of_the_ticks_are_before_the_middle() -> None:
    jitter_us = np.random.default_rng(1).exponential(50.0, 1001)
    off_us = ticks_of(times_ns(np.arange(1001) + 1e-3 * jitter_us)).off_us
    assert np.median(off_us) == pytest.approx(0.0, abs=0.01)
    assert off_us == pytest.approx(jitter_us - np.median(jitter_us), abs=0.01)


def test_places_without_a_tick_are_missing() -> None:
    places = [place for place in range(100) if place not in (7, 50, 51, 52)]
    assert ticks_of(times_ns(places)).missing == 4


def test_tick_that_is_far_too_late_leaves_its_place_empty() -> None:
    places = [float(place) for place in range(100) if place != 51]
    places[50] += 0.7
    ticks = ticks_of(times_ns(places))
    assert ticks.missing == 1
    assert ticks.off_us[50] == pytest.approx(-300.0, abs=0.01)


def test_more_ticks_than_places_are_not_a_negative_number() -> None:
    assert ticks_of(times_ns([0, 1, 2, 3, 3.1, 4, 5])).missing == 0


def test_percentiles_are_of_distances() -> None:
    places = [place + (0.1 if place % 4 == 1 else -0.1 if place % 4 == 3 else 0.0)
              for place in range(400)]
    ticks = ticks_of(times_ns(places))
    assert ticks.percentile_us(40) == pytest.approx(0.0, abs=0.01)
    assert ticks.percentile_us(60) == pytest.approx(100.0, abs=0.01)


def test_one_tick_is_even_and_none_are_unknown() -> None:
    assert ticks_of([NOW_NS]).percentile_us(99) == 0.0
    assert ticks_of([]).missing == 0
    assert math.isnan(ticks_of([]).percentile_us(99))
