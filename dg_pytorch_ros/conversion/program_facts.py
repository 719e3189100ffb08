# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What an exported program in memory takes and gives."""

from typing import Any, Iterator, List, Sequence, Tuple

from torch.utils import _pytree as pytree

Shape = Tuple[int, ...]


def input_shapes(program: Any) -> List[Shape]:
    """Return the shapes of the tensors that go in; -1 is any size."""
    return [_shape(node) for node in _inputs(program)]


def outputs(program: Any) -> List[Tuple[str, Shape]]:
    """Return dtypes and shapes of the tensors that come out."""
    names = [
        spec.arg.name for spec in program.graph_signature.output_specs
        if spec.kind.name == 'USER_OUTPUT' and hasattr(spec.arg, 'name')]
    nodes = {node.name: node for node in program.graph.nodes}
    return [
        (str(nodes[name].meta['val'].dtype).replace('torch.', ''), _shape(nodes[name]))
        for name in names]


def own_output_names(program: Any) -> Sequence[str]:
    """Return the names that results have: keys or fields; none if a place is all they have."""
    structure: Any = program.call_spec.out_spec
    nested = pytree.tree_unflatten(range(structure.num_leaves), structure)
    if hasattr(nested, '_fields'):
        nested = nested._asdict()
    if not isinstance(nested, dict) or structure.num_leaves != len(nested):
        return ()
    return [str(name) for name in nested]


def names_of_outputs(program: Any, given: Sequence[str]) -> Sequence[str]:
    """Return names for all results: their own, else those given, else by their places."""
    names = own_output_names(program)
    count = len(outputs(program))
    for candidate in (names, given):
        if len(candidate) == count:
            return candidate
    return ['output'] if count == 1 else [f'output_{index}' for index in range(count)]


def remembered(program: Any) -> List[str]:
    """Return the names of the buffers that a run changes."""
    return list(program.graph_signature.buffers_to_mutate.values())


def _inputs(program: Any) -> Iterator[Any]:
    names = {
        spec.arg.name for spec in program.graph_signature.input_specs
        if spec.kind.name == 'USER_INPUT' and hasattr(spec.arg, 'name')}
    for node in program.graph.nodes:
        if node.op == 'placeholder' and node.name in names:
            yield node


def _shape(node: Any) -> Shape:
    return tuple(size if isinstance(size, int) else -1 for size in node.meta['val'].shape)
