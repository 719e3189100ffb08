# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A graph as a picture, in SVG."""

from typing import Iterator, Union
from xml.sax.saxutils import escape

from dg_pytorch_ros.drawing.drawing import Drawing, Frame, Label, Line, PlacedBox
from dg_pytorch_ros.drawing.graph import Graph
from dg_pytorch_ros.drawing.layout import lay_out, LINE_HEIGHT, PADDING
from dg_pytorch_ros.drawing.style import (
    FILLS, FONT_SIZE, FONTS, GROUP_FILL, GROUP_LINE, LINE, PAPER, TEXT)
from dg_pytorch_ros.drawing.texts import clean, lines_of, width_of

_MARGIN = 16.0
_TITLE_SIZE = FONT_SIZE + 2
_LABEL_SIZE = FONT_SIZE - 2
_STYLE = f"""
text {{font-family: {FONTS}; font-size: {FONT_SIZE}px; fill: {TEXT}; white-space: pre}}
text.title {{font-size: {_TITLE_SIZE}px; font-weight: bold}}
text.head {{font-weight: bold}}
text.label {{font-size: {_LABEL_SIZE}px}}
rect.label {{fill: {PAPER}; fill-opacity: 0.9}}
path {{fill: none; stroke: {LINE}}}
marker path {{fill: {LINE}; stroke: none}}
rect.box {{stroke: {LINE}}}
rect.group {{fill: {GROUP_FILL}; stroke: {GROUP_LINE}; stroke-dasharray: 4 3}}
"""
# All arrows come from above.
_HEAD = (
    '<defs><marker id="head" orient="90" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'markerUnits="userSpaceOnUse"><path d="M0 1 L7 4 L0 7 z"/></marker></defs>')


def to_svg(graph: Graph) -> str:
    """Return a whole SVG file; boxes stand in layers, so that arrows go down."""
    drawing = Drawing()
    title = clean(graph.title).replace('\n', ' ')
    inner = lay_out(graph)
    head = _MARGIN + _TITLE_SIZE + _MARGIN if title else _MARGIN
    drawing.add(inner, _MARGIN, head)
    width = max(inner.width, width_of(title) * _TITLE_SIZE / FONT_SIZE) + 2 * _MARGIN
    height = head + inner.height + _MARGIN
    return '\n'.join([
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(width)}" '
        f'height="{_number(height)}" viewBox="0 0 {_number(width)} {_number(height)}">',
        f'<title>{escape(title)}</title>',
        f'<style>{_STYLE}</style>',
        _HEAD,
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *_contents(drawing),
        _text(title, _MARGIN, _MARGIN + _TITLE_SIZE, 'title') if title else '',
        '</svg>', ''])


def _contents(drawing: Drawing) -> Iterator[str]:
    for frame in drawing.frames:
        yield _rectangle('group', frame)
    for line in drawing.lines:
        yield _line(line)
    for frame in drawing.frames:
        name = clean(frame.group.label)
        yield _text(name, frame.left + PADDING, frame.top + LINE_HEIGHT, 'head')
    for label in drawing.labels:
        yield from _label(label)
    for box in drawing.boxes:
        yield from _box(box)


def _label(label: Label) -> Iterator[str]:
    """Write on a line, which is covered where the text is."""
    width = width_of(label.text) * _LABEL_SIZE / FONT_SIZE
    yield (
        f'<rect class="label" x="{_number(label.middle - width / 2)}" '
        f'y="{_number(label.base - _LABEL_SIZE)}" width="{_number(width)}" '
        f'height="{_LABEL_SIZE + 2}"/>')
    yield _text(label.text, label.middle, label.base, 'label', anchor='middle')


def _box(placed: PlacedBox) -> Iterator[str]:
    yield '<g>'
    if placed.box.tip:
        yield f'<title>{escape(clean(placed.box.tip))}</title>'
    yield _rectangle('box', placed, f' fill="{FILLS[placed.box.kind]}"')
    base = placed.top + PADDING + 0.75 * FONT_SIZE
    middle = placed.left + placed.width / 2
    for index, line in enumerate(lines_of(placed.box.label)):
        look = 'line' if index else 'head'
        yield _text(line, middle, base + index * LINE_HEIGHT, look, anchor='middle')
    yield '</g>'


def _rectangle(look: str, place: Union[Frame, PlacedBox], attributes: str = '') -> str:
    return (
        f'<rect class="{look}" x="{_number(place.left)}" y="{_number(place.top)}" '
        f'width="{_number(place.width)}" height="{_number(place.height)}" rx="5"{attributes}/>')


def _line(line: Line) -> str:
    (x, y), *others = line.points
    path = f'M{_number(x)} {_number(y)}'
    for next_x, next_y in others:
        if line.is_angular or next_x == x:
            path += f' L{_number(next_x)} {_number(next_y)}'
        else:
            between = _number((y + next_y) / 2)
            path += (
                f' C{_number(x)} {between} {_number(next_x)} {between} '
                f'{_number(next_x)} {_number(next_y)}')
        x, y = next_x, next_y
    head = ' marker-end="url(#head)"' if line.has_head else ''
    return f'<path d="{path}"{head}/>'


def _text(text: str, x: float, y: float, look: str, *, anchor: str = 'start') -> str:
    return (
        f'<text class="{look}" x="{_number(x)}" y="{_number(y)}" text-anchor="{anchor}">'
        f'{escape(text)}</text>')


def _number(value: float) -> str:
    return f'{value:.1f}'.removesuffix('.0')
