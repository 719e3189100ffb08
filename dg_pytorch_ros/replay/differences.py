# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How far what was replayed is from what was recorded."""

from typing import List, NamedTuple, Optional

from dg_pytorch_ros.model import Array, describe_array
from dg_pytorch_ros.replay.pairing import Pairs
from dg_pytorch_ros.replay.series import Series
import numpy as np


class Worst(NamedTuple):
    """Where the difference is greatest."""

    time_ns: int
    element: int
    recorded: float
    replayed: float


class Differences:
    """
    The absolute differences of an output's pairs, element by element.

    NaN and infinities are equal to themselves, and infinitely far from all else.
    """

    def __init__(self, recorded: Series, replayed: Series, pairs: Pairs) -> None:
        self.recorded = recorded
        self.replayed = replayed
        self.compared: Pairs = []
        # The greatest of each pair, then the greatest and the sum of each element.
        self.of_pairs: List[float] = []
        self.greatest: Array = np.zeros(0)
        self._sums: Array = np.zeros(0)
        self._counts: Array = np.zeros(0)
        self.worst: Optional[Worst] = None
        self._worst_until_now = 0.0
        self.unlike = 0
        self.complaint = ''
        for place, other in pairs:
            self._compare(place, other)

    @property
    def pairs(self) -> int:
        """How many messages have an answer."""
        return len(self.compared) + self.unlike

    @property
    def unpaired_recorded(self) -> int:
        """How many of the recorded messages have no answer."""
        return len(self.recorded) - self.pairs

    @property
    def unpaired_replayed(self) -> int:
        """How many of the replayed messages answer to nothing."""
        return len(self.replayed) - self.pairs

    @property
    def unpaired_share(self) -> float:
        """Which part of all messages is alone."""
        alone = self.unpaired_recorded + self.unpaired_replayed
        return alone / max(len(self.recorded) + len(self.replayed), 1)

    @property
    def maximum(self) -> Optional[float]:
        """The greatest difference of all; None if there is none to know."""
        return float(self.greatest.max()) if self.greatest.size else None

    @property
    def mean(self) -> Optional[float]:
        """The mean difference of all elements of all pairs."""
        return float(self._sums.sum() / self._counts.sum()) if self.greatest.size else None

    @property
    def means(self) -> Array:
        """The mean difference of each element."""
        return np.asarray(self._sums / self._counts)

    def _compare(self, place: int, other: int) -> None:
        recorded, replayed = self.recorded.values[place], self.replayed.values[other]
        if not _are_comparable(recorded, replayed):
            self.unlike += 1
            self.complaint = self.complaint or (
                f'{describe_array(recorded.dtype, recorded.shape)} was recorded, '
                f'{describe_array(replayed.dtype, replayed.shape)} replayed')
            return
        distances = _distances(recorded.ravel(), replayed.ravel())
        self._make_room(distances.size)
        here = slice(distances.size)
        self.greatest[here] = np.maximum(self.greatest[here], distances)
        self._sums[here] += distances
        self._counts[here] += 1
        self.compared.append((place, other))
        self.of_pairs.append(float(distances.max(initial=0.0)))
        if distances.size and self.of_pairs[-1] > self._worst_until_now:
            self._worst_until_now = self.of_pairs[-1]
            element = int(distances.argmax())
            self.worst = Worst(
                self.recorded.times_ns[place], element, recorded.ravel()[element].item(),
                replayed.ravel()[element].item())

    def _make_room(self, size: int) -> None:
        more = size - self.greatest.size
        if more > 0:  # outputs may vary in their first size
            self.greatest, self._sums, self._counts = (
                np.pad(each, (0, more)) for each in (self.greatest, self._sums, self._counts))


def _are_comparable(one: Array, other: Array) -> bool:
    """Whether each number has its counterpart, though a layout may say more of one array."""
    return one.shape == other.shape or (
        one.size == other.size and one.dtype.kind == other.dtype.kind)


def _distances(one: Array, other: Array) -> Array:
    if {one.dtype.kind, other.dtype.kind} <= set('iu'):
        # In float64, great whole numbers would be rounded.
        return np.asarray(np.maximum(one, other) - np.minimum(one, other), np.float64)
    one, other = one.astype(np.float64), other.astype(np.float64)
    with np.errstate(invalid='ignore'):
        distances = np.abs(one - other)
    distances[np.isnan(distances)] = np.inf
    distances[(one == other) | (np.isnan(one) & np.isnan(other))] = 0.0
    return np.asarray(distances)
