# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Where in its author's source a node of a graph comes from."""

import re
from typing import Any, Iterator

_LINE = re.compile(r'# (\S+:\d+):\d+\s*$')
_FRAME = re.compile(r'^(\S+?)\((\d+)\): ', re.MULTILINE)


def place_of(node: Any) -> str:
    """Return the file and line of a node, as in ` (policy.py:12)`; nothing if it has none."""
    found = _LINE.search(str(node).partition('\n')[0])
    if found is not None and not found[1].endswith(':0'):
        return f' ({found[1].rpartition("/")[2]})'
    call = _FRAME.search(str(node.sourceRange()))  # of a trace
    return f' ({call[1].rpartition("/")[2]}:{call[2]})' if call else ''


def walk(block: Any) -> Iterator[Any]:
    """Return the nodes of a graph or block, those of its inner blocks after each."""
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from walk(inner)
