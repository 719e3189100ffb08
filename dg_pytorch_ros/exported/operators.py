# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The quickest way from Python to an operator."""

from typing import Any, Callable, Dict, NamedTuple, Tuple

import torch

_WITH_TENSORS_ALONE = {1: (
    'abs', 'cos', 'exp', 'log', 'neg', 'relu', 'rsqrt', 'sigmoid', 'sin', 'sqrt', 'tanh'),
    2: ('bmm', 'matmul', 'maximum', 'minimum', 'mm'), 3: ('addmm',)}
_OVERLOADED = {
    'add.Tensor': 2, 'cat.default': 2, 'clamp.default': 3, 'conv1d.default': 7,
    'conv2d.default': 7, 'div.Tensor': 2, 'flatten.using_ints': 3, 'gru.input': 9,
    'lstm.input': 9, 'mean.dim': 3, 'mul.Tensor': 2, 'permute.default': 2,
    'pow.Tensor_Scalar': 2, 'reshape.default': 2, 'select.int': 3, 'softmax.int': 2,
    'squeeze.dim': 2, 'stack.default': 2, 'sub.Tensor': 2, 'sum.dim_IntList': 3,
    'transpose.int': 3, 'unsqueeze.default': 2, 'where.self': 3}
_OF_NETS = {
    'elu.default': 4, 'gelu.default': 1, 'leaky_relu.default': 2, 'linear.default': 3,
    'silu.default': 1}
_OF_TENSORS = {'add_.Tensor': 2, 'copy_.default': 2, 'expand.default': 2, 'view.default': 2}


class _Binding(NamedTuple):
    function: Callable[..., Any]
    most_arguments: int


def quickest(node: Any) -> Callable[..., Any]:
    """
    Return what does the call of a node.

    That is torch's own binding of the operator where it is known to do the same with no more than
    these arguments: it takes half the time of the operator as `torch.ops` has it.
    """
    function: Callable[..., Any] = node.target
    binding = _BINDINGS.get(function)
    if binding is None or node.kwargs or len(node.args) > binding.most_arguments:
        return function
    return binding.function


def known() -> Tuple[Any, ...]:
    """Return the operators for which there is a quicker way than `torch.ops`."""
    return tuple(_BINDINGS)


def _bindings() -> Dict[Any, _Binding]:
    tensors_alone = {
        f'{name}.default': count
        for count, names in _WITH_TENSORS_ALONE.items() for name in names}
    found = {}
    for place, counts in (
            (torch, {**tensors_alone, **_OVERLOADED}), (torch._C._nn, _OF_NETS),
            (torch.Tensor, _OF_TENSORS)):
        for path, count in counts.items():
            name, _, overload = path.partition('.')
            operator = getattr(getattr(torch.ops.aten, name, None), overload, None)
            function = getattr(place, name, None)
            if operator is not None and function is not None:
                found[operator] = _Binding(function, count)
    return found


_BINDINGS = _bindings()
