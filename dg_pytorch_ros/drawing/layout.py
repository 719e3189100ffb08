# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Where everything in a drawing of a graph stands."""

from collections import defaultdict
from typing import Any, DefaultDict, Dict, List, NamedTuple, Optional, Tuple

from dg_pytorch_ros.drawing.drawing import Drawing, Frame, Label, Line, PlacedBox
from dg_pytorch_ros.drawing.graph import Box, BoxKind, Graph, Group
from dg_pytorch_ros.drawing.net import Wire
from dg_pytorch_ros.drawing.sheet import Node, Sheet
from dg_pytorch_ros.drawing.texts import clean, lines_of, width_of

LINE_HEIGHT = 15.0
PADDING = 9.0
_FRAME_PADDING = 14.0
_LABEL_GAP = 8.0
# A box, a group, or the entry or exit of a value; with its key or number.
_Member = Tuple[str, Any]


def lay_out(graph: Graph) -> Drawing:
    """Put boxes into layers, so that arrows go down, and groups around their boxes."""
    return _Layout(graph).draw_level('').drawing


class _Value(NamedTuple):
    """All arrows from one box that have the same label: one line that branches."""

    start: str
    label: str
    ends: Tuple[str, ...]


class _Level(NamedTuple):
    """What is in a group, drawn; and how far right values come in and go out."""

    drawing: Drawing
    entries: Dict[int, float]
    exits: Dict[int, float]


class _Layout:

    def __init__(self, graph: Graph) -> None:
        self._boxes: DefaultDict[str, List[Box]] = defaultdict(list)
        for box in graph.boxes:
            self._boxes[box.group].append(box)
        self._groups: DefaultDict[str, List[Group]] = defaultdict(list)
        for group in graph.groups:
            self._groups[group.parent].append(group)
        self._paths = _find_paths(graph)
        self._values = _find_values(graph)
        self._values_of: DefaultDict[str, List[int]] = defaultdict(list)
        self._values_at: DefaultDict[str, List[int]] = defaultdict(list)
        for number, value in enumerate(self._values):
            self._values_of[value.start].append(number)
            around = {key for box in (value.start, *value.ends) for key in self._paths[box]}
            for group_key in around:
                self._values_at[group_key].append(number)

    def draw_level(self, group: str) -> _Level:
        """Draw what is in a group; '' is around everything."""
        levels = {
            member.key: _frame(member, self.draw_level(member.key))
            for member in self._groups[group]}
        nodes: Dict[_Member, Node] = {
            ('box', box.key): self._node(box) for box in self._boxes[group]}
        for key, (drawing, entries, exits) in levels.items():
            nodes['group', key] = Node(
                drawing.width, drawing.height, entries=entries, exits=exits)
        links = [link for number in self._values_at[group] for link in self._links(number, group)]
        for _, *ends in links:
            for kind, key in ends:
                if kind in ('entry', 'exit'):
                    nodes[kind, key] = Node(
                        0.0, 0.0, is_first=kind == 'entry', is_last=kind == 'exit')
        numbers = {member: number for number, member in enumerate(nodes)}
        sheet = Sheet(
            list(nodes.values()),
            [Wire(value, numbers[start], numbers[end]) for value, start, end in links],
            {number for (kind, _), number in numbers.items() if kind == 'box'})
        drawing = Drawing(sheet.width, sheet.height, lines=sheet.lines)
        for box in self._boxes[group]:
            self._add_box(drawing, box, sheet, numbers['box', box.key])
        for key, level in levels.items():
            number = numbers['group', key]
            left = sheet.middles[number] - level.drawing.width / 2
            drawing.add(level.drawing, left, sheet.tops[number])
        ports = {
            side: {key: sheet.middles[at] for (kind, key), at in numbers.items() if kind == side}
            for side in ('entry', 'exit')}
        return _Level(drawing, ports['entry'], ports['exit'])

    def _links(self, number: int, group: str) -> List[Tuple[int, _Member, _Member]]:
        """Return what carries a value from member to member of a group, and over its edge."""
        value = self._values[number]
        start = self._member(value.start, group)
        ends = dict.fromkeys(self._member(box, group) for box in value.ends)
        members = [end for end in ends if end is not None]
        if start is None:
            start = ('entry', number)
        elif None in ends:
            members.append(('exit', number))
        # What stays within a group is drawn there.
        return [
            (number, start, end) for end in members if start != end or start[0] != 'group']

    def _member(self, box: str, group: str) -> Optional[_Member]:
        """Return the member of a group that is a box, or has it in it; None if it is outside."""
        path = self._paths[box]
        if group not in path:
            return None
        index = path.index(group) + 1
        return ('group', path[index]) if index < len(path) else ('box', box)

    def _node(self, box: Box) -> Node:
        lines = lines_of(box.label)
        labels = [
            width_of(clean(self._values[number].label)) + _LABEL_GAP
            for number in self._values_of[box.key] if self._values[number].label]
        room = max(labels, default=0.0) * (len(labels) + 1 if len(labels) > 1 else 1)
        return Node(
            max(max(map(width_of, lines)) + 2 * PADDING, room),
            len(lines) * LINE_HEIGHT + 2 * PADDING - 3,
            is_first=box.kind is BoxKind.INPUT, is_last=box.kind is BoxKind.OUTPUT,
            has_labels=bool(labels))

    def _add_box(self, drawing: Drawing, box: Box, sheet: Sheet, number: int) -> None:
        node = self._node(box)
        left, top = sheet.middles[number] - node.width / 2, sheet.tops[number]
        drawing.boxes.append(PlacedBox(box, left, top, node.width, node.height))
        for value in self._values_of[box.key]:
            label = clean(self._values[value].label)
            if label:
                middle = sheet.exit_of(number, value)
                drawing.labels.append(Label(label, middle, top + node.height + LINE_HEIGHT))


def _find_paths(graph: Graph) -> Dict[str, Tuple[str, ...]]:
    """Find the groups around each box, from '', which is around everything, inwards."""
    parents = {group.key: group.parent for group in graph.groups}
    paths = {}
    for box in graph.boxes:
        path = [box.group]
        while path[-1]:
            path.append(parents[path[-1]])
        paths[box.key] = tuple(reversed(path))
    return paths


def _find_values(graph: Graph) -> List[_Value]:
    ends: DefaultDict[Tuple[str, str], Dict[str, None]] = defaultdict(dict)
    for arrow in graph.arrows:
        ends[arrow.start, arrow.label][arrow.end] = None
    return [_Value(start, label, tuple(boxes)) for (start, label), boxes in ends.items()]


def _frame(group: Group, level: _Level) -> _Level:
    """Put a frame around a level, and lead its values to it."""
    inner = level.drawing
    head = LINE_HEIGHT + _FRAME_PADDING
    width = max(inner.width, width_of(clean(group.label))) + 2 * _FRAME_PADDING
    height = inner.height + head + _FRAME_PADDING
    left = (width - inner.width) / 2
    drawing = Drawing(width, height, frames=[Frame(group, 0.0, 0.0, width, height)])
    drawing.add(inner, left, head)
    for middle in level.entries.values():
        drawing.lines.append(Line(((left + middle, 0.0), (left + middle, head))))
    for middle in level.exits.values():
        drawing.lines.append(
            Line(((left + middle, head + inner.height), (left + middle, height))))
    shift = left - width / 2
    return _Level(
        drawing, {value: middle + shift for value, middle in level.entries.items()},
        {value: middle + shift for value, middle in level.exits.items()})
