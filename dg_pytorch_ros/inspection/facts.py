# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What was found in a model file, as plain data for tables and for JSON."""

from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

# What JSON can hold: None, bool, int, float, str, and lists and dicts of these.
Row = Dict[str, Any]


@dataclass(frozen=True)
class Section:
    """
    The facts under one heading: a dict about one thing, or a list of them, one a thing.

    `key` names it in JSON, `title` for people. All rows of a list have the same keys.
    """

    key: str
    title: str
    content: Union[Row, List[Row]]


@dataclass(frozen=True)
class Value:
    """
    What an operation takes or gives.

    `role` is the operation's own name for it, such as `weight`. What is stored in the file has its
    path for a name, or its text if it is a constant; anything else has a name that no other value
    of the graph has.
    """

    name: str
    type_name: str = ''
    role: str = ''
    is_stored: bool = False


@dataclass(frozen=True)
class Operation:
    """
    One step of a graph.

    `attributes` are the constants that it is given, by their names; `module` is the path of the
    module that it belongs to. `has_effect` if it does more than giving its outputs.
    """

    kind: str
    inputs: Tuple[Value, ...] = ()
    outputs: Tuple[Value, ...] = ()
    attributes: Row = field(default_factory=dict)
    blocks: Tuple['Block', ...] = ()
    module: str = ''
    has_effect: bool = False


@dataclass(frozen=True)
class Block:
    """A graph: the whole of a method, or a branch or loop within an operation."""

    label: str
    inputs: Tuple[Value, ...] = ()
    operations: Tuple[Operation, ...] = ()
    outputs: Tuple[Value, ...] = ()

    def walk(self) -> Iterator[Operation]:
        """Return all operations, those within operations included."""
        for operation in self.operations:
            yield operation
            for block in operation.blocks:
                yield from block.walk()


@dataclass(frozen=True)
class Facts:
    """
    All that is known of a file.

    `kind` says in a few words what it is. A file that is no model at all, or none that could be
    made to run, is not `is_model`; `kind` then says what to do about it. `warnings` are sentences
    for somebody who is about to deploy it. Where there is no graph, `no_graph` says why. A picture
    shows `sketch` if there is one: the graph without what cannot be reached.
    """

    kind: str
    sections: Tuple[Section, ...] = ()
    warnings: Tuple[str, ...] = ()
    graph: Optional[Block] = None
    sketch: Optional[Block] = None
    no_graph: str = ''
    is_model: bool = True
