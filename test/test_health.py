# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A node's health is the worst that there is, and says all that is of that kind."""

from typing import Any

from dg_pytorch_ros.counters import Counters
from dg_pytorch_ros.health import Activity, judge, Level, measure, read_totals, Totals
from evaluation_rig import MS_NS
import pytest


def verdict(**fields: Any) -> Any:
    """Judge an active node; what is counted is given by the names of the counters."""
    counted = {name: fields.pop(name) for name in list(fields) if hasattr(Totals(), name)}
    lately = Totals(**counted)
    return judge('active', Activity(lately, lately, rate_hz=1.0, **fields), '')


def test_active_node_that_has_no_complaint_is_fine() -> None:
    assert verdict(ticks=100, evaluations=100) == (Level.OK, 'active')


@pytest.mark.parametrize('state', ['unconfigured', 'inactive', 'finalized'])
def test_node_that_does_not_act_is_fine_and_says_its_state(state: str) -> None:
    assert judge(state, None, '') == (Level.OK, state)


@pytest.mark.parametrize('activity', [
    None, Activity(Totals(), Totals(), rate_hz=0.0, waiting_for=['/x (no publisher)'])])
def test_node_that_gave_up_says_why_whatever_else_there_is(activity: Any) -> None:
    assert judge('inactive', activity, 'it is too hot') == (
        Level.ERROR, 'deactivated itself: it is too hot')


@pytest.mark.parametrize('fields, level, message', [
    ({'waiting_for': ['/x (no publisher)', '/y (no publisher)']}, Level.STALE,
     'waiting for /x (no publisher); waiting for /y (no publisher)'),
    ({'refusals': {'stale x': 3}}, Level.STALE, 'stale x: 3 times'),
    ({'refusals': {'disabled': 3}}, Level.WARN, 'disabled: 3 times'),
    ({'refusals': {'deadline': 3}}, Level.WARN, 'deadline: 3 times'),
    ({'refusals': {'failed evaluation': 3, 'not finite: input x': 1}}, Level.ERROR,
     'failed evaluation: 3 times; not finite: input x: 1 times'),
    ({'other_writers': {'a': ['/other', '/third']}}, Level.WARN,
     "output 'a' is published by /other, /third as well"),
    ({'other_writers': {'a': ['/other']}, 'is_exclusive': True}, Level.ERROR,
     "output 'a' is published by /other as well"),
    ({'missed_ticks': 2}, Level.WARN, '2 ticks missed'),
    ({'overruns': 1}, Level.WARN, '1 evaluations longer than the period'),
    ({'dropped': {'x, size': 2}}, Level.WARN, '2 messages dropped (x, size)'),
    ({'limited': {'limited a': 7}}, Level.WARN, 'limited a: 7 times'),
])
def test_each_complaint_has_its_level(fields: Any, level: Level, message: str) -> None:
    assert verdict(**fields) == (level, message)


def test_stale_input_counts_more_than_an_error_and_an_error_more_than_a_warning() -> None:
    warning = {'overruns': 1}
    error = {**warning, 'refusals': {'failed evaluation': 1}}
    stale = {**warning, 'refusals': {'failed evaluation': 1, 'stale x': 1}}
    assert verdict(**error) == (Level.ERROR, 'failed evaluation: 1 times')
    assert verdict(**stale) == (Level.STALE, 'stale x: 1 times')


def test_only_what_happened_lately_is_complained_of() -> None:
    long_ago = Totals(missed_ticks=50, overruns=5, refusals={'stale x': 5}, dropped={'x, size': 1})
    activity = Activity(long_ago, Totals(ticks=10, evaluations=10), rate_hz=10.0)
    assert judge('active', activity, '') == (Level.OK, 'active')


@pytest.mark.parametrize('missed, ticks, many', [
    (0, 100, False), (1, 0, False), (1, 5, False), (2, 100, True), (2, 198, False),
    (3, 198, True), (10, 990, False), (11, 990, True)])
def test_single_ticks_may_be_missed_and_one_of_a_hundred(
        missed: int, ticks: int, many: bool) -> None:
    assert Totals(ticks=ticks, missed_ticks=missed).has_missed_many == many


def test_totals_since_a_moment_are_what_was_added() -> None:
    before = Totals(10, 9, 1, 2, {'disabled': 1, 'stale x': 4}, {'x, size': 1}, {'limited a': 1})
    after = Totals(30, 25, 4, 3, {'disabled': 1, 'stale x': 6, 'deadline': 1},
                   {'x, size': 2, 'y, value': 3}, {'limited a': 1, 'slowed a': 2})
    assert after.since(before) == Totals(
        20, 16, 3, 1, {'stale x': 2, 'deadline': 1}, {'x, size': 1, 'y, value': 3},
        {'slowed a': 2})
    assert after.since(Totals()) == after


def test_totals_do_not_change_with_the_counters_they_were_read_from() -> None:
    counters = Counters(ticks=5, evaluations=4, missed_ticks=3, overruns=2)
    counters.refusals['disabled'] += 1
    counters.dropped_messages['x', 'size'] += 2
    totals = read_totals(counters, {'limited a': 1})
    expected = Totals(5, 4, 3, 2, {'disabled': 1}, {'x, size': 2}, {'limited a': 1})
    assert totals == expected
    counters.ticks += 1
    counters.refusals['disabled'] += 1
    counters.dropped_messages['x', 'size'] += 1
    assert totals == expected


def test_durations_are_summed_up() -> None:
    durations = measure([MS_NS * number for number in (1, 2, 3, 4, 100)])
    assert durations is not None
    assert durations.p50_ms == pytest.approx(3.0)
    assert 4.0 < durations.p99_ms < 100.0
    assert durations.max_ms == pytest.approx(100.0)


def test_without_durations_there_is_no_sum() -> None:
    assert measure([]) is None
