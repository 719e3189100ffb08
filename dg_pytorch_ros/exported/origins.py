# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which stored tensors a graph may write into, and which of its results may be their memory."""

import re
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, Mapping, NamedTuple, Set

import torch

Names = FrozenSet[str]

_NONE: Names = frozenset()
# These write into running statistics without saying so; normalisation only if told to train.
_WRITES_SECRETLY = re.compile(r'batch_norm|instance_norm|renorm_$')
# Operators on graphs, which write into what is given to them only as these graphs do.
_WRITES_IN_ITS_GRAPHS = (
    'associative_scan', 'auto_functionalized', 'auto_functionalized_v2', 'cond', 'map_impl',
    'scan', 'while_loop', 'wrap_with_autocast', 'wrap_with_set_grad_enabled')
_DOES_NOT_TRAIN = ('training', 'train', 'use_input_stats')
# These give a second name to memory, without a common count of what is written to it.
_EVADES_COUNT = re.compile(r'::(_?unsafe_\w+|data|set_data|set_)$')
# Composed of others, and known to make a new tensor each time.
_MAKES_NEW = re.compile(
    r'aten::(linear|bilinear|matmul|conv\w*|\w*softmax|\w*_norm|lstm|gru|rnn_\w+|lstm_cell|'
    r'gru_cell|cosine_similarity|gelu|silu|mish|selu|softplus|embedding|one_hot|where|stack|'
    r'hstack|vstack|dstack|\w*pool\w*|upsample\w*|scaled_dot_product_attention|cdist|'
    r'log_sigmoid|norm|std|var|\w*_like|square|clip|arctan2|divide|multiply|subtract|'
    r'true_divide|negative|absolute|greater\w*|less\w*|not_equal|concat|concatenate)$')


class Origins(NamedTuple):
    """
    What a graph does to the tensors that are stored with it, by their names in the graph.

    `written`: it may write into them. `remembered`: results that may share their memory, by their
    nodes' names. `are_counted`: each write moves the version of the tensor.
    """

    written: Names
    remembered: Mapping[str, Names]
    are_counted: bool


def find_origins(graph: Any, module: Any, stored: Iterable[str]) -> Origins:
    """Find them in a graph of torch.fx; rather too much than too little."""
    walk = _Walk(module)
    origins = walk.follow(graph, {name: frozenset((name,)) for name in stored})
    return Origins(frozenset(walk.written), origins, walk.are_counted)


def is_operator(target: Any) -> bool:
    """Whether this is one operator of a library, whose schema says what it does."""
    return isinstance(target, torch._ops.OpOverload)


class _Walk:

    def __init__(self, module: Any) -> None:
        self._module = module
        self.written: Set[str] = set()
        self.are_counted = True

    def follow(self, graph: Any, known: Mapping[str, Names]) -> Dict[str, Names]:
        """Return the stored tensors whose memory each value may be; note what is written."""
        origins: Dict[str, Names] = dict(known)
        for node in graph.nodes:
            if node.op == 'call_function':
                origins[node.name] = self._of_call(node, origins)
        return origins

    def _of_call(self, node: Any, origins: Mapping[str, Names]) -> Names:
        if is_operator(node.target):
            return self._of_operator(node, origins)
        reached = _together(node.all_input_nodes, origins)
        if isinstance(node.target, torch._ops.HigherOrderOperator):
            if node.target.name() not in _WRITES_IN_ITS_GRAPHS:
                self._write(reached, is_counted=False)
            self._enter(
                [one.target for one in node.all_input_nodes if one.op == 'get_attr'], reached)
        return reached

    def _write(self, names: Names, *, is_counted: bool) -> None:
        self.written |= names
        self.are_counted &= is_counted

    def _enter(self, names: List[str], reached: Names) -> None:
        """Look into nested graphs, each of whose inputs may be any of the operands."""
        for name in names:
            nested = getattr(self._module, name, None)
            if not isinstance(nested, torch.fx.GraphModule):
                continue
            walk = _Walk(nested)
            graph: Any = nested.graph
            walk.follow(graph, {
                node.name: reached for node in graph.nodes if node.op == 'placeholder'})
            self._write(frozenset(walk.written), is_counted=walk.are_counted)

    def _of_operator(self, node: Any, origins: Mapping[str, Names]) -> Names:
        schema = node.target._schema
        name = schema.name
        written = list(_written(node, schema))
        if written:
            self._write(_together(written, origins), is_counted=name.startswith('aten::'))
        if _WRITES_SECRETLY.search(name) and _may_train(node, schema):
            self._write(_together(node.all_input_nodes, origins), is_counted=False)
        if _EVADES_COUNT.search(name):
            evading = _together(node.all_input_nodes, origins)
            self.are_counted &= not evading
            return evading
        if any(returned.alias_info is not None for returned in schema.returns):
            return _together(node.all_input_nodes, origins)
        if not name.startswith('aten::'):
            return _together(node.all_input_nodes, origins)
        if _MAKES_NEW.match(name) or not _is_composed(node.target):
            return _NONE
        return _together(node.all_input_nodes, origins)


def _together(nodes: Iterable[Any], origins: Mapping[str, Names]) -> Names:
    found: Names = _NONE
    for node in nodes:
        found |= origins.get(node.name, _NONE)
    return found


def _written(node: Any, schema: Any) -> Iterator[Any]:
    """Find the nodes of arguments that a schema says are written."""
    for index, argument in enumerate(schema.arguments):
        if argument.alias_info is None or not argument.alias_info.is_write:
            continue
        value = node.args[index] if index < len(node.args) else node.kwargs.get(argument.name)
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(one, torch.fx.Node):
                yield one


def _may_train(node: Any, schema: Any) -> bool:
    for index, argument in enumerate(schema.arguments):
        if argument.name in _DOES_NOT_TRAIN:
            value = node.args[index] if index < len(node.args) else node.kwargs.get(
                argument.name)
            return value is not False
    return 'no_training' not in schema.name


def _is_composed(operator: Any) -> bool:
    """Whether an operator consists of others, whose views its own schema need not tell."""
    return bool(torch._C._dispatch_has_kernel_for_dispatch_key(
        operator.name(), 'CompositeImplicitAutograd'))
