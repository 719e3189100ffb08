# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How far right the nodes of ordered layers stand, so that lines are straight."""

from typing import List, Mapping, NamedTuple, Sequence, Tuple

# The last one goes down: what has one line from above then stands right below it.
_SWEEPS = 11


class Pull(NamedTuple):
    """A line to a neighbour: it is straight if the node stands `offset` right of it."""

    node: int
    offset: float


Pulls = Mapping[int, Sequence[Pull]]


def place_nodes(
    layers: Sequence[Sequence[int]], widths: Sequence[float], weights: Sequence[float],
    above: Pulls, below: Pulls, *, gap: float
) -> List[float]:
    """Return the middle of each node; no two of a layer are nearer than `gap`."""
    middles = [0.0] * len(widths)
    distances = [
        [(widths[left] + widths[right]) / 2 + gap for left, right in zip(layer, layer[1:])]
        for layer in layers]
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        pulls: Tuple[Pulls, ...] = (above,) if downwards else (below,)
        if _SWEEPS - 5 <= sweep < _SWEEPS - 1:
            pulls = (above, below)
        for index in range(len(layers)) if downwards else reversed(range(len(layers))):
            layer = layers[index]
            wanted = [_wanted(node, middles, pulls) for node in layer]
            settled = settle(wanted, [weights[node] for node in layer], distances[index])
            for node, middle in zip(layer, settled):
                middles[node] = middle
    return middles


def settle(
    wanted: Sequence[float], weights: Sequence[float], distances: Sequence[float]
) -> List[float]:
    """
    Return places in a row that keep their distances, as near as can be to those wanted.

    That is: with the least sum of squares of the differences, each with its weight. Neighbours
    that would be too near are moved together, as one block.
    """
    starts = [0.0]
    for distance in distances:
        starts.append(starts[-1] + distance)
    blocks: List[List[float]] = []  # place, weight, members
    for place, weight, start in zip(wanted, weights, starts):
        block = [place - start, weight, 1]
        while blocks and blocks[-1][0] > block[0]:
            other = blocks.pop()
            both = other[1] + block[1]
            block = [
                (other[0] * other[1] + block[0] * block[1]) / both, both, other[2] + block[2]]
        blocks.append(block)
    places = [place for place, _, members in blocks for _ in range(int(members))]
    return [place + start for place, start in zip(places, starts)]


def _wanted(node: int, middles: Sequence[float], pulls: Sequence[Pulls]) -> float:
    found = [middles[pull.node] + pull.offset for side in pulls for pull in side[node]]
    return sum(found) / len(found) if found else middles[node]
