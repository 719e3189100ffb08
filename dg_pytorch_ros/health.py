# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How a node is doing: what happened lately, and what to think of it."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from dg_pytorch_ros.counters import Counters
import numpy as np

# Single ticks get lost on any system that is not hard real time.
_WORTH_SAYING = 0.01


class Level(IntEnum):
    """The levels of a DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


class Verdict(NamedTuple):
    """What to think of it."""

    level: Level
    message: str


class Durations(NamedTuple):
    """How long evaluations took."""

    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True)
class Totals:
    """The counters at one moment."""

    ticks: int = 0
    evaluations: int = 0
    missed_ticks: int = 0
    overruns: int = 0
    refusals: Dict[str, int] = field(default_factory=dict)
    dropped: Dict[str, int] = field(default_factory=dict)
    limited: Dict[str, int] = field(default_factory=dict)

    def since(self, before: 'Totals') -> 'Totals':
        """Return what was added since an earlier moment."""
        return Totals(
            self.ticks - before.ticks, self.evaluations - before.evaluations,
            self.missed_ticks - before.missed_ticks, self.overruns - before.overruns,
            _difference(self.refusals, before.refusals),
            _difference(self.dropped, before.dropped),
            _difference(self.limited, before.limited))

    @property
    def has_missed_many(self) -> bool:
        """Whether more ticks were missed than is usual."""
        return self.missed_ticks > max(1, _WORTH_SAYING * (self.missed_ticks + self.ticks))


@dataclass(frozen=True)
class Activity:
    """What an active node did since the last look at it."""

    totals: Totals
    lately: Totals
    rate_hz: float
    durations: Optional[Durations] = None
    pending: str = ''
    lacks_ticks: bool = False
    waiting_for: Sequence[str] = ()
    other_writers: Dict[str, List[str]] = field(default_factory=dict)
    is_exclusive: bool = False


def read_totals(counters: Counters, limited: Dict[str, int]) -> Totals:
    """Read the counters, which go on meanwhile."""
    return Totals(
        counters.ticks, counters.evaluations, counters.missed_ticks, counters.overruns,
        dict(counters.refusals),
        {f'{name}, {cause}': count
         for (name, cause), count in dict(counters.dropped_messages).items()},
        limited)


def measure(durations_ns: Sequence[int]) -> Optional[Durations]:
    """Sum durations up; None if there are none."""
    if not durations_ns:
        return None
    in_ms = 1e-6 * np.array(durations_ns)
    return Durations(
        float(np.percentile(in_ms, 50)), float(np.percentile(in_ms, 99)), float(in_ms.max()))


def judge(state: str, activity: Optional[Activity], gave_up: str) -> Verdict:
    """Say how the node is doing: the worst that there is, and all that is of that kind."""
    if gave_up:
        return Verdict(Level.ERROR, f'deactivated itself: {gave_up}')
    if activity is None:
        return Verdict(Level.OK, state)
    complaints = list(_complaints(activity))
    if not complaints:
        return Verdict(Level.OK, 'active')
    # An input that is too old is the cause of what else is wrong.
    order = (Level.STALE, Level.ERROR, Level.WARN)
    worst = next(level for level in order if any(level == found for found, _ in complaints))
    return Verdict(worst, '; '.join(text for level, text in complaints if level == worst))


def _complaints(activity: Activity) -> Iterator[Tuple[Level, str]]:
    lately = activity.lately
    for topic in activity.waiting_for:
        yield Level.STALE, f'waiting for {topic}'
    for cause, count in lately.refusals.items():
        yield _level(cause), f'{cause}: {count} times'
    if activity.pending and activity.pending not in lately.refusals:
        yield _level(activity.pending), f'{activity.pending}: still'
    if activity.lacks_ticks:
        yield Level.ERROR, 'the timer does not tick'
    for output, writers in activity.other_writers.items():
        level = Level.ERROR if activity.is_exclusive else Level.WARN
        yield level, f'output {output!r} is published by {", ".join(writers)} as well'
    if lately.has_missed_many:
        yield Level.WARN, f'{lately.missed_ticks} ticks missed'
    if lately.overruns:
        yield Level.WARN, f'{lately.overruns} evaluations longer than the period'
    for what, count in lately.dropped.items():
        yield Level.WARN, f'{count} messages dropped ({what})'
    for what, count in lately.limited.items():
        yield Level.WARN, f'{what}: {count} times'


def _level(cause: str) -> Level:
    if cause.startswith('stale '):
        return Level.STALE
    return Level.WARN if cause in ('disabled', 'deadline') else Level.ERROR


def _difference(after: Dict[str, int], before: Dict[str, int]) -> Dict[str, int]:
    return {
        name: count - before.get(name, 0)
        for name, count in after.items() if count != before.get(name, 0)}
