# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What happened since configure, counted exactly."""

from collections import Counter
from dataclasses import dataclass, field

from dg_pytorch_ros.histogram import Histogram


@dataclass
class Counters:
    """Written by the evaluation thread alone; others read."""

    ticks: int = 0
    evaluations: int = 0
    missed_ticks: int = 0
    failed_evaluations: int = 0
    nonfinite_inputs: int = 0
    nonfinite_outputs: int = 0
    lateness: Histogram = field(default_factory=Histogram)
    dropped_messages: 'Counter[str]' = field(default_factory=Counter)

    def __str__(self) -> str:
        dropped = ''.join(f' {name} {count}' for name, count in self.dropped_messages.items())
        late = f', ticks late {self.lateness}' if self.lateness.count else ''
        return (
            f'{self.evaluations} evaluations, {self.missed_ticks} ticks missed{late}, '
            f'{self.failed_evaluations} failures, messages dropped:{dropped or " none"}')
