# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Durations, summed up."""

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import ArrayLike

# With fewer runs, the longest of them is what 99.9 % do not exceed.
RUNS_FOR_P99_9 = 1000


@dataclass(frozen=True)
class Distribution:
    """What so many percent of some durations do not exceed."""

    runs: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    p99_9_ms: float
    max_ms: float

    @property
    def is_tail_known(self) -> bool:
        """Whether p99.9 is anything else than the longest duration."""
        return self.runs >= RUNS_FOR_P99_9


def distribution(durations_ms: ArrayLike) -> Distribution:
    """Sum durations up; there must be one at least."""
    ordered = np.sort(np.asarray(durations_ms, float))
    return Distribution(
        ordered.size, *(percentile(ordered, part) for part in (0.5, 0.9, 0.99, 0.999, 1.0)))


def percentile(samples: ArrayLike, fraction: float) -> float:
    """Return the smallest sample that so many of all samples do not exceed; nan of nothing."""
    ordered = np.sort(np.asarray(samples, float))
    if not ordered.size:
        return math.nan
    return float(ordered[max(0, math.ceil(fraction * ordered.size) - 1)])
