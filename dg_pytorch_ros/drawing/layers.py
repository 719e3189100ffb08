# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which layer of a drawing each node stands in, so that arrows go down."""

from collections import defaultdict
from typing import Collection, DefaultDict, Iterator, List, Set, Tuple

Link = Tuple[int, int]


def find_layers(
    count: int, links: Collection[Link], *, first: Set[int], last: Set[int]
) -> Tuple[List[int], Set[Link]]:
    """
    Return the layer of each node from 0 to `count`, and the links that have to go back up.

    The nodes of `first` stand in the first layer, those of `last` in the last one. A node that
    has no other before it stands right above the first that it leads to.
    """
    backward = {link for link in links if link[1] in first or link[0] in last}
    down: DefaultDict[int, List[int]] = defaultdict(list)
    for start, end in links:
        if (start, end) not in backward:
            down[start].append(end)
    backward |= _closing_links(count, down)
    for start, end in backward:
        if end in down[start]:
            down[start].remove(end)
    layers = _longest_paths(count, down)
    leading = {start for start in down if down[start]}
    led_to = {end for ends in down.values() for end in ends}
    for node in leading - led_to - first:
        layers[node] = min(layers[end] for end in down[node]) - 1
    bottom = max(layers, default=0)
    if bottom == 0 and first and last:
        bottom = 1
    for node in last:
        layers[node] = bottom
    return layers, backward


def _closing_links(count: int, down: DefaultDict[int, List[int]]) -> Set[Link]:
    """Find links that close a circle: without them there is none."""
    closing: Set[Link] = set()
    done: Set[int] = set()
    for root in range(count):
        if root in done:
            continue
        path = {root}
        stack: List[Tuple[int, Iterator[int]]] = [(root, iter(down[root]))]
        while stack:
            node, ends = stack[-1]
            end = next(ends, None)
            if end is None:
                stack.pop()
                path.remove(node)
                done.add(node)
            elif end in path:
                closing.add((node, end))
            elif end not in done:
                path.add(end)
                stack.append((end, iter(down[end])))
    return closing


def _longest_paths(count: int, down: DefaultDict[int, List[int]]) -> List[int]:
    layers = [0] * count
    waiting_for = [0] * count
    for ends in down.values():
        for end in ends:
            waiting_for[end] += 1
    ready = [node for node in range(count) if not waiting_for[node]]
    while ready:
        node = ready.pop()
        for end in down[node]:
            layers[end] = max(layers[end], layers[node] + 1)
            waiting_for[end] -= 1
            if not waiting_for[end]:
                ready.append(end)
    return layers
