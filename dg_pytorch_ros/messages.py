# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Message to array and back; the message classes are handed in."""

from array import array
from dataclasses import dataclass
import math
from typing import Any, Tuple

from dg_pytorch_ros.errors import ConfigError, ContractError, EvaluationError, MessageError
from dg_pytorch_ros.model import Array, describe_array, loses_nothing
import numpy as np

SUPPORTED = (
    'std_msgs/msg/ Float64MultiArray, Float32MultiArray, Int8/16/32/64MultiArray, '
    'UInt8/16/32/64MultiArray, Float64, Float32, Int8/16/32/64, UInt8/16/32/64 and Bool')

_DTYPES = {
    'double': 'float64', 'float': 'float32', 'boolean': 'bool',
    'int8': 'int8', 'int16': 'int16', 'int32': 'int32', 'int64': 'int64',
    'uint8': 'uint8', 'uint16': 'uint16', 'uint32': 'uint32', 'uint64': 'uint64'}


@dataclass(frozen=True)
class MessageFormat:
    """What a message class carries: numbers of one dtype, one or many."""

    message_class: Any
    type_name: str
    dtype: 'np.dtype[Any]'
    is_array: bool


def message_format(message_class: Any, type_name: str) -> MessageFormat:
    """Read a message class's fields; raise ConfigError if it is not one this node can fill."""
    fields = message_class.get_fields_and_field_types()
    kind = fields.get('data', '')
    is_array = set(fields) == {'layout', 'data'} and kind.startswith('sequence<')
    if is_array:
        kind = kind[len('sequence<'):-1]
    if kind not in _DTYPES or not (is_array or set(fields) == {'data'}):
        raise ConfigError(f'type {type_name!r} is not supported; expected one of {SUPPORTED}')
    return MessageFormat(message_class, type_name, np.dtype(_DTYPES[kind]), is_array)


class ArrayDecoder:
    """Reads MultiArrays without copying: the array is a view of the message's own data."""

    def __init__(self, form: MessageFormat) -> None:
        self._dtype = form.dtype

    def decode(self, message: Any) -> Array:
        """Return the data, flat unless the layout says more than one dimension."""
        data: Array = np.asarray(message.data, self._dtype)
        if len(message.layout.dim) > 1 or message.layout.data_offset:
            return _apply_layout(data, message.layout)
        return data


class ScalarDecoder:
    """Reads the messages that hold one number."""

    def __init__(self, form: MessageFormat) -> None:
        self._dtype = form.dtype

    def decode(self, message: Any) -> Array:
        """Return an array of one element."""
        return np.array([message.data], self._dtype)


class ArrayEncoder:
    """Fills MultiArrays; one message object serves every publication."""

    def __init__(self, form: MessageFormat, dimension_class: Any) -> None:
        self._form = form
        self._dimension_class = dimension_class
        self._message = form.message_class()
        self._typecode = self._message.data.typecode
        self._shape: Tuple[int, ...] = ()

    def check(self, value: Array) -> None:
        """Raise ContractError if messages of this type cannot hold such arrays."""
        _check_dtype(value, self._form)

    def encode(self, value: Array) -> Any:
        """Return the message for an array, its shape in the layout."""
        if value.shape != self._shape:
            self._lay_out(value.shape)
        data = array(self._typecode)
        data.frombytes(_cast(value, self._form).tobytes())
        self._message.data = data
        return self._message

    def _lay_out(self, shape: Tuple[int, ...]) -> None:
        # By the convention of std_msgs, a stride counts the elements of its dimension and all
        # the inner ones.
        self._message.layout.dim = [
            self._dimension_class(
                label=f'dim_{index}', size=size, stride=math.prod(shape[index:]))
            for index, size in enumerate(shape)]
        self._shape = shape


class ScalarEncoder:
    """Fills the messages that hold one number."""

    def __init__(self, form: MessageFormat) -> None:
        self._form = form
        self._message = form.message_class()

    def check(self, value: Array) -> None:
        """Raise ContractError if the output is not one element that such a message holds."""
        if value.size != 1:
            raise ContractError(
                f'is {describe_array(value.dtype, value.shape)}, but {self._form.type_name} '
                'holds one element; use a MultiArray')
        _check_dtype(value, self._form)

    def encode(self, value: Array) -> Any:
        """Return the message for an array of one element."""
        if value.size != 1:
            raise EvaluationError(
                f'has {value.size} elements, but {self._form.type_name} holds one')
        self._message.data = _cast(value, self._form).item()
        return self._message


def _check_dtype(value: Array, form: MessageFormat) -> None:
    if form.dtype.kind in 'iub' and value.dtype.kind == 'f' or (
            form.dtype.kind == 'b' and value.dtype.kind != 'b'):
        raise ContractError(
            f'is {describe_array(value.dtype, value.shape)}, which {form.type_name} would cut '
            'down; use a floating message type, or convert it in the module')
    if value.dtype.kind not in 'fiub':
        raise ContractError(f'is {value.dtype}, which no message holds')


def _cast(value: Array, form: MessageFormat) -> Array:
    try:
        with np.errstate(over='raise', invalid='raise'):
            cast = value.astype(form.dtype)
        if loses_nothing(value, cast):
            return cast
    except FloatingPointError:  # too large even for a rounded value
        pass
    raise EvaluationError(
        f'has values from {value.min()} to {value.max()}, which do not fit {form.type_name}')


def _apply_layout(data: Array, layout: Any) -> Array:
    sizes = [dimension.size for dimension in layout.dim] or [
        max(0, data.size - layout.data_offset)]
    # Element (i, j, k) stands at offset + i * dim[1].stride + j * dim[2].stride + k. Senders that
    # leave the strides at 0 mean data without gaps.
    steps = [dimension.stride for dimension in layout.dim[1:]] + [1]
    if 0 in steps:
        steps = [math.prod(sizes[index + 1:]) for index in range(len(sizes))]
    if any(step < size * inner for step, size, inner in zip(steps, sizes[1:], steps[1:])):
        raise MessageError(
            f'its layout says {sizes} with strides that overlap; the stride of a dimension counts '
            'the elements of that dimension and all inner ones')
    last = layout.data_offset + sum((size - 1) * step for size, step in zip(sizes, steps))
    if 0 in sizes or not 0 <= last < data.size:
        raise MessageError(
            f'its layout says {sizes} from element {layout.data_offset} on, '
            f'but it holds {data.size} elements')
    return np.lib.stride_tricks.as_strided(
        data[layout.data_offset:], sizes, [step * data.itemsize for step in steps],
        writeable=False)
