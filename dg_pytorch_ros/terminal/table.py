# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Rows of text, aligned."""

from typing import List, Optional, Sequence

_GAP = '  '


def table(
    rows: Sequence[Sequence[object]], *, headers: Optional[Sequence[str]] = None,
    right: Sequence[int] = ()
) -> str:
    """
    Write rows of cells under each other, each column as wide as it must be.

    `right` are the columns, from 0, that end below each other: numbers.
    """
    lines = [[str(cell) for cell in row] for row in rows]
    if headers is not None:
        lines.insert(0, list(headers))
    columns = max(map(len, lines), default=0)
    widths = [
        max(len(line[column]) for line in lines if column < len(line))
        for column in range(columns)]
    return '\n'.join(_line(line, widths, right) for line in lines)


def _line(cells: List[str], widths: Sequence[int], right: Sequence[int]) -> str:
    return _GAP.join(
        cell.rjust(width) if column in right else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths))).rstrip()
