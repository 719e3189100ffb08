# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Call the operators of torch's dispatcher with values of a script."""

import re
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from dg_pytorch_ros.conversion.script_numbers import (
    as_tensor, dtype_of, is_number, kind_of, KnownTensor, LiveNumber)
import torch
from torch.utils import _pytree as pytree

_NAME = re.compile(r'^(\w+)::(\w+)(?:\.(\w+))?\(')
_HACKED = re.compile(r'_?hacked_twin$')
_SCALARS = {bool: True, int: 1, float: 1.0}
# On tensors that are numbers in disguise, these do what Python does.
_ARITHMETIC: Dict[str, Callable[..., Any]] = {
    'aten::add': lambda a, b, alpha=1: a + alpha * b,
    'aten::sub': lambda a, b, alpha=1: a - alpha * b,
    'aten::rsub': lambda a, b, alpha=1: b - alpha * a,
    'aten::mul': lambda a, b: a * b,
    'aten::neg': lambda a: -a,
    'aten::floor_divide': lambda a, b: a // b,
    'aten::remainder': lambda a, b: a % b,
}
_DIVISION: Dict[Optional[str], Callable[..., Any]] = {
    None: lambda a, b: a / b,
    'floor': lambda a, b: a // b,
    'trunc': lambda a, b: torch.sym_int(a / b),
}


class OperatorName(NamedTuple):
    """The names by which torch knows the operator of a node."""

    library: str
    name: str
    overload: str

    @property
    def kind(self) -> str:
        """The name without the overload."""
        return f'{self.library}::{self.name}'


_FILLERS = ('aten::full', 'aten::full_like', 'aten::new_full')


def name_of(schema: str) -> Optional[OperatorName]:
    """Read the names in a schema; None if there is none."""
    found = _NAME.match(schema)
    if found is None:
        return None
    return OperatorName(found[1], found[2], _HACKED.sub('', found[3] or ''))


def find_overload(name: OperatorName) -> Any:
    """Return an operator that the dispatcher knows, None if it does not."""
    full = f'{name.kind}.{name.overload}' if name.overload else name.kind
    internal: Any = torch._C
    if not internal._dispatch_has_kernel(full):
        return None
    packet = getattr(getattr(torch.ops, name.library), name.name)
    return getattr(packet, name.overload or 'default')


def call(overload: Any, kind: str, values: Sequence[Any]) -> Any:
    """Call an operator."""
    known = _calculate(kind, overload._schema.arguments, values)
    if known is not None:
        return known
    values = [
        pytree.tree_map_only(KnownTensor, KnownTensor.tensor, value) for value in values]
    if _holds_live(values):
        overload, values = _with_tensors(overload, kind, values)
    positional: List[Any] = []
    named: Dict[str, Any] = {}
    for argument, value in zip(overload._schema.arguments, values):
        if 'ScalarType' in str(argument.type):
            value = dtype_of(value)
        if argument.kwarg_only:
            named[argument.name] = value
        else:
            positional.append(value)
    return overload(*positional, **named)


def _calculate(kind: str, arguments: Sequence[Any], values: Sequence[Any]) -> Any:
    """Calculate with tensors whose numbers are known, and with nothing else; None if it is."""
    if not any(isinstance(value, KnownTensor) for value in values):
        return None
    names = [argument.name for argument in arguments]
    given = dict(zip(names, values))
    rounding = given.pop('rounding_mode', None)
    numbers = {name: _known_number(value) for name, value in given.items()}
    if None in numbers.values():
        return None
    function = _DIVISION.get(rounding) if kind == 'aten::div' else _ARITHMETIC.get(kind)
    dtype = _result_dtype(given.values())
    if function is None or dtype not in (torch.int64, torch.float64):
        return None
    if kind == 'aten::div' and rounding is None and dtype == torch.int64:
        dtype = torch.get_default_dtype()
    return KnownTensor(function(*numbers.values()), dtype)


def _result_dtype(values: Iterable[Any]) -> torch.dtype:
    kinds = [value.dtype for value in values if isinstance(value, KnownTensor)]
    dtype = kinds[0]
    for kind in kinds[1:]:
        dtype = torch.promote_types(dtype, kind)
    is_floating = float in {
        kind_of(value) for value in values if not isinstance(value, KnownTensor)}
    return torch.get_default_dtype() if is_floating and dtype == torch.int64 else dtype


def _known_number(value: Any) -> Any:
    if isinstance(value, KnownTensor):
        return value.number
    return value if is_number(value) and not isinstance(value, LiveNumber) else None


def _holds_live(value: Any) -> bool:
    return any(isinstance(leaf, LiveNumber) for leaf in pytree.tree_leaves(value))


def _with_tensors(
    overload: Any, kind: str, values: Sequence[Any]
) -> Tuple[Any, Sequence[Any]]:
    """Find the operator that takes tensors where this one takes numbers."""
    if kind in _FILLERS:
        return _filled(overload, values)
    for name in overload._overloadpacket.overloads():
        other = getattr(overload._overloadpacket, name)
        arguments = _matched(overload._schema.arguments, other._schema.arguments, values)
        if arguments is not None:
            return other, _as_tensors(overload, arguments)
    # Sizes and places: torch has numbers of its own for those that only a run knows.
    return overload, [
        pytree.tree_map_only(LiveNumber, lambda live: live.tensor.item(), value)
        for value in values]


def _matched(
    own: Sequence[Any], others: Sequence[Any], values: Sequence[Any]
) -> Optional[List[Any]]:
    if len(own) != len(others):
        return None
    for mine, other, value in zip(own, others, values):
        is_taken = 'Tensor' in str(other.type) and 'List' not in str(other.type)
        if _holds_live(value):
            if not is_taken or not isinstance(value, LiveNumber):
                return None
        elif str(mine.type) != str(other.type) and not (is_taken and is_number(value)) and (
                value is not None):
            return None
    return [
        LiveNumber(as_tensor(value), kind_of(value))
        if is_number(value) and 'Tensor' in str(other.type) else value
        for other, value in zip(others, values)]


def _as_tensors(overload: Any, values: Sequence[Any]) -> List[Any]:
    """Give numbers the dtype in which the operator calculates with them."""
    tensors = [value for value in values if isinstance(value, torch.Tensor)]
    lives = [value for value in values if isinstance(value, LiveNumber)]
    if not tensors:
        return [value.tensor if isinstance(value, LiveNumber) else value for value in values]
    dtype = tensors[0].dtype
    if not overload._schema.name.endswith('_') and 'fill' not in overload._schema.name:
        for live in lives:
            dtype = torch.promote_types(
                dtype, torch.result_type(tensors[0], _SCALARS[live.kind]))
    return [
        value.tensor.to(dtype) if isinstance(value, LiveNumber) else value for value in values]


def _filled(overload: Any, values: Sequence[Any]) -> Tuple[Any, Sequence[Any]]:
    given = {
        argument.name: value for argument, value in zip(overload._schema.arguments, values)}
    like = given.get('self')
    number = given['fill_value']
    default: Any = {bool: torch.bool, int: torch.int64}.get(
        kind_of(number), torch.get_default_dtype())
    dtype = given['dtype'] if given['dtype'] is not None else default
    if like is not None and given['dtype'] is None:
        dtype = like.dtype
    size: Any = given.get('size', None if like is None else like.shape)
    tensor = as_tensor(number).to(dtype_of(dtype)).expand(size)
    return torch.ops.aten.clone.default, [tensor]
