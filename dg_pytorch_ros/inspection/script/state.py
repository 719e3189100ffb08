# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the methods of a module leave changed in it, by name, read off their graphs."""

from dataclasses import dataclass
import re
from typing import Any, Dict, Set, Tuple

from dg_pytorch_ros.inspection.script.graph import stored_path
from dg_pytorch_ros.inspection.script.modules import join
from dg_pytorch_ros.inspection.script.schemas import schema_of
from dg_pytorch_ros.torchscript.changes import find_changes
from dg_pytorch_ros.torchscript.memory import ModuleMemory
import torch

ASSIGNED, WRITTEN, ITEMS = 'assigned', 'written in place', 'items changed'

# What such an operation returns may be what it was given, or a part of that.
_PASSES_ON = re.compile(r'^prim::(\w+Construct|\w+Unpack|TupleIndex|TupleSlice|unchecked_cast)$')
_PASSES_ON_SECRETLY = re.compile(r'::(_?unsafe_\w+|data|set_|set_data)$')
_NORMALISES = re.compile(r'::(batch_norm|instance_norm)$')
_STATISTICS, _IS_TRAINING = (3, 4), 5  # the arguments' places
_LOOKS_LIKE_RESET = re.compile(r'reset|clear|forget|zero|init', re.IGNORECASE)

Changes = Dict[str, str]


@dataclass(frozen=True)
class State:
    """
    What a module keeps from one evaluation to the next.

    `changes` says of each path how `forward` changes it; `is_certain` that there is no more than
    that. `not_restored` are the paths that a node cannot put back. `resets` are the methods that
    change some of it and need no argument, each with the paths.
    """

    changes: Changes
    is_certain: bool
    not_restored: Tuple[str, ...]
    resets: Dict[str, Tuple[str, ...]]

    def is_lost(self, path: str) -> bool:
        """Whether what was stored at a path, or around it, cannot be put back."""
        return any(
            path == outer or path.startswith(f'{outer}.') for outer in self.not_restored)


def find_state(module: torch.jit.ScriptModule, graph: Any) -> State:
    """Find what changes when a module runs; `graph` is that of its `forward`, for evaluation."""
    possible = find_changes(module)
    changes = changes_of(graph)
    internal: Any = module._c
    written = {
        name: tuple(path for path in changes_of(method.inlined_graph) if path in changes)
        for name in internal._method_names()
        for method in (internal._get_method(name),) if _needs_no_argument(method)}
    return State(
        changes, possible.attributes is not None, ModuleMemory(module).left_out,
        {name: paths for name, paths in written.items() if paths})


def looks_like_reset(name: str) -> bool:
    """Whether a method's name says that it makes the module forget."""
    return _LOOKS_LIKE_RESET.search(name) is not None


def changes_of(graph: Any) -> Changes:
    """Return how a method changes what is stored, by its path."""
    walk = _Walk()
    for _ in range(2):  # a loop brings to its beginning what its end knows
        walk.through(graph)
    return walk.changes


def _needs_no_argument(method: Any) -> bool:
    return all(argument.has_default_value() for argument in method.schema.arguments[1:])


class _Walk:
    """Follows each value through a graph from where it is stored to where it is written."""

    def __init__(self) -> None:
        self.changes: Changes = {}
        self._origins: Dict[str, Set[str]] = {}

    def through(self, block: Any) -> None:
        for node in block.nodes():
            self._visit(node)

    def _visit(self, node: Any) -> None:
        if node.kind() == 'prim::SetAttr':
            self._assign(node)
        elif node.kind() == 'prim::Loop':
            self._loop(node)
        elif node.kind() == 'prim::If':
            for inner in node.blocks():
                self.through(inner)
                self._join(node.outputs(), inner.outputs())
        else:
            self._apply(node)

    def _loop(self, node: Any) -> None:
        body, = node.blocks()
        _, *carried = body.inputs()
        given = list(node.inputs())[2:]
        self._join(carried, given)
        self.through(body)
        returned = list(body.outputs())[1:]
        self._join(carried, returned)
        self._join(node.outputs(), given)
        self._join(node.outputs(), returned)

    def _assign(self, node: Any) -> None:
        owner, value = node.inputs()
        path = stored_path(owner)
        if path is None:
            return
        place = join(path, node.s('name'))
        # `self.total += x` writes in place, then assigns what was there.
        if self._of(value) != {place} or place not in self.changes:
            self.changes[place] = ASSIGNED

    def _apply(self, node: Any) -> None:
        inputs = list(node.inputs())
        schema = schema_of(node)
        if not schema.exists:
            if _PASSES_ON.match(node.kind()):
                self._pass_on(node, inputs)
            return
        arguments = schema.arguments
        marked = [value for value, argument in zip(inputs, arguments) if argument.is_marked]
        for value, argument in zip(inputs, arguments):
            if argument.is_written:
                self._write(value)
                self._origins.setdefault(value.debugName(), set()).update(
                    *(self._of(other) for other in marked))
        if _NORMALISES.search(node.kind()) and _is_training(node):
            for place in _STATISTICS:
                self._write(inputs[place])
        passes_on_all = _PASSES_ON.match(node.kind()) or _PASSES_ON_SECRETLY.search(node.kind())
        self._pass_on(node, inputs if passes_on_all or schema.returns_anything else marked)

    def _write(self, value: Any) -> None:
        how = WRITTEN if value.type().kind() in ('TensorType', 'OptionalType') else ITEMS
        for path in self._of(value):
            self.changes.setdefault(path, how)

    def _pass_on(self, node: Any, values: Any) -> None:
        for output in node.outputs():
            self._join([output] * len(values), values)

    def _join(self, targets: Any, values: Any) -> None:
        for target, value in zip(targets, values):
            self._origins.setdefault(target.debugName(), set()).update(self._of(value))

    def _of(self, value: Any) -> Set[str]:
        path = stored_path(value)
        if path is not None:
            return {path}
        return self._origins.get(value.debugName(), set())


def _is_training(node: Any) -> bool:
    return node.inputsSize() <= _IS_TRAINING or node.inputsAt(_IS_TRAINING).toIValue() is True
