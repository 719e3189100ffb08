# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whether a module is quick enough for a rate."""

from dataclasses import dataclass
from typing import Optional

from dg_pytorch_ros.timing.distribution import Distribution

FITS = 'fits'
TIGHT = 'tight'
FAILS = 'does not fit'
# What else a tick of the node takes, with one input and one output of a few numbers: p99 of
# "inside ours, less the module" in docs/performance.md, section b.
NODE_SHARE_MS = 0.15


@dataclass(frozen=True)
class Judgement:
    """
    What is to be thought of a rate, and by which durations.

    It fits if the module's p99.9 and the node's own share take at most half of the period, and is
    tight if they take no more than the period. `paced` are the durations at this rate; there are
    none if a usual run alone takes longer than the period.
    """

    rate_hz: float
    usual_ms: float
    paced: Optional[Distribution] = None

    @property
    def period_ms(self) -> float:
        """The time from one run to the next."""
        return 1e3 / self.rate_hz

    @property
    def needed_ms(self) -> float:
        """How much of a period is used up, but for one time in a thousand."""
        module_ms = self.usual_ms if self.paced is None else self.paced.p99_9_ms
        return module_ms + NODE_SHARE_MS

    @property
    def verdict(self) -> str:
        """FITS, TIGHT or FAILS."""
        if self.paced is None or self.needed_ms > self.period_ms:
            return FAILS
        return FITS if self.needed_ms <= 0.5 * self.period_ms else TIGHT


def is_possible(rate_hz: float, usual_ms: float) -> bool:
    """Whether a usual run ends before the next one is due."""
    return usual_ms <= 1e3 / rate_hz
