# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Pictures of graphs are valid, and can be read: nothing overlaps, and arrows go down."""

import os
from pathlib import Path
import subprocess
import sys
from typing import Dict, Iterator, List, Tuple
from xml.etree import ElementTree

from dg_pytorch_ros.drawing.drawing import Drawing, PlacedBox
from dg_pytorch_ros.drawing.graph import Arrow, Box, BoxKind, Graph, Group
from dg_pytorch_ros.drawing.layout import lay_out
from dg_pytorch_ros.drawing.placing import settle
from dg_pytorch_ros.drawing.svg import to_svg
from graphs_at_random import graphs
from hypothesis import given, HealthCheck, settings, strategies
import numpy as np
import pytest

NAMESPACE = '{http://www.w3.org/2000/svg}'
ANY_GRAPH = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
INSIDE = 1e-6


def chain(count: int) -> Graph:
    boxes = tuple(Box(str(index), f'op {index}') for index in range(count))
    arrows = tuple(Arrow(str(index), str(index + 1)) for index in range(count - 1))
    return Graph('chain', boxes, arrows)


def placed(drawing: Drawing) -> Dict[str, PlacedBox]:
    return {placed.box.key: placed for placed in drawing.boxes}


def overlap(one: PlacedBox, other: PlacedBox) -> bool:
    return (
        one.left < other.left + other.width - INSIDE
        and other.left < one.left + one.width - INSIDE
        and one.top < other.top + other.height - INSIDE
        and other.top < one.top + one.height - INSIDE)


def points(drawing: Drawing) -> Iterator[Tuple[float, float]]:
    """Return points on the soft lines, as SVG draws them."""
    for line in drawing.lines:
        if line.is_angular:
            continue
        for (x, y), (end_x, end_y) in zip(line.points, line.points[1:]):
            for share in (0.1, 0.3, 0.5, 0.7, 0.9):
                soft = share * share * (3 - 2 * share)
                bend = 1.5 * share * (1 - share) + share**3 if x != end_x else share
                yield x + soft * (end_x - x), y + bend * (end_y - y)


def rounded(value: float) -> int:
    """Return a number that is the same for all but the same places; an odd factor avoids ties."""
    return round(value * 997.13)


def rounded_point(point: Tuple[float, float]) -> Tuple[int, int]:
    return rounded(point[0]), rounded(point[1])


@ANY_GRAPH
@given(graphs())
def test_boxes_never_overlap(graph: Graph) -> None:
    boxes = lay_out(graph).boxes
    assert len(boxes) == len(graph.boxes)
    for index, one in enumerate(boxes):
        assert not any(overlap(one, other) for other in boxes[:index])


@ANY_GRAPH
@given(graphs())
def test_all_is_within_the_picture_and_all_of_a_group_in_its_frame(graph: Graph) -> None:
    drawing = lay_out(graph)
    frames = {frame.group.key: frame for frame in drawing.frames}
    for box in drawing.boxes:
        around = frames.get(box.box.group)
        left, top = (around.left, around.top) if around else (0.0, 0.0)
        width, height = (
            (around.width, around.height) if around else (drawing.width, drawing.height))
        assert left - INSIDE <= box.left <= box.left + box.width <= left + width + INSIDE
        assert top - INSIDE <= box.top <= box.top + box.height <= top + height + INSIDE
    for frame in drawing.frames:
        outer = frames.get(frame.group.parent)
        assert outer is None or (
            outer.left < frame.left and frame.top + frame.height < outer.top + outer.height)


@ANY_GRAPH
@given(graphs())
def test_lines_pass_between_the_boxes(graph: Graph) -> None:
    drawing = lay_out(graph)
    for x, y in points(drawing):
        for box in drawing.boxes:
            assert not (
                box.left + INSIDE < x < box.left + box.width - INSIDE
                and box.top + INSIDE < y < box.top + box.height - INSIDE)


@ANY_GRAPH
@given(graphs())
def test_lines_lead_from_box_to_box_without_a_gap(graph: Graph) -> None:
    drawing = lay_out(graph)
    starts = {rounded_point(line.points[0]) for line in drawing.lines}
    ends = {rounded_point(line.points[-1]) for line in drawing.lines}
    bottoms = {rounded(box.top + box.height) for box in drawing.boxes}
    tops = {rounded(box.top) for box in drawing.boxes}
    assert {y for _, y in starts - ends} <= bottoms
    assert {y for _, y in ends - starts} <= tops


@ANY_GRAPH
@given(graphs())
def test_picture_is_valid_and_the_same_each_time(graph: Graph) -> None:
    svg = to_svg(graph)
    root = ElementTree.fromstring(svg.encode())
    assert root.tag == f'{NAMESPACE}svg'
    assert len(root.findall(f'.//{NAMESPACE}rect[@class="box"]')) == len(graph.boxes)
    assert len(root.findall(f'.//{NAMESPACE}rect[@class="group"]')) == len(graph.groups)
    assert to_svg(graph) == svg


@given(strategies.lists(
    strategies.tuples(strategies.floats(-50, 50), strategies.integers(1, 8),
                      strategies.floats(1, 20)), min_size=1, max_size=8))
def test_settled_places_keep_their_distances_and_are_the_nearest(
    rows: List[Tuple[float, int, float]]
) -> None:
    wanted, weights, distances = (list(column) for column in zip(*rows))
    places = settle(wanted, weights, distances[1:])
    gaps = np.diff(places) - distances[1:]
    assert np.all(gaps > -1e-9)
    # Moving any run of neighbours, as far as there is room, makes it no better.
    worst = np.dot(weights, (np.array(places) - wanted) ** 2)
    for first in range(len(places)):
        for last in range(first, len(places)):
            for step in (-0.01, 0.01):
                moved = np.array(places)
                moved[first:last + 1] += step
                if np.all(np.diff(moved) >= np.array(distances[1:]) - 1e-9):
                    assert np.dot(weights, (moved - wanted) ** 2) >= worst - 1e-7


def test_chain_goes_straight_down() -> None:
    boxes = placed(lay_out(chain(30)))
    middles = {round(box.left + box.width / 2, 6) for box in boxes.values()}
    tops = [boxes[str(index)].top for index in range(30)]
    assert len(middles) == 1
    assert tops == sorted(tops) and len(set(tops)) == 30


def test_inputs_are_on_top_and_outputs_at_the_bottom() -> None:
    graph = Graph('', (
        Box('late', 'late', BoxKind.INPUT), Box('out', 'out', BoxKind.OUTPUT),
        Box('weight', 'weight', BoxKind.PARAMETER), *chain(4).boxes),
        (*chain(4).arrows, Arrow('late', '3'), Arrow('weight', '3'), Arrow('0', 'out')))
    boxes = placed(lay_out(graph))
    assert boxes['late'].top == boxes['0'].top == 0
    assert boxes['2'].top == boxes['weight'].top  # right above what needs it
    assert boxes['out'].top + boxes['out'].height == max(
        box.top + box.height for box in boxes.values())


def test_lines_do_not_cross_where_they_need_not() -> None:
    graph = Graph('', tuple(Box(key, key) for key in 'abcxyz'), (
        Arrow('a', 'z'), Arrow('b', 'y'), Arrow('c', 'x')))
    boxes = placed(lay_out(graph))
    upper = sorted('abc', key=lambda key: boxes[key].left)
    assert sorted('zyx', key=lambda key: boxes[key].left) == [
        {'a': 'z', 'b': 'y', 'c': 'x'}[key] for key in upper]


def test_arrow_ends_at_the_top_of_its_box_and_only_there() -> None:
    graph = Graph('', (Box('a', 'a'), Box('b', 'b', group='g'), Box('c', 'c')), (
        Arrow('a', 'b'), Arrow('b', 'c'), Arrow('a', 'c')), (Group('g', 'then'),))
    drawing = lay_out(graph)
    boxes = placed(drawing)
    heads = [line.points[-1] for line in drawing.lines if line.has_head]
    assert len(heads) == 3
    assert sorted(y for _, y in heads) == sorted(
        [boxes['b'].top, boxes['c'].top, boxes['c'].top])
    for x, y in heads:
        box = boxes['b'] if y == boxes['b'].top else boxes['c']
        assert box.left < x < box.left + box.width


def test_line_into_a_group_goes_on_from_its_frame() -> None:
    graph = Graph('', (Box('a', 'a'), Box('b', 'b', group='inner')), (Arrow('a', 'b'),), (
        Group('outer', 'outer'), Group('inner', 'inner', 'outer')))
    drawing = lay_out(graph)
    ends = {line.points[-1] for line in drawing.lines}
    starts = {line.points[0] for line in drawing.lines}
    (head,) = [line.points[-1] for line in drawing.lines if line.has_head]
    assert ends - starts == {head}
    assert head[1] == placed(drawing)['b'].top


def test_circle_is_led_back_on_the_right() -> None:
    graph = Graph('', chain(3).boxes, (*chain(3).arrows, Arrow('2', '0')))
    drawing = lay_out(graph)
    (back,) = [line for line in drawing.lines if line.is_angular]
    boxes = placed(drawing)
    assert back.points[0][1] == boxes['2'].top + boxes['2'].height
    assert back.points[-1][1] == boxes['0'].top and back.has_head
    assert max(x for x, _ in back.points) > max(
        box.left + box.width for box in boxes.values())


def test_one_line_branches_where_a_value_has_many_readers() -> None:
    graph = Graph('', tuple(Box(key, key) for key in 'abc'), (
        Arrow('a', 'b', 'x'), Arrow('a', 'c', 'x')))
    drawing = lay_out(graph)
    assert len({line.points[0] for line in drawing.lines}) == 1
    assert [label.text for label in drawing.labels] == ['x']


def test_lines_of_one_value_go_together_as_long_as_they_can() -> None:
    graph = Graph('', (*chain(4).boxes, Box('x', 'x')), (
        *chain(4).arrows, Arrow('0', '3'), Arrow('2', 'x'), Arrow('0', 'x')))
    # Three of the chain, two from its end, and from the first: two down, two branches.
    assert len(lay_out(graph).lines) == 3 + 1 + 2 + 2


def test_arrow_within_a_group_is_drawn_there_only() -> None:
    graph = Graph('', (Box('a', 'a', group='g'), Box('b', 'b', group='g')), (Arrow('a', 'b'),), (
        Group('g', 'g'),))
    (line,) = lay_out(graph).lines
    assert line.has_head and not line.is_angular


def test_different_values_leave_by_different_lines() -> None:
    graph = Graph('', tuple(Box(key, key) for key in 'abc'), (
        Arrow('a', 'b', 'first'), Arrow('a', 'c', 'second')))
    drawing = lay_out(graph)
    assert len({line.points[0] for line in drawing.lines}) == 2
    first, second = sorted(drawing.labels, key=lambda label: label.middle)
    assert second.middle - first.middle > 50  # room for both texts


def texts(graph: Graph) -> List[str]:
    root = ElementTree.fromstring(to_svg(graph).encode())
    return [element.text or '' for element in root.iter(f'{NAMESPACE}text')]


def test_texts_are_written_as_they_are() -> None:
    graph = Graph('a < b & "c"', (Box('a', 'x < 3\n]]> &amp;', tip='<tip>'),), (
        Arrow('a', 'a', '<label>'),), (Group('g', '<group>'),))
    assert {'a < b & "c"', 'x < 3', ']]> &amp;', '<label>', '<group>'} == set(texts(graph))
    assert '&lt;tip&gt;' in to_svg(graph)


def test_what_xml_cannot_hold_is_replaced() -> None:
    graph = Graph('', (Box('a', 'a\x00\x1b\ud800\ufffeb'),))
    assert texts(graph) == ['a\ufffd\ufffd\ufffd\ufffdb']


def test_very_long_labels_are_cut_short() -> None:
    label = '\n'.join(['x' * 500, *(f'line {index}' for index in range(50))])
    found = texts(Graph('', (Box('a', label),)))
    assert found[0] == 'x' * 59 + '…' and found[-1] == '…'
    assert len(found) == 12
    assert lay_out(Graph('', (Box('a', label),))).width < 600


def test_wide_characters_get_more_room() -> None:
    narrow, wide = (
        lay_out(Graph('', (Box('a', label),))).width for label in ('abcd', '関節角度'))
    assert wide - 18 == pytest.approx(2 * (narrow - 18))


def test_graph_without_boxes_is_its_title() -> None:
    assert texts(Graph('nothing', ())) == ['nothing']
    assert texts(Graph('', ())) == []


def test_group_without_boxes_is_an_empty_frame() -> None:
    drawing = lay_out(Graph('', (), (), (Group('g', 'else'),)))
    assert len(drawing.frames) == 1 and drawing.width > 40


def test_graph_of_thousands_of_boxes_is_drawn() -> None:
    graph = chain(2000)
    far = tuple(Arrow(str(index), str(index + 40)) for index in range(0, 1900, 17))
    drawing = lay_out(Graph('', graph.boxes, (*graph.arrows, *far)))
    assert len(drawing.boxes) == 2000


def test_picture_does_not_depend_on_the_hash_seed() -> None:
    program = (
        'from dg_pytorch_ros.drawing.graph import *\n'
        'from dg_pytorch_ros.drawing.svg import to_svg\n'
        "boxes = tuple(Box(k, k, group='g' if k in 'def' else '') for k in 'abcdefgh')\n"
        "arrows = tuple(Arrow(*pair) for pair in 'ab ac bd ce df eg fh gh ah da'.split())\n"
        "print(to_svg(Graph('t', boxes, arrows, (Group('g', 'g'),))))\n")
    pictures = {
        subprocess.run(
            [sys.executable, '-c', program], capture_output=True, text=True, check=True,
            env={**os.environ, 'PYTHONHASHSEED': seed, 'PYTHONPATH': os.pathsep.join(
                [str(Path(__file__).resolve().parents[1]), os.environ.get('PYTHONPATH', '')])},
        ).stdout
        for seed in ('1', '2', '3')}
    assert len(pictures) == 1
