# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Graphs are written in the language of Graphviz, whatever their labels."""

import re
import shutil
import subprocess
from typing import List
from xml.etree import ElementTree

from dg_pytorch_ros.drawing.dot import to_dot
from dg_pytorch_ros.drawing.graph import Arrow, Box, BoxKind, Graph, Group
from graphs_at_random import graphs
from hypothesis import given, HealthCheck, settings
import pytest

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|->|[{}\[\];=,]|<(?:[^<>]|<[^<>]*>)*>|[A-Za-z_]\w*|[\d.]+')
BRANCH = Graph(
    'forward "of" <policy>', (
        Box('x', 'x\nfloat32[1, 3]', BoxKind.INPUT), Box('if', 'if', BoxKind.CONTROL),
        Box('a', 'a & b\\n', group='then', tip='more "here"\nand here'),
        Box('b', '<b>', group='inner'), Box('y', '', BoxKind.OUTPUT)),
    (Arrow('x', 'if'), Arrow('x', 'a', 'float32[1, 3]'), Arrow('a', 'b'), Arrow('b', 'y')),
    (Group('then', 'then'), Group('inner', 'loop', 'then')))


def tokens(text: str) -> List[str]:
    """Take Graphviz's language apart; whatever is left over is a mistake."""
    assert not TOKEN.sub('', text).strip()
    return TOKEN.findall(text)


def test_boxes_arrows_and_groups_are_written() -> None:
    dot = to_dot(BRANCH)
    assert 'label="forward \\"of\\" <policy>"' in dot
    assert 'box0 [label=<<b>x</b><br/>float32[1, 3]>, fillcolor="#d9ead3"]' in dot
    assert '<b>a &amp; b\\n</b>>, fillcolor="#e3ecf7", tooltip="more \\"here\\"\\nand here"' in dot
    assert 'box3 [label=<<b>&lt;b&gt;</b>>' in dot
    assert 'box4 [label=<<b> </b>>' in dot
    assert '  box0 -> box1\n  box0 -> box2 [label="float32[1, 3]"]\n' in dot
    assert '{rank=min; box0}' in dot and '{rank=max; box4}' in dot


def test_groups_are_clusters_within_each_other() -> None:
    dot = to_dot(BRANCH)
    outer, inner = dot.index('subgraph cluster_0 {'), dot.index('subgraph cluster_1 {')
    end = dot.index('\n  }\n')
    assert outer < dot.index('box2 [') < inner < dot.index('box3 [') < end < dot.index('->')


def test_input_in_a_group_stays_there() -> None:
    graph = Graph('', (Box('a', 'a', BoxKind.INPUT, 'g'),), (), (Group('g', 'g'),))
    assert 'rank=' not in to_dot(graph)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(graphs())
def test_whatever_the_labels_the_text_can_be_taken_apart(graph: Graph) -> None:
    found = tokens(to_dot(graph))
    assert found[:2] == ['digraph', '{'] and found[-1] == '}'
    assert found.count('{') == found.count('}') and found.count('[') == found.count(']')
    assert found.count('->') == len(graph.arrows)
    assert found.count('subgraph') == len(graph.groups)
    assert not re.search('[\x00-\x08\x0b-\x1f]', to_dot(graph))


@pytest.mark.skipif(not shutil.which('dot'), reason='Graphviz is not installed')
def test_graphviz_draws_it() -> None:
    drawn = subprocess.run(
        ['dot', '-Tsvg'], input=to_dot(BRANCH), capture_output=True, text=True, timeout=60)
    assert drawn.returncode == 0 and not drawn.stderr
    texts = [
        element.text for element in ElementTree.fromstring(drawn.stdout).iter()
        if element.tag.endswith('text')]
    assert {'forward "of" <policy>', 'a & b\\n', '<b>', 'then', 'loop'} <= set(texts)
