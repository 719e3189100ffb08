# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A record as people read it."""

from textwrap import fill
from typing import Iterator, List, Sequence

from dg_pytorch_ros.model import describe_array
from dg_pytorch_ros.terminal.chart import histogram_text
from dg_pytorch_ros.terminal.table import table
from dg_pytorch_ros.terminal.units import bytes_text, count_text, ms_text
from dg_pytorch_ros.timing.distribution import Distribution, RUNS_FOR_P99_9
from dg_pytorch_ros.timing.judgement import Judgement, NODE_SHARE_MS
from dg_pytorch_ros.timing.record import Record, Runs
from dg_pytorch_ros.timing.settling import Settling

_HEADERS = ('ms', 'runs', 'p50', 'p90', 'p99', 'p99.9', 'max', 'CPU')
_NUMBERS = range(1, len(_HEADERS))
_FIRST_FEW = 6
_WIDTH = 99
_WHEN = {'before': 'before', 'loaded': 'loaded', 'warm': 'warm', 'end': 'at the end'}


def page(record: Record, advice: Sequence[str]) -> str:
    """Write all that was measured, and what to make of it."""
    sections = [
        _subject(record), _start(record), _durations(record), _histogram(record),
        _threads(record), _memory(record), _judgements(record), _advice(record, advice)]
    return '\n\n'.join('\n'.join(lines) for lines in map(list, sections) if lines)


def _subject(record: Record) -> Iterator[str]:
    subject, machine = record.subject, record.machine
    if subject is None:
        return
    description = subject.description
    dtype = f' of {description.dtype}' if description.dtype else ''
    rows = [
        ('module', f'{description.path}, {bytes_text(subject.file_bytes)}'),
        ('', f'{description.kind}, {count_text(description.parameters)} parameters{dtype}')]
    if record.start is not None:
        rows += [
            ('input' if not index else '',
             f'{fed.name} {describe_array(fed.dtype, fed.shape)}, {fed.origin}')
            for index, fed in enumerate(record.start.fed)]
        rows += [
            ('output' if not index else '',
             f'{given.name} {describe_array(given.dtype, given.shape)}{_doubt(given.is_finite)}')
            for index, given in enumerate(record.start.given)]
    granted = [] if record.start is None else record.start.granted
    rows += [
        *([] if subject.model.device == 'cpu' else [('device', subject.model.device)]),
        ('threads', ', '.join([str(subject.num_threads), *granted])),
        ('machine', f'{machine.cpu}, {machine.cores} cores, load {machine.load:g}'),
        ('', ', '.join([
            machine.system, f'Python {machine.python}', f'torch {machine.torch}',
            *([f'onnxruntime {machine.onnxruntime}'] if machine.onnxruntime else [])]))]
    yield table(rows)


def _doubt(is_finite: bool) -> str:
    return '' if is_finite else ', not finite: no matter for how long it takes'


def _start(record: Record) -> Iterator[str]:
    subject, settling = record.subject, record.settling
    if subject is None:
        return
    rows = [(
        'cold',
        f'imports {1e-3 * record.import_ms:.1f} s, load {ms_text(subject.load_ms)}')]
    if record.start is not None and settling is not None:
        series_ms = record.start.durations_ms
        first = ', '.join(f'{duration_ms:.3g}' for duration_ms in series_ms[:_FIRST_FEW])
        more = ', ...' if series_ms.size > _FIRST_FEW else ''
        rows += [
            ('first runs', f'{first}{more} ms'),
            ('', _settled(settling, series_ms.size, subject.warmup_runs))]
    yield table(rows)


def _settled(settling: Settling, runs: int, warmup_runs: int) -> str:
    if settling.slow_runs is None:
        return f'not settled after {runs} runs'
    plural = '' if settling.slow_runs == 1 else 's'
    enough = 'too few' if settling.needs_more_than(warmup_runs) else 'enough'
    return (
        f'settled at {ms_text(settling.usual_ms)} after {settling.slow_runs} slow run{plural}; '
        f'warmup_runs: {warmup_runs} is {enough}')


def _durations(record: Record) -> Iterator[str]:
    rows = []
    if record.back_to_back.stretches:
        rows.append(_row('back to back', record.back_to_back))
    rows += [_row(f'at {rate_hz:g} Hz', runs) for rate_hz, runs in record.paced.items()]
    if not rows:
        return
    yield table(rows, headers=_HEADERS, right=_NUMBERS)
    if any('*' in cell for row in rows for cell in row):
        yield f'* of fewer than {count_text(RUNS_FOR_P99_9)} runs: the longest of them'


def _row(label: str, runs: Runs) -> List[str]:
    spread = runs.distribution
    return [
        label, count_text(spread.runs), *_figures(spread), f'{runs.cpu_percent:.0f} %']


def _figures(spread: Distribution) -> List[str]:
    mark = ' ' if spread.is_tail_known else '*'
    return [
        f'{spread.p50_ms:.3f}', f'{spread.p90_ms:.3f}', f'{spread.p99_ms:.3f}',
        f'{spread.p99_9_ms:.3f}{mark}', f'{spread.max_ms:.3f}']


def _histogram(record: Record) -> Iterator[str]:
    label, runs = record.main
    if runs.stretches:
        yield f'how often which duration occurs {label}'
        yield histogram_text(runs.durations_ms.tolist(), unit='ms')


def _threads(record: Record) -> Iterator[str]:
    if not record.threads:
        return
    rows = []
    for count, threads in record.threads.items():
        label = f'{count} thread{"s" if count > 1 else ""}'
        if threads.back_to_back.stretches:
            rows.append(_row(f'{label}, back to back', threads.back_to_back))
        if threads.paced.stretches:
            rows.append(_row(f'{label}, at {record.main_rate_hz:g} Hz', threads.paced))
    yield table(rows, headers=_HEADERS, right=_NUMBERS)
    best = record.best_threads
    if best is not None:
        more = '' if best == max(record.threads) else (
            '; more do not take a fifth off p50 and nothing onto p99')
        yield f'best: {best}{more}'


def _memory(record: Record) -> Iterator[str]:
    amounts = record.resident_bytes
    if not amounts:
        return
    shown = ', '.join(
        f'{label} {bytes_text(amounts[when])}' for when, label in _WHEN.items()
        if when in amounts)
    rows = [('memory', shown)]
    growth = record.growth_bytes
    if growth is not None:
        runs = count_text(record.runs_since_first_round)
        rows.append(('', f'{growth / 2 ** 20:+.1f} MiB in the last {runs} runs'))
    yield table(rows)


def _judgements(record: Record) -> Iterator[str]:
    judgements = record.judgements()
    if not judgements:
        return
    yield table(
        [_judged(judgement) for judgement in judgements],
        headers=('rate', 'period', 'needed', 'of it', 'runs', ''), right=range(5))
    yield (
        f'needed: p99.9 at this rate, and {NODE_SHARE_MS:g} ms for the node itself, an assumption '
        '(docs/performance.md)')
    yield 'fits: at most half of the period is needed; tight: at most all of it'
    if any(judgement.paced is None for judgement in judgements):
        yield '-: not measured, as a usual run alone takes longer than the period'


def _judged(judgement: Judgement) -> List[str]:
    share = 100 * judgement.needed_ms / judgement.period_ms
    return [
        f'{judgement.rate_hz:g} Hz', f'{judgement.period_ms:.3g} ms',
        f'{judgement.needed_ms:.3f} ms', f'{share:.0f} %',
        '-' if judgement.paced is None else count_text(judgement.paced.runs), judgement.verdict]


def _advice(record: Record, advice: Sequence[str]) -> Iterator[str]:
    if not record.judgements():
        return
    if not advice:
        yield 'nothing left to try'
        return
    yield 'to try next'
    for line in advice:
        yield fill(line, _WIDTH, initial_indent='  - ', subsequent_indent='    ')
