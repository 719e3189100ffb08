# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How often each duration occurred, in constant memory and a step for each."""

_STEP_NS = 1_000
_STEPS = 20_000


class Histogram:
    """
    Counts durations in steps of a microsecond.

    One thread adds, others may read. What lasts longer than 20 ms is counted as such; the maximum
    is exact.
    """

    def __init__(self) -> None:
        self.count = 0
        self.max_ns = 0
        self._counts = [0] * (_STEPS + 1)

    def add(self, duration_ns: int) -> None:
        """Count one duration, which is not negative."""
        self.count += 1
        if duration_ns > self.max_ns:
            self.max_ns = duration_ns
        step = duration_ns // _STEP_NS
        self._counts[step if step < _STEPS else _STEPS] += 1

    def percentile_us(self, percent: float) -> float:
        """Return the duration that so many percent do not exceed, to the microsecond above."""
        wanted = percent / 100 * self.count
        reached = 0
        for step, count in enumerate(self._counts):
            reached += count
            if count and reached >= wanted:
                return min((step + 1) * _STEP_NS, self.max_ns) / 1e3 if step < _STEPS else (
                    self.max_ns / 1e3)
        return 0.0

    def __str__(self) -> str:
        if not self.count:
            return 'none'
        return (
            f'p50 {self.percentile_us(50):.0f} us, p99 {self.percentile_us(99):.0f} us, '
            f'max {self.max_ns / 1e3:.0f} us')
