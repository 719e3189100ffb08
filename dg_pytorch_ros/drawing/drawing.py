# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a drawing consists of, everything in its place."""

from dataclasses import dataclass, field
from typing import List, NamedTuple, Tuple

from dg_pytorch_ros.drawing.graph import Box, Group

Point = Tuple[float, float]


class PlacedBox(NamedTuple):
    """A box; `left` and `top` are those of its corner."""

    box: Box
    left: float
    top: float
    width: float
    height: float


class Frame(NamedTuple):
    """The frame of a group."""

    group: Group
    left: float
    top: float
    width: float
    height: float


class Line(NamedTuple):
    """A line through points, straight down or softly bent between them; or angular."""

    points: Tuple[Point, ...]
    has_head: bool = False
    is_angular: bool = False


class Label(NamedTuple):
    """What is written on a line, around `middle`, its feet on `base`."""

    text: str
    middle: float
    base: float


@dataclass
class Drawing:
    """Everything, from the left upper corner on."""

    width: float = 0.0
    height: float = 0.0
    frames: List[Frame] = field(default_factory=list)
    boxes: List[PlacedBox] = field(default_factory=list)
    lines: List[Line] = field(default_factory=list)
    labels: List[Label] = field(default_factory=list)

    def add(self, other: 'Drawing', left: float, top: float) -> None:
        """Put a drawing into this one."""
        for frame in other.frames:
            self.frames.append(frame._replace(left=frame.left + left, top=frame.top + top))
        for box in other.boxes:
            self.boxes.append(box._replace(left=box.left + left, top=box.top + top))
        for line in other.lines:
            points = tuple((x + left, y + top) for x, y in line.points)
            self.lines.append(line._replace(points=points))
        for label in other.labels:
            self.labels.append(
                label._replace(middle=label.middle + left, base=label.base + top))
