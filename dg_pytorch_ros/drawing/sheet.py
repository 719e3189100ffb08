# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One level of a drawing: nodes of known size put into their places, with lines between them."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import DefaultDict, Dict, List, Mapping, Sequence, Set, Tuple

from dg_pytorch_ros.drawing.drawing import Line
from dg_pytorch_ros.drawing.net import Net, Wire
from dg_pytorch_ros.drawing.placing import place_nodes, Pull

_GAP = 18.0
_LAYER_GAP = 32.0
_LABEL_ROOM = 14.0
_TURN = 12.0
# Long lines had rather be straight than short ones.
_LINE_WEIGHT, _NODE_WEIGHT = 8.0, 1.0

# The distance from the middle of a node, by the value whose line comes or goes there.
Ports = Mapping[int, float]


@dataclass(frozen=True)
class Node:
    """
    Something on a sheet.

    Lines come and go at its `entries` and `exits`; where these are not given, they are spread
    over its width. A `first` node stands on the upper edge, a `last` one on the lower.
    """

    width: float
    height: float
    is_first: bool = False
    is_last: bool = False
    has_labels: bool = False
    entries: Ports = field(default_factory=dict)
    exits: Ports = field(default_factory=dict)


class Sheet:
    """
    Nodes in their places, and lines.

    `middles` and `tops` are those of the nodes. Of the lines, those are arrows that end at one of
    the nodes in `targets`.
    """

    def __init__(
        self, nodes: Sequence[Node], wires: Sequence[Wire], targets: Set[int]
    ) -> None:
        self._nodes = nodes
        self._net = Net(
            len(nodes), wires,
            first={index for index, node in enumerate(nodes) if node.is_first},
            last={index for index, node in enumerate(nodes) if node.is_last})
        self._widths = [node.width for node in nodes] + [0.0] * (self._net.size - len(nodes))
        self._entries: List[Ports] = []
        self._exits: List[Ports] = []
        self._find_ports()
        self.middles = self._place()
        self.width = max((x + w / 2 for x, w in zip(self.middles, self._widths)), default=0.0)
        self.tops: List[float] = []
        self._edges: List[Tuple[float, float]] = []
        self._stack()
        self.height = self._edges[-1][1] if self._edges else 0.0
        self.lines = [self._line(piece, piece.end in targets) for piece in self._net.pieces]
        for wire in self._net.returning:
            self._lead_back(wire, wire.end in targets)

    def exit_of(self, node: int, value: int) -> float:
        """Return how far right the line of a value leaves a node."""
        return self.middles[node] + self._exits[node][value]

    def entry_of(self, node: int, value: int) -> float:
        """Return how far right the line of a value reaches a node."""
        return self.middles[node] + self._entries[node][value]

    def _find_ports(self) -> None:
        places = {node: at for layer in self._net.layers for at, node in enumerate(layer)}
        coming: DefaultDict[int, DefaultDict[int, List[int]]]
        coming = defaultdict(lambda: defaultdict(list))
        going: DefaultDict[int, DefaultDict[int, List[int]]]
        going = defaultdict(lambda: defaultdict(list))
        for wire in self._net.pieces:
            coming[wire.end][wire.value].append(places[wire.start])
            going[wire.start][wire.value].append(places[wire.end])
        for wire in self._net.returning:
            # They come and go on the right.
            coming[wire.end][wire.value].append(self._net.size)
            going[wire.start][wire.value].append(self._net.size)
        for node, width in enumerate(self._widths):
            entries, exits = _spread(coming[node], width), _spread(going[node], width)
            if node < len(self._nodes):
                entries.update(self._nodes[node].entries)
                exits.update(self._nodes[node].exits)
            self._entries.append(entries)
            self._exits.append(exits)

    def _place(self) -> List[float]:
        above: DefaultDict[int, List[Pull]] = defaultdict(list)
        below: DefaultDict[int, List[Pull]] = defaultdict(list)
        for value, start, end in self._net.pieces:
            offset = self._exits[start][value] - self._entries[end][value]
            above[end].append(Pull(start, offset))
            below[start].append(Pull(end, -offset))
        weights = [_NODE_WEIGHT] * len(self._nodes)
        weights += [_LINE_WEIGHT] * (self._net.size - len(self._nodes))
        middles = place_nodes(self._net.layers, self._widths, weights, above, below, gap=_GAP)
        left = min((x - w / 2 for x, w in zip(middles, self._widths)), default=0.0)
        return [middle - left for middle in middles]

    def _stack(self) -> None:
        """Put the layers one below the other, and the nodes into the middle of theirs."""
        self.tops = [0.0] * len(self._nodes)
        top = 0.0
        for layer in self._net.layers:
            own = [node for node in layer if node < len(self._nodes)]
            bottom = top + max((self._nodes[node].height for node in own), default=0.0)
            self._edges.append((top, bottom))
            for node in own:
                spare = bottom - top - self._nodes[node].height
                share = 0.0 if self._nodes[node].is_first else 1.0
                share = share if self._nodes[node].is_last else share / 2
                self.tops[node] = top + share * spare
            has_labels = any(self._nodes[node].has_labels for node in own)
            top = bottom + _LAYER_GAP + (_LABEL_ROOM if has_labels else 0.0)

    def _line(self, piece: Wire, has_head: bool) -> Line:
        upper, lower = (self._edges[self._net.layer_of(node)] for node in piece[1:])
        x = self.exit_of(piece.start, piece.value)
        points = [(x, self._bottom(piece.start)), (x, upper[1])]
        x = self.entry_of(piece.end, piece.value)
        points += [(x, lower[0]), (x, self._top(piece.end))]
        return Line(tuple(dict.fromkeys(points)), has_head)

    def _lead_back(self, wire: Wire, has_head: bool) -> None:
        """Lead a line up again, on the right of all else."""
        self.width += _TURN
        start, end = self.exit_of(wire.start, wire.value), self.entry_of(wire.end, wire.value)
        bottom, top = self._bottom(wire.start), self._top(wire.end)
        points = (
            (start, bottom), (start, bottom + _TURN), (self.width, bottom + _TURN),
            (self.width, top - _TURN), (end, top - _TURN), (end, top))
        self.lines.append(Line(points, has_head, is_angular=True))

    def _top(self, node: int) -> float:
        if node < len(self._nodes):
            return self.tops[node]
        return self._edges[self._net.layer_of(node)][0]

    def _bottom(self, node: int) -> float:
        if node < len(self._nodes):
            return self.tops[node] + self._nodes[node].height
        # What passes a layer is drawn with the line that goes on.
        return self._edges[self._net.layer_of(node)][0]


def _spread(lines: Mapping[int, List[int]], width: float) -> Dict[int, float]:
    """Spread lines over a width, in the order in which their other ends stand."""
    values = sorted(lines, key=lambda value: sum(lines[value]) / len(lines[value]))
    step = width / (len(values) + 1)
    return {value: step * (index + 1) - width / 2 for index, value in enumerate(values)}
