# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Counters that go back, and processes that grow, are found."""

from typing import Dict

import pytest
from soak.life import Life, MOST_GROWTH_MIB, MOST_MORE_THREADS
from soak.tally import Tally


def status(**counts: int) -> Dict[str, str]:
    return {'state': 'active', 'rate_hz': '1000.0', **{
        name.replace('__', ': '): str(count) for name, count in counts.items()}}


def test_counters_that_grow_bring_no_complaint_and_are_summed_over_processes() -> None:
    tally = Tally()
    assert tally.hear(status(ticks=5, guard__disabled=2)) == []
    assert tally.hear(status(ticks=7, guard__disabled=2, dropped__x=1)) == []
    tally.expect_start()
    assert tally.hear({'state': 'unconfigured'}) == []
    assert tally.hear(status(ticks=3)) == []
    assert tally.totals() == {'dropped: x': 1, 'guard: disabled': 2, 'ticks': 10}
    assert tally.statuses == 4


@pytest.mark.parametrize('name', ['ticks', 'evaluations', 'guard__disabled', 'dropped__x'])
def test_counter_that_goes_back_or_away_is_found(name: str) -> None:
    tally = Tally()
    tally.hear(status(**{name: 5}))
    assert len(tally.hear(status(**{name: 4, 'overruns': 1}))) == 1
    tally.hear(status(**{name: 5}))
    assert len(tally.hear(status(overruns=1))) == 1


def test_process_that_grows_is_found() -> None:
    assert Life(0.0, 300.0, 9, 60.0, 300.0 + 0.9 * MOST_GROWTH_MIB, 9).complaints() == []
    assert len(Life(
        0.0, 300.0, 9, 60.0, 300.1 + MOST_GROWTH_MIB, 10 + MOST_MORE_THREADS).complaints()) == 2
