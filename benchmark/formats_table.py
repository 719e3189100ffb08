# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What was measured of the formats, as rows of text."""

from typing import Any, Dict, Iterator, List, Mapping, Tuple

from benchmark.formats_subjects import FORMATS, MLP, PACED, SUBJECTS, TIGHT, TORCHSCRIPT

Figures = Mapping[str, Any]
Rows = List[List[str]]

_CALL_PARTS = ('p50', 'p99', 'max')
_CALLS = [
    cell for prefix in ('', f'{PACED}: ')
    for cell in (*(f'{prefix}{part}' for part in _CALL_PARTS), '/ TorchScript')]
# Each row begins with the model and the format.
LOAD_HEAD = [
    'model', 'format', 'file, KiB', 'import, s', 'load, ms', 'again, ms', 'first call, ms',
    'second, ms', 'memory, MiB', 'convert, s']
CALL_HEAD = ['model', 'format', *_CALLS, 'differs by']
NODE_HEAD = ['model', 'format', *_CALLS, 'memory, MiB']
_NONE = 'none: see below'


def load_rows(figures: Figures) -> Rows:
    """Return a row for each file: its size, and what a fresh process does with it."""
    return [[*titles, *_load_cells(entry)] for titles, entry in _entries(figures)]


def call_rows(figures: Figures) -> Rows:
    """Return a row for each file that was called: how long that takes, in microseconds."""
    return [
        [*titles, *_call_cells(entry['call_us'], entry['ratio']),
         _number(entry['difference'], '.1e')]
        for titles, entry in _entries(figures) if 'call_us' in entry]


def node_rows(figures: Figures) -> Rows:
    """Return a row for each node: round trips in microseconds, and its memory."""
    nodes = figures['node']
    script = nodes.get(TORCHSCRIPT, {}).get('round_trip_us', {})
    rows = []
    for kind in FORMATS:
        if kind.key in nodes:
            trips_us = nodes[kind.key]['round_trip_us']
            ratios = {
                pace: _ratio(trips_us[pace]['p50'], script.get(pace, {}).get('p50'))
                for pace in trips_us}
            rows.append([
                MLP.title, kind.title, *_call_cells(trips_us, ratios),
                _number(nodes[kind.key]['mib'])])
    return rows


def reasons(figures: Figures) -> List[str]:
    """Return a line for each file that there is not."""
    return [
        f'{model}, {kind}: {entry["reason"]}'
        for (model, kind), entry in _entries(figures) if 'reason' in entry]


def _entries(figures: Figures) -> Iterator[Tuple[Tuple[str, str], Dict[str, Any]]]:
    """Go over the files, those of a model together, with the titles of model and format."""
    for subject in SUBJECTS:
        entries = figures['models'].get(subject.key, {})
        for kind in FORMATS:
            if kind.key in entries:
                yield (subject.title, kind.title), entries[kind.key]


def _load_cells(entry: Mapping[str, Any]) -> List[str]:
    if 'reason' in entry:
        return [_NONE, *[''] * (len(LOAD_HEAD) - 3)]
    return [
        _number(entry.get('bytes'), scale=1.0 / 1024), _number(entry.get('import_ms'), scale=1e-3),
        *(_number(entry.get(part)) for part in (
            'load_ms', 'reload_ms', 'first_call_ms', 'second_call_ms')),
        _number(entry.get('mib', {}).get('calls')), _number(entry.get('convert_s') or None)]


def _call_cells(samples_us: Mapping[str, Any], ratios: Mapping[str, Any]) -> List[str]:
    return [
        cell for pace in (TIGHT, PACED) for cell in (
            *(_number(samples_us.get(pace, {}).get(part)) for part in _CALL_PARTS),
            _number(ratios.get(pace), '.2f'))]


def _ratio(value: Any, other: Any) -> Any:
    return value / other if value and other else None


def _number(value: Any, form: str = '', *, scale: float = 1.0) -> str:
    """Write a number with three digits that mean something; nothing for none."""
    if value is None or value != value:
        return ''
    scaled = scale * value
    if form:
        return f'{scaled:{form}}'
    if abs(scaled) >= 100:
        return f'{scaled:.0f}'
    return f'{scaled:.1f}' if abs(scaled) >= 10 else f'{scaled:.2f}'
