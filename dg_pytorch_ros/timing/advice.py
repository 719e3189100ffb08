# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What to try next."""

from math import ceil
from typing import Iterator, List

from dg_pytorch_ros.terminal.units import bytes_text, count_text, ms_text
from dg_pytorch_ros.timing.distribution import RUNS_FOR_P99_9
from dg_pytorch_ros.timing.judgement import FITS, Judgement, NODE_SHARE_MS
from dg_pytorch_ros.timing.record import Record

_LONG_TAIL = 4.0
_SLOW_AFTER_SLEEP = 1.5
_LARGE_SHARE = 0.3
# Whoever never waits gets all of it, unless others want it as well.
_WHOLE_CORE_PERCENT = 90.0
# What the allocator keeps for itself stays below.
_MUCH_GROWTH = 4 * 2 ** 20


def advise(record: Record, *, seconds_for_tail: float) -> List[str]:
    """
    Return what to do about what was found, what helps most first.

    `seconds_for_tail` is how long all takes if each rate shall have enough runs.
    """
    return [
        *_about_threads(record), *_about_rates(record), *_about_start(record),
        *_about_memory(record), *_about_trust(record, seconds_for_tail)]


def _about_threads(record: Record) -> Iterator[str]:
    best = record.best_threads
    if record.subject is None or best is None or best == record.subject.num_threads:
        return
    configured = record.subject.num_threads
    now = record.threads[configured].decisive.distribution
    then = record.threads[best].decisive.distribution
    yield (
        f'num_threads: {best}: p50 {ms_text(then.p50_ms)} instead of {ms_text(now.p50_ms)}, '
        f'p99 {ms_text(then.p99_ms)} instead of {ms_text(now.p99_ms)}')


def _about_rates(record: Record) -> Iterator[str]:
    """Say what stands in the way of rates that do not fit."""
    missed = [judgement for judgement in record.wanted() if judgement.verdict != FITS]
    if not missed or record.subject is None:
        return
    paced = [judgement.paced for judgement in missed if judgement.paced is not None]
    tails = [one.p99_9_ms / one.p50_ms for one in paced]
    if tails and max(tails) > _LONG_TAIL and record.subject.realtime.priority is None:
        yield (
            f'realtime.priority: 80, and realtime.cpu_affinity for a core that is kept free: the '
            f'slowest runs take {max(tails):.0f} times the usual one, as when the core is taken '
            'away')
    slower = [one.p50_ms / record.usual_ms for one in paced]
    greatest_share = max(map(_usual_share, missed))
    if slower and max(slower) > _SLOW_AFTER_SLEEP and greatest_share > _LARGE_SHARE:
        yield (
            'the governor performance, if the CPU has one (cpupower frequency-set -g '
            f'performance): after a sleep, a run takes {max(slower):.1f} times as long as back to '
            'back')
    if greatest_share > 0.5:
        yield from _about_size(record, max(missed, key=_usual_share))


def _about_size(record: Record, judgement: Judgement) -> Iterator[str]:
    assert record.subject is not None
    if record.subject.description.dtype == 'float64':
        yield 'float32 instead of float64 parameters: about half of the work'
    yield (
        f'a smaller net, or a lower rate: at {judgement.rate_hz:g} Hz, a usual run and the node '
        f'take {100 * _usual_share(judgement):.0f} % of the period')


def _usual_share(judgement: Judgement) -> float:
    """Return how much of a period a usual run and the node take."""
    usual_ms = judgement.usual_ms if judgement.paced is None else judgement.paced.p50_ms
    return (usual_ms + NODE_SHARE_MS) / judgement.period_ms


def _about_start(record: Record) -> Iterator[str]:
    settling = record.settling
    if record.subject is None or settling is None or record.start is None:
        return
    if settling.slow_runs is None:
        yield (
            f'a longer look at the start (--seconds): after {record.start.durations_ms.size} runs '
            'they had not settled')
    elif settling.needs_more_than(record.subject.warmup_runs):
        yield (
            f'warmup_runs: {2 * settling.slow_runs}: the first {settling.slow_runs} runs are '
            f'slow, and warmup_runs is {record.subject.warmup_runs}')


def _about_memory(record: Record) -> Iterator[str]:
    growth = record.growth_bytes
    if growth is not None and growth > _MUCH_GROWTH:
        yield (
            f'a look at what the module keeps: memory grew by {bytes_text(growth)} in '
            f'{count_text(record.runs_since_first_round)} runs')


def _about_trust(record: Record, seconds_for_tail: float) -> Iterator[str]:
    few = [
        judgement for judgement in record.wanted()
        if judgement.paced is not None and not judgement.paced.is_tail_known]
    if few:
        rates = ', '.join(f'{judgement.rate_hz:g} Hz' for judgement in few)
        yield (
            f'--seconds {10 * ceil(seconds_for_tail / 10)} for {count_text(RUNS_FOR_P99_9)} runs '
            f'each: at {rates}, p99.9 is the longest of fewer')
    disturbance = _disturbance(record)
    if disturbance:
        yield (
            f'this again on a quiet machine, or beside all that will run on the robot: '
            f'{disturbance}')


def _disturbance(record: Record) -> str:
    machine, back_to_back = record.machine, record.back_to_back
    if back_to_back.stretches and back_to_back.cpu_percent < _WHOLE_CORE_PERCENT:
        return f'back to back, it was given only {back_to_back.cpu_percent:.0f} % of a core'
    if machine.is_busy:
        return f'the load was {machine.load:g} on {machine.cores} cores'
    return ''
