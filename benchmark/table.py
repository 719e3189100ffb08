# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Columns of text."""

from typing import List, Sequence

from benchmark.targets import Verdict

_GAP = '   '


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Write rows, the first cell of each to the left, the others to the right."""
    widths = [max(map(len, cells)) for cells in zip(*rows)]
    return '\n'.join(
        _GAP.join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths))).rstrip()
        for row in rows)


def verdicts(judged: Sequence[Verdict]) -> str:
    """Write what was promised, and whether it was kept."""
    rows: List[List[str]] = [['', 'target', 'measured', '']]
    for verdict in judged:
        target = verdict.target
        value = '-' if verdict.value is None else number(verdict.value)
        rows.append([f'{target.scenario}  {target.meaning}', target.text(), value, verdict.word])
    return columns(rows)


def number(value: float) -> str:
    """Write a number with as many digits as mean something."""
    if abs(value) >= 100:
        return f'{value:.0f}'
    return f'{value:.1f}' if abs(value) >= 10 else f'{value:.4g}'
