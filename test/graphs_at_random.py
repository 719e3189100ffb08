# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Graphs of any form, with circles, groups within groups and labels of all kinds."""

from dg_pytorch_ros.drawing.graph import Arrow, Box, BoxKind, Graph, Group
from hypothesis import strategies

LABELS = strategies.one_of(
    strategies.sampled_from(['', 'add', 'conv2d\nstride [1, 1]', 'float32[1, 48]']),
    strategies.text(max_size=12))


@strategies.composite
def graphs(draw: strategies.DrawFn) -> Graph:
    """Return a strategy for graphs of up to 14 boxes in up to 4 groups."""
    groups = [
        Group(f'g{index}', draw(LABELS), draw(strategies.sampled_from(
            ['', *(f'g{before}' for before in range(index))])))
        for index in range(draw(strategies.integers(0, 4)))]
    group_keys = strategies.sampled_from(['', *(group.key for group in groups)])
    boxes = [
        Box(f'b{index}', draw(LABELS), draw(strategies.sampled_from(BoxKind)), draw(group_keys),
            draw(LABELS))
        for index in range(draw(strategies.integers(0, 14)))]
    arrows = []
    if boxes:
        keys = strategies.sampled_from([box.key for box in boxes])
        for _ in range(draw(strategies.integers(0, 24))):
            arrows.append(Arrow(draw(keys), draw(keys), draw(LABELS)))
    return Graph(draw(LABELS), tuple(boxes), tuple(arrows), tuple(groups))
