# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Sleeping from one run to the next."""

from threading import Lock
from time import perf_counter_ns


class Pace:
    """
    Moments at multiples of a period from the start, as the node's timer has them.

    Moments that have passed before the wait for them begins are skipped, and counted in `missed`.
    For the last `spin_us` before each moment, the thread stays awake.
    """

    def __init__(self, rate_hz: float, *, spin_us: int = 0) -> None:
        self.missed = 0
        self._period_ns = 1e9 / rate_hz
        self._spin_ns = 1000 * spin_us
        self._index = 0
        self._never = Lock()
        self._never.acquire()
        self._start_ns = perf_counter_ns()

    def wait(self) -> None:
        """Sleep until the next moment."""
        passed = int((perf_counter_ns() - self._start_ns) // self._period_ns)
        self.missed += max(passed - self._index, 0)
        self._index = max(passed, self._index) + 1
        moment_ns = self._start_ns + self._index * self._period_ns
        sleep_ns = moment_ns - self._spin_ns - perf_counter_ns()
        if sleep_ns > 0:
            self._never.acquire(timeout=1e-9 * sleep_ns)
        while perf_counter_ns() < moment_ns:
            pass
