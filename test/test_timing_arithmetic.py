# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What made-up durations come to: summed up, settled, judged, compared, and advised on."""

from dataclasses import asdict, replace
import json
import math
from typing import Any

from dg_pytorch_ros.config.node_config import RealtimeConfig
from dg_pytorch_ros.timing.advice import advise
from dg_pytorch_ros.timing.distribution import distribution, percentile
from dg_pytorch_ros.timing.judgement import FAILS, FITS, Judgement, NODE_SHARE_MS, TIGHT
from dg_pytorch_ros.timing.machine import this_machine
from dg_pytorch_ros.timing.page import page
from dg_pytorch_ros.timing.record import Runs, Threads
from dg_pytorch_ros.timing.settling import settling
from dg_pytorch_ros.timing.summary import summary
from dg_pytorch_ros.timing.thread_choice import best_count, usual_counts
import pytest
from timing_rig import full_record, MACHINE, runs, start, stretch, SUBJECT

NEVER_SETTLED_MS = [256.0, 128.0, 64.0, 32.0, 16.0, 8.0, 4.0, 2.0, 1.0]


@pytest.mark.parametrize('fraction, expected', [
    (0.0, 1.0), (0.5, 50.0), (0.9, 90.0), (0.99, 99.0), (0.999, 100.0), (1.0, 100.0)])
def test_a_percentile_is_one_of_the_samples(fraction: float, expected: float) -> None:
    assert percentile(range(100, 0, -1), fraction) == expected


def test_nothing_has_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))


def test_p99_9_leaves_one_in_a_thousand_out() -> None:
    thousand = distribution(range(1, 1001))
    assert (thousand.p99_9_ms, thousand.max_ms, thousand.is_tail_known) == (999, 1000, True)


def test_p99_9_of_fewer_than_a_thousand_runs_is_the_longest() -> None:
    fewer = distribution(range(1, 1000))
    assert (fewer.p99_9_ms, fewer.max_ms, fewer.is_tail_known) == (999, 999, False)


def test_a_distribution_has_each_figure_in_its_place() -> None:
    assert asdict(distribution([*range(1, 2001)])) == {
        'runs': 2000, 'p50_ms': 1000, 'p90_ms': 1800, 'p99_ms': 1980, 'p99_9_ms': 1998,
        'max_ms': 2000}


@pytest.mark.parametrize('durations_ms, slow_runs', [
    ([50.0, 2.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], 2),
    ([0.1] * 8, 0),
    # Twice as long as usual is still usual, more is not.
    ([0.2, *[0.1] * 8], 0),
    ([0.21, *[0.1] * 8], 1),
    # A quick one among slow ones is no sign.
    ([9.0, 0.1, 9.0, 9.0, 9.0, *[0.1] * 20], 5),
    # One that is slow for once, later, is a matter of the machine.
    ([9.0, 0.1, 0.1, 0.1, 9.0, *[0.1] * 20], 1)])
def test_a_module_has_settled_when_runs_take_as_long_as_later_ones(
    durations_ms: Any, slow_runs: int
) -> None:
    settled = settling(durations_ms)
    assert settled.slow_runs == slow_runs
    assert settled.first_ms == durations_ms[0]
    assert settled.usual_ms == 0.1


def test_what_is_no_slower_than_at_the_pace_of_the_robot_is_not_slow() -> None:
    durations_ms = [9.0, 0.8, *[0.4] * 5, *[0.1] * 20]
    assert settling(durations_ms).slow_runs == 7
    assert settling(durations_ms, paced_ms=0.3).slow_runs == 2
    assert settling(durations_ms, paced_ms=0.05).slow_runs == 7
    record = full_record(
        start=start(durations_ms), paced={1000.0: runs([0.3] * 1000)}, rates_hz=[1000.0])
    assert record.settling is not None
    assert (record.settling.slow_runs, record.settling.usual_ms) == (2, 0.1)


def test_what_becomes_quicker_to_the_very_end_has_not_settled() -> None:
    never = settling(NEVER_SETTLED_MS)
    assert never.slow_runs is None
    assert never.needs_more_than(1000)


@pytest.mark.parametrize('warmup_runs, is_short', [(3, True), (4, True), (5, False), (9, False)])
def test_the_warm_up_is_enough_if_it_takes_in_all_slow_runs(
    warmup_runs: int, is_short: bool
) -> None:
    settled = settling([*[9.0] * 5, *[0.1] * 20])
    assert settled.slow_runs == 5
    assert settled.needs_more_than(warmup_runs) is is_short


@pytest.mark.parametrize('module_ms, verdict', [
    (0.1, FITS), (1.0 - NODE_SHARE_MS, FITS), (1.001 - NODE_SHARE_MS, TIGHT),
    (2.0 - NODE_SHARE_MS, TIGHT), (2.001 - NODE_SHARE_MS, FAILS)])
def test_half_of_the_period_fits_and_all_of_it_is_tight(module_ms: float, verdict: str) -> None:
    judgement = Judgement(500.0, 0.01, distribution([module_ms]))
    assert judgement.period_ms == 2.0
    assert judgement.needed_ms == pytest.approx(module_ms + NODE_SHARE_MS)
    assert judgement.verdict == verdict


def test_p99_9_decides_not_the_longest_run() -> None:
    assert Judgement(100.0, 0.1, distribution([*[0.1] * 999, 100.0])).verdict == FITS
    assert Judgement(100.0, 0.1, distribution([*[0.1] * 998, 100.0])).verdict == FAILS


def test_a_rate_that_a_usual_run_is_too_slow_for_does_not_fit_unmeasured() -> None:
    judgement = Judgement(500.0, 3.0)
    assert judgement.verdict == FAILS
    assert judgement.needed_ms == 3.0 + NODE_SHARE_MS


@pytest.mark.parametrize('cores, configured, counts', [
    (1, 1, [1]), (2, 1, [1, 2]), (4, 3, [1, 2, 3, 4]), (6, 1, [1, 2, 4, 6]),
    (16, 1, [1, 2, 4, 8, 16]), (2, 8, [1, 2, 8])])
def test_numbers_of_threads_are_powers_of_two_up_to_all_cores(
    cores: int, configured: int, counts: Any
) -> None:
    assert usual_counts(cores, configured) == counts


@pytest.mark.parametrize('two_ms, four_ms, best', [
    ([0.79], [0.7], 2), ([0.81], [0.81], 1), ([0.81], [0.79], 4), ([0.5], [0.3], 4),
    # The slowest runs must not become slower for it.
    ([*[0.5] * 9, 1.1], [0.7], 4), ([*[0.5] * 9, 1.1], [0.9], 1)])
def test_more_threads_are_worth_it_if_they_take_a_fifth_off(
    two_ms: Any, four_ms: Any, best: int
) -> None:
    assert best_count({
        4: distribution(four_ms), 1: distribution([1.0]), 2: distribution(two_ms)}) == best


def test_runs_of_several_stretches_are_taken_together() -> None:
    both = runs([1.0, 2.0], [3.0])
    both.add(stretch([4.0], missed=3))
    assert both.durations_ms.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert both.cpu_percent == pytest.approx(95.0)
    assert both.missed == 3


def test_usual_are_runs_back_to_back_and_before_these_the_later_of_the_warm_up() -> None:
    record = full_record(back_to_back=runs([0.3, 0.4, 0.5]))
    assert record.usual_ms == 0.4
    assert replace(record, back_to_back=runs()).usual_ms == 0.1


def test_what_was_neither_measured_nor_impossible_is_not_judged() -> None:
    record = full_record(
        paced={50.0: runs([0.1])}, start=start([*[1.5] * 9]), back_to_back=runs(),
        impossible_hz=[1000.0])
    assert [(one.rate_hz, one.verdict) for one in record.judgements()] == [
        (1000.0, FAILS), (50.0, FITS)]
    assert full_record(start=None).judgements() == []


def test_a_rate_that_was_impossible_at_first_stays_so() -> None:
    record = full_record(rates_hz=[500.0], impossible_hz=[500.0], paced={})
    assert record.usual_ms == 0.1
    assert [one.verdict for one in record.judgements()] == [FAILS]
    assert record.possible_hz == []


def test_only_a_comparison_that_came_to_its_end_has_a_best_number_of_threads() -> None:
    threads = {1: Threads(runs([1.0]), runs([1.0])), 2: Threads(runs([2.0]), runs([0.5]))}
    assert full_record(threads=threads).best_threads == 2, 'at the pace of the robot'
    assert full_record(threads=threads, is_complete=False).best_threads is None
    assert full_record().best_threads is None


def test_memory_grows_from_the_end_of_the_first_round() -> None:
    record = full_record(resident_bytes={'loaded': 1, 'first_round': 1000, 'end': 3000})
    assert record.growth_bytes == 2000
    assert record.runs_since_first_round == 5 * 500
    assert full_record(resident_bytes={'first_round': 1000}).growth_bytes is None


def advice(**changes: Any) -> str:
    return '\n'.join(advise(full_record(**changes), seconds_for_tail=131.0))


def test_what_fits_on_a_quiet_machine_leaves_nothing_to_try() -> None:
    assert advice() == ''
    assert 'nothing left to try' in page(full_record(), [])


def test_better_threads_are_advised_with_what_they_give() -> None:
    threads = {1: Threads(runs([1.0]), runs([1.0])), 2: Threads(runs([2.0]), runs([0.5]))}
    assert advice(threads=threads) == (
        'num_threads: 2: p50 0.500 ms instead of 1.000 ms, p99 0.500 ms instead of 1.000 ms')


def with_paced(durations_ms: Any, **changes: Any) -> str:
    return advice(paced={1000.0: runs(durations_ms)}, rates_hz=[1000.0], **changes)


def test_a_long_tail_speaks_for_real_time_settings_unless_they_are_there() -> None:
    tail_ms = [*[0.1] * 990, *[0.9] * 10]
    assert 'realtime.priority: 80' in with_paced(tail_ms)
    assert 'take 9 times the usual one' in with_paced(tail_ms)
    assert with_paced([*[0.1] * 990, *[0.4] * 10]) == ''
    tuned = replace(SUBJECT, realtime=RealtimeConfig(priority=50))
    assert 'realtime' not in with_paced(tail_ms, subject=tuned)


def test_what_is_slow_after_a_sleep_only_speaks_for_another_governor() -> None:
    tail_ms = [0.6] * 10
    assert 'a run takes 2.0 times as long' in with_paced([*[0.2] * 990, *tail_ms])
    assert 'governor' not in with_paced(
        [*[0.14] * 990, *tail_ms], back_to_back=runs([0.05] * 9)), 'it takes little of the period'
    assert 'governor' not in with_paced(
        [*[0.2] * 990, *tail_ms], back_to_back=runs([0.15] * 9)), 'it is nearly as slow without'


def test_a_usual_run_that_takes_most_of_the_period_speaks_for_a_smaller_net() -> None:
    slow = with_paced([0.6] * 1000, back_to_back=runs([0.6] * 9))
    assert slow == (
        'a smaller net, or a lower rate: at 1000 Hz, a usual run and the node take 75 % of the '
        'period')
    double = replace(SUBJECT, description=replace(SUBJECT.description, dtype='float64'))
    assert with_paced([0.6] * 1000, back_to_back=runs([0.6] * 9), subject=double).startswith(
        'float32 instead of float64')


def test_rates_that_nobody_named_are_not_advised_on_if_one_was() -> None:
    paced = {1000.0: runs([0.9] * 1000), 50.0: runs([0.9] * 1000)}
    assert 'smaller net' in advice(paced=paced)
    assert advice(paced=paced, wanted_hz=[50.0]) == ''


def test_few_runs_speak_for_more_time() -> None:
    few = {1000.0: runs([0.1] * 1000), 100.0: runs([0.1] * 999)}
    assert advice(paced=few) == (
        '--seconds 140 for 1,000 runs each: at 100 Hz, p99.9 is the longest of fewer')


@pytest.mark.parametrize('slow, word', [
    (10, ''), (11, 'warmup_runs: 22: the first 11 runs are slow, and warmup_runs is 10')])
def test_slow_runs_beyond_the_warm_up_speak_for_a_longer_one(slow: int, word: str) -> None:
    assert advice(start=start([*[9.0] * slow, *[0.1] * 40])) == word


def test_a_start_without_an_end_is_said() -> None:
    assert 'after 9 runs they had not settled' in advice(
        start=start(NEVER_SETTLED_MS))


def test_growing_memory_is_worth_a_look() -> None:
    mebi = 2 ** 20
    assert advice(resident_bytes={'first_round': 0, 'end': 4 * mebi}) == ''
    assert 'memory grew by 5.0 MiB in 2,500 runs' in advice(
        resident_bytes={'first_round': 0, 'end': 5 * mebi})


def test_a_busy_machine_is_no_place_to_measure() -> None:
    assert advice(machine=replace(MACHINE, load=2.0)) == ''
    assert 'load was 2.1 on 4 cores' in advice(machine=replace(MACHINE, load=2.1))
    usual = stretch([0.1] * 1000)
    for cpu_s, word in ((1.8, ''), (1.0, 'back to back, it was given only 50 % of a core')):
        assert word in advice(back_to_back=Runs([replace(usual, cpu_s=cpu_s)]))
    assert advice(back_to_back=Runs([replace(usual, cpu_s=1.8)])) == ''


def test_a_page_has_all_that_was_measured() -> None:
    threads = {
        count: Threads(runs([1.0] * 1000), runs([1.0] * 1000)) for count in (1, 2)}
    text = page(full_record(threads=threads), ['sleep', 'longer ' * 30])
    for line in (
            'module   /models/policy.pt, 2.0 KiB',
            '         TorchScript module Policy, 1,234 parameters of float32',
            'input    obs float32[1, 48], random',
            'output   action float32[1, 12]',
            'cold        imports 1.5 s, load 12.00 ms',
            'first runs  50, 2, 0.1, 0.1, 0.1, 0.1, ... ms',
            '            settled at 0.100 ms after 2 slow runs; warmup_runs: 10 is enough',
            'at 1000 Hz    1,000  0.100  0.100  0.100  0.100   0.100  95 %',
            'how often which duration occurs at 1000 Hz',
            '2 threads, at 1000 Hz    1,000  1.000  1.000  1.000  1.000   1.000  95 %',
            'best: 1; more do not take a fifth off p50 and nothing onto p99',
            'memory  before 95.4 MiB, at the end 190.7 MiB',
            '        +0.0 MiB in the last 2,500 runs',
            '1000 Hz    1 ms  0.250 ms   25 %  1,000  fits',
            '  - sleep'):
        assert line in text.splitlines(), text
    assert '*' not in text
    assert max(map(len, text.splitlines())) < 100


def test_a_page_says_what_is_doubtful() -> None:
    record = full_record(
        start=start(is_finite=False), paced={50.0: runs([0.1] * 999)}, main_rate_hz=None,
        back_to_back=runs([3.0] * 1000), impossible_hz=[1000.0])
    lines = page(record, []).splitlines()
    assert 'output   action float32[1, 12], not finite: no matter for how long it takes' in lines
    assert 'at 50 Hz        999  0.100  0.100  0.100  0.100*  0.100  95 %' in lines
    assert '* of fewer than 1,000 runs: the longest of them' in lines
    assert 'how often which duration occurs back to back' in lines
    assert '1000 Hz    1 ms  3.150 ms  315 %     -  does not fit' in lines
    assert '-: not measured, as a usual run alone takes longer than the period' in lines


def test_json_has_what_the_page_has() -> None:
    threads = {1: Threads(runs([1.0]), runs()), 2: Threads(runs([0.123456789]), runs())}
    found = summary(full_record(threads=threads), ['sleep'])
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found['module']['path'] == '/models/policy.pt'
    assert found['inputs'] == [
        {'name': 'obs', 'dtype': 'float32', 'shape': [1, 48], 'origin': 'random'}]
    assert found['cold'] == {'import_ms': 1500.0, 'load_ms': 12.0, 'first_run_ms': 50.0}
    assert found['warm_up']['slow_runs'] == 2 and found['warm_up']['is_enough']
    assert found['at_pace'][0]['rate_hz'] == 1000.0 and found['at_pace'][0]['runs'] == 1000
    assert found['threads'][1]['back_to_back']['p50_ms'] == 0.123457
    assert found['threads'][1]['at_pace'] is None
    assert found['best_threads'] == 2
    assert found['memory_bytes'] == {
        'before': 10 ** 8, 'first_round': 2 * 10 ** 8, 'end': 2 * 10 ** 8, 'growth': 0}
    assert found['rates'][0] == {
        'rate_hz': 1000.0, 'verdict': 'fits', 'needed_ms': 0.25, 'assumed_for_node_ms': 0.15,
        'period_ms': 1.0, 'runs': 1000, 'is_tail_known': True}
    assert found['to_try_next'] == ['sleep']


def test_this_machine_has_a_name_and_cores() -> None:
    machine = this_machine()
    assert machine.cpu and machine.cores >= 1 and machine.load >= 0.0
    assert machine.torch[0] == '2'
