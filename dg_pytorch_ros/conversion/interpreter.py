# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Walk through the graph of a script and do what it says, in Python."""

from types import SimpleNamespace
from typing import Any, Callable, Dict, List, NoReturn, Sequence

from dg_pytorch_ros.conversion.branches import Branches
from dg_pytorch_ros.conversion.dispatch import call, find_overload, name_of
from dg_pytorch_ros.conversion.error import ConversionError, ScriptRaised
from dg_pytorch_ros.conversion.memory import join, Memory, ModuleAt
from dg_pytorch_ros.conversion.operators import is_preferred, live_operator, plain_operator
from dg_pytorch_ros.conversion.origin import place_of, walk
from dg_pytorch_ros.conversion.script_numbers import KnownTensor, LiveNumber
import torch
from torch.utils import _pytree as pytree

Environment = Dict[str, Any]
_MOST_STEPS = 20_000
_CASTS = frozenset(f'aten::{name}' for name in (
    'Bool', 'Int', 'Float', 'item', 'is_nonzero', 'ScalarImplicit', 'IntImplicit',
    'FloatImplicit', 'tensor', 'as_tensor', '__is__', '__isnot__'))
_KINDS: Dict[str, Any] = {
    'IntType': int, 'FloatType': float, 'BoolType': bool, 'StringType': str, 'ListType': list,
    'TupleType': tuple, 'DictType': dict, 'NoneType': type(None),
    'TensorType': (torch.Tensor, KnownTensor)}


class Interpreter:
    """Does what the blocks of a graph say, on values of its own and a module's memory."""

    def __init__(
        self, memory: Memory, constants: Dict[str, str], note: Callable[[str], None]
    ) -> None:
        self.memory = memory
        self._constants = constants
        self.note = note
        self._steps = 0

    def within(self, memory: Memory) -> 'Interpreter':
        """Return one that works on another memory."""
        inner = Interpreter(memory, self._constants, self.note)
        inner._steps = self._steps
        return inner

    def run(self, block: Any, values: Environment) -> List[Any]:
        """Do what a block says; return what it returns."""
        for node in block.nodes():
            self._visit(node, values)
        return [values[output.debugName()] for output in block.outputs()]

    def _visit(self, node: Any, values: Environment) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            _refuse_length()
        kind = node.kind()
        work = _WORKS.get(kind)
        if work is not None:
            results = work(self, node, values)
        else:
            given = [values[value.debugName()] for value in node.inputs()]
            results = _outputs(node, _apply(node, kind, given))
        for output, result in zip(node.outputs(), results):
            values[output.debugName()] = result

    def constant(self, node: Any, values: Environment) -> List[Any]:
        """Return a constant; tensors among them are buffers."""
        output = node.output()
        path = self._constants.get(output.debugName())
        return [output.toIValue() if path is None else self.memory.read(path)]

    def read_attribute(self, node: Any, values: Environment) -> List[Any]:
        """Return an attribute of a module or an object."""
        owner, name = values[node.inputsAt(0).debugName()], node.s('name')
        if isinstance(owner, ModuleAt):
            return [self.memory.read(join(owner.path, name))]
        return [getattr(owner, name)]

    def assign_attribute(self, node: Any, values: Environment) -> List[Any]:
        """Assign an attribute of a module or an object."""
        owner, value = (values[item.debugName()] for item in node.inputs())
        if isinstance(owner, ModuleAt):
            self.memory.assign(join(owner.path, node.s('name')), value)
        else:
            setattr(owner, node.s('name'), value)
        return []

    def choose(self, node: Any, values: Environment) -> List[Any]:
        """Take one of two branches, or put both into the program."""
        condition = values[node.inputsAt(0).debugName()]
        if isinstance(condition, LiveNumber):
            return Branches(self, node, values).join(condition)
        block = list(node.blocks())[0 if condition else 1]
        return self.run(block, values)

    def repeat(self, node: Any, values: Environment) -> List[Any]:
        """Go through a loop, as often as is known."""
        limit, condition, *carried = (values[value.debugName()] for value in node.inputs())
        body, = node.blocks()
        index, *names = (value.debugName() for value in body.inputs())
        if isinstance(limit, LiveNumber):
            _refuse_loop(node, 'how often')
        if _is_counted(body) and limit * len(list(walk(body))) > _MOST_STEPS:
            _refuse_length()
        count = 0
        while self._goes_on(node, condition) and count < limit:
            values[index] = count
            values.update(zip(names, carried))
            condition, *carried = self.run(body, values)
            count += 1
        return carried

    def _goes_on(self, node: Any, condition: Any) -> bool:
        if isinstance(condition, LiveNumber):
            _refuse_loop(node, 'how long')
        return bool(condition)


def _refuse_loop(node: Any, what: str) -> NoReturn:
    raise ConversionError(
        f'values decide at run time {what} a loop of forward runs{place_of(node)}: a program '
        'repeats nothing by values; use a fixed number of turns, and torch.where in them')


def _refuse_length() -> NoReturn:
    raise ConversionError(
        f'the loops of forward take more than {_MOST_STEPS} steps, and a program would hold them '
        'one by one')


def _is_counted(body: Any) -> bool:
    """Whether nothing but its limit ends a loop."""
    condition = next(iter(body.outputs())).node()
    return bool(condition.kind() == 'prim::Constant' and condition.output().toIValue())


def _apply(node: Any, kind: str, given: Sequence[Any]) -> Any:
    name = name_of(node.schema())
    if name is None:
        raise ConversionError(f'{kind}{place_of(node)} is not known to the conversion')
    try:
        if kind in _CASTS or any(isinstance(value, KnownTensor) for value in given):
            given = [_looked_up(node, index, value) for index, value in enumerate(given)]
        overload = None if is_preferred(kind) else find_overload(name)
        if overload is not None:
            return call(overload, kind, given)
        given = [
            value.tensor() if isinstance(value, KnownTensor) and kind not in _CASTS else value
            for value in given]
        is_live = any(
            isinstance(leaf, LiveNumber) for leaf in pytree.tree_leaves(list(given)))
        function = (
            live_operator(kind, given) if is_live else plain_operator(kind, name.overload))
        if function is None and is_live:
            raise ConversionError(
                f'{kind} takes a number that is known only when the program runs')
        if function is None:
            raise ConversionError(f'the operator {node.schema()} is not known to the conversion')
        return function(*given)
    except ConversionError as error:
        place = place_of(node)
        if not place or place in str(error) or '.py:' in str(error):
            raise
        raise ConversionError(f'{error}{place}') from error


def _looked_up(node: Any, index: int, value: Any) -> Any:
    """Return the number in a constant tensor, which no run changes."""
    source = node.inputsAt(index).node()
    if isinstance(value, torch.Tensor) and source.kind() == 'prim::Constant' and (
            not value.dim()):
        constant = source.output().toIValue()
        return KnownTensor(constant.item(), constant.dtype)
    return value


def _outputs(node: Any, result: Any) -> List[Any]:
    count = node.outputsSize()
    if count == 1:
        return [result]
    return list(result) if count else []


def _read_inputs(node: Any, values: Environment) -> List[Any]:
    return [values[value.debugName()] for value in node.inputs()]


def _make_list(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    return [_read_inputs(node, values)]


def _make_tuple(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    return [tuple(_read_inputs(node, values))]


def _make_dict(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    given = _read_inputs(node, values)
    return [dict(zip(given[::2], given[1::2]))]


def _unpack(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    items = list(_read_inputs(node, values)[0])
    if len(items) != node.outputsSize():
        raise RuntimeError(f'Expected {node.outputsSize()} elements, but got {len(items)}')
    return items


def _pass_on(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    return _read_inputs(node, values)[:1]


def _get_item(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    items, index = _read_inputs(node, values)
    return [items[index]]


def _get_slice(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    items, = _read_inputs(node, values)
    return [items[node.i('beg'):node.i('end')]]


def _do_nothing(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    return [None] * node.outputsSize()


def _make_object(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    return [SimpleNamespace()]


def _print(interpreter: Interpreter, node: Any, values: Environment) -> List[Any]:
    interpreter.note(f'what forward prints{place_of(node)} is left out')
    return []


def _warn(interpreter: Interpreter, node: Any, values: Environment) -> List[Any]:
    interpreter.note(f'what forward warns of{place_of(node)} is left out')
    return []


def _raise(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    message, *_rest = _read_inputs(node, values)
    raise ScriptRaised(str(message))


def _is_instance(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    value, = _read_inputs(node, values)
    kinds = [_KINDS.get(kind.kind()) for kind in node.tys('types')]
    if None in kinds:
        raise ConversionError(f'isinstance{place_of(node)} asks for a type that is not known')
    return [any(isinstance(value, kind) for kind in kinds if kind is not None)]


def _refuse_list(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    raise ConversionError(
        f'tolist{place_of(node)} makes numbers of a tensor: a program has none before it runs; '
        'compute with the tensor')


def _refuse_call(_: Interpreter, node: Any, values: Environment) -> List[Any]:
    raise ConversionError(
        f'forward calls {node.s("name")} of an interface{place_of(node)}: which module that is '
        'cannot be seen in its graph')


_WORKS: Dict[str, Callable[[Interpreter, Any, Environment], List[Any]]] = {
    'prim::Constant': Interpreter.constant,
    'prim::GetAttr': Interpreter.read_attribute,
    'prim::SetAttr': Interpreter.assign_attribute,
    'prim::If': Interpreter.choose,
    'prim::Loop': Interpreter.repeat,
    'prim::ListConstruct': _make_list,
    'prim::EmptyListLiteral': _make_list,
    'prim::TupleConstruct': _make_tuple,
    'prim::NamedTupleConstruct': _make_tuple,
    'prim::DictConstruct': _make_dict,
    'prim::TupleUnpack': _unpack,
    'prim::ListUnpack': _unpack,
    'prim::TupleIndex': _get_item,
    'prim::TupleSlice': _get_slice,
    'prim::unchecked_cast': _pass_on,
    'prim::Uninitialized': _do_nothing,
    'prim::Enter': _do_nothing,
    'prim::Exit': _do_nothing,
    'prim::CreateObject': _make_object,
    'prim::Print': _print,
    'aten::warn': _warn,
    'prim::RaiseException': _raise,
    'prim::isinstance': _is_instance,
    'prim::tolist': _refuse_list,
    'prim::CallMethod': _refuse_call,
}
