# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The picture of a comparison: two runs of the same outputs, and how far they are apart."""

from pathlib import Path
from typing import Any, List, NamedTuple, Sequence, Tuple

from dg_pytorch_ros.figures.canvas import COLOURS, GREY, panels, RED, save

_WIDTH = 9.0
_ROW_HEIGHT = 2.4
_TITLE = 9
_LABELS = 7
_MOST_POINTS = 20_000


class Line(NamedTuple):
    """One element of an output over time, as it was recorded and as it was replayed."""

    name: str
    recorded: Sequence[float]
    replayed: Sequence[float]


class Row(NamedTuple):
    """One output: its lines, and the greatest difference at each time."""

    name: str
    times_s: Sequence[float]
    lines: Sequence[Line]
    differences: Sequence[float]


def draw_differences(rows: Sequence[Row], path: Path) -> Path:
    """Draw each output, recorded and replayed, and beside it the difference; return the file."""
    figure, axes = panels(2, len(rows), width=_WIDTH, height=_ROW_HEIGHT * len(rows) + 0.4)
    for row, left, right in zip(rows, axes[::2], axes[1::2]):
        _draw_lines(left, row)
        _draw_difference(right, row)
    for axis in axes[-2:]:
        axis.set_xlabel('seconds since the beginning of the bag')
    return save(figure, path)


def _draw_lines(axis: Any, row: Row) -> None:
    axis.set_title(f'{row.name}: recorded (pale) and replayed (dashed)', fontsize=_TITLE)
    for line, colour in zip(row.lines, COLOURS):
        times_s, recorded = thinned(row.times_s, line.recorded)
        axis.plot(times_s, recorded, color=colour, alpha=0.35, linewidth=3.0)
        times_s, replayed = thinned(row.times_s, line.replayed)
        axis.plot(times_s, replayed, color=colour, linestyle='--', label=line.name)
    axis.legend(loc='best', ncols=2, fontsize=_LABELS, framealpha=0.6)


def _draw_difference(axis: Any, row: Row) -> None:
    axis.set_title(f'{row.name}: the greatest absolute difference', fontsize=_TITLE)
    axis.axhline(0.0, color=GREY, linewidth=0.8)
    axis.plot(*thinned(row.times_s, row.differences), color=RED)


def thinned(times_s: Sequence[float], values: Sequence[float]) -> Tuple[List[float], List[float]]:
    """Leave out points that nobody could see, but the highest and lowest of each stretch."""
    count = len(values)
    stretch = -(-2 * count // _MOST_POINTS)
    if stretch <= 2:
        return list(times_s), list(values)
    places: List[int] = []
    for begin in range(0, count, stretch):
        here = range(begin, min(begin + stretch, count))
        places += sorted({min(here, key=values.__getitem__), max(here, key=values.__getitem__)})
    return [times_s[place] for place in places], [values[place] for place in places]
