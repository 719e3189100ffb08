# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""In which order the nodes of each layer stand, so that few lines cross."""

from bisect import bisect_right, insort
from typing import Dict, List, Mapping, Sequence

_SWEEPS = 12
Neighbours = Mapping[int, Sequence[int]]


def order_layers(
    layers: Sequence[List[int]], above: Neighbours, below: Neighbours
) -> List[List[int]]:
    """
    Return the layers with their nodes in a better order, if there is one.

    Up and down by turns, each node moves to where its neighbours are on the average.
    """
    best = [list(layer) for layer in layers]
    fewest = _count_crossings(best, below)
    trial = best
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        trial = _sweep(trial, above) if sweep % 2 == 0 else _sweep(trial[::-1], below)[::-1]
        crossings = _count_crossings(trial, below)
        if crossings < fewest:
            best, fewest = trial, crossings
    return best


def _sweep(layers: Sequence[List[int]], before: Neighbours) -> List[List[int]]:
    swept: List[List[int]] = []
    places: Dict[int, float] = {}
    for layer in layers:
        wanted = _places(layer)
        for node in layer:
            if before[node]:
                wanted[node] = sum(places[other] for other in before[node]) / len(before[node])
        swept.append(sorted(layer, key=wanted.__getitem__))
        places = _places(swept[-1])
    return swept


def _places(layer: List[int]) -> Dict[int, float]:
    """Return where in its layer each node stands, from 0 to 1."""
    return {node: (index + 0.5) / len(layer) for index, node in enumerate(layer)}


def _count_crossings(layers: Sequence[List[int]], below: Neighbours) -> int:
    crossings = 0
    for upper, lower in zip(layers, layers[1:]):
        indices = {node: index for index, node in enumerate(lower)}
        passed: List[int] = []
        for node in upper:
            ends = sorted(indices[end] for end in below[node])
            crossings += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return crossings
