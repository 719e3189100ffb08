# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A graph that does not hold together is a mistake, and said at once."""

from typing import Any, Dict

from dg_pytorch_ros.drawing.graph import Arrow, Box, Graph, Group
import pytest

A, B = Box('a', 'a'), Box('b', 'b')


@pytest.mark.parametrize('parts, complaint', [
    ({'boxes': (A, A)}, "box 'a' is there twice"),
    ({'boxes': (A,), 'arrows': (Arrow('a', 'c'),)}, "there is no box 'c'"),
    ({'boxes': (A,), 'arrows': (Arrow('c', 'a'),)}, "there is no box 'c'"),
    ({'boxes': (Box('a', 'a', group='g'),)}, "there is no group 'g'"),
    ({'boxes': (), 'groups': (Group('g', ''), Group('g', ''))}, "group 'g' is there twice"),
    ({'boxes': (), 'groups': (Group('g', '', 'h'),)}, "there is no group 'h'"),
    ({'boxes': (), 'groups': (Group('g', '', 'g'),)}, "group 'g' is in itself"),
    ({'boxes': (), 'groups': (Group('g', '', 'h'), Group('h', '', 'g'))}, 'is in itself'),
])
def test_graph_that_does_not_hold_together_is_refused(
    parts: Dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Graph('title', **parts)


def test_circles_and_loops_are_allowed() -> None:
    Graph('', (A, B), (Arrow('a', 'b'), Arrow('b', 'a'), Arrow('a', 'a')))
