# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Compares everything that the node sends with what it promised."""

from collections import Counter
import math
from typing import List, NamedTuple, Optional, Tuple

from soak.promises import (
    FALLBACK, FOREIGN, JOINTS, MAX_AGE_MS, MAX_RATE, MAXIMUM, MINIMUM, PERIOD_S)

OUTPUT, ANYTHING = 'output', 'anything'
_ROUNDING = 1e-9
# As many outputs may one message drive: those of its time, and some that come together.
MOST_REPETITIONS = round(1e-3 * MAX_AGE_MS / PERIOD_S) + 5
_MOST_COMPLAINTS = 200


class Message(NamedTuple):
    """What was heard on the output's topic; `None` for what is no such message."""

    stamp_ns: int
    sequence: int
    values: Optional[Tuple[float, ...]]

    @property
    def is_fallback(self) -> bool:
        """Whether it says that it is one; the rest of it is yet to be compared."""
        return self.values is not None and self.values[JOINTS:] == FALLBACK[JOINTS:]


class Ban:
    """A span of time in which the node must keep silent, or send nothing but fallbacks."""

    def __init__(self, what: str, why: str, begin_ns: int) -> None:
        self.what = what
        self.why = why
        self.begin_ns = begin_ns
        self.end_ns: Optional[int] = None

    def forbids(self, message: Message) -> bool:
        """Whether a message should not be there."""
        if message.stamp_ns < self.begin_ns or (
                self.end_ns is not None and message.stamp_ns >= self.end_ns):
            return False
        return self.what == ANYTHING or not message.is_fallback


class Judge:
    """Hears all messages in their order; keeps what is wrong with them as complaints."""

    def __init__(self) -> None:
        self.counts: 'Counter[str]' = Counter()
        self.complaints: List[str] = []
        self.last: Optional[Message] = None
        self._bans: List[Ban] = []
        self._starts_ns: List[int] = []
        self._repeated: 'Counter[int]' = Counter()
        self._numbers: Tuple[float, ...] = ()

    def expect_start(self, stamp_ns: int) -> None:
        """Expect a new process, which knows nothing of what was sent before."""
        self._starts_ns.append(stamp_ns)

    def ban(self, what: str, why: str, begin_ns: int) -> Ban:
        """Forbid messages from a moment on."""
        self._bans.append(Ban(what, why, begin_ns))
        return self._bans[-1]

    def complain(self, text: str) -> None:
        """Keep what is wrong, unless there is far too much of it."""
        self.counts['complaints'] += 1
        if len(self.complaints) < _MOST_COMPLAINTS:
            self.complaints.append(text)

    def hear(self, message: Message) -> None:
        """Judge a message."""
        values = message.values
        if values is None:
            self.counts['of another size'] += 1
            self.complain('a message of another size')
            return
        if values == FOREIGN:
            self.counts['foreign'] += 1
            return
        self.counts['fallbacks' if message.is_fallback else 'outputs'] += 1
        self._forget_before_start(message)
        self._count_lost(message)
        self._check_values(values)
        self._check_bans(message)
        if message.is_fallback:
            if values != FALLBACK:
                self.complain(f'a fallback that is none: {values}')
        else:
            self._check_change(message, values)
            self._check_repetition(values)
        self.last = message

    def _forget_before_start(self, message: Message) -> None:
        while self._starts_ns and message.stamp_ns >= self._starts_ns[0]:
            self._starts_ns.pop(0)
            self.last = None

    def _count_lost(self, message: Message) -> None:
        if self.last is not None:
            self.counts['lost'] += message.sequence - self.last.sequence - 1

    def _check_values(self, values: Tuple[float, ...]) -> None:
        if not all(map(math.isfinite, values)):
            self.complain(f'not finite: {values}')
        for low, value, high in zip(MINIMUM, values, MAXIMUM):
            if not low <= value <= high:
                self.complain(f'{value} is not from {low} to {high}')

    def _check_change(self, message: Message, values: Tuple[float, ...]) -> None:
        if self.last is None or self.last.values is None:
            return
        steps = message.sequence - self.last.sequence
        if not _is_in_reach(values, self.last.values, steps) and (
                steps == 1 or not _is_in_reach(values, FALLBACK, steps)):
            self.complain(f'{values} after {self.last.values}, {steps} messages later')

    def _check_repetition(self, values: Tuple[float, ...]) -> None:
        numbers = values[JOINTS:]
        for index, (number, before) in enumerate(zip(numbers, self._numbers or numbers)):
            self._repeated[index] = self._repeated[index] + 1 if number == before else 1
            self.counts['most repetitions'] = max(
                self.counts['most repetitions'], self._repeated[index])
            if self._repeated[index] == MOST_REPETITIONS + 1:
                self.complain(f'message {number:.0f} drives more than {MOST_REPETITIONS} outputs')
        self._numbers = numbers

    def _check_bans(self, message: Message) -> None:
        self._bans = [
            ban for ban in self._bans if ban.end_ns is None or message.stamp_ns < ban.end_ns]
        for ban in self._bans:
            if ban.forbids(message):
                self.complain(f'{message.values} in spite of {ban.why}')


def _is_in_reach(
    values: Tuple[float, ...], before: Tuple[float, ...], steps: int
) -> bool:
    """Whether values may follow after so many steps; what was not heard may be a fallback."""
    return all(
        abs(value - other) <= rate * PERIOD_S * steps + _ROUNDING
        for value, other, rate in zip(values, before, MAX_RATE))
