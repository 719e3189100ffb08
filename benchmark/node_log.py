# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What pytorch_node says about itself when it ends."""

from dataclasses import dataclass
import re
from typing import Optional

_COUNTERS = re.compile(r'(\d+) evaluations, (\d+) ticks missed')
_LATENESS = re.compile(r'ticks late p50 ([\d.]+) us, p99 ([\d.]+) us, max ([\d.]+) us')


@dataclass(frozen=True)
class Lateness:
    """How long after their deadlines ticks began, in microseconds."""

    p50_us: float
    p99_us: float
    max_us: float


@dataclass(frozen=True)
class Account:
    """What a node did from its activation to its end."""

    evaluations: int
    missed: int
    lateness: Optional[Lateness]

    @property
    def missed_percent(self) -> float:
        """The share of ticks that were missed."""
        return 100.0 * self.missed / max(1, self.missed + self.evaluations)


def read_account(log: str) -> Optional[Account]:
    """Return the last account in a log, or None if there is none."""
    counters = _COUNTERS.findall(log)
    if not counters:
        return None
    evaluations, missed = map(int, counters[-1])
    lateness = _LATENESS.findall(log)
    return Account(
        evaluations, missed, Lateness(*map(float, lateness[-1])) if lateness else None)
