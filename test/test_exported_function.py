# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The function of a graph does what the graph says, by the quickest way to each operator."""

import gc
from typing import Any, Callable, Dict, List, Tuple
import weakref

from dg_pytorch_ros.exported.function import GraphFunction
from dg_pytorch_ros.exported.operators import known, quickest
import pytest
import torch
from torch import nn, Tensor

CPU = torch.device('cpu')


def positive(*sizes: int) -> Tensor:
    """Return numbers for which all functions are defined."""
    return 0.1 + torch.rand(sizes, generator=torch.Generator().manual_seed(len(sizes)))


def lstm_arguments(gates: int, states: Any) -> Tuple[Any, ...]:
    weights = [positive(gates * 5, 3), positive(gates * 5, 5), *2 * [positive(gates * 5)]]
    return positive(2, 1, 3), states, weights, True, 1, 0.0, False, False, False


X = positive(2, 3)
# Calls as torch.export writes them, with the most arguments and with fewer, by operator.
CALLS: Dict[str, List[Tuple[Any, ...]]] = {
    **{f'{name}.default': [(X,)] for name in (
        'abs', 'cos', 'exp', 'log', 'neg', 'relu', 'rsqrt', 'sigmoid', 'sin', 'sqrt', 'tanh',
        'silu', 'gelu')},
    **{f'{name}.Tensor': [
        (X, positive(3)), (X, 2), (X, 0.3), (torch.arange(3), 2), (torch.arange(3), 0.5),
        (X.double(), X)] for name in ('add', 'sub', 'mul', 'div')},
    'add_.Tensor': [(X, positive(3)), (X, 2), (torch.arange(3), 2)],
    'addmm.default': [(positive(4), X, positive(3, 4))],
    'bmm.default': [(positive(2, 2, 3), positive(2, 3, 4))],
    'cat.default': [([X, X],), ([X, X], 1), ([X, X.double()], -1)],
    'clamp.default': [(X, 0.2), (X, None, 0.5), (X, 0.2, 0.5), (torch.arange(4), 1, 2)],
    'conv1d.default': [
        (positive(1, 2, 9), positive(4, 2, 3)),
        (positive(1, 2, 9), positive(4, 1, 3), positive(4), [2], [1], [2], 2),
        (positive(2, 9), positive(4, 2, 3), None, [1], [1])],
    'conv2d.default': [
        (positive(1, 2, 9, 8), positive(4, 2, 3, 3)),
        (positive(1, 2, 9, 8), positive(4, 1, 3, 3), positive(4), [2, 1], [1, 0], [2, 1], 2)],
    'copy_.default': [(X, positive(3)), (X, torch.arange(3))],
    'elu.default': [(X - 0.5,), (X - 0.5, 0.7), (X - 0.5, 0.7, 1.1, 0.9)],
    'expand.default': [(positive(1, 3), [4, 3]), (positive(1, 3), [-1, 3])],
    'flatten.using_ints': [(positive(2, 3, 4),), (positive(2, 3, 4), 1), (positive(2, 3), 0, 1)],
    'gru.input': [lstm_arguments(3, positive(1, 1, 5))],
    'leaky_relu.default': [(X - 0.5,), (X - 0.5, 0.3)],
    'linear.default': [(X, positive(4, 3)), (X, positive(4, 3), positive(4))],
    'lstm.input': [lstm_arguments(4, [positive(1, 1, 5), positive(1, 1, 5)])],
    'matmul.default': [(X, positive(3)), (X, positive(3, 2))],
    'maximum.default': [(X, positive(3))],
    'mean.dim': [(X, [0]), (X, [-1], True), (X, None)],
    'minimum.default': [(X, positive(3))],
    'mm.default': [(X, positive(3, 2))],
    'permute.default': [(positive(2, 3, 4), [2, 0, 1])],
    'pow.Tensor_Scalar': [(X, 2), (X, 0.5), (torch.arange(4), 2)],
    'reshape.default': [(X, [3, -1]), (X.t(), [6])],
    'select.int': [(X, 1, -1)],
    'softmax.int': [(X, -1)],
    'squeeze.dim': [(positive(1, 3), 0), (positive(1, 3), 1)],
    'stack.default': [([X, X],), ([X, X], -1)],
    'sum.dim_IntList': [(X, [0]), (X, [0, 1], True), (X, None), (torch.arange(4), [0])],
    'transpose.int': [(X, 0, 1)],
    'unsqueeze.default': [(X, 0)],
    'view.default': [(X, [3, -1]), (X, [6])],
    'where.self': [(X > 0.5, X, positive(3))]}


def node_of(target: Any, arguments: Tuple[Any, ...], **named: Any) -> Any:
    graph = torch.fx.Graph()
    values = tuple(
        graph.placeholder(f'x{index}') if isinstance(one, Tensor) else one
        for index, one in enumerate(arguments))
    return graph.call_function(target, values, named)


def operator(name: str) -> Any:
    packet, _, overload = name.partition('.')
    return getattr(getattr(torch.ops.aten, packet), overload)


def fresh(value: Any) -> Any:
    if isinstance(value, list):
        return [fresh(one) for one in value]
    return value.clone() if isinstance(value, Tensor) else value


def tensors(value: Any) -> List[Tensor]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def test_each_known_operator_is_tried() -> None:
    assert {f'aten.{name}' for name in CALLS} == {str(one) for one in known()}


@pytest.mark.parametrize('name', CALLS)
def test_quickest_way_gives_the_same_bits(name: str) -> None:
    target = operator(name)
    for arguments in CALLS[name]:
        quick = quickest(node_of(target, arguments))
        assert quick is not target
        with torch.inference_mode():
            results = tensors(quick(*fresh(list(arguments))))
            expected = tensors(target(*fresh(list(arguments))))
        assert len(results) == len(expected)
        for result, wanted in zip(results, expected):
            assert (result.dtype, result.shape, result.stride()) == (
                wanted.dtype, wanted.shape, wanted.stride())
            assert torch.equal(result, wanted)


def test_other_calls_of_an_operator_are_left_alone() -> None:
    add = torch.ops.aten.add.Tensor
    assert quickest(node_of(add, (X, X), alpha=2)) is add
    total = torch.ops.aten.sum.default
    assert quickest(node_of(total, (X,))) is total
    softmax = torch.ops.aten.softmax.int
    assert quickest(node_of(softmax, (X, -1, torch.float64))) is softmax


def compiled(module: nn.Module, *examples: Tensor) -> Callable[..., Any]:
    program = torch.export.export(module.eval(), examples, strict=False)
    (output,) = (node for node in program.graph.nodes if node.op == 'output')
    return GraphFunction(
        program.graph, program.graph_module, CPU, bound=dict(program.state_dict),
        results=output.args[0]).compiled()


def test_constants_of_all_kinds_are_handed_on() -> None:
    class Odd(nn.Module):

        def forward(self, x: Tensor) -> Tensor:
            x = torch.where(x > float('-inf'), x, torch.nan)
            x = torch.nn.functional.pad(x, [1, 2], mode='constant', value=-float('inf'))
            x = torch.cat([x, torch.full((2,), 7.0, dtype=torch.float64)])
            return torch.stack([x[1:4], x[-3:].to(torch.float64)])[..., ::2]

    value = positive(3)
    (result,) = compiled(Odd(), positive(3))(value)
    assert torch.equal(result, Odd()(value))


def test_values_are_let_go_when_nobody_wants_them_any_more() -> None:
    alive: List[Any] = []
    counts: List[int] = []

    def watch(value: Tensor) -> Tensor:
        gc.collect()
        counts.append(sum(one() is not None for one in alive))
        result = value + 1
        alive.append(weakref.ref(result))
        return result

    graph = torch.fx.Graph()
    value = graph.placeholder('x')
    first = value = graph.call_function(watch, (value,))
    for _ in range(4):
        value = graph.call_function(watch, (value,))
    graph.output((value, first))
    function = GraphFunction(graph, nn.Module(), CPU, bound={}).compiled()
    last, kept = function(torch.zeros(1))
    assert (last.item(), kept.item()) == (5, 1)
    assert counts == [0, 1, 2, 2, 2]


def test_devices_are_replaced_by_the_one_that_is_run_on() -> None:
    graph = torch.fx.Graph()
    made = graph.call_function(
        torch.ops.aten.zeros.default, ([2],), {'device': torch.device('cuda', 0)})
    moved = graph.call_function(torch.ops.aten.to.device, (
        made, torch.device('cuda', 1), torch.float64))
    graph.output((moved,))
    (result,) = GraphFunction(graph, nn.Module(), CPU, bound={}).compiled()()
    assert (result.device, result.dtype) == (CPU, torch.float64)


def test_what_is_remembered_is_read_before_it_is_overwritten() -> None:
    graph = torch.fx.Graph()
    newest, _, x = (graph.placeholder(name) for name in ('newest', 'before', 'x'))
    graph.output((x,))
    bound = {'newest': torch.tensor([1.0]), 'before': torch.tensor([0.0])}
    function = GraphFunction(
        graph, nn.Module(), CPU, bound=bound, copies=[('newest', x), ('before', newest)],
        results=(newest,), copied=frozenset(('newest', 'before'))).compiled()
    assert function(torch.tensor([2.0]))[0].item() == 1, 'what it was when the run began'
    assert (bound['newest'].item(), bound['before'].item()) == (2, 1)


def test_views_of_what_never_changes_are_looked_for_once() -> None:
    class Count(torch.overrides.TorchFunctionMode):
        """Counts the calls of torch."""

        calls = 0

        def __torch_function__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            self.calls += 1
            return function(*args, **(kwargs or {}))

    graph = torch.fx.Graph()
    weight, x = graph.placeholder('weight'), graph.placeholder('x')
    turned = graph.call_function(torch.ops.aten.permute.default, (weight, [1, 0]))
    graph.output((graph.call_function(torch.ops.aten.mm.default, (x, turned)),))
    for constant, calls in ((frozenset(('weight',)), 1), (frozenset(), 2)):
        function = GraphFunction(
            graph, nn.Module(), CPU, bound={'weight': X}, constant=constant).compiled()
        value = positive(4, 3)
        with Count() as count:
            (result,) = function(value)
        assert torch.equal(result, value @ X.t())
        assert count.calls == calls
