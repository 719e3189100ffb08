# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""From the graph of a model to a picture that can be read."""

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from dg_pytorch_ros.drawing.graph import Arrow, Box, BoxKind, Graph, Group
from dg_pytorch_ros.inspection.facts import Block, Operation, Value
from dg_pytorch_ros.inspection.simplify import PACKING, simplified, UNPACKING

_CONTROL = frozenset({
    'If', 'Loop', 'Scan', 'higher_order.cond', 'prim::If', 'prim::Loop'})
_WIDEST = 38
_MOST_LINES = 5

# What a value comes from: the key of a box, something stored, one of several, or for what is
# packed a tuple with the source of each member.
Source = Any


@dataclass(frozen=True)
class _Stored:
    """Something in the file, in words."""

    text: str


@dataclass(frozen=True)
class _Either:
    """Sources of which a branch decides."""

    sources: Tuple[Source, ...]


def draw(block: Block, title: str) -> Graph:
    """
    Return a picture of a graph, its checks and its packing of tuples left out.

    Constants, parameters and buffers stand in the boxes of the operations that use them.
    """
    picture = _Picture()
    picture.draw(simplified(block))
    return Graph(title, tuple(picture.boxes), tuple(picture.arrows), tuple(picture.groups))


class _Picture:

    def __init__(self) -> None:
        self.boxes: List[Box] = []
        self.arrows: List[Arrow] = []
        self.groups: List[Group] = []
        self._sources: Dict[str, Source] = {}

    def draw(self, block: Block) -> None:
        for value in block.inputs:
            self._sources[value.name] = self._box(
                _lines(value.role or value.name, value.type_name), BoxKind.INPUT)
        self._operations(block, '')
        for index, value in enumerate(block.outputs):
            name = 'output' if len(block.outputs) == 1 else f'output {index}'
            stored = _stored_in(self._source(value))
            self._arrows(value, self._box(
                _lines(name, value.type_name, *stored), BoxKind.OUTPUT))

    def _operations(self, block: Block, group: str) -> None:
        for operation in block.operations:
            self._operation(operation, group)

    def _operation(self, operation: Operation, group: str) -> None:
        if operation.kind in PACKING:
            self._packing(operation)
            return
        sources = list(map(self._source, operation.inputs))
        stored = [text for source in sources for text in _stored_in(source)]
        key = self._box(
            _label(operation, stored), BoxKind.CONTROL if operation.kind in _CONTROL
            else BoxKind.OPERATOR, group, operation.module)
        for value in operation.inputs:
            self._arrows(value, key)
        for value in operation.outputs:
            self._sources[value.name] = key
        for block in operation.blocks:
            self._block(block, key, group)
        if operation.blocks:
            self._joined(operation)

    def _block(self, block: Block, key: str, group: str) -> None:
        for value in block.inputs:
            self._sources[value.name] = key
        inner = f'{key} {block.label}'
        before, known = len(self.boxes), len(self.arrows)
        self.groups.append(Group(inner, block.label, group))
        self._operations(block, inner)
        if len(self.boxes) == before:
            self.groups.remove(Group(inner, block.label, group))
        elif not any(arrow.start == key for arrow in self.arrows[known:]):
            self.arrows.append(Arrow(key, str(before), block.label))

    def _joined(self, operation: Operation) -> None:
        """Have what comes out of blocks come from what is in them."""
        count = len(operation.outputs)
        for index, value in enumerate(operation.outputs):
            sources = [
                self._source(block.outputs[index - count])
                for block in operation.blocks if len(block.outputs) >= count]
            if any(sources):
                self._sources[value.name] = _either(sources)

    def _packing(self, operation: Operation) -> None:
        sources = list(map(self._source, operation.inputs))
        outputs = operation.outputs
        if operation.kind in UNPACKING:
            for index, value in enumerate(outputs):
                self._sources[value.name] = _member(sources[0], index)
        elif operation.kind == 'prim::TupleIndex':
            self._sources[outputs[0].name] = _member(sources[0], operation.attributes.get('i'))
        elif operation.kind == 'prim::unchecked_cast':
            self._sources[outputs[0].name] = sources[0]
        else:
            self._sources[outputs[0].name] = tuple(sources)

    def _box(self, label: str, kind: BoxKind, group: str = '', tip: str = '') -> str:
        key = str(len(self.boxes))
        self.boxes.append(Box(key, label, kind, group, tip))
        return key

    def _arrows(self, value: Value, end: str) -> None:
        source = self._source(value)
        is_labelled = isinstance(source, str) and value.type_name != 'Tensor'
        for start in dict.fromkeys(_keys(source)):
            if start != end:
                self.arrows.append(Arrow(start, end, value.type_name if is_labelled else ''))

    def _source(self, value: Value) -> Source:
        if value.is_stored:
            return _Stored(f'{value.name.rpartition(".")[2]} {value.type_name}'.strip())
        return self._sources.get(value.name, ())


def _either(sources: Sequence[Source]) -> Source:
    flat = [
        one for source in sources
        for one in (source.sources if isinstance(source, _Either) else (source,))]
    distinct = tuple(dict.fromkeys(flat))
    return distinct[0] if len(distinct) == 1 else _Either(distinct)


def _member(packed: Source, index: Any) -> Source:
    """Return the source of one of the values in a tuple; of the whole where that is not known."""
    if isinstance(packed, _Either):
        return _either([_member(source, index) for source in packed.sources])
    is_known = isinstance(packed, tuple) and isinstance(index, int)
    return packed[index] if is_known and -len(packed) <= index < len(packed) else packed


def _keys(source: Source) -> Iterator[str]:
    return (leaf for leaf in _leaves(source) if isinstance(leaf, str))


def _stored_in(source: Source) -> Iterator[str]:
    return (leaf.text for leaf in _leaves(source) if isinstance(leaf, _Stored))


def _leaves(source: Source) -> Iterator[Any]:
    if isinstance(source, (tuple, _Either)):
        for inner in source if isinstance(source, tuple) else source.sources:
            yield from _leaves(inner)
    else:
        yield source


def _label(operation: Operation, stored: Sequence[str]) -> str:
    attributes = [
        f'{name} {value}' for name, value in operation.attributes.items()
        if value is not None and value is not False]
    name = operation.kind.removeprefix('aten::').removeprefix('prim::')
    return _lines(name, *stored, *attributes)


def _lines(*lines: str) -> str:
    shown = [_cut(line) for line in lines if line]
    if len(shown) > _MOST_LINES:
        shown = [*shown[:_MOST_LINES - 1], '...']
    return '\n'.join(shown)


def _cut(line: str) -> str:
    return line if len(line) <= _WIDEST else f'{line[:_WIDEST - 3]}...'
