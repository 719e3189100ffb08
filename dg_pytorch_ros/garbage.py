# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Python's garbage collector in a process that has deadlines to meet."""

import gc
from time import monotonic

_INTERVAL_S = 1.0
# As a net below, for the time in which no tick comes.
_THRESHOLD = 100_000


class GarbageCollection:
    """
    Keeps collections out of the ticks, unless very many objects come up at once.

    What is there at the start is never looked at again, and the little that comes up later is
    collected after a tick, when there is most time until the next. This concerns the whole
    process, so nothing is done unless the process is the node's own.
    """

    def __init__(self, *, owns_process: bool) -> None:
        self._owns_process = owns_process
        self._thresholds = gc.get_threshold()
        self._next_s = 0.0
        self._has_taken_over = False

    def take_over(self) -> None:
        """Collect for the last time all that there is; call this before the first tick."""
        if self._owns_process:
            gc.collect()
            gc.freeze()
            gc.set_threshold(_THRESHOLD)
            self._has_taken_over = True

    def renew(self) -> None:
        """Collect now what a reload left, and never look at what it brought: there is much."""
        if self._has_taken_over:
            gc.collect()
            gc.freeze()

    def after_tick(self) -> None:
        """Collect, if it was not done lately."""
        if not self._owns_process:
            return
        now_s = monotonic()
        if now_s >= self._next_s:
            gc.collect()
            self._next_s = now_s + _INTERVAL_S

    def hand_back(self) -> None:
        """Let Python decide again when to collect what."""
        if self._owns_process:
            gc.set_threshold(*self._thresholds)
            gc.unfreeze()
            self._has_taken_over = False
