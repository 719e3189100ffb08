# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How even the ticks are, told from the times at which their results were published."""

from typing import NamedTuple, Sequence

import numpy as np
from numpy.typing import NDArray

PERIOD_NS = 1_000_000


class Ticks(NamedTuple):
    """How far each tick was from its place on the grid, and on how many places there was none."""

    off_us: NDArray[np.float64]
    missing: int

    def percentile_us(self, percent: float) -> float:
        """Return the distance from the grid that so many percent do not exceed."""
        return float(np.percentile(np.abs(self.off_us), percent)) if len(self.off_us) else np.nan


def ticks_of(published_ns: Sequence[int]) -> Ticks:
    """
    Put the grid where it fits best, with half of the ticks before and half after their places.

    Where the controller's own grid lies cannot be told from outside; that it is regular can.
    """
    if not len(published_ns):
        return Ticks(np.empty(0), 0)
    times_ns = np.asarray(published_ns, np.int64)
    places = (times_ns - times_ns[0]) / PERIOD_NS
    # The mean of angles: a tick just before its place and one just after it are close together.
    places -= np.angle(np.exp(2j * np.pi * places).mean()) / (2 * np.pi)
    places -= np.median(places - np.round(places))
    nearest = np.round(places)
    missing = int(nearest[-1] - nearest[0]) + 1 - len(places)
    return Ticks((places - nearest) * PERIOD_NS / 1e3, max(missing, 0))
