# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What goes on happening is said once a period, with the number of times it was not said."""

from typing import List, Tuple

from dg_pytorch_ros.throttled_log import PERIOD_S, ThrottledLog
import pytest


class Recorder:
    """A logger that keeps its lines."""

    def __init__(self) -> None:
        self.lines: List[Tuple[str, str]] = []

    def warning(self, text: str) -> None:
        self.lines.append(('warning', text))

    def error(self, text: str) -> None:
        self.lines.append(('error', text))


class Time:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def log(recorder: Recorder, time: Time) -> ThrottledLog:
    return ThrottledLog(recorder, now_s=time)


@pytest.mark.parametrize('level', ['warning', 'error'])
def test_line_is_said_once_a_period_at_its_level(
    log: ThrottledLog, recorder: Recorder, time: Time, level: str
) -> None:
    say = getattr(log, level)
    assert [say('key', 'text') for _ in range(3)] == [True, False, False]
    time.now_s += 0.99 * PERIOD_S
    assert not say('key', 'text')
    time.now_s += 0.01 * PERIOD_S
    assert say('key', 'text')
    assert recorder.lines == [(level, 'text'), (level, 'text (3 more since the last such line)')]


def test_number_of_unsaid_lines_begins_anew_with_each_line(
    log: ThrottledLog, recorder: Recorder, time: Time
) -> None:
    for _ in range(2):
        log.warning('key', 'text')
    for _ in range(2):
        time.now_s += PERIOD_S
        log.warning('key', 'text')
    assert [text for _, text in recorder.lines] == [
        'text', 'text (1 more since the last such line)', 'text']


def test_keys_do_not_silence_each_other(log: ThrottledLog, recorder: Recorder) -> None:
    assert log.warning('one', 'text one')
    assert log.warning('two', 'text two')
    assert not log.error('one', 'text one again')
    assert [text for _, text in recorder.lines] == ['text one', 'text two']


def test_first_line_is_said_whatever_the_clock_shows(recorder: Recorder, time: Time) -> None:
    time.now_s = 0.0
    assert ThrottledLog(recorder, now_s=time).warning('key', 'text')


def test_logger_of_rclpy_takes_warnings_and_errors_in_turn() -> None:
    from rclpy.logging import get_logger
    log = ThrottledLog(get_logger('throttled_log'))
    assert [log.warning('a', 'first'), log.error('b', 'second'), log.warning('c', 'third')] == [
        True, True, True]
