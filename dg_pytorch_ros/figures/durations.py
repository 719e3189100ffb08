# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How long evaluations take: how often which duration occurs, and one after the other."""

from typing import Any, Mapping, Sequence

from dg_pytorch_ros.figures.canvas import COLOURS, legend_below, log_scale, panels, style
import numpy as np
from numpy.typing import ArrayLike

_BINS = 60
_MOST_POINTS = 20_000


def durations_figure(series_ms: Mapping[str, ArrayLike], *, shown: str, title: str = '') -> Any:
    """
    Draw the histograms of all series, and the one that is named `shown` in its sequence.

    No series may be empty.
    """
    figure, (left, right) = panels(2)
    with style():
        draw_histogram(left, series_ms)
        draw_sequence(right, series_ms[shown], colour=COLOURS[list(series_ms).index(shown)])
        left.set_title('how often which duration')
        right.set_title(f'one after the other, {shown}')
        if title:
            figure.suptitle(title, fontsize='medium')
    if len(series_ms) > 1:
        legend_below(figure, left, columns=min(len(series_ms), 5))
    return figure


def draw_histogram(axis: Any, series_ms: Mapping[str, ArrayLike]) -> None:
    """Draw what share of each series lasts how long, all over the same ranges."""
    arrays = {name: np.asarray(values, float) for name, values in series_ms.items()}
    edges = _edges(list(arrays.values()))
    for (name, array), colour in zip(arrays.items(), COLOURS):
        counts, _ = np.histogram(array, edges)
        axis.stairs(100 * counts / array.size, edges, color=colour, label=name)
        axis.stairs(100 * counts / array.size, edges, color=colour, alpha=0.15, fill=True)
    log_scale(axis)
    axis.set_xlabel('duration in ms')
    axis.set_ylabel('percent of the runs')
    axis.set_ylim(bottom=0)


def draw_sequence(axis: Any, durations_ms: ArrayLike, *, colour: str = COLOURS[0]) -> None:
    """Draw durations in the order in which they came; of very many, the longest stay."""
    durations = np.asarray(durations_ms, float)
    step = -(-durations.size // _MOST_POINTS)
    starts = np.arange(0, durations.size, step)
    axis.plot(
        starts, np.maximum.reduceat(durations, starts), '.', color=colour, markersize=2,
        rasterized=True)
    log_scale(axis, 'y')
    axis.set_xlabel('run')
    axis.set_ylabel('duration in ms')


def _edges(arrays: Sequence[Any]) -> Any:
    """Return ranges, each by the same factor wider than the one before, that hold everything."""
    least = min(float(array.min()) for array in arrays)
    greatest = max(float(array.max()) for array in arrays)
    least = max(least, 1e-6)  # a duration of nothing has no logarithm
    return np.geomspace(0.95 * least, 1.05 * max(greatest, least), _BINS + 1)
