# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What TorchScript's operators on numbers, texts and containers do, in Python."""

import math
import operator
from typing import Any, Callable, Dict, List, Optional

from dg_pytorch_ros.conversion.script_numbers import (
    as_tensor, dtype_of, is_number, kind_of, KnownTensor, LiveNumber, number_of, SYMBOLIC,
    to_bool, to_float, to_int, to_number)
import torch

_Function = Callable[..., Any]
_FEW = 16


def _pow(base: Any, exponent: Any) -> Any:
    return base ** exponent


def _power(base: Any, exponent: Any) -> float:
    return float(base ** exponent)


def _not(value: Any) -> Any:
    return torch.sym_not(value) if isinstance(value, torch.SymBool) else not value


def _xor(left: Any, right: Any) -> Any:
    return left ^ right


def _round_to_zero(left: Any, right: Any) -> Any:
    return math.trunc(left / right)


def _length(value: Any) -> Any:
    return value.shape[0] if isinstance(value, torch.Tensor) else len(value)


def _append(items: List[Any], item: Any) -> List[Any]:
    items.append(item)
    return items


def _extend(items: List[Any], more: List[Any]) -> None:
    items.extend(more)


def _add_to(items: List[Any], more: List[Any]) -> List[Any]:
    items += more
    return items


def _set_item(items: Any, key: Any, value: Any) -> Any:
    items[key] = value
    return items


def _delete(items: Any, key: Any) -> None:
    del items[key]


def _slice(items: Any, start: Any = None, end: Any = None, step: Any = 1) -> Any:
    return items[start:end:step]


def _pop(items: Any, *key: Any) -> Any:
    return items.pop(*key)


def _sort(items: List[Any], reverse: bool = False) -> None:
    items.sort(reverse=reverse)


def _sorted(items: List[Any], reverse: bool = False) -> List[Any]:
    return sorted(items, reverse=reverse)


def _items(mapping: Dict[Any, Any]) -> List[Any]:
    return list(mapping.items())


def _format(text: str, *values: Any) -> str:
    return text.format(*map(_to_text, values))


def _percent_format(text: str, *values: Any) -> str:
    try:
        return text % values
    except TypeError:  # %d of a number that nobody knows
        return text


def _to_text(value: Any) -> str:
    if isinstance(value, (LiveNumber, torch.Tensor)):
        return 'what only a run knows'
    return str(value)


def _unwrap(value: Any) -> Any:
    if value is None:
        raise RuntimeError('Unwrapping null optional')
    return value


def _derive_index(index: Any, start: Any, step: Any) -> Any:
    return start + index * step


def _range_length(low: Any, high: Any, step: Any) -> Any:
    return len(range(int(low), int(high), int(step)))


def _infer_size(left: List[Any], right: List[Any]) -> List[Any]:
    return list(torch.broadcast_shapes(left, right))


def _minimum(*values: Any) -> Any:
    return _extreme(torch.sym_min, min, values)


def _maximum(*values: Any) -> Any:
    return _extreme(torch.sym_max, max, values)


def _extreme(symbolic: _Function, plain: _Function, values: Any) -> Any:
    if len(values) == 2 and any(isinstance(value, SYMBOLIC) for value in values):
        return symbolic(*values)
    return plain(*values)


def _to_dtype(tensor: torch.Tensor, dtype: Any = None, *options: Any) -> torch.Tensor:
    return tensor if dtype is None else tensor.to(dtype_of(dtype), *options)


def _to_device(
    tensor: torch.Tensor, device: Any, dtype: Any = None, *options: Any
) -> torch.Tensor:
    return tensor.to(device or tensor.device, dtype_of(dtype), *options)


def _number_to_tensor(number: Any) -> Any:
    if isinstance(number, LiveNumber):
        return number.tensor
    dtype = {bool: torch.bool, int: torch.int64, float: torch.float64}[kind_of(number)]
    return KnownTensor(number, dtype)


def make_tensor(
    data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> torch.Tensor:
    """Do what `torch.tensor` does, with numbers, too, that only a run knows."""
    if isinstance(data, KnownTensor):
        data = data.tensor()
    if isinstance(data, torch.Tensor):
        return data.clone() if dtype is None else data.to(dtype_of(dtype), copy=True)
    numbers = list(_numbers_in(data))
    is_settled = not any(isinstance(number, (LiveNumber, *SYMBOLIC)) for number in numbers)
    # A branch of a program cannot hold a tensor, but what makes a few numbers into one.
    if not numbers or (is_settled and len(numbers) > _FEW):
        return torch.tensor(data, dtype=dtype_of(dtype), device=device)
    target = dtype_of(dtype) if dtype is not None else _default_dtype(kind_of(numbers[0]))

    def build(item: Any) -> torch.Tensor:
        if isinstance(item, (list, tuple)):
            return torch.stack([build(part) for part in item])
        if target.is_floating_point and isinstance(item, (int, float)):
            return torch.scalar_tensor(item, dtype=target)
        number = as_tensor(item)
        return number if number.dtype == target else number.to(target)

    return build(data) if device is None else build(data).to(device)


def _as_tensor(data: Any, dtype: Any = None, device: Any = None) -> torch.Tensor:
    if isinstance(data, torch.Tensor):
        return data if dtype is None else data.to(dtype_of(dtype))
    return make_tensor(data, dtype, device)


def _numbers_in(data: Any) -> Any:
    if isinstance(data, (list, tuple)):
        for item in data:
            yield from _numbers_in(item)
    else:
        yield data


def _default_dtype(kind: Any) -> torch.dtype:
    return {bool: torch.bool, int: torch.int64}.get(kind, torch.get_default_dtype())


def _size(tensor: torch.Tensor, *dimension: Any) -> Any:
    return tensor.shape[dimension[0]] if dimension else list(tensor.shape)


def _stride(tensor: torch.Tensor, *dimension: Any) -> Any:
    return tensor.stride(*dimension) if dimension else list(tensor.stride())


# The dispatcher's operators of these names would give plain numbers for sizes that may vary.
_MEASURES: Dict[str, _Function] = {
    'aten::size': _size,
    'aten::sym_size': _size,
    'aten::stride': _stride,
    'aten::sym_stride': _stride,
    'aten::numel': lambda x: x.numel(),
    'aten::sym_numel': lambda x: x.numel(),
    'aten::dim': lambda x: x.dim(),
    'aten::storage_offset': lambda x: x.storage_offset(),
    'aten::sym_storage_offset': lambda x: x.storage_offset(),
}

_TENSOR_FACTS: Dict[str, _Function] = {
    'aten::element_size': lambda x: x.element_size(),
    'prim::shape': lambda x: list(x.shape),
    'prim::dtype': lambda x: number_of(x.dtype),
    'prim::device': lambda x: x.device,
    'prim::layout': lambda x: 0,
    'prim::requires_grad': lambda x: False,
    'prim::is_cpu': lambda x: x.is_cpu,
    'prim::is_cuda': lambda x: x.is_cuda,
    'prim::is_sparse': lambda x: x.is_sparse,
    'prim::is_quantized': lambda x: x.is_quantized,
    'prim::is_mkldnn': lambda x: x.is_mkldnn,
    'prim::is_meta': lambda x: False,
    'prim::is_nested': lambda x: x.is_nested,
    'prim::itemsize': lambda x: x.itemsize,
    'prim::nbytes': lambda x: x.nbytes,
    'prim::data': lambda x: x.detach(),
    'prim::grad': lambda x: None,
    'aten::cpu': lambda x: x.cpu(),
    'aten::mT': lambda x: x.mT,
    'aten::mH': lambda x: x.mH,
    'aten::numpy_T': lambda x: x.permute(*reversed(range(x.dim()))),
    'aten::matrix_H': lambda x: x.mH,
}

_SETTINGS: Dict[str, _Function] = {
    'aten::is_scripting': lambda: True,
    'aten::is_grad_enabled': lambda: False,
    'aten::set_grad_enabled': lambda enabled: None,
    'aten::_get_tracing_state': lambda: False,
    'aten::is_autocast_enabled': lambda: False,
    'aten::is_autocast_cpu_enabled': lambda: False,
    'aten::has_torch_function': lambda *values: False,
}

_CONTAINERS: Dict[str, _Function] = {
    'aten::len': _length,
    'aten::__getitem__': operator.getitem,
    'aten::select': operator.getitem,
    'prim::StringIndex': operator.getitem,
    'aten::__contains__': operator.contains,
    'aten::slice': _slice,
    'aten::append': _append,
    'aten::extend': _extend,
    'aten::add_': _add_to,
    'aten::_set_item': _set_item,
    'aten::Delete': _delete,
    'aten::insert': lambda items, place, item: items.insert(place, item),
    'aten::pop': _pop,
    'aten::popitem': lambda mapping: mapping.popitem(),
    'aten::remove': lambda items, item: items.remove(item),
    'aten::clear': lambda items: items.clear(),
    'aten::copy': lambda items: items.copy(),
    'aten::reverse': lambda items: items.reverse(),
    'aten::sort': _sort,
    'aten::sorted': _sorted,
    'aten::index': lambda items, item: items.index(item),
    'aten::count': lambda items, item: items.count(item),
    'aten::list': list,
    'aten::dict': dict,
    'aten::keys': lambda mapping: list(mapping.keys()),
    'aten::values': lambda mapping: list(mapping.values()),
    'aten::items': _items,
    'aten::get': lambda mapping, key, default=None: mapping.get(key, default),
    'aten::setdefault': lambda mapping, key, value: mapping.setdefault(key, value),
    'aten::update': lambda mapping, more: mapping.update(more),
    'aten::any': any,
    'aten::all': all,
    'aten::sum': sum,
    'aten::broadcast_shapes': lambda *shapes: list(torch.broadcast_shapes(*shapes)),
    'aten::_infer_size': _infer_size,
    'aten::__derive_index': _derive_index,
    'aten::__range_length': _range_length,
    'prim::rangelist': lambda length: list(range(length)),
    'aten::format': _format,
    'aten::percentFormat': _percent_format,
    'aten::str': _to_text,
    **{
        f'aten::{name}': getattr(str, name) for name in (
            'join', 'lower', 'upper', 'strip', 'lstrip', 'rstrip', 'split', 'startswith',
            'endswith', 'replace', 'find', 'title', 'capitalize')},
}

_NUMBERS: Dict[str, _Function] = {
    'aten::add': operator.add,
    'aten::sub': operator.sub,
    'aten::mul': operator.mul,
    'aten::div': operator.truediv,
    'aten::floordiv': operator.floordiv,
    'aten::remainder': operator.mod,
    'aten::__round_to_zero_floordiv': _round_to_zero,
    'aten::pow': _power,
    'aten::neg': operator.neg,
    'aten::eq': operator.eq,
    'aten::ne': operator.ne,
    'aten::lt': operator.lt,
    'aten::le': operator.le,
    'aten::gt': operator.gt,
    'aten::ge': operator.ge,
    'aten::__and__': operator.and_,
    'aten::__or__': operator.or_,
    'aten::__xor__': _xor,
    'aten::__lshift__': operator.lshift,
    'aten::__rshift__': operator.rshift,
    'aten::__not__': _not,
    'aten::divmod': divmod,
    'aten::round': lambda number: float(round(number)),
    'aten::floor': math.floor,
    'aten::ceil': math.ceil,
    'prim::abs': abs,
    'prim::min': _minimum,
    'prim::max': _maximum,
    'aten::isnan': math.isnan,
    'aten::isinf': math.isinf,
    'aten::isfinite': math.isfinite,
    **{
        f'aten::{name}': getattr(math, name) for name in (
            'acos', 'acosh', 'asin', 'asinh', 'atan', 'atan2', 'atanh', 'copysign', 'cos', 'cosh',
            'degrees', 'erf', 'erfc', 'exp', 'expm1', 'fabs', 'fmod', 'factorial', 'gcd', 'lgamma',
            'log', 'log10', 'log1p', 'radians', 'sin', 'sinh', 'sqrt', 'tan', 'tanh')},
}

_CASTS: Dict[str, _Function] = {
    'aten::Bool': to_bool,
    'aten::Int': to_int,
    'aten::Float': to_float,
    'aten::IntImplicit': to_int,
    'aten::FloatImplicit': to_float,
    'aten::ScalarImplicit': to_number,
    'aten::item': to_number,
    'aten::is_nonzero': to_bool,
    'prim::NumToTensor': _number_to_tensor,
    'aten::tensor': make_tensor,
    'aten::as_tensor': _as_tensor,
    'aten::_list_to_tensor': make_tensor,
    'aten::device': lambda name, *index: torch.device(name, *index),
    'prim::type': lambda device: device.type,
    'prim::index': lambda device: device.index,
    'aten::_unwrap_optional': _unwrap,
    'prim::unchecked_unwrap_optional': _unwrap,
    'aten::__is__': operator.is_,
    'aten::__isnot__': operator.is_not,
}

_PREFERRED = frozenset(
    {'aten::Bool', 'aten::Int', 'aten::Float', 'aten::item', 'aten::is_nonzero'})

_BY_OVERLOAD: Dict[str, _Function] = {
    'aten::pow.int_to_int': _pow,
    'aten::to.prim_dtype': _to_dtype,
    'aten::to.prim_Device': _to_device,
}

_PLAIN = {**_MEASURES, **_TENSOR_FACTS, **_SETTINGS, **_CONTAINERS, **_NUMBERS, **_CASTS}


def plain_operator(kind: str, overload: str) -> Optional[_Function]:
    """Return what an operator does that torch's dispatcher does not know; None if unknown."""
    return _BY_OVERLOAD.get(f'{kind}.{overload}') or _PLAIN.get(kind)


def is_preferred(kind: str) -> bool:
    """Whether an operator is better done here than by the dispatcher, if that knows it, too."""
    return kind in _MEASURES or kind in _PREFERRED


def _arithmetic(function: _Function) -> _Function:
    """Calculate with the dtype in which Python would."""
    def work(*numbers: Any) -> LiveNumber:
        kind = float if float in map(kind_of, numbers) else int
        return LiveNumber(function(*(to_kind(number, kind) for number in numbers)), kind)
    return work


def _calculus(function: _Function) -> _Function:
    def work(*numbers: Any) -> LiveNumber:
        return LiveNumber(function(*(to_kind(number, float) for number in numbers)), float)
    return work


def _comparison(function: _Function) -> _Function:
    def work(left: Any, right: Any) -> LiveNumber:
        kind = float if float in (kind_of(left), kind_of(right)) else int
        return LiveNumber(function(to_kind(left, kind), to_kind(right, kind)), bool)
    return work


def _logic(function: _Function) -> _Function:
    def work(*numbers: Any) -> LiveNumber:
        return LiveNumber(function(*map(as_tensor, numbers)), kind_of(numbers[0]))
    return work


def _rounding(function: _Function) -> _Function:
    def work(number: Any) -> LiveNumber:
        return LiveNumber(function(to_kind(number, float)), int)
    return work


def to_kind(number: Any, kind: Any) -> torch.Tensor:
    """Return a number as the tensor of a kind of Python numbers."""
    return LiveNumber(as_tensor(number), kind).tensor


_LIVE: Dict[str, _Function] = {
    **{kind: _CASTS[kind] for kind in (
        'aten::Bool', 'aten::Int', 'aten::Float', 'prim::NumToTensor', 'aten::tensor',
        'aten::as_tensor', 'aten::_list_to_tensor', 'aten::__is__', 'aten::__isnot__')},
    **{kind: _CONTAINERS[kind] for kind in (
        'aten::format', 'aten::percentFormat', 'aten::str')},
    'aten::add': _arithmetic(torch.add),
    'aten::sub': _arithmetic(torch.sub),
    'aten::mul': _arithmetic(torch.mul),
    'aten::neg': _arithmetic(torch.neg),
    'aten::floordiv': _arithmetic(torch.floor_divide),
    'aten::remainder': _arithmetic(torch.remainder),
    'prim::abs': _arithmetic(torch.abs),
    'prim::min': _arithmetic(torch.minimum),
    'prim::max': _arithmetic(torch.maximum),
    'aten::div': _calculus(torch.div),
    'aten::pow': _calculus(torch.pow),
    **{
        f'aten::{name}': _calculus(getattr(torch, name)) for name in (
            'acos', 'asin', 'atan', 'atan2', 'cos', 'cosh', 'exp', 'log', 'sin', 'sinh', 'sqrt',
            'tan', 'tanh')},
    'aten::fabs': _calculus(torch.abs),
    'aten::floor': _rounding(torch.floor),
    'aten::ceil': _rounding(torch.ceil),
    'aten::eq': _comparison(torch.eq),
    'aten::ne': _comparison(torch.ne),
    'aten::lt': _comparison(torch.lt),
    'aten::le': _comparison(torch.le),
    'aten::gt': _comparison(torch.gt),
    'aten::ge': _comparison(torch.ge),
    'aten::__and__': _logic(torch.bitwise_and),
    'aten::__or__': _logic(torch.bitwise_or),
    'aten::__xor__': _logic(torch.bitwise_xor),
    'aten::__not__': _logic(torch.logical_not),
}


# These do not look at the items.
_TAKE_ITEM = frozenset({'aten::append', 'aten::insert', 'aten::_set_item', 'aten::setdefault'})
_HOLDERS = _TAKE_ITEM | {
    f'aten::{name}' for name in (
        'len', '__getitem__', 'select', 'slice', 'extend', 'add_', 'pop', 'popitem', 'clear',
        'copy', 'reverse', 'list', 'dict', 'keys', 'values', 'items', 'get', 'update', 'Delete')}
_ON_NUMBERS = frozenset(_LIVE) - frozenset(_CASTS) - frozenset(_CONTAINERS)


def live_operator(kind: str, values: Any) -> Optional[_Function]:
    """Return what an operator does on numbers that only a run knows; None if it cannot."""
    if kind == 'aten::pow' and float not in map(kind_of, values):
        return None
    if kind in _HOLDERS and isinstance(values[0], (list, dict)):
        keys = values[1:-1] if kind in _TAKE_ITEM else values[1:]
        return None if any(isinstance(key, LiveNumber) for key in keys) else _CONTAINERS[kind]
    if kind in _ON_NUMBERS and not all(map(is_number, values)):
        return None
    return _LIVE.get(kind)
