# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The log says what happened, what was done instead, and each thing only now and then."""

from typing import Any, List, Tuple

from dg_pytorch_ros.errors import EvaluationError, MessageError, NotEnabled, StaleInput
from dg_pytorch_ros.reporter import Reporter
import pytest


class Logger:
    """Keeps what it is told, with the level."""

    def __init__(self) -> None:
        self.lines: List[Tuple[str, str]] = []

    def __getattr__(self, level: str) -> Any:
        return lambda text: self.lines.append((level, text))


@pytest.fixture
def logger() -> Logger:
    return Logger()


@pytest.fixture
def reporter(logger: Logger) -> Reporter:
    return Reporter(logger, on_first_outputs=lambda outputs: None, on_give_up=lambda reason: None)


def failure(details: str = '') -> EvaluationError:
    return EvaluationError('forward failed', details=details)


@pytest.mark.parametrize('reaction, has_published, line', [
    ('skip', False, 'nothing published: forward failed'),
    ('hold', True, 'last good outputs published again: forward failed'),
    ('hold', False, 'nothing published: forward failed'),
    ('fallback', True, 'fallback published: forward failed'),
    ('fallback', False, 'nothing published: forward failed'),
    ('deactivate', True, 'fallback published: forward failed'),
    ('deactivate', False, 'nothing published: forward failed')])
def test_refusal_says_what_was_done_instead(
        logger: Logger, reporter: Reporter, reaction: str, has_published: bool, line: str) -> None:
    reporter.on_refusal(failure(), reaction, has_published=has_published)
    assert logger.lines == [('error', line)]


def test_refusal_of_the_permission_is_no_error(logger: Logger, reporter: Reporter) -> None:
    reporter.on_refusal(
        NotEnabled('it says false', cause='disabled'), 'fallback', has_published=True)
    assert logger.lines == [('warning', 'fallback published: it says false')]


def test_each_cause_is_said_once_with_its_details(logger: Logger, reporter: Reporter) -> None:
    stale = StaleInput("'x' is 1 ms old", cause='stale x')
    for error in (failure('the trace'), failure('another trace'), stale, stale):
        reporter.on_refusal(error, 'skip', has_published=False)
    assert logger.lines == [
        ('error', 'nothing published: forward failed'), ('debug', 'the trace'),
        ('error', "nothing published: 'x' is 1 ms old")]


def test_each_reason_to_drop_messages_of_an_input_is_said_once(
        logger: Logger, reporter: Reporter) -> None:
    for name, cause in (('x', 'size'), ('x', 'size'), ('x', 'value'), ('y', 'size')):
        reporter.on_drop(name, MessageError('it has 5 elements', cause=cause))
    assert logger.lines == [
        ('warning', f'input {name!r}: message dropped, it has 5 elements') for name in 'xxy']


def test_recovery_is_said_whenever_the_trouble_was(logger: Logger, reporter: Reporter) -> None:
    for refused in (12, 1):  # the second time, the trouble is not said again so soon
        reporter.on_refusal(failure(), 'skip', has_published=False)
        reporter.on_recovery(refused)
    assert logger.lines == [
        ('error', 'nothing published: forward failed'),
        ('info', 'outputs are published again, after 12 times without')]


def test_overrun_says_both_times(logger: Logger, reporter: Reporter) -> None:
    reporter.on_overrun(12.3456, 10.0)
    reporter.on_overrun(13.0, 10.0)
    assert logger.lines == [
        ('warning', 'an evaluation took 12.346 ms, longer than the period of 10 ms')]


def test_others_hear_of_first_outputs_and_of_the_end(logger: Logger) -> None:
    heard: List[Any] = []
    reporter = Reporter(logger, on_first_outputs=heard.append, on_give_up=heard.append)
    reporter.on_first_outputs([])
    reporter.on_give_up('too hot')
    assert heard == [[], 'too hot']
    assert logger.lines == []
