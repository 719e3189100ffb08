# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The graph of a program as a Python function that does its operations one after the other."""

import math
import operator
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Sequence, Tuple

from dg_pytorch_ros.exported.operators import quickest
import torch

# What these ask of a value follows from the arguments, which have been looked at.
_ASKS_AGAIN = ('aten::_assert_tensor_metadata',)
# Of what is stored and never changes, these need be looked for only once.
_VIEWS = tuple(f'aten::{name}' for name in (
    'expand', 'permute', 'squeeze', 't', 'transpose', 'unsqueeze', 'view'))


def _choose(
    condition: Any, if_true: Callable[..., Any], if_false: Callable[..., Any], operands: Any = ()
) -> Any:
    return (if_true if condition else if_false)(*operands)


def _without_mode(_: Any, function: Callable[..., Any], *operands: Any) -> Any:
    return function(*operands)  # no mode of gradients counts in inference mode


_HIGHER_ORDER: Dict[str, Callable[..., Any]] = {
    'cond': _choose, 'wrap_with_set_grad_enabled': _without_mode}


class GraphFunction:
    """
    Writes the function of one graph.

    `bound` are the values of placeholders that are no argument of the function; `copies` pairs of
    a bound tensor and the node that it becomes in the end; `copied` the nodes that are returned as
    a tensor of their own; `constant` the bound values that nothing changes. Constants that say a
    device say `device` instead.
    """

    def __init__(
        self, graph: Any, module: Any, device: torch.device, *,
        bound: Mapping[str, Any], copies: Sequence[Tuple[str, Any]] = (),
        results: Any = None, copied: FrozenSet[str] = frozenset(),
        constant: FrozenSet[str] = frozenset()
    ) -> None:
        self._graph = graph
        self._module = module
        self._device = device
        self._copied = copied
        self._known = {name: value for name, value in bound.items() if name in constant}
        self._namespace: Dict[str, Any] = {}
        self._names: Dict[str, str] = {}
        self._arguments: List[str] = []
        self._lines: List[str] = []
        self._bind(bound)
        self._write(bound, copies, self._returned() if results is None else results)

    def compiled(self) -> Callable[..., Any]:
        """Return the function."""
        source = f'def forward({", ".join(self._arguments)}):\n' + ''.join(
            f'    {line}\n' for line in self._lines)
        exec(compile(source, '<exported program>', 'exec'), self._namespace)
        function: Callable[..., Any] = self._namespace['forward']
        return function

    def _bind(self, bound: Mapping[str, Any]) -> None:
        for node in self._graph.nodes:
            if node.op == 'placeholder':
                if node.name in bound:
                    self._names[node.name] = self._constant(bound[node.name])
                else:
                    self._names[node.name] = f'a{len(self._arguments)}'
                    self._arguments.append(self._names[node.name])

    def _returned(self) -> Any:
        (output,) = (node for node in self._graph.nodes if node.op == 'output')
        return output.args[0]

    def _write(
        self, bound: Mapping[str, Any], copies: Sequence[Tuple[str, Any]], results: Any
    ) -> None:
        last = self._last_uses(copies, results)
        for node in self._graph.nodes:
            if node.op == 'get_attr':
                self._names[node.name] = self._constant(
                    bound[node.name] if node.name in bound else self._attribute(node))
            elif node.op == 'call_function':
                if not self._is_known(node):
                    self._call(node)
                self._forget(last.get(node.name, ()))
        # All are read before any is written: one may be what another held until now.
        returned = self._result(results)
        values = [self._result(value) for _, value in copies]
        if values:
            self._lines.append(f'returned = {returned}')
            self._lines.append(f'copied = [{", ".join(values)}]')
            returned = 'returned'
        for index, (target, _) in enumerate(copies):
            self._lines.append(
                f'{self._constant(torch.Tensor.copy_)}({self._names[target]}, copied[{index}])')
        self._lines.append(f'return {returned}')

    def _is_known(self, node: Any) -> bool:
        """Look whether this is a view of what never changes; then it becomes a constant."""
        if _schema_name(node.target) not in _VIEWS or not all(
                one.name in self._known for one in node.all_input_nodes):
            return False
        value = node.target(*torch.fx.node.map_arg(
            node.args, lambda one: self._known[one.name]), **node.kwargs)
        self._known[node.name] = value
        self._names[node.name] = self._constant(value)
        return True

    def _call(self, node: Any) -> None:
        target = node.target
        if _schema_name(target) in _ASKS_AGAIN:
            return
        positional = [self._text(value) for value in node.args]
        named = [f'{name}={self._text(value)}' for name, value in node.kwargs.items()]
        if target is operator.getitem and not named:
            call = f'{positional[0]}[{positional[1]}]'
        else:
            function = self._constant(_function_of(node))
            call = f'{function}({", ".join(positional + named)})'
        if node.users:
            self._names[node.name] = f'v{len(self._names)}'
            call = f'{self._names[node.name]} = {call}'
        self._lines.append(call)

    def _result(self, results: Any) -> str:
        if isinstance(results, (list, tuple)):
            return f'({"".join(self._result(one) + ", " for one in results)})'
        text = self._text(results)
        if isinstance(results, torch.fx.Node) and results.name in self._copied:
            return f'{self._constant(torch.clone)}({text})'
        return text

    def _last_uses(
        self, copies: Sequence[Tuple[str, Any]], results: Any
    ) -> Dict[str, List[str]]:
        """Find the values that nobody wants any more, by the node after which that is so."""
        kept = {one.name for one in _nodes_in((results, [value for _, value in copies]))}
        last: Dict[str, List[str]] = {}
        seen = set(kept)
        for node in reversed(list(self._graph.nodes)):
            if node.op != 'call_function':
                continue
            for one in node.all_input_nodes:
                if one.name not in seen and one.op == 'call_function':
                    seen.add(one.name)
                    last.setdefault(node.name, []).append(one.name)
        return last

    def _forget(self, names: Sequence[str]) -> None:
        values = [self._names[name] for name in names if name not in self._known]
        if values:
            self._lines.append(f'del {", ".join(values)}')

    def _attribute(self, node: Any) -> Any:
        value = self._module
        for name in node.target.split('.'):
            value = getattr(value, name)
        if isinstance(value, torch.fx.GraphModule) and all(
                _higher_order(user.target) in _HIGHER_ORDER for user in node.users):
            return GraphFunction(value.graph, value, self._device, bound={}).compiled()
        if isinstance(value, torch.fx.GraphModule):
            _move(value, self._device)
        return value.to(self._device) if isinstance(value, torch.Tensor) else value

    def _text(self, value: Any) -> str:
        """Write a value as Python, by a name where it has no other way to be written."""
        if isinstance(value, torch.fx.Node):
            return self._names[value.name]
        if isinstance(value, (list, tuple)) and any(True for _ in _nodes_in(value)):
            text = ''.join(self._text(one) + ', ' for one in value)
            return f'[{text}]' if isinstance(value, list) else f'({text})'
        if isinstance(value, slice):
            parts = (value.start, value.stop, value.step)
            return f'slice({", ".join(map(self._text, parts))})'
        if value is None or isinstance(value, (bool, int, str)):
            return repr(value)
        if isinstance(value, float) and math.isfinite(value):
            return repr(value)
        if isinstance(value, torch.device):
            return self._constant(self._device)
        if isinstance(value, (list, tuple)):
            value = list(value) if isinstance(value, list) else tuple(value)
        return self._constant(value)

    def _constant(self, value: Any) -> str:
        name = f'c{len(self._namespace)}'
        self._namespace[name] = value
        return name


def _schema_name(target: Any) -> str:
    schema = getattr(target, '_schema', None)
    return str(getattr(schema, 'name', ''))


def _function_of(node: Any) -> Callable[..., Any]:
    return _HIGHER_ORDER.get(_higher_order(node.target)) or quickest(node)


def _higher_order(target: Any) -> str:
    """Return the name of an operator that takes graphs; '' for any other."""
    return target.name() if isinstance(target, torch._ops.HigherOrderOperator) else ''


def _move(module: Any, device: torch.device) -> None:
    """Have the code of a module and all in it say this device wherever it says one."""
    for inner in module.modules():
        for node in getattr(inner, 'graph', torch.fx.Graph()).nodes:
            node.args, node.kwargs = torch.fx.node.map_aggregate(
                (node.args, node.kwargs),
                lambda value: device if isinstance(value, torch.device) else value)
        if isinstance(inner, torch.fx.GraphModule):
            inner.recompile()


def _nodes_in(value: Any) -> Any:
    if isinstance(value, torch.fx.Node):
        yield value
    elif isinstance(value, slice):
        yield from _nodes_in((value.start, value.stop, value.step))
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _nodes_in(one)
    elif isinstance(value, dict):
        yield from _nodes_in(list(value.values()))
