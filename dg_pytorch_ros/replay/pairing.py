# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which replayed message answers to which recorded one."""

from bisect import bisect_right
from collections import defaultdict, deque
from typing import Deque, Dict, List, Optional, Sequence, Tuple

# Of a recorded and a replayed message, their places.
Pairs = List[Tuple[int, int]]


def pair_by_stamp(
    recorded_ns: Sequence[Optional[int]], replayed_ns: Sequence[Optional[int]]
) -> Pairs:
    """Pair messages of the same stamp; several with one stamp in their order."""
    waiting: Dict[Optional[int], Deque[int]] = defaultdict(deque)
    for place, stamp_ns in enumerate(replayed_ns):
        waiting[stamp_ns].append(place)
    return [
        (place, waiting[stamp_ns].popleft()) for place, stamp_ns in enumerate(recorded_ns)
        if stamp_ns is not None and waiting[stamp_ns]]


def pair_with_cause(recorded_ns: Sequence[int], replayed_ns: Sequence[int]) -> Pairs:
    """
    Pair each recorded message with the latest replayed one that is not later.

    A replayed one has the time of the message that caused it; the recorded one took a while. Of
    two that were caused shortly after each other, both may be recorded after both causes: so the
    last comes first, and what it was paired with is no longer there for the others.
    """
    pairs: Pairs = []
    free = len(replayed_ns)
    for place in reversed(range(len(recorded_ns))):
        free = min(free, bisect_right(replayed_ns, recorded_ns[place]))
        if not free:
            break
        free -= 1
        pairs.append((place, free))
    return pairs[::-1]


def pair_with_nearest(
    recorded_ns: Sequence[int], replayed_ns: Sequence[int], *, farthest_ns: float
) -> Pairs:
    """Pair each recorded message with the nearest replayed one, no farther than that, in order."""
    pairs: Pairs = []
    free = 0
    for place, time_ns in enumerate(recorded_ns):
        while free + 1 < len(replayed_ns) and (
                abs(replayed_ns[free + 1] - time_ns) < abs(replayed_ns[free] - time_ns)):
            free += 1
        if free < len(replayed_ns) and abs(replayed_ns[free] - time_ns) <= farthest_ns:
            pairs.append((place, free))
            free += 1
    return pairs
