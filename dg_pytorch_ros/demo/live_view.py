# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The demo as a page on the terminal that moves."""

from collections import deque
import math
from typing import Deque, Iterator, List, Sequence

from dg_pytorch_ros.demo.figures import has_arrived, off_the_grid, timing
from dg_pytorch_ros.demo.recording import Pose, Recording
from dg_pytorch_ros.demo.screen import BOLD, GREEN, Line, Screen
from dg_pytorch_ros.demo.ticks import ticks_of
from dg_pytorch_ros.terminal.chart import histogram_text

_FRAMES_TO_REMEMBER = 500
_HISTOGRAM_SPAN_S = 10.0
_LEAST_BAR = 6
_LEAST_BINS = 3
_MOST_BINS = 10
# What stands before the bars of a histogram.
_BESIDE_BARS = 34
_LEVELS = '▁▂▃▄▅▆▇█'
_FULL, _TARGET = '█', '┃'


class LiveView:
    """Shows the last second, a few times a second."""

    period_s = 0.25

    def __init__(self, screen: Screen, seconds: float) -> None:
        self._screen = screen
        self._seconds = seconds
        self._off_grid_us: Deque[float] = deque(maxlen=_FRAMES_TO_REMEMBER)

    def begin(self) -> None:
        """Say what is coming, as the first picture takes a moment."""
        self._screen.draw([Line('pytorch_demo', BOLD)], self._screen.size())

    def show(self, recording: Recording) -> None:
        """Draw anew."""
        news = recording.since(recording.time_s - self.period_s)
        self._off_grid_us.append(ticks_of(news.published_ns).percentile_us(99))
        size = self._screen.size()
        self._screen.draw(list(self._page(recording, *size)), size)

    def _page(self, recording: Recording, columns: int, rows: int) -> Iterator[Line]:
        second = recording.since(recording.time_s - 1.0)
        measured = timing(second.durations_ms, second.elapsed_s)
        ticks = ticks_of(second.published_ns)
        joints = joint_lines(recording.pose, columns)
        room = rows - len(joints) - 7  # the other lines, and those between them
        gap = [Line()] if room >= 0 else []
        yield Line(f'pytorch_demo  {recording.time_s:.1f} of {self._seconds:g} s', BOLD)
        yield from gap
        yield from joints
        yield from gap
        yield Line(
            f'last second   {measured.rate_hz:.0f} Hz, p50 {measured.p50_ms:.3f} ms, '
            f'p99 {measured.p99_ms:.3f} ms')
        if room >= _LEAST_BINS:
            lately = recording.since(recording.time_s - _HISTOGRAM_SPAN_S)
            yield from histogram_lines(lately.durations_ms, columns, room)
            yield Line()
        yield Line(f'off the grid  {off_the_grid(ticks)}')
        yield Line(sparkline(self._off_grid_us, columns))


def joint_lines(pose: Pose, columns: int) -> List[Line]:
    """Draw where each joint is, as a bar, and where it should be, as a mark."""
    least = min(0.0, *pose.positions_rad, *pose.targets_rad)
    greatest = max(0.1, *pose.positions_rad, *pose.targets_rad)
    lines = []
    for number, (position, target, error) in enumerate(
            zip(pose.positions_rad, pose.targets_rad, pose.errors_rad), 1):
        text = f'joint {number}  {position:6.3f} of {target:6.3f} rad  '
        width = columns - len(text)
        if width >= _LEAST_BAR:
            text += track(
                (position - least) / (greatest - least), (target - least) / (greatest - least),
                width)
        lines.append(Line(text, GREEN if has_arrived(error) else ''))
    return lines


def track(reached: float, wanted: float, width: int) -> str:
    """Draw a bar up to one share of a width, and a mark at another."""
    cells = [_FULL] * round(_bounded(reached) * width)
    cells += [' '] * (width - len(cells))
    cells[min(int(_bounded(wanted) * width), width - 1)] = _TARGET
    return ''.join(cells)


def sparkline(values: Sequence[float], columns: int) -> str:
    """Draw the newest values, as high as they are, and write what the highest stands for."""
    highest = max([0.0, *values])  # in this order, no number is not the highest
    text = f'  p99, up to {highest:.0f} us'
    shown = list(values)[-max(columns - len(text), 1):]
    return ''.join(_level(value / (highest or 1.0)) for value in shown) + text


def histogram_lines(values: Sequence[float], columns: int, rows: int) -> List[Line]:
    """Draw how often which durations occurred, if the bars have room."""
    width = columns - _BESIDE_BARS
    if width < _LEAST_BAR:
        return []
    text = histogram_text(values, unit='ms', bins=min(rows, _MOST_BINS), width=width)
    return [Line(line) for line in text.splitlines()]


def _level(share: float) -> str:
    return ' ' if math.isnan(share) else _LEVELS[round((len(_LEVELS) - 1) * share)]


def _bounded(share: float) -> float:
    return min(max(0.0, share), 1.0)  # in this order, no number becomes 0
