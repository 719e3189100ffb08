# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A graph in the language of Graphviz."""

import html
from typing import Dict, List

from dg_pytorch_ros.drawing.graph import Arrow, Box, BoxKind, Graph
from dg_pytorch_ros.drawing.style import FILLS, FONT_SIZE, GROUP_FILL, GROUP_LINE, LINE, TEXT
from dg_pytorch_ros.drawing.texts import clean, lines_of

_RANKS = {BoxKind.INPUT: 'min', BoxKind.OUTPUT: 'max'}


def to_dot(graph: Graph) -> str:
    """Return a graph that `dot` draws."""
    names = {box.key: f'box{index}' for index, box in enumerate(graph.boxes)}
    lines = [
        'digraph {',
        f'  graph [label={_text(graph.title)}, labelloc=t, style=rounded, bgcolor=white,',
        f'         color="{GROUP_LINE}", fontname=monospace, fontsize={FONT_SIZE + 2}]',
        '  node [shape=box, style="rounded,filled", fontname=monospace,',
        f'        fontsize={FONT_SIZE}, color="{LINE}", fontcolor="{TEXT}"]',
        f'  edge [color="{LINE}", fontname=monospace, fontsize={FONT_SIZE - 2}]',
        *_contents(graph, '', names, '  '),
        *_ranks(graph, names),
        *(_arrow(arrow, names) for arrow in graph.arrows),
        '}']
    return '\n'.join(lines) + '\n'


def _contents(graph: Graph, group: str, names: Dict[str, str], margin: str) -> List[str]:
    lines = [margin + _box(box, names) for box in graph.boxes if box.group == group]
    for index, member in enumerate(graph.groups):
        if member.parent == group:
            lines += [
                f'{margin}subgraph cluster_{index} {{',
                f'{margin}  label={_text(member.label)}; labeljust=l; bgcolor="{GROUP_FILL}"',
                *_contents(graph, member.key, names, margin + '  '),
                margin + '}']
    return lines


def _ranks(graph: Graph, names: Dict[str, str]) -> List[str]:
    """Put inputs on top and outputs below; those in a group stay there."""
    lines = []
    for kind, rank in _RANKS.items():
        boxes = [names[box.key] for box in graph.boxes if box.kind is kind and not box.group]
        if boxes:
            lines.append(f'  {{rank={rank}; {"; ".join(boxes)}}}')
    return lines


def _box(box: Box, names: Dict[str, str]) -> str:
    head, *rest = map(_markup, lines_of(box.label))
    label = '<br/>'.join([f'<b>{head}</b>', *rest])
    tip = f', tooltip={_text(box.tip)}' if box.tip else ''
    return f'{names[box.key]} [label=<{label}>, fillcolor="{FILLS[box.kind]}"{tip}]'


def _arrow(arrow: Arrow, names: Dict[str, str]) -> str:
    label = f' [label={_text(arrow.label)}]' if arrow.label else ''
    return f'  {names[arrow.start]} -> {names[arrow.end]}{label}'


def _text(text: str) -> str:
    """Quote a text; a backslash would begin one of Graphviz's own escapes."""
    quoted = clean(text).replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n')
    return f'"{quoted}"'


def _markup(line: str) -> str:
    # Graphviz refuses <b></b>.
    return html.escape(line) or ' '
