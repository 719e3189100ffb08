# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The judge of the soak finds what is wrong with outputs, and nothing else."""

import math
from typing import Any, Optional, Tuple

import pytest
from soak.judge import ANYTHING, Judge, Message, MOST_REPETITIONS, OUTPUT
from soak.promises import FALLBACK, FOREIGN, JOINTS, MAX_RATE, MAXIMUM, PERIOD_S

STEP = MAX_RATE[0] * PERIOD_S


def output(
    number: float, torque: float = 0.0, *, other: Optional[float] = None
) -> Tuple[float, ...]:
    return (*[torque] * JOINTS, number, number if other is None else other)


class Heard:
    """A judge that hears messages with stamps and sequence numbers that count by one."""

    def __init__(self) -> None:
        self.judge = Judge()
        self.stamp_ns = 0

    def hear(self, *messages: Any, lost: int = 0) -> 'Heard':
        self.stamp_ns += lost
        for values in messages:
            self.stamp_ns += 1
            self.judge.hear(Message(self.stamp_ns, self.stamp_ns, values))
        return self

    @property
    def complaints(self) -> Any:
        return self.judge.complaints


def test_good_outputs_and_fallbacks_bring_no_complaint() -> None:
    heard = Heard().hear(FALLBACK, *(output(n, 0.9 * STEP * n) for n in range(20)), FALLBACK)
    assert heard.complaints == []
    assert (heard.judge.counts['outputs'], heard.judge.counts['fallbacks']) == (20, 2)


@pytest.mark.parametrize('values, complaint', [
    (None, 'another size'), (output(1.0, math.nan), 'not finite'),
    (output(math.inf), 'not finite'), (output(1.0, MAXIMUM[0] + 0.1), 'is not from -2.0 to 2.0'),
    ((*[0.5] * JOINTS, -1.0, -1.0), 'a fallback that is none')])
def test_each_wrong_message_brings_a_complaint(values: Any, complaint: str) -> None:
    assert complaint in Heard().hear(values).complaints[0]


def test_change_above_the_rate_is_found_and_the_one_to_a_fallback_is_not() -> None:
    assert 'after' in Heard().hear(output(1.0), output(2.0, 1.1 * STEP)).complaints[0]
    assert Heard().hear(output(1.0, 0.5), FALLBACK, output(2.0, STEP)).complaints == []
    assert 'after' in Heard().hear(FALLBACK, output(2.0, 1.1 * STEP)).complaints[0]


def test_messages_that_were_not_heard_leave_time_for_a_greater_change() -> None:
    heard = Heard().hear(output(1.0)).hear(output(2.0, 3 * STEP), lost=2)
    assert heard.complaints == []
    assert heard.judge.counts['lost'] == 2
    assert Heard().hear(output(1.0)).hear(output(2.0, 3.1 * STEP), lost=2).complaints


def test_new_process_knows_nothing_of_what_was_sent_before() -> None:
    heard = Heard().hear(output(1.0))
    heard.judge.expect_start(heard.stamp_ns + 2)
    late = heard.hear(output(2.0, STEP), output(3.0, 2.0))
    assert late.complaints == []
    assert 'after' in late.hear(output(4.0, 0.0)).complaints[0]


@pytest.mark.parametrize('other', [None, 0.0])
def test_message_that_drives_too_many_outputs_is_found_once(other: Optional[float]) -> None:
    first = [output(1.0, other=other)] * MOST_REPETITIONS
    heard = Heard().hear(*first)
    assert heard.complaints == []
    # A fallback in between does not make it any younger.
    heard.hear(FALLBACK, *first)
    assert len(heard.complaints) == 2
    assert 'drives more than' in heard.complaints[0]


def test_one_frozen_input_of_two_is_found() -> None:
    numbers = range(MOST_REPETITIONS + 10)
    heard = Heard().hear(*(output(float(n), other=7.0) for n in numbers))
    assert len(heard.complaints) == 1


def test_ban_holds_for_its_time() -> None:
    heard = Heard()
    ban = heard.judge.ban(OUTPUT, 'a test', 3)
    assert heard.hear(output(1.0), output(2.0), FALLBACK).complaints == []
    assert 'in spite of a test' in heard.hear(output(4.0)).complaints[0]
    ban.end_ns = 5
    assert len(heard.hear(output(5.0)).complaints) == 1
    heard.judge.ban(ANYTHING, 'silence', 6)
    assert 'in spite of silence' in heard.hear(FALLBACK).complaints[1]


def test_second_publisher_is_not_taken_for_the_node() -> None:
    heard = Heard().hear(output(1.0), FOREIGN, output(2.0))
    assert heard.complaints == []
    assert heard.judge.counts['foreign'] == 1


def test_complaints_without_end_are_counted_and_not_all_kept() -> None:
    heard = Heard().hear(*[None] * 1000)
    assert heard.judge.counts['complaints'] == 1000
    assert len(heard.complaints) < 1000
