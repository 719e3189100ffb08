# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The graph of a method that torch has loaded, as plain data."""

from typing import Any, Callable, List, Optional, Tuple

from dg_pytorch_ros.inspection.facts import Block, Operation, Row, Value
from dg_pytorch_ros.inspection.script.modules import join
from dg_pytorch_ros.inspection.script.schemas import schema_of
import torch

_LABELS = {'prim::If': ('then', 'else'), 'prim::Loop': ('body',)}
_ROLES = {'prim::If': ('condition',), 'prim::Loop': ('limit', 'condition')}
_FEW = 8


_EFFECTS = frozenset({
    'prim::CallMethod', 'prim::CallFunction', 'prim::Print', 'prim::RaiseException',
    'prim::SetAttr', 'prim::fork'})


def read_graph(graph: Any, describe: Callable[[str], str]) -> Block:
    """
    Return a method's inlined graph.

    Constants become attributes of the operations that take them, and what is read from a module
    becomes a stored value by its path; `describe` gives the type of what is stored at a path.
    """
    return _Reader(describe).method(graph)


def without_dead_ends(graph: Any) -> Any:
    """Return a copy of a graph without the branches that its types and constants rule out."""
    passes: Any = torch._C
    copy = graph.copy()
    for _ in range(2):  # what one pass makes constant rules out more in the next
        passes._jit_pass_peephole(copy)
        passes._jit_pass_constant_propagation_immutable_types(copy)
    return copy


def stored_path(value: Any) -> Optional[str]:
    """Return the path of what is read from a module, '' for the module itself."""
    node = value.node()
    if node.kind() == 'prim::Param':
        return '' if value.type().kind() == 'ClassType' and value.offset() == 0 else None
    if node.kind() != 'prim::GetAttr':
        return None
    owner = stored_path(node.inputsAt(0))
    return None if owner is None else join(owner, node.s('name'))


class _Reader:

    def __init__(self, describe: Callable[[str], str]) -> None:
        self._describe = describe

    def method(self, graph: Any) -> Block:
        _, *inputs = graph.inputs()
        return Block(
            'forward', tuple(self._value(value, _written(value)) for value in inputs),
            self._operations(graph),
            tuple(map(self._value, graph.outputs())))

    def _operations(self, block: Any) -> Tuple[Operation, ...]:
        return tuple(
            self._operation(node) for node in block.nodes() if not _is_read_elsewhere(node))

    def _operation(self, node: Any) -> Operation:
        inputs: List[Value] = []
        attributes: Row = _own_attributes(node)
        for value, role in zip(node.inputs(), _roles(node)):
            if role and _is_constant(value):
                attributes[role] = _constant(value)
            else:
                inputs.append(self._value(value, role))
        labels = _LABELS.get(node.kind(), ())
        return Operation(
            node.kind(), tuple(inputs), tuple(map(self._value, node.outputs())), attributes,
            tuple(
                self._block(block, labels[index] if index < len(labels) else f'block {index}')
                for index, block in enumerate(node.blocks())),
            _module(node), schema_of(node).writes or node.kind() in _EFFECTS)

    def _block(self, block: Any, label: str) -> Block:
        return Block(
            label, tuple(map(self._value, block.inputs())), self._operations(block),
            tuple(map(self._value, block.outputs())))

    def _value(self, value: Any, role: str = '') -> Value:
        path = stored_path(value)
        if path is not None:
            return Value(path or 'self', self._describe(path), role, is_stored=True)
        if _is_constant(value):
            return Value(str(_constant(value)), '', role, is_stored=True)
        return Value(value.debugName(), value.type().annotation_str, role)


def _is_read_elsewhere(node: Any) -> bool:
    """Whether all of a node is told where its output is used."""
    return node.kind() in ('prim::Constant', 'prim::GetAttr') and (
        _is_constant(node.output()) or stored_path(node.output()) is not None) or (
        node.kind() == 'prim::ListConstruct' and _is_constant(node.output()))


def _is_constant(value: Any) -> bool:
    node = value.node()
    if node.kind() == 'prim::ListConstruct':  # such as [1, 1] for a stride
        return _is_only_read(value) and all(map(_is_constant, node.inputs()))
    return bool(node.kind() == 'prim::Constant')


def _is_only_read(value: Any) -> bool:
    return not any(
        schema_of(use.user).writes or not use.user.kind().startswith('aten::')
        for use in value.uses())


def _constant(value: Any) -> Any:
    node = value.node()
    if node.kind() == 'prim::ListConstruct':
        return [_constant(item) for item in node.inputs()]
    return _plain(value.toIValue(), value.type().annotation_str)


def _plain(content: Any, type_name: str) -> Any:
    if content is None or isinstance(content, (bool, int, float, str)):
        return content
    if isinstance(content, torch.Tensor):
        description = f'{str(content.dtype).removeprefix("torch.")}{list(content.shape)}'
        is_few = content.numel() <= _FEW and not content.is_quantized
        return f'{description} {content.tolist()}' if is_few else description
    if isinstance(content, (list, tuple)):
        return [_plain(item, type_name) for item in content]
    if isinstance(content, dict):
        return {str(key): _plain(item, type_name) for key, item in content.items()}
    return str(content) if isinstance(content, (complex, torch.device)) else type_name


def _own_attributes(node: Any) -> Row:
    return {
        name: node.s(name) for name in node.attributeNames() if node.kindOf(name) == 's'}


def _roles(node: Any) -> List[str]:
    """Return the names that an operator has for its inputs, as many as it is given."""
    count = node.inputsSize()
    schema = schema_of(node)
    names = list(_ROLES.get(node.kind(), ()))
    if schema.exists:
        names = [argument.name for argument in schema.arguments]
    return [*names, *count * ['']][:count]


def _written(value: Any) -> str:
    """Return an argument's name without the number by which torch makes it unique."""
    return str(value.debugName()).partition('.')[0]


def _module(node: Any) -> str:
    """Return the path of the module in whose code a node stands: `actor(Sequential).0(Linear)`."""
    names = [part.partition('(')[0] for part in node.getModuleHierarchy().split('.') if part]
    return '.'.join(name for name in names if name not in ('SELF', 'UNKNOWN_INSTANCE'))
