# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Read first guesses out of the graph of a TorchScript module."""

from dataclasses import replace
from math import prod
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from dg_pytorch_ros.probing.hint import Hint, Hints
import torch

# What changes neither the shape nor the number of axes.
_PASSES_ON = {
    f'aten::{name}' for name in (
        'to', 'type_as', 'clone', 'contiguous', 'detach', 'dropout', 'relu', 'elu', 'tanh',
        'sigmoid', 'clamp', 'nan_to_num', 'float', 'double', 'alias', 'neg', 'abs')}
_ARITHMETIC = {f'aten::{name}' for name in ('add', 'sub', 'mul', 'div')}
_RECURRENT = ('LSTM', 'GRU', 'RNN')
_PICTURE = 64
_SPACE = 16
_DEEPEST = 20
_MOST_NUMBERS = 64
_LARGEST_NUMBER = 100_000


def read_hints(module: torch.jit.ScriptModule, count: int) -> Hints:
    """Return what the graph says of the first `count` arguments of forward."""
    forward: Any = module.forward
    reader = _Reader(module, forward.graph)
    hints = [reader.hint_of_argument(index + 1) for index in range(count)]
    if any(hint.is_state for hint in hints):
        hints = [_with_all_pinned(hint) if hint.pinned else hint for hint in hints]
    return Hints(tuple(hints), _numbers(module))


class _Unknown(Exception):
    """Something that only a run would tell."""


class _Reader:
    """Follows a value through the graph of one module's method, and into other modules."""

    def __init__(self, module: Any, graph: Any, depth: int = 0) -> None:
        self._graph = graph
        self._self_name = next(graph.inputs()).debugName()
        self._module = module
        self._depth = depth

    def hint_of_argument(self, index: int) -> Hint:
        """Return what the consumers of an argument say."""
        ends: Dict[int, int] = {}
        return self.layer_of_argument(index, ends) or _of_ends(ends)

    def layer_of_argument(self, index: int, ends: Dict[int, int]) -> Optional[Hint]:
        """Return what the first layer wants; note where pieces that are cut out end."""
        return self._layer(list(self._graph.inputs())[index], ends, self._depth)

    def _layer(self, value: Any, ends: Dict[int, int], depth: int) -> Optional[Hint]:
        if depth > _DEEPEST:
            return None
        for use in value.uses():
            try:
                hint = self._ask(use.user, use.offset, ends, depth)
            except (_Unknown, AttributeError, IndexError, RuntimeError, TypeError, ValueError):
                continue  # a graph may hold anything; trying will tell
            if hint is not None:
                return hint
        return None

    def _ask(
        self, node: Any, offset: int, ends: Dict[int, int], depth: int
    ) -> Optional[Hint]:
        kind, inputs = node.kind(), list(node.inputs())
        if kind == 'prim::CallMethod':
            return self._ask_module(node, offset, ends, depth)
        if kind in ('prim::ListConstruct', 'prim::TupleConstruct'):
            return self._ask_owner_of_state(node)
        if kind in _ARITHMETIC and self._is_known(inputs[1 - offset]):
            return _of_operand(self._resolve(inputs[1 - offset]))
        if kind in _PASSES_ON or kind in _ARITHMETIC:
            return self._layer(node.output(), ends, depth + 1)
        if kind == 'aten::unsqueeze':
            hint = self._layer(node.output(), {}, depth + 1)
            return None if hint is None else _without_axis(hint, self._resolve(inputs[1]))
        if kind == 'aten::permute':
            hint = self._layer(node.output(), {}, depth + 1)
            return None if hint is None else _permuted(hint, self._resolve(inputs[1]))
        if kind in ('aten::slice', 'aten::select'):
            return self._cut(node, inputs, ends, depth)
        if kind in ('aten::view', 'aten::reshape') and offset == 0:
            return Hint((1, prod(size for size in self._resolve(inputs[1]) if size != -1)))
        return _of_operator(kind, offset, lambda index: self._resolve(inputs[index]))

    def _ask_module(
        self, node: Any, offset: int, ends: Dict[int, int], depth: int
    ) -> Optional[Hint]:
        module, method = self._resolve(next(node.inputs())), node.s('name')
        if method.startswith('forward'):
            layer = _of_layer(module) if offset == 1 else _of_state(module)
            if layer is not None:
                return layer
        reader = _Reader(module, getattr(module, method).graph, depth + 1)
        return reader.layer_of_argument(offset, ends)

    def _ask_owner_of_state(self, node: Any) -> Optional[Hint]:
        """Find the recurrent layer that a list or tuple goes to as its state."""
        for use in node.output().uses():
            inputs = list(use.user.inputs())
            if use.user.kind() == 'prim::CallMethod':
                return _of_state(self._resolve(inputs[0]))
            if use.user.kind() == 'aten::lstm' and use.offset == 1:
                return _of_recurrence(self._resolve(inputs[2]))[1]
        return None

    def _cut(
        self, node: Any, inputs: List[Any], ends: Dict[int, int], depth: int
    ) -> Optional[Hint]:
        axis, *places = (self._resolve(value) for value in inputs[1:])
        end = places[0] + 1 if node.kind() == 'aten::select' else places[1]
        if end is None or end > _LARGEST_NUMBER:
            return None if places[0] else self._layer(node.output(), ends, depth + 1)
        if end > 0:
            ends[axis] = max(ends.get(axis, 1), end)
        return None

    def _is_known(self, value: Any) -> bool:
        try:
            return bool(prod(self._resolve(value).shape) > 1)
        except (_Unknown, AttributeError):
            return False

    def _resolve(self, value: Any) -> Any:
        if value.debugName() == self._self_name:
            return self._module
        node = value.node()
        kind = node.kind()
        if kind == 'prim::GetAttr':
            return getattr(self._resolve(node.input()), node.s('name'))
        if kind == 'prim::Constant':
            return value.toIValue()
        if kind in ('prim::ListConstruct', 'prim::TupleConstruct'):
            return [self._resolve(member) for member in node.inputs()]
        if kind in ('aten::t', 'aten::numpy_T'):
            return self._resolve(next(node.inputs())).t()
        raise _Unknown


def _of_layer(module: Any) -> Optional[Hint]:
    """Return what a layer of torch.nn wants; None for any other module."""
    name = module.original_name
    if name in _RECURRENT:
        return Hint((1, 1, module.weight_ih_l0.shape[1]), has_rank=True, pinned=(2,))
    if name in ('LSTMCell', 'GRUCell', 'RNNCell'):
        return Hint((1, module.weight_ih.shape[1]), has_rank=True)
    if name == 'Linear':
        return Hint((1, module.weight.shape[1]), has_rank=True)
    if name in ('Conv1d', 'Conv2d', 'Conv3d'):
        return _of_convolution(module.weight)
    if name in ('BatchNorm1d', 'LayerNorm'):
        return Hint((1, *module.weight.shape), has_rank=True)
    if name == 'BatchNorm2d':
        return Hint((1, module.weight.shape[0], _PICTURE, _PICTURE), has_rank=True)
    if name in ('Embedding', 'EmbeddingBag'):
        return Hint((1,), 'int64', has_rank=True)
    if name.startswith('Transformer') or name == 'MultiheadAttention':
        width = next(weights.shape[1] for weights in module.parameters() if weights.dim() == 2)
        return Hint((1, 1, width), has_rank=True)
    return None


def _of_state(module: Any) -> Optional[Hint]:
    """Return the shape of the state of a recurrent layer; None for any other module."""
    if module.original_name not in _RECURRENT:
        return None
    weights = dict(module.named_parameters())
    return _state(
        sum(name.startswith('weight_hh') for name in weights), weights['weight_hh_l0'].shape)


def _of_recurrence(weights: Sequence[torch.Tensor]) -> Tuple[Hint, Hint]:
    """Return the shapes of the input and the state of an operator with these weights."""
    matrices = [weight.shape for weight in weights if weight.dim() == 2]
    return (
        Hint((1, 1, matrices[0][1]), has_rank=True, pinned=(2,)),
        _state(len(matrices) // 2, matrices[1]))


def _state(layers: int, matrix: Sequence[int]) -> Hint:
    return Hint((layers, 1, matrix[1]), has_rank=True, pinned=(0, 1, 2), is_state=True)


def _of_operator(kind: str, offset: int, operand: Callable[[int], Any]) -> Optional[Hint]:
    """Return what an operator of torch wants of the operand at a place."""
    if kind in ('aten::lstm', 'aten::gru', 'aten::rnn_tanh', 'aten::rnn_relu') and offset < 2:
        return _of_recurrence(operand(2))[offset]
    if kind == 'aten::embedding' and offset == 1:
        return Hint((1,), 'int64', has_rank=True)
    if kind == 'aten::addmm' and offset == 1:
        return Hint((1, operand(2).shape[0]), has_rank=True)
    if offset != 0:
        return None
    if kind == 'aten::linear':
        return Hint((1, operand(1).shape[1]), has_rank=True)
    if kind in ('aten::matmul', 'aten::mm'):
        return Hint((1, operand(1).shape[0]))
    if kind in ('aten::_convolution', 'aten::conv1d', 'aten::conv2d', 'aten::conv3d'):
        return _of_convolution(operand(1))
    if kind == 'aten::layer_norm':
        return Hint((1, *operand(1)))
    return None


def _of_operand(other: torch.Tensor) -> Hint:
    """Take the shape of weights that are added or multiplied."""
    shape = tuple(other.shape)
    return Hint(shape if len(shape) > 1 else (1, *shape))


def _of_convolution(weights: torch.Tensor) -> Hint:
    sides = weights.dim() - 2
    side = _PICTURE if sides < 3 else _SPACE
    # With groups there are more channels; torch will say how many.
    return Hint((1, weights.shape[1], *(side,) * sides), has_rank=True)


def _of_ends(ends: Dict[int, int]) -> Hint:
    """Make a value just large enough for all pieces that are cut out of it."""
    if not ends:
        return Hint()
    if -1 in ends:
        return Hint((1, ends[-1]), pinned=(1,))
    shape = tuple(ends.get(axis, 1) for axis in range(max(ends) + 1))
    return Hint(shape, has_rank=len(shape) > 1, pinned=tuple(sorted(ends)))


def _without_axis(hint: Hint, axis: int) -> Optional[Hint]:
    if hint.shape is None or not hint.has_rank:
        return None
    rank = len(hint.shape)
    return _rearranged(hint, [place for place in range(rank) if place != axis % rank])


def _permuted(hint: Hint, order: List[int]) -> Optional[Hint]:
    if hint.shape is None or len(order) != len(hint.shape):
        return None
    return _rearranged(hint, [order.index(axis) for axis in range(len(order))])


def _with_all_pinned(hint: Hint) -> Hint:
    # Torch does not check that the batches of an input and a state agree: it may crash.
    return replace(hint, pinned=tuple(range(len(hint.shape or ()))))


def _rearranged(hint: Hint, axes: List[int]) -> Hint:
    """Let the axes of a hint be those of another one, in this order."""
    shape = hint.shape or ()
    return replace(
        hint, shape=tuple(shape[axis] for axis in axes),
        pinned=tuple(axes.index(axis) for axis in hint.pinned if axis in axes))


def _numbers(module: torch.jit.ScriptModule) -> Tuple[int, ...]:
    """Collect the sizes and whole numbers that occur in a module, each once."""
    numbers = dict.fromkeys((*_sizes(module), *_constants(module)))
    return tuple(
        number for number in numbers if 1 < number < _LARGEST_NUMBER)[:_MOST_NUMBERS]


def _sizes(module: torch.jit.ScriptModule) -> Iterator[int]:
    for weights in (*module.parameters(), *module.buffers()):
        yield from reversed(weights.shape)


def _constants(module: torch.jit.ScriptModule) -> Iterator[int]:
    forward: Any = module.forward
    graph = forward.inlined_graph  # its nodes are gone when nobody holds it
    for node in graph.findAllNodes('prim::Constant'):
        if node.hasAttribute('value') and node.kindOf('value') == 'i':
            yield node.i('value')
