# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The part of a graph that matters to a reader."""

from collections import Counter
from dataclasses import replace
from typing import Dict, FrozenSet, List, Set

from dg_pytorch_ros.inspection.facts import Block, Operation

UNPACKING = frozenset({'prim::ListUnpack', 'prim::TupleUnpack'})
PACKING = UNPACKING | {
    'prim::ListConstruct', 'prim::TupleConstruct', 'prim::TupleIndex', 'prim::Uninitialized',
    'prim::unchecked_cast'}

_RAISE = 'prim::RaiseException'


def simplified(block: Block) -> Block:
    """Leave out the branches that only raise an error, and what nobody uses."""
    needed = {value.name for value in block.outputs}
    kept: List[Operation] = []
    for operation in reversed(block.operations):
        inner = replace(operation, blocks=tuple(map(simplified, operation.blocks)))
        if _is_kept(inner, needed):
            kept.append(inner)
            needed |= _used(inner)
    return replace(block, operations=tuple(reversed(kept)))


def count_operators(block: Block) -> Dict[str, int]:
    """Count the operations of each kind, the most frequent first; packing does not count."""
    kinds = [operation.kind for operation in simplified(block).walk()]
    return dict(Counter(kind for kind in kinds if kind not in PACKING).most_common())


def _is_kept(operation: Operation, needed: Set[str]) -> bool:
    if operation.has_effect or any(value.name in needed for value in operation.outputs):
        return True
    return any(
        inner.has_effect and inner.kind != _RAISE
        for block in operation.blocks for inner in block.walk())


def _used(operation: Operation) -> FrozenSet[str]:
    used = {value.name for value in operation.inputs}
    for block in operation.blocks:
        used |= {value.name for value in block.outputs}
        for inner in block.operations:
            used |= _used(inner)
    return frozenset(used)
