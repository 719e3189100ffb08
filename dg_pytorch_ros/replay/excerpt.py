# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A stretch of a bag, and what a node that starts with it would hear."""

from itertools import chain
import math
from typing import Iterable, Iterator, NamedTuple, Optional

from dg_pytorch_ros.errors import BagError
from dg_pytorch_ros.replay.bags import Bag
from dg_pytorch_ros.replay.replay import Recorded

_NS_PER_S = 10 ** 9


class Excerpt(NamedTuple):
    """From a time, up to before another, of a bag that begins at a third."""

    begin_ns: int
    end_ns: int
    bag_begin_ns: int

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return (self.end_ns - self.begin_ns) / _NS_PER_S

    def seconds(self, time_ns: int) -> float:
        """Return how long after the beginning of the bag a time is."""
        return (time_ns - self.bag_begin_ns) / _NS_PER_S


def choose_excerpt(bag: Bag, start_s: Optional[float], end_s: Optional[float]) -> Excerpt:
    """Return what lies between two times since the bag's beginning; raise BagError if nothing."""
    duration_s = (bag.end_ns - bag.begin_ns) / _NS_PER_S
    first_s, last_s = start_s or 0.0, math.inf if end_s is None else end_s
    if not 0.0 <= first_s < min(last_s, duration_s):
        end = 'the end' if math.isinf(last_s) else f'{last_s:g} s'
        raise BagError(
            f'there is nothing from {first_s:g} s to {end} in the bag {bag}, which is '
            f'{duration_s:.3f} s long')
    begin_ns = bag.begin_ns + round(_NS_PER_S * first_s)
    if last_s >= duration_s:
        return Excerpt(begin_ns, bag.end_ns, bag.begin_ns)
    return Excerpt(begin_ns, bag.begin_ns + round(_NS_PER_S * last_s), bag.begin_ns)


def read_excerpt(
    bag: Bag, excerpt: Excerpt, topics: Iterable[str], latched: Iterable[str]
) -> Iterator[Recorded]:
    """
    Read the messages of some topics.

    Of latched topics, a node that starts later still hears what was sent before: that comes first.
    """
    return chain(
        bag.messages(latched, end_ns=excerpt.begin_ns),
        bag.messages(topics, begin_ns=excerpt.begin_ns, end_ns=excerpt.end_ns))
