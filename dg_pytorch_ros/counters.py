# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What happened since configure, counted exactly."""

from collections import Counter
from dataclasses import dataclass, field
from typing import List, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.histogram import Histogram


@dataclass
class Counters:
    """Written by the evaluation thread alone; others read."""

    ticks: int = 0
    evaluations: int = 0
    missed_ticks: int = 0
    overruns: int = 0
    refusals: 'Counter[str]' = field(default_factory=Counter)
    dropped_messages: 'Counter[Tuple[str, str]]' = field(default_factory=Counter)
    lateness: Histogram = field(default_factory=Histogram)
    durations_ns: List[int] = field(default_factory=list)
    pending: str = ''  # the cause for which there are no outputs at present
    last_error: str = ''

    def take_durations_ns(self) -> List[int]:
        """Return the durations since they were last taken."""
        durations_ns, self.durations_ns = self.durations_ns, []
        return durations_ns

    def __str__(self) -> str:
        late = f', ticks late {self.lateness}' if self.lateness.count else ''
        dropped = enumeration(
            f'{name} {count} ({cause})' for (name, cause), count in self.dropped_messages.items())
        refused = enumeration(f'{cause} {count}' for cause, count in self.refusals.items())
        return (
            f'{self.evaluations} evaluations, {self.missed_ticks} ticks missed{late}, '
            f'refused: {refused}, messages dropped: {dropped}')
