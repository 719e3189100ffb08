# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""After how many runs a module is warm."""

from dataclasses import dataclass
from typing import Optional, Sequence

import numpy as np

# Twice as long as usual is still within the noise of a machine that does other things, too.
_TOLERANCE = 2.0
_RUNS_AHEAD = 5


@dataclass(frozen=True)
class Settling:
    """How the first runs became as quick as the later ones."""

    first_ms: float
    usual_ms: float
    slow_runs: Optional[int]

    def needs_more_than(self, warmup_runs: int) -> bool:
        """Whether so many runs of warm-up leave a slow one for the robot."""
        return self.slow_runs is None or self.slow_runs > warmup_runs


def settling(durations_ms: Sequence[float], *, paced_ms: float = 0.0) -> Settling:
    """
    Return how the durations of the first runs of a process settle.

    The usual duration is the median of the second half. Slow are all runs before the first one
    that, like the median of it and the four after it, takes at most twice as long; None if there
    is no such run with four after it. If a run at the pace of the robot usually takes longer,
    `paced_ms`, then nothing is slow that takes at most twice as long as that.
    """
    usual_ms = float(np.median(durations_ms[len(durations_ms) // 2:]))
    limit_ms = _TOLERANCE * max(usual_ms, paced_ms)
    for index in range(len(durations_ms) - _RUNS_AHEAD + 1):
        ahead_ms = durations_ms[index:index + _RUNS_AHEAD]
        if ahead_ms[0] <= limit_ms and float(np.median(ahead_ms)) <= limit_ms:
            return Settling(durations_ms[0], usual_ms, index)
    return Settling(durations_ms[0], usual_ms, None)
