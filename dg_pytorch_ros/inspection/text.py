# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Facts as text for people."""

from textwrap import fill
from typing import Any, Iterator, List

from dg_pytorch_ros.inspection.facts import Facts, Row, Section
from dg_pytorch_ros.terminal.table import table
from dg_pytorch_ros.terminal.units import bytes_text, count_text

_INDENT = '  '
_WIDTH = 99


def facts_text(facts: Facts) -> str:
    """Write everything but the graph itself."""
    parts = [facts.kind, *map(_section, facts.sections)]
    if facts.no_graph:
        parts.append(fill(f'No graph: {facts.no_graph}', _WIDTH))
    if facts.warnings:
        parts.append('\n'.join(_warnings(facts)))
    return '\n\n'.join(parts)


def _section(section: Section) -> str:
    if not section.content:
        return f'{section.title}: none'
    lines = _lines(section.content)
    return '\n'.join((section.title, *(_INDENT + line for line in lines)))


def _lines(content: Any) -> List[str]:
    if isinstance(content, dict):
        if all(isinstance(value, dict) and value for value in content.values()):
            return _table([{'kind': key, **value} for key, value in content.items()])
        rows = [(_label(key), _cell(key, value)) for key, value in content.items()]
        return table(rows).splitlines()
    return _table(content)


def _table(rows: List[Row]) -> List[str]:
    # A column of nothing tells nothing.
    keys = [key for key in rows[0] if any(row[key] not in (None, [], '') for row in rows)]
    numbers = [
        index for index, key in enumerate(keys)
        if all(_is_number(row[key]) for row in rows)]
    return table(
        [[_cell(key, row[key]) for key in keys] for row in rows],
        headers=list(map(_label, keys)), right=numbers).splitlines()


def _warnings(facts: Facts) -> Iterator[str]:
    yield 'Warnings'
    for warning in facts.warnings:
        yield fill(
            warning, _WIDTH, initial_indent=f'{_INDENT}- ', subsequent_indent=f'{_INDENT}  ',
            break_long_words=False, break_on_hyphens=False)


def _label(key: str) -> str:
    return key.replace('_', ' ')


def _cell(key: str, value: Any) -> str:
    if value is None or value in ('', [], {}):
        return '-'
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    if isinstance(value, int):
        return bytes_text(value) if key.endswith('bytes') else count_text(value)
    if isinstance(value, dict):
        return ', '.join(f'{name} {_cell(name, item)}' for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return ', '.join(_cell(key, item) for item in value)
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
