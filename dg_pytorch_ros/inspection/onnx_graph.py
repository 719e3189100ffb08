# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The graph of an ONNX model; the numbers of fields are those of onnx.proto."""

from itertools import chain, islice
import math
import struct
from typing import Any, Dict, Iterator, List, Mapping

from dg_pytorch_ros.inspection.facts import Block, Operation, Row, Value
from dg_pytorch_ros.inspection.shapes import checked_shape
from dg_pytorch_ros.inspection.stored import StoredTensor
from dg_pytorch_ros.onnx.dtypes import dtype_name
from dg_pytorch_ros.protobuf import Message, ProtobufError

# How the numbers of a small tensor are read from its raw data, and the field of those that are
# not raw.
_NUMBERS = {'float32': ('f', 4), 'int64': ('q', 7), 'int32': ('i', 5), 'bool': ('?', 5)}
_FEW = 8
_LONG = 16
_DEEPEST = 50
_BRANCHES = {'then_branch': 'then', 'else_branch': 'else'}


class Initializer:
    """A tensor that the file holds, or says where it is."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self.name = message.text(8)
        try:
            shape = checked_shape(message.numbers(1))
        except ValueError as error:
            raise ProtobufError(f'{self.name!r}: {error}') from error
        self.tensor = StoredTensor(dtype_name(message.number(2)), shape)

    @property
    def external(self) -> Dict[str, str]:
        """Where the numbers are if they are in another file: `location`, `offset`, `length`."""
        if self._message.number(14) != 1:
            return {}
        return {entry.text(1): entry.text(2) for entry in self._message.messages(13)}

    def __str__(self) -> str:
        """Write dtype and shape, and the numbers if they are few."""
        numbers = self._numbers()
        if not numbers:
            return str(self.tensor)
        return f'{self.tensor} {numbers if self.tensor.shape else numbers[0]}'

    def _numbers(self) -> List[Any]:
        form, place = _NUMBERS.get(self.tensor.dtype, ('', 0))
        most = 1 if form == 'f' else _FEW
        if not form or not 0 < self.tensor.elements <= most or self.external:
            return []
        raw = self._message.data(9)
        if raw:
            size = struct.calcsize(form) * self.tensor.elements
            whole = raw[-1][:size] if len(raw[-1]) >= size else b''
            numbers = [number for (number,) in struct.iter_unpack(f'<{form}', whole)]
        elif form == 'f':
            numbers = list(islice(self._message.floats(place), most))
        else:
            numbers = list(islice(self._message.numbers(place), most))
        return list(map(_rounded, numbers)) if form == 'f' else numbers


class Graph:
    """A graph of a model, or one within; `known` are the values from around it."""

    def __init__(
        self, message: Message, known: Mapping[str, Value], depth: int = 0
    ) -> None:
        if depth > _DEEPEST:
            raise ProtobufError(f'more than {_DEEPEST} graphs within each other')
        self._message = message
        self._depth = depth
        self.initializers = [Initializer(one) for one in message.messages(5)]
        stored = {one.name for one in self.initializers}
        self.inputs = [
            (info.text(1), type_name(info.message(2)))
            for info in message.messages(11) if info.text(1) not in stored]
        self.outputs = [(info.text(1), type_name(info.message(2))) for info in
                        message.messages(12)]
        self._values = dict(known)
        for info in message.messages(13):
            self._values[info.text(1)] = Value(info.text(1), type_name(info.message(2)))
        for name, type_text in (*self.inputs, *self.outputs):
            self._values[name] = Value(name, type_text)
        for one in self.initializers:
            self._values[one.name] = Value(one.name, str(one), is_stored=True)

    def block(self, label: str) -> Block:
        """Return inputs, operations and outputs; constants stand where they are used."""
        operations = tuple(self._operations())
        return Block(
            label, tuple(self._value(name) for name, _ in self.inputs), operations,
            tuple(self._value(name) for name, _ in self.outputs))

    def _operations(self) -> Iterator[Operation]:
        for node in self._message.messages(1):
            attributes: Row = {}
            blocks: List[Block] = []
            for attribute in node.messages(5):
                name = attribute.text(1)
                for graph in (*attribute.messages(6), *attribute.messages(11)):
                    blocks.append(Graph(graph, self._values, self._depth + 1).block(
                        _BRANCHES.get(name, name)))
                if 6 not in attribute and 11 not in attribute:
                    attributes[name] = _attribute(attribute)
            kind = operator_name(node)
            outputs = node.texts(2)
            if kind == 'Constant' and len(outputs) == 1:
                content = next(iter(attributes.values()), None)
                self._values[outputs[0]] = Value(outputs[0], str(content), is_stored=True)
                continue
            yield Operation(
                kind, tuple(self._value(name) for name in node.texts(1) if name),
                tuple(self._value(name) for name in outputs if name), attributes, tuple(blocks))

    def _value(self, name: str) -> Value:
        return self._values.get(name, Value(name))


def operator_name(node: Message) -> str:
    """Return an operator's name, with its domain unless that is ONNX's own."""
    domain = node.text(7)
    return node.text(4) if domain in ('', 'ai.onnx') else f'{domain}.{node.text(4)}'


def type_name(message: Message) -> str:
    """Return dtype and shape of a value, as far as they are said."""
    for number, form in ((4, 'list of {}'), (9, 'optional {}')):
        if number in message:
            return form.format(type_name(message.message(number).message(1)))
    if 5 in message:
        return 'map'
    tensor = message.message(8 if 8 in message else 1)
    if 2 not in tensor:
        return f'{dtype_name(tensor.number(1))}[...]' if 1 in tensor else ''
    sizes = [
        size.text(2) or (str(size.number(1)) if 1 in size else '?')
        for size in tensor.message(2).messages(1)]
    return f'{dtype_name(tensor.number(1))}[{", ".join(sizes)}]'


def _attribute(message: Message) -> Any:
    """Return what an attribute is, in short; its kind is told by the fields that it has."""
    if 21 in message:
        return f'attribute {message.text(21)} of the function'
    if 5 in message:
        return str(Initializer(message.message(5)))
    if 2 in message:
        return next(map(_rounded, message.floats(2)))
    if 3 in message:
        return message.number(3)
    if 4 in message:
        return message.text(4)
    values: Iterator[Any] = chain(
        map(_rounded, message.floats(7)), message.numbers(8), iter(message.texts(9)),
        (str(Initializer(one)) for one in message.messages(10)))
    found = list(islice(values, _LONG + 1))
    return found if len(found) <= _LONG else f'more than {_LONG} values'


def _rounded(number: float) -> float:
    """Return a float32 with as many digits as it has: 0.01, not 0.009999999776482582."""
    return float(f'{number:.7g}') if math.isfinite(number) else number
