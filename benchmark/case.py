# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One thing to do, several ways to do it, and how long each of them takes."""

from dataclasses import dataclass
from time import perf_counter_ns, sleep
from typing import Any, Callable, Dict, List, Mapping, Sequence

import numpy as np

Way = Callable[[Any], Any]

KEPT = 'ours, kept tensor'

_TOLERANCE = 1e-6


def numbers(result: Any) -> Any:
    """Return the result of a way as an array; None if it is something else."""
    is_array = isinstance(result, np.ndarray) or hasattr(result, 'numpy')
    return np.asarray(result) if is_array else None


@dataclass
class Case:
    """
    Something that is done to each of some inputs, in several ways.

    The ways take turns, a block of calls each, in an order that rotates: whatever disturbs the
    machine disturbs all of them. `content` makes an array of a result, to compare it with those of
    the other ways; None for what is no result, but a step to it. Before each call is a pause, if
    there is one.
    """

    name: str
    inputs: Sequence[Any]
    ways: Mapping[str, Way]
    block: int
    content: Callable[[Any], Any] = numbers
    pause_s: float = 0.0

    def __post_init__(self) -> None:
        """Have no samples yet."""
        self.samples_us: Dict[str, List[float]] = {name: [] for name in self.ways}

    def check(self) -> None:
        """End the process if the ways do not come to the same result."""
        for item in self.inputs:
            expected = None
            for name, way in self.ways.items():
                result = self.content(way(item))
                if result is None:
                    continue
                # Some ways give the same memory each time.
                expected = result.copy() if expected is None else expected
                if result.shape != expected.shape or not np.allclose(
                        result, expected, _TOLERANCE, _TOLERANCE):
                    raise SystemExit(f'{self.name}: {name} gives {result}, another {expected}')

    def measure(self, blocks: int) -> None:
        """Let the ways take turns; what comes before the first full round does not count."""
        self._take_turn(0)
        for samples_us in self.samples_us.values():
            samples_us.clear()
        for turn in range(blocks):
            self._take_turn(turn)

    def _take_turn(self, turn: int) -> None:
        names = list(self.ways)
        first = turn % len(names)
        for name in [*names[first:], *names[:first]]:
            self._call(self.ways[name], self.samples_us[name], turn * self.block)

    def _call(self, way: Way, samples_us: List[float], first: int) -> None:
        for index in range(first, first + self.block):
            item = self.inputs[index % len(self.inputs)]
            if self.pause_s:
                sleep(self.pause_s)
            begin_ns = perf_counter_ns()
            way(item)
            samples_us.append(1e-3 * (perf_counter_ns() - begin_ns))
