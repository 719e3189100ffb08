# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What runs at present, and how long the rest will take."""

from dataclasses import dataclass
from time import monotonic
from typing import Callable, List

# Estimates are mended by how long the steps so far took, but not beyond reason.
_LEAST_FACTOR = 0.5
_MOST_FACTOR = 3.0


@dataclass(frozen=True)
class Step:
    """One thing that is measured, and about how long that takes."""

    title: str
    seconds: float


class Progress:
    """Says what begins, which step of how many it is, and how much time is left."""

    def __init__(
        self, say: Callable[[str], None], clock: Callable[[], float] = monotonic
    ) -> None:
        self._say = say
        self._clock = clock
        self._begin_s = clock()
        self._waiting: List[Step] = []
        self._planned_s = 0.0
        self._done = 0

    def plan(self, steps: List[Step]) -> None:
        """Expect steps, in this order."""
        self._waiting += steps

    def begin(self, step: Step) -> None:
        """Say that a step begins; the one before has ended."""
        left = self.left_s()
        self._waiting.remove(step)
        self._done += 1
        self._say(
            f'[{self._done:2d}/{self._done + len(self._waiting)}] {step.title:58s} '
            f'about {describe(left)} left')
        self._planned_s += step.seconds

    def skip(self, step: Step) -> None:
        """Expect a step no longer."""
        if step in self._waiting:
            self._waiting.remove(step)

    def note(self, text: str) -> None:
        """Say something about the step that runs."""
        self._say(f'        {text}')

    def left_s(self) -> float:
        """Estimate how long the waiting steps will take."""
        factor = 1.0
        if self._planned_s:
            factor = (self._clock() - self._begin_s) / self._planned_s
        factor = min(max(factor, _LEAST_FACTOR), _MOST_FACTOR)
        return factor * sum(step.seconds for step in self._waiting)


def describe(seconds: float) -> str:
    """Write a span of time."""
    return f'{seconds / 60:.0f} min' if seconds >= 90 else f'{seconds:.0f} s'
