# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Put the figures of scenario j into docs/formats.md.

    scripts/benchmark --only j --output results
    python3 -m benchmark.formats_page results/benchmark.json
"""

from argparse import ArgumentParser
from datetime import datetime
import json
from pathlib import Path
from typing import Any, Dict, List, Mapping, Sequence

from benchmark.formats_table import (
    CALL_HEAD, call_rows, LOAD_HEAD, load_rows, NODE_HEAD, node_rows, reasons)

DOCS = Path(__file__).resolve().parents[1] / 'docs'
PAGE = DOCS / 'formats.md'
FIGURES = DOCS / 'performance/formats.json'
BEGIN = '<!-- measured: written by benchmark/formats_page.py -->'
END = '<!-- measured: end -->'

_LETTER = 'j'


def measured(result: Mapping[str, Any]) -> str:
    """Write the figures of a run as Markdown."""
    figures = result['scenarios'][_LETTER]
    parts = [
        _machine(result), _table(LOAD_HEAD, load_rows(figures)),
        'Microseconds a call:', _table(CALL_HEAD, call_rows(figures)),
        'Microseconds from an observation to its action, through a whole node:',
        _table(NODE_HEAD, node_rows(figures)),
        '\n'.join(f'- {reason}' for reason in reasons(figures))]
    return '\n\n'.join(part for part in parts if part)


def renew(page: str, result: Mapping[str, Any]) -> str:
    """Return a page with the figures of this run between its two marks."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f'{before}{BEGIN}\n{measured(result)}\n\n{END}{after}'


def main(args: Any = None) -> None:
    """Take over the figures of a run."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('result', type=Path, help='the benchmark.json of a run with scenario j')
    file = parser.parse_args(args).result
    result: Dict[str, Any] = json.loads(file.read_text())
    if _LETTER not in result['scenarios']:
        raise SystemExit(f'{file} has no scenario {_LETTER}; measure it with --only {_LETTER}')
    page = renew(PAGE.read_text(), result)
    FIGURES.write_text(json.dumps(result, indent=2) + '\n')
    PAGE.write_text(page)


def _machine(result: Mapping[str, Any]) -> str:
    machine = result['machine']
    versions = ', '.join(f'{name} {version}' for name, version in machine['versions'].items())
    date = datetime.fromisoformat(machine['date'])
    haste = 'A quick run, which shows that it works, not how well. ' if result['is_quick'] else ''
    return (
        f'{haste}{machine["cpu"]}, {machine["cores"]} cores, {machine["memory_gib"]} GiB, '
        f'{machine["system"]} {machine["kernel"]}, {versions}, {date.day} {date:%B %Y}; load '
        f'{machine["load_at_start"]:.1f} at the start.')


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ''
    models = [row[0] for row in rows]
    lines: List[Sequence[str]] = [head, ['---', '---', *['---:'] * (len(head) - 2)]]
    lines += [
        ['' if model == above else model, *row[1:]]
        for row, model, above in zip(rows, models, ['', *models])]
    return '\n'.join(f'| {" | ".join(cells)} |' for cells in lines)


if __name__ == '__main__':
    main()
