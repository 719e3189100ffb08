# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How many threads are worth their cores."""

import os
from typing import List, Mapping

from dg_pytorch_ros.timing.distribution import Distribution

# What less does not show among the noise of most machines, and no core should be given for.
WORTH = 0.8


def count_cores() -> int:
    """Return on how many cores this process may run."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usual_counts(cores: int, configured: int) -> List[int]:
    """Return the numbers of threads to compare: powers of two, all cores, what is configured."""
    powers = {2 ** power for power in range(cores.bit_length()) if 2 ** power <= cores}
    return sorted({*powers, cores, configured})


def best_count(measured: Mapping[int, Distribution]) -> int:
    """
    Return the smallest number of threads that no larger one is worth giving up for.

    A larger one is, if it takes at least a fifth off p50, and nothing is added to p99.
    """
    counts = sorted(measured)
    best = counts[0]
    for count in counts[1:]:
        is_quicker = measured[count].p50_ms <= WORTH * measured[best].p50_ms
        if is_quicker and measured[count].p99_ms <= measured[best].p99_ms:
            best = count
    return best
