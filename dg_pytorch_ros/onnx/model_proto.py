# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What an ONNX file says of itself; the numbers of fields are those of onnx.proto."""

from dataclasses import dataclass
import math
from typing import Dict, Iterator, Optional, Tuple

from dg_pytorch_ros.onnx.dtypes import dtype_name
from dg_pytorch_ros.protobuf import Message

Shape = Tuple[int, ...]

# Before this version, initializers among the inputs are constants, not defaults.
_FIRST_WITH_DEFAULTS = 4
_KINDS = {4: 'sequence', 5: 'map', 8: 'sparse tensor', 9: 'optional'}


@dataclass(frozen=True)
class ValueInfo:
    """
    An input or output of the graph.

    `kind` is '' for a tensor, and only that has a dtype; `shape` is None if it is not said, and -1
    stands for any size.
    """

    name: str
    kind: str = ''
    dtype: str = ''
    shape: Optional[Shape] = None

    def __str__(self) -> str:
        """Write what it is, in short."""
        return self.kind or f'tensor({self.dtype})'


@dataclass(frozen=True)
class Initializer:
    """A tensor that the file holds, or says where it is."""

    name: str
    dtype: str
    shape: Shape


class ModelProto:
    """The head of a model, its inputs, outputs and initializers; its operations are not read."""

    def __init__(self, content: bytes) -> None:
        model = Message(memoryview(content))
        graph = model.message(7)
        self.ir_version = model.number(1)
        self.opsets: Dict[str, int] = {
            entry.text(1) or 'ai.onnx': entry.number(2) for entry in model.messages(8)}
        self.initializers = tuple(map(_initializer, _stored(graph)))
        self.outputs = tuple(map(_value_info, graph.messages(12)))
        stored = {initializer.name for initializer in self.initializers}
        inputs = tuple(map(_value_info, graph.messages(11)))
        self.inputs = tuple(info for info in inputs if info.name not in stored)
        self.defaults = tuple(
            info for info in inputs
            if info.name in stored and self.ir_version >= _FIRST_WITH_DEFAULTS)

    @property
    def opset(self) -> Optional[int]:
        """The version of ONNX's own operators."""
        return self.opsets.get('ai.onnx')

    @property
    def parameters(self) -> int:
        """How many numbers the initializers have."""
        return sum(math.prod(initializer.shape) for initializer in self.initializers)


def _stored(graph: Message) -> Iterator[Message]:
    yield from graph.messages(5)
    for sparse in graph.messages(15):
        yield sparse.message(1)


def _initializer(message: Message) -> Initializer:
    return Initializer(
        message.text(8), dtype_name(message.number(2)), tuple(message.numbers(1)))


def _value_info(info: Message) -> ValueInfo:
    name, value_type = info.text(1), info.message(2)
    for field, kind in _KINDS.items():
        if field in value_type:
            return ValueInfo(name, kind)
    tensor = value_type.message(1)
    shape = tuple(map(_size, tensor.message(2).messages(1))) if 2 in tensor else None
    return ValueInfo(name, '', dtype_name(tensor.number(1)), shape)


def _size(dimension: Message) -> int:
    """Return a dimension's size; some exporters write a negative one where it is free."""
    return max(dimension.number(1), -1) if 1 in dimension else -1
