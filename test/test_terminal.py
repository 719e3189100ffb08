# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

import io
from typing import Any, List

from dg_pytorch_ros.terminal.chart import bin_edges, histogram_text
from dg_pytorch_ros.terminal.plain import plain
from dg_pytorch_ros.terminal.progress import Progress
from dg_pytorch_ros.terminal.table import table
from dg_pytorch_ros.terminal.units import bytes_text, count_text, ms_text, seconds_text
import pytest


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def narrow(monkeypatch: Any) -> None:
    monkeypatch.setenv('COLUMNS', '60')


def test_a_table_aligns_text_left_and_numbers_right():
    assert table([['kp', 1], ['velocity', 12]], headers=['name', 'count'], right=[1]) == (
        'name      count\n'
        'kp            1\n'
        'velocity     12')


def test_rows_of_a_table_may_be_shorter_than_others():
    assert table([['a'], ['bb', 'c']]) == 'a\nbb  c'


def test_a_table_without_rows_is_empty():
    assert table([]) == ''


@pytest.mark.parametrize('count, text', [
    (0, '0 B'), (1023, '1023 B'), (1024, '1.0 KiB'), (-2048, '-2.0 KiB'),
    (1.5 * 1024 ** 2, '1.5 MiB'), (3 * 1024 ** 5, '3072.0 TiB')])
def test_bytes_have_the_unit_that_suits_them(count, text):
    assert bytes_text(count) == text


def test_counts_are_grouped_by_thousands():
    assert count_text(1234567) == '1,234,567'


@pytest.mark.parametrize('duration_ms, text', [
    (0.0314, '0.031 ms'), (9.87654, '9.877 ms'), (12.3456, '12.35 ms'), (123.456, '123.5 ms')])
def test_durations_have_the_digits_that_count(duration_ms, text):
    assert ms_text(duration_ms) == text


@pytest.mark.parametrize('duration_s, text', [(3.4, '3 s'), (89.9, '90 s'), (150, '2 min')])
def test_spans_are_rounded(duration_s, text):
    assert seconds_text(duration_s) == text


def test_progress_is_silent_where_there_is_no_terminal():
    stream = io.StringIO()
    with Progress(10, 'probing', stream=stream) as progress:
        progress.advance(5)
    assert stream.getvalue() == ''


def drawn(screen: Screen) -> List[str]:
    return [line for line in screen.getvalue().split('\r\x1b[K') if line]


def test_progress_shows_the_share_and_the_time_left(narrow):
    screen, clock = Screen(), Clock()
    with Progress(10, 'probing', stream=screen, clock_s=clock) as progress:
        clock.now_s = 5.0
        progress.to(2.5)
    assert drawn(screen)[0].startswith('probing [.....')
    assert drawn(screen)[1].endswith(' 25 %, 15 s left')
    assert '[########......' in drawn(screen)[1]
    assert screen.getvalue().endswith('\r\x1b[K')


def test_progress_is_not_drawn_more_often_than_anybody_can_see(narrow):
    screen, clock = Screen(), Clock()
    with Progress(1000, 'probing', stream=screen, clock_s=clock) as progress:
        for _ in range(1000):
            clock.now_s += 0.001
            progress.advance()
    assert 9 <= len(drawn(screen)) <= 11


def test_a_new_label_is_drawn_at_once(narrow):
    screen, clock = Screen(), Clock()
    with Progress(4, 'loading', stream=screen, clock_s=clock) as progress:
        progress.to(1, 'running')
    assert drawn(screen)[1].startswith('running [')


@pytest.mark.parametrize('columns', [1, 10, 20, 200])
def test_progress_stays_on_one_line_of_any_terminal(columns, monkeypatch):
    monkeypatch.setenv('COLUMNS', str(columns))
    screen, clock = Screen(), Clock()
    with Progress(4, 'a rather long label', stream=screen, clock_s=clock) as progress:
        clock.now_s = 1.0
        progress.to(9)  # more than was expected
    assert all(len(line) < columns for line in drawn(screen))


def test_progress_of_nothing_is_complete(narrow):
    screen = Screen()
    with Progress(0, 'probing', stream=screen):
        pass
    assert drawn(screen)[0].endswith('100 %')


def test_a_histogram_counts_each_value_once():
    lines = histogram_text([1.0, 1.1, 1.2, 5.0], unit='ms', bins=4, width=8).splitlines()
    assert [int(line.split()[4]) for line in lines] == [3, 0, 0, 1]
    assert lines[0].endswith('████████')
    assert lines[1].endswith(' 0')
    assert lines[0].split()[:4] == ['1', 'to', '2', 'ms']


def test_what_is_rare_is_seen_in_a_histogram():
    last = histogram_text([1.0] * 10_000 + [2.0], unit='ms', bins=4, width=8).splitlines()[-1]
    assert last.endswith('1  ▏')


def test_a_long_tail_widens_the_ranges():
    edges = bin_edges([1.0, 1.1, 1.2, 100.0], 2)
    assert edges == pytest.approx([1.0, 10.0, 100.0])


def test_equal_values_have_one_range():
    assert len(histogram_text([3.0, 3.0], unit='ms').splitlines()) == 1
    assert bin_edges([0.0], 5) == [-0.5, 0.5]


def test_a_histogram_of_nothing_says_so():
    assert histogram_text([], unit='ms') == 'no values'


def test_what_a_file_says_does_not_command_the_terminal():
    assert plain('\x1b[31mred\tdärk\r\n%') == '\\x1b[31mred\\tdärk\\r\n%'


def test_ordinary_text_stays_as_it_is():
    assert plain('größer 10 µs') == 'größer 10 µs'
