# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The line that says how long something has taken."""

from io import StringIO
from typing import Any

from dg_pytorch_ros.terminal.waiting import Waiting
import pytest


class Screen(StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds, as a test sets them."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_what_is_done_and_for_how_long_is_drawn_when_it_changes() -> None:
    screen, clock = Screen(), Clock()
    with Waiting(stream=screen, clock_s=clock) as waiting:
        for seconds, label in ((0.0, 'exporting'), (0.4, 'exporting'), (1.2, 'exporting'),
                               (1.3, 'compiling')):
            clock.seconds = 100.0 + seconds
            waiting.at(label)
        drawn = screen.getvalue().split('\r\x1b[K')[1:]
        assert drawn == ['exporting, 0 s', 'exporting, 1 s', 'compiling, 1 s']
    assert screen.getvalue().endswith('\r\x1b[K')


def test_a_long_label_stays_on_its_line(monkeypatch: Any) -> None:
    monkeypatch.setenv('COLUMNS', '20')
    screen = Screen()
    with Waiting(stream=screen, clock_s=Clock()) as waiting:
        waiting.at('comparing: one minus infinity in observation')
    assert max(map(len, screen.getvalue().split('\r\x1b[K'))) == 19


@pytest.mark.parametrize('stops', [True, False])
def test_nothing_is_written_where_nobody_looks(stops: bool) -> None:
    stream = StringIO()
    with Waiting(stream=stream) as waiting:
        if not stops:
            waiting.at('exporting')
    assert stream.getvalue() == ''
