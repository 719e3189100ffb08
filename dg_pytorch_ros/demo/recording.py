# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the demo has heard of the controller and the joints."""

from array import array
from bisect import bisect_right
from typing import List, NamedTuple, Sequence, Tuple

# Enough for any picture; in a longer run, the samples are further apart.
_MOST_POSES = 2000


class Evaluation(NamedTuple):
    """How long an evaluation took, and when that was published."""

    duration_ms: float
    published_ns: int


class Pose(NamedTuple):
    """Where the joints are, and where they should be."""

    positions_rad: Sequence[float]
    targets_rad: Sequence[float]

    @property
    def errors_rad(self) -> List[float]:
        """How far each joint is from its target."""
        return [
            abs(target - position)
            for position, target in zip(self.positions_rad, self.targets_rad)]


class Part(NamedTuple):
    """The evaluations of a span of time."""

    durations_ms: Sequence[float]
    published_ns: Sequence[int]
    elapsed_s: float


class Recording:
    """Every evaluation since the beginning, and a pose now and then."""

    def __init__(self) -> None:
        self.time_s = 0.0
        self.durations_ms = array('d')
        self.published_ns = array('q')
        self.pose = Pose((), ())
        self.poses: List[Tuple[float, Pose]] = []
        self._stride = 1
        # When was looked, from the beginning on, and how many evaluations there had been.
        self._times_s = array('d', [0.0])
        self._counts = array('q', [0])

    def add(self, time_s: float, evaluations: Sequence[Evaluation], pose: Pose) -> None:
        """Take in what was heard until a time that counts from the beginning."""
        self.time_s = time_s
        self.durations_ms.extend(evaluation.duration_ms for evaluation in evaluations)
        self.published_ns.extend(evaluation.published_ns for evaluation in evaluations)
        self.pose = pose
        if len(self._times_s) % self._stride == 0:
            self.poses.append((time_s, pose))
        self._times_s.append(time_s)
        self._counts.append(len(self.durations_ms))
        if len(self.poses) > _MOST_POSES:
            del self.poses[::2]
            self._stride *= 2

    def since(self, time_s: float) -> Part:
        """Return what was heard after a time."""
        look = max(bisect_right(self._times_s, time_s) - 1, 0)
        first = self._counts[look]
        return Part(
            self.durations_ms[first:], self.published_ns[first:],
            self.time_s - self._times_s[look])
