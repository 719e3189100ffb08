# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A record as programs read it."""

from dataclasses import asdict
from typing import Any, Dict, Sequence

from dg_pytorch_ros.timing.judgement import Judgement, NODE_SHARE_MS
from dg_pytorch_ros.timing.record import Record, Runs

_DIGITS = 6


def summary(record: Record, advice: Sequence[str]) -> Dict[str, Any]:
    """Return what JSON can hold; what was not measured is null, or missing in a list."""
    found: Dict[str, Any] = _rounded({
        'complete': record.is_complete,
        'machine': asdict(record.machine),
        'module': _module(record),
        'inputs': [] if record.start is None else [asdict(fed) for fed in record.start.fed],
        'outputs': [] if record.start is None else [asdict(one) for one in record.start.given],
        'cold': _cold(record),
        'warm_up': _warm_up(record),
        'back_to_back': _runs(record.back_to_back),
        'at_pace': [
            {'rate_hz': rate_hz, **_runs(runs)} for rate_hz, runs in record.paced.items()],
        'threads': [
            {'threads': count, 'back_to_back': _runs(threads.back_to_back),
             'at_pace': _runs(threads.paced)} for count, threads in record.threads.items()],
        'threads_at_rate_hz': record.main_rate_hz,
        'best_threads': record.best_threads,
        'memory_bytes': {**record.resident_bytes, 'growth': record.growth_bytes},
        'rates': [_judged(judgement) for judgement in record.judgements()],
        'to_try_next': list(advice)})
    return found


def _rounded(value: Any) -> Any:
    """Leave out the digits of milliseconds that no clock has."""
    if isinstance(value, dict):
        return {key: _rounded(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(member) for member in value]
    return round(value, _DIGITS) if isinstance(value, float) else value


def _module(record: Record) -> Any:
    subject = record.subject
    if subject is None:
        return None
    return {
        **asdict(subject.description), 'file_bytes': subject.file_bytes,
        'device': subject.model.device,
        'num_threads': subject.num_threads, 'warmup_runs': subject.warmup_runs,
        'rate_hz': subject.rate_hz,
        'realtime': [] if record.start is None else list(record.start.granted)}


def _cold(record: Record) -> Any:
    if record.subject is None:
        return None
    settling = record.settling
    return {
        'import_ms': record.import_ms, 'load_ms': record.subject.load_ms,
        'first_run_ms': None if settling is None else settling.first_ms}


def _warm_up(record: Record) -> Any:
    settling = record.settling
    if settling is None or record.start is None or record.subject is None:
        return None
    return {
        'durations_ms': record.start.durations_ms.tolist(), 'settled_ms': settling.usual_ms,
        'slow_runs': settling.slow_runs,
        'is_enough': not settling.needs_more_than(record.subject.warmup_runs)}


def _runs(runs: Runs) -> Any:
    if not runs.stretches:
        return None
    return {
        **asdict(runs.distribution), 'cpu_percent': runs.cpu_percent, 'missed': runs.missed}


def _judged(judgement: Judgement) -> Dict[str, Any]:
    return {
        'rate_hz': judgement.rate_hz, 'verdict': judgement.verdict,
        'needed_ms': judgement.needed_ms, 'assumed_for_node_ms': NODE_SHARE_MS,
        'period_ms': judgement.period_ms,
        'runs': 0 if judgement.paced is None else judgement.paced.runs,
        'is_tail_known': judgement.paced is not None and judgement.paced.is_tail_known}
