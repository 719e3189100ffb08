# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Deadlines at multiples of a period."""

import math
from typing import Callable


class Deadlines:
    """
    Multiples of a period from the start, and which of them is the next one to keep.

    A deadline that has passed before it is asked for is still to be kept, late, by up to half a
    period. Others are missed: they are counted through `on_missed` and skipped, so that two
    evaluations are never closer than half a period and none come in a burst.
    """

    def __init__(self, rate_hz: float, *, on_missed: Callable[[int], None]) -> None:
        self.period_ns = 1e9 / rate_hz
        self.start_ns = 0
        self._on_missed = on_missed
        self._kept_ns = 0
        self._index = 0
        self._is_armed = False

    def start(self, now_ns: int) -> None:
        """Put the first deadline one period from now."""
        self.start_ns = now_ns
        self._index = 1
        self._is_armed = True

    def next_ns(self, now_ns: int) -> int:
        """Return the next deadline; once it is chosen, it stays the next until it is kept."""
        if not self._is_armed:
            self._arm(now_ns)
        return self.start_ns + round(self._index * self.period_ns)

    def keep(self, now_ns: int) -> None:
        """Note that the next deadline is kept now."""
        self._kept_ns = now_ns
        self._index += 1
        self._is_armed = False

    def _arm(self, now_ns: int) -> None:
        position = (now_ns - self.start_ns) / self.period_ns
        if now_ns - self._kept_ns < 0.5 * self.period_ns:
            nearest = math.floor(position) + 1
        else:
            nearest = math.ceil(position - 0.5)
        missed = nearest - self._index
        if missed > 0:
            self._on_missed(missed)
            self._index += missed
        self._is_armed = True
