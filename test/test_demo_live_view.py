# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The live view says what matters first, and uses the room there is."""

import math
from typing import List, Sequence, Tuple

from dg_pytorch_ros.demo.live_view import joint_lines, LiveView, sparkline, track
from dg_pytorch_ros.demo.recording import Evaluation, Pose, Recording
from dg_pytorch_ros.demo.screen import GREEN, Line
import pytest

POSE = Pose([0.5, 2.0], [1.0, 2.0])


class Paper:
    """A screen that keeps what was drawn last."""

    def __init__(self, columns: int, rows: int) -> None:
        self._size = (columns, rows)
        self.lines: List[Line] = []

    def size(self) -> Tuple[int, int]:
        return self._size

    def draw(self, lines: Sequence[Line], size: Tuple[int, int]) -> None:
        assert size == self._size
        self.lines = list(lines)

    @property
    def text(self) -> List[str]:
        return [line.text for line in self.lines]


def recording(evaluations: int = 3000, pose: Pose = POSE) -> Recording:
    """Return one at 1 kHz; the first ticks take long, the last second's are quick and even."""
    one = Recording()
    for first in range(0, evaluations, 50):
        one.add(1e-3 * (first + 50), [
            Evaluation(0.5 if number < evaluations - 1000 else 0.1, number * 1_000_000)
            for number in range(first, first + 50)], pose)
    return one


def page(columns: int, rows: int, heard: Recording) -> List[str]:
    paper = Paper(columns, rows)
    view = LiveView(paper, 10.0)  # type: ignore[arg-type]
    view.begin()
    assert paper.text == ['pytorch_demo']
    view.show(heard)
    return paper.text


def test_page_shows_everything() -> None:
    shown = page(80, 24, recording())
    assert shown[0] == 'pytorch_demo  3.0 of 10 s'
    assert shown[2].startswith('joint 1   0.500 of  1.000 rad  ██')
    assert shown[5] == 'last second   1000 Hz, p50 0.100 ms, p99 0.100 ms'
    assert shown[-2] == 'off the grid  p50 0 us, p99 0 us, 0 missing'
    histogram = shown[6:-3]
    assert [line.split()[4] for line in (histogram[0], histogram[-1])] == ['1000', '2000']


def test_first_page_knows_of_less_than_a_second() -> None:
    assert 'last second   1000 Hz' in '\n'.join(page(80, 24, recording(250)))


def test_page_without_evaluations_is_no_error() -> None:
    heard = Recording()
    heard.add(0.25, [], POSE)
    assert 'last second   0 Hz, p50 nan ms, p99 nan ms' in page(80, 24, heard)


@pytest.mark.parametrize('rows', range(1, 40))
def test_page_fits_its_height(rows: int) -> None:
    shown = page(80, rows, recording())
    assert len(shown) <= max(rows, 6)
    assert shown[0].startswith('pytorch_demo')
    assert any(line.startswith('last second') for line in shown)
    assert any(line.startswith('off the grid') for line in shown)


@pytest.mark.parametrize('columns', [1, 20, 31, 36, 37, 40, 80, 300])
def test_page_fits_its_width(columns: int) -> None:
    for line in page(columns, 24, recording()):
        assert len(line) <= max(columns, 60)
    bars = [line for line in page(columns, 24, recording()) if '┃' in line]
    assert len(bars) == (2 if columns >= 37 else 0)
    assert {len(bar) for bar in bars} <= {columns}


def test_joint_that_has_arrived_is_green() -> None:
    assert [line.style for line in joint_lines(POSE, 80)] == ['', GREEN]


def test_joints_share_a_scale_that_reaches_below_zero() -> None:
    low, high = (line.text[31:] for line in joint_lines(Pose([-1.0, 3.0], [1.0, 3.0]), 71))
    assert low == ' ' * 20 + '┃' + ' ' * 19
    assert high == '█' * 39 + '┃'


@pytest.mark.parametrize('reached, wanted, bar', [
    (0.0, 1.0, '    ┃'), (0.4, 0.6, '██ ┃ '), (1.0, 0.4, '██┃██'), (-3.0, 9.0, '    ┃'),
    (9.0, -3.0, '┃████'), (math.nan, 0.0, '┃    '), (0.2, math.nan, '┃    ')])
def test_track(reached: float, wanted: float, bar: str) -> None:
    assert track(reached, wanted, 5) == bar


def test_sparkline_is_as_high_as_its_highest() -> None:
    assert sparkline([0.0, 50.0, 100.0], 80) == '▁▅█  p99, up to 100 us'


def test_sparkline_shows_the_newest() -> None:
    line = sparkline([*[10.0] * 100, 0.0], 40)
    assert len(line) == 40
    assert line.startswith('█████') and '█▁  p99, up to 10 us' in line


def test_controller_that_falls_silent_shows_at_once() -> None:
    heard = recording()
    heard.add(4.0, [], POSE)
    shown = page(80, 24, heard)
    assert 'last second   0 Hz, p50 nan ms, p99 nan ms' in shown
    assert shown[-1] == '   p99, up to 0 us'


@pytest.mark.parametrize('values', [[], [0.0], [math.nan], [math.nan, 5.0], [5.0, math.nan]])
def test_sparkline_of_nothing_is_no_error(values: List[float]) -> None:
    assert sparkline(values, 20).endswith(' us')
