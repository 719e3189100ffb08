# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How well joints follow their targets, and how evenly and quickly their controller runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dg_pytorch_ros.figures.canvas import (
    BLUE, COLOURS, GREY, log_scale, panels, RED, save, style)
import numpy as np
from numpy.typing import NDArray

_WIDTH, _HEIGHT = 9.6, 3.2
_BINS = 80
# What lasts longer than nearly all others would squeeze those into a corner.
_SHOWN_PERCENT = 99.9
_SLICES = 150
_LEAST_DURATION_MS = 1e-3
_LEAST_TIME_S = 1e-3

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """
    What was measured of a controller with a fixed period.

    Positions and targets have a row for each of their times, and a column for each joint. Every
    evaluation has a duration, a time, and a distance from the grid of the period; on so many
    places of that grid there was none.
    """

    times_s: Numbers
    positions_rad: Numbers
    targets_rad: Numbers
    durations_ms: Numbers
    tick_times_s: Numbers
    off_grid_us: Numbers
    missing: int


def draw_tracking(run: Run, path: Path) -> Path:
    """Draw a run into a file; return the file."""
    figure, (tracking, durations, ticks) = panels(3, width=_WIDTH, height=_HEIGHT)
    with style():
        _draw_joints(tracking, run)
        _draw_durations(durations, run)
        _draw_ticks(ticks, run)
    return save(figure, path)


def _draw_joints(axis: Any, run: Run) -> None:
    axis.set_title('joints, and their targets (dashed), in rad')
    axis.set_xlabel('seconds')
    end_s = run.times_s[-1]
    for joint in range(run.positions_rad.shape[1]):
        colour = COLOURS[joint % len(COLOURS)]
        axis.plot(run.times_s, run.targets_rad[:, joint], '--', color=colour, linewidth=0.8)
        axis.plot(run.times_s, run.positions_rad[:, joint], color=colour)
        axis.annotate(
            f' {joint + 1}', (end_s, run.positions_rad[-1, joint]), color=colour,
            verticalalignment='center', annotation_clip=False)
    axis.set_xlim(0.0, end_s)


def _draw_durations(axis: Any, run: Run) -> None:
    p50_ms, p99_ms, end_ms = np.percentile(
        run.durations_ms, (50, 99, _SHOWN_PERCENT), method='nearest')
    end_ms = max(end_ms, _LEAST_DURATION_MS)
    axis.set_title('evaluations by their duration')
    axis.set_xlabel(f'ms (the longest: {run.durations_ms.max():.3f} ms)')
    axis.hist(run.durations_ms, _BINS, range=(0.0, end_ms), color=BLUE)
    log_scale(axis, 'y')
    for name, value_ms, colour in (('p50', p50_ms, GREY), ('p99', p99_ms, RED)):
        axis.axvline(value_ms, color=colour, label=f'{name} {value_ms:.3f} ms')
    axis.set_xlim(0.0, end_ms)
    axis.legend(loc='upper right')


def _draw_ticks(axis: Any, run: Run) -> None:
    axis.set_title(f'ticks off their 1 ms grid, in us ({run.missing} missing)')
    axis.set_xlabel('seconds (dark: 98 % of the ticks)')
    end_s = max(run.tick_times_s[-1], _LEAST_TIME_S)
    borders = np.searchsorted(run.tick_times_s, np.linspace(0.0, end_s, _SLICES)[1:-1])
    slices = [values for values in np.split(run.off_grid_us, borders) if len(values)]
    times_s = np.linspace(0.0, end_s, len(slices))
    lowest, low, high, highest = np.transpose([
        np.percentile(values, (0, 1, 99, 100)) for values in slices])
    axis.fill_between(times_s, lowest, highest, color=BLUE, alpha=0.3, linewidth=0)
    axis.fill_between(times_s, low, high, color=BLUE, linewidth=0)
    axis.set_xlim(0.0, end_s)
