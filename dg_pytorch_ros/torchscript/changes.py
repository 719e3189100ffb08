# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What an evaluation may change in its module, read off the code of `forward`."""

import re
from typing import Any, FrozenSet, Iterator, NamedTuple, Optional, Sequence

import torch

# A schema marks with an exclamation mark what an operation writes into: `Tensor(a!) self`.
_WRITES_TENSOR = re.compile(r'Tensor\??\(\w+!')
_WRITES_CONTAINER = re.compile(r'(?<!Tensor)(?<!Tensor\?)\(\w+!')
# These write without saying so in their schema; normalisation only where it is told to train.
_WRITES_SECRETLY = re.compile(r'batch_norm|instance_norm|renorm_$')
_IS_TRAINING = 5  # the argument's place
# These give a second name to a tensor's memory, without a common count of what is written to it.
_EVADES_COUNT = re.compile(r'::(_?unsafe_\w+|data|set_data|set_)$')
_RETURNS_WHAT_IT_WRITES = re.compile(r'aten::\w+_(\.\w+)?\(Tensor\(a!\) self')
_UNDERSTOOD_LIBRARIES = ('aten', 'prim', 'quantized')
_UNDERSTOOD_WITHOUT_SCHEMA = frozenset(f'prim::{name}' for name in (
    'Constant', 'CreateObject', 'DictConstruct', 'EmptyListLiteral', 'GetAttr', 'If',
    'ListConstruct', 'ListUnpack', 'Loop', 'Print', 'RaiseException', 'SetAttr',
    'TupleConstruct', 'TupleIndex', 'TupleSlice', 'TupleUnpack', 'Uninitialized', 'isinstance',
    'tolist', 'unchecked_cast'))


class PossibleChanges(NamedTuple):
    """
    What may be something else after an evaluation.

    Attributes by their names in whichever submodule, None for any; items of lists and dicts; what
    tensors hold, and whether each write into a tensor moves its version.
    """

    attributes: Optional[FrozenSet[str]]
    in_containers: bool
    in_tensors: bool
    are_counted: bool

    def may_rebind(self, name: str, value: Any) -> bool:
        """Whether the attribute that is this value now may become another one."""
        return self.attributes is None or name in self.attributes or (
            self.in_containers and isinstance(value, (dict, list, tuple)))


_ANYTHING = PossibleChanges(
    attributes=None, in_containers=True, in_tensors=True, are_counted=False)


def find_changes(module: torch.jit.ScriptModule) -> PossibleChanges:
    """Find what an evaluation of a module in evaluation mode may change; rather too much."""
    if has_hooks(module):
        return _ANYTHING
    try:
        return _read_code(module)
    except (AttributeError, RuntimeError, TypeError):  # a torch whose graphs are otherwise made
        return _ANYTHING


def _read_code(module: torch.jit.ScriptModule) -> PossibleChanges:
    graph = evaluation_graph(module)
    nodes = tuple(_nodes(graph))
    if not all(map(_is_understood, nodes)):
        return _ANYTHING
    are_counted = not any(map(_writes_uncounted, nodes))
    return PossibleChanges(
        attributes=frozenset(
            node.s('name') for node in nodes if node.kind() == 'prim::SetAttr'
            and not _assigns_what_was_there(node)),
        in_containers=any(_WRITES_CONTAINER.search(node.schema()) for node in nodes),
        in_tensors=not are_counted or _writes_what_was_there(graph.alias_db(), nodes),
        are_counted=are_counted)


def has_hooks(module: torch.jit.ScriptModule) -> bool:
    """Whether more than `forward` runs when the module is called."""
    internal = module._c
    return bool(internal._get_forward_hooks() or internal._get_forward_pre_hooks())


def evaluation_graph(module: torch.jit.ScriptModule) -> Any:
    """Return the whole code of `forward`, less what is for training only."""
    forward: Any = module.forward
    passes: Any = torch._C
    graph = forward.inlined_graph.copy()
    if not any(node.s('name') == 'training' for node in graph.findAllNodes('prim::SetAttr')):
        owners: Iterator[Any] = module.modules()
        types = {owner._c._type().qualified_name() for owner in owners}
        for node in graph.findAllNodes('prim::GetAttr'):
            if node.s('name') == 'training' and node.inputsAt(0).type().str() in types:
                constant = graph.insertConstant(False)
                constant.node().moveBefore(node)
                node.output().replaceAllUsesWith(constant)
        passes._jit_pass_constant_propagation_immutable_types(graph)
    return graph


def _nodes(block: Any) -> Iterator[Any]:
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from _nodes(inner)


def _is_understood(node: Any) -> bool:
    library, _, _ = node.kind().partition('::')
    if node.schema() == '(no schema)':
        return node.kind() in _UNDERSTOOD_WITHOUT_SCHEMA
    return library in _UNDERSTOOD_LIBRARIES


def _assigns_what_was_there(assignment: Any) -> bool:
    """Whether this is the second half of `self.name += x`, which has written in place."""
    operation = assignment.inputsAt(1).node()
    if not _RETURNS_WHAT_IT_WRITES.match(operation.schema()):
        return False
    source = operation.inputsAt(0).node()
    return bool(
        source.kind() == 'prim::GetAttr' and source.s('name') == assignment.s('name')
        and source.inputsAt(0).debugName() == assignment.inputsAt(0).debugName())


def _writes_what_was_there(aliases: Any, nodes: Sequence[Any]) -> bool:
    """Whether any tensor may be written that is not one of the evaluation's own."""
    # What is read from a module may be anything of its type: one of each type stands for all.
    remembered = {
        node.output().type().str(): node.output() for node in nodes
        if node.kind() == 'prim::GetAttr' and node.output().type().kind() != 'ClassType'}
    return any(
        aliases.may_contain_alias(written, value)
        for node in nodes for written in _written(node) for value in remembered.values())


def _written(node: Any) -> Iterator[Any]:
    """Find the values that may be tensors into which an operation writes."""
    if _RETURNS_WHAT_IT_WRITES.match(node.schema()):
        yield node.inputsAt(0)
    elif _WRITES_TENSOR.search(node.schema()):
        yield from node.inputs()


def _writes_uncounted(node: Any) -> bool:
    if _EVADES_COUNT.search(node.kind()):
        return True
    if not _WRITES_SECRETLY.search(node.kind()):
        return False
    return node.inputsSize() <= _IS_TRAINING or node.inputsAt(_IS_TRAINING).toIValue() is not False
