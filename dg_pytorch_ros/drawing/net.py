# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Nodes in ordered layers, and lines from each layer to the next."""

from collections import defaultdict
from typing import Collection, DefaultDict, Dict, List, NamedTuple, Set, Tuple

from dg_pytorch_ros.drawing.layers import find_layers
from dg_pytorch_ros.drawing.ordering import order_layers


class Wire(NamedTuple):
    """What carries a value from one node to another; each is told by a number."""

    value: int
    start: int
    end: int


class Net:
    """
    Wires cut into pieces that lead down by one layer each.

    Where a wire passes a layer, it gets a node of its own there, with a number from `count` on;
    wires of one value from one node share what they can. Wires that have to lead back up are
    `returning`, and not cut.
    """

    def __init__(
        self, count: int, wires: Collection[Wire], *, first: Set[int], last: Set[int]
    ) -> None:
        links = {(wire.start, wire.end): None for wire in wires}
        self._layer_of, backward = find_layers(count, list(links), first=first, last=last)
        self._passages: Dict[Tuple[int, int, int], int] = {}
        self.returning = [wire for wire in wires if (wire.start, wire.end) in backward]
        pieces: Dict[Wire, None] = {}
        for wire in wires:
            if (wire.start, wire.end) not in backward:
                pieces.update(dict.fromkeys(self._cut(wire)))
        self.pieces = list(pieces)
        self.layers = self._order()

    @property
    def size(self) -> int:
        """Return the number of all nodes."""
        return len(self._layer_of)

    def layer_of(self, node: int) -> int:
        """Return the layer that a node stands in."""
        return self._layer_of[node]

    def _cut(self, wire: Wire) -> List[Wire]:
        pieces = []
        before = wire.start
        for layer in range(self._layer_of[wire.start] + 1, self._layer_of[wire.end]):
            place = (wire.value, wire.start, layer)
            if place not in self._passages:
                self._passages[place] = self.size
                self._layer_of.append(layer)
            pieces.append(Wire(wire.value, before, self._passages[place]))
            before = self._passages[place]
        return [*pieces, Wire(wire.value, before, wire.end)]

    def _order(self) -> List[List[int]]:
        layers: List[List[int]] = [[] for _ in range(max(self._layer_of, default=-1) + 1)]
        for node, layer in enumerate(self._layer_of):
            layers[layer].append(node)
        above: DefaultDict[int, List[int]] = defaultdict(list)
        below: DefaultDict[int, List[int]] = defaultdict(list)
        for piece in self.pieces:
            above[piece.end].append(piece.start)
            below[piece.start].append(piece.end)
        return order_layers(layers, above, below)
