# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The bytes of a message to an array and back; the message classes are handed in."""

from dataclasses import dataclass
import math
import re
from struct import pack
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from dg_pytorch_ros.cdr import CdrError, CdrReader, CdrWriter, HEADER, is_plain
from dg_pytorch_ros.errors import ConfigError, ContractError, EvaluationError, MessageError
from dg_pytorch_ros.layout import Layout, read_layout
from dg_pytorch_ros.model import Array, describe_array, loses_nothing
import numpy as np

OUTPUT_TYPES = (
    'std_msgs/msg/ Float64MultiArray, Float32MultiArray, Int8/16/32/64MultiArray, '
    'UInt8/16/32/64MultiArray, Float64, Float32, Int8/16/32/64, UInt8/16/32/64 and Bool')
SUPPORTED = (
    f'{OUTPUT_TYPES}; or for an input a message of a std_msgs/msg/Header and numbers of one '
    'floating type, such as geometry_msgs/msg/PoseStamped')

_DTYPES = {
    'double': 'float64', 'float': 'float32', 'boolean': 'bool',
    'int8': 'int8', 'int16': 'int16', 'int32': 'int32', 'int64': 'int64',
    'uint8': 'uint8', 'uint16': 'uint16', 'uint32': 'uint32', 'uint64': 'uint64'}
_FLOATING = ({'double'}, {'float'})

_HEADER_FIELD = ('header', 'std_msgs/Header')
_NESTED = re.compile(r'(\w+)/(\w+)')


@dataclass(frozen=True)
class MessageFormat:
    """
    What a message class carries: numbers of one dtype, one or many.

    Of messages with a stamp, `count` is how many; of the others it is -1.
    """

    message_class: Any
    type_name: str
    dtype: 'np.dtype[Any]'
    is_array: bool
    has_stamp: bool = False
    count: int = -1


def message_format(
    message_class: Any, type_name: str, import_class: Callable[[str], Any]
) -> MessageFormat:
    """
    Read a message class's fields; raise ConfigError if it is not one this node can handle.

    The classes of messages within it are imported by their names.
    """
    fields = message_class.get_fields_and_field_types()
    kind = fields.get('data', '')
    is_array = set(fields) == {'layout', 'data'} and kind.startswith('sequence<')
    if is_array:
        kind = kind[len('sequence<'):-1]
    if kind in _DTYPES and (is_array or set(fields) == {'data'}):
        return MessageFormat(message_class, type_name, np.dtype(_DTYPES[kind]), is_array)
    kinds = _kinds_behind_header(fields, import_class)
    if set(kinds) not in _FLOATING:
        raise ConfigError(f'type {type_name!r} is not supported; expected one of {SUPPORTED}')
    return MessageFormat(
        message_class, type_name, np.dtype(_DTYPES[kinds[0]]), is_array=len(kinds) > 1,
        has_stamp=True, count=len(kinds))


class UnknownEncoding(MessageError):
    """A message in an encoding other than the plain one; the middleware can translate it."""


class ArrayDecoder:
    """
    Reads MultiArrays without copying: the array is a view of the message's own bytes.

    All that stands before the numbers is read once, and again only when it changes.
    """

    def __init__(self, form: MessageFormat) -> None:
        self._dtypes = in_both_orders(form.dtype)
        self._size = -1
        self._head = b''
        self._plan = _Plan(form.dtype, 0, None)

    def decode(self, data: bytes) -> Array:
        """Return the data, flat unless the layout says more than one dimension."""
        if len(data) != self._size or not data.startswith(self._head):
            self._read_head(data)
        dtype, count, layout = self._plan
        values: Array = np.frombuffer(data, dtype, count, len(self._head))
        return values if layout is None else layout.apply(values)

    def _read_head(self, data: bytes) -> None:
        reader = plain_reader(data)
        dtype = self._dtypes[reader.byte_order]
        try:
            layout = read_layout(reader)
            count = reader.uint32()
            if count:
                reader.align(dtype.itemsize)
            begin = reader.position
            reader.skip(count * dtype.itemsize)
        except CdrError as error:
            raise MessageError(
                f'its bytes are no such message: {error}', cause='bytes') from error
        self._plan = _Plan(dtype, count, layout and layout.check(count))
        self._size = len(data)
        self._head = data[:begin]


class ScalarDecoder:
    """Reads the messages that hold one number."""

    def __init__(self, form: MessageFormat) -> None:
        self._dtypes = in_both_orders(form.dtype)

    def decode(self, data: bytes) -> Array:
        """Return an array of one element."""
        dtype = self._dtypes[plain_reader(data).byte_order]
        if len(data) < len(HEADER) + dtype.itemsize:
            raise MessageError(
                'its bytes are no such message: they end before the number', cause='bytes')
        if dtype.kind == 'b':  # any byte but 0 is true
            return np.array([data[len(HEADER)] != 0])
        return np.frombuffer(data, dtype, 1, len(HEADER))


class ArrayEncoder:
    """Writes MultiArrays."""

    def __init__(self, form: MessageFormat) -> None:
        self._form = form
        self._shape: Optional[Tuple[int, ...]] = None
        self._head = b''

    def check(self, value: Array) -> None:
        """Raise ContractError if messages of this type cannot hold such arrays."""
        _check_dtype(value, self._form)

    def encode(self, value: Array) -> bytes:
        """Return the message for an array, its shape in the layout."""
        if value.shape != self._shape:
            self._head = self._write_head(value.shape)
            self._shape = value.shape
        return self._head + _cast(value, self._form).tobytes()

    def _write_head(self, shape: Tuple[int, ...]) -> bytes:
        writer = CdrWriter()
        writer.uint32(len(shape))
        # By the convention of std_msgs, a stride counts the elements of its dimension and all
        # the inner ones.
        for index, size in enumerate(shape):
            writer.string(f'dim_{index}')
            writer.uint32(size)
            writer.uint32(math.prod(shape[index:]))
        writer.uint32(0)  # the offset of the data
        count = math.prod(shape)
        writer.uint32(count)
        if count:
            writer.align(self._form.dtype.itemsize)
        return bytes(writer.data)


class ScalarEncoder:
    """Writes the messages that hold one number."""

    def __init__(self, form: MessageFormat) -> None:
        self._form = form

    def check(self, value: Array) -> None:
        """Raise ContractError if the output is not one element that such a message holds."""
        if value.size != 1:
            raise ContractError(
                f'is {describe_array(value.dtype, value.shape)}, but {self._form.type_name} '
                'holds one element; use a MultiArray')
        _check_dtype(value, self._form)

    def encode(self, value: Array) -> bytes:
        """Return the message for an array of one element."""
        if value.size != 1:
            raise EvaluationError(
                f'has {value.size} elements, but {self._form.type_name} holds one')
        return HEADER + _cast(value, self._form).tobytes()


def in_both_orders(dtype: 'np.dtype[Any]') -> 'Dict[str, np.dtype[Any]]':
    """Return a dtype for each byte order that messages have."""
    return {'<': dtype.newbyteorder('<'), '>': dtype.newbyteorder('>')}


def plain_reader(data: bytes) -> CdrReader:
    """Return a reader of a message; raise UnknownEncoding if it cannot read this one."""
    if not is_plain(data):
        raise UnknownEncoding(f'its encoding {data[:2].hex()} is not known')
    return CdrReader(data)


def float64_message(value: float) -> bytes:
    """Return a std_msgs/msg/Float64."""
    return HEADER + pack('=d', value)


class _Plan(NamedTuple):
    """How to read the numbers behind a head."""

    dtype: 'np.dtype[Any]'
    size: int
    layout: Optional[Layout]


def _kinds_behind_header(
    fields: Dict[str, str], import_class: Callable[[str], Any]
) -> List[str]:
    first, others = list(fields.items())[:1], list(fields.items())[1:]
    return _flatten(dict(others), import_class) if first == [_HEADER_FIELD] else []


def _flatten(fields: Dict[str, str], import_class: Callable[[str], Any]) -> List[str]:
    kinds: List[str] = []
    for kind in fields.values():
        nested = _NESTED.fullmatch(kind)
        if nested:
            inner = import_class('{}/msg/{}'.format(*nested.groups()))
            kinds += _flatten(inner.get_fields_and_field_types(), import_class)
        else:
            kinds.append(kind)
    return kinds or ['uint8']  # on the wire, a message without fields is one byte


def _check_dtype(value: Array, form: MessageFormat) -> None:
    if form.dtype.kind in 'iub' and value.dtype.kind == 'f' or (
            form.dtype.kind == 'b' and value.dtype.kind != 'b'):
        raise ContractError(
            f'is {describe_array(value.dtype, value.shape)}, which {form.type_name} would cut '
            'down; use a floating message type, or convert it in the module')
    if value.dtype.kind not in 'fiub':
        raise ContractError(f'is {value.dtype}, which no message holds')


def _cast(value: Array, form: MessageFormat) -> Array:
    if value.dtype == form.dtype:
        return value
    try:
        with np.errstate(over='raise', invalid='raise'):
            cast = value.astype(form.dtype)
        if loses_nothing(value, cast):
            return cast
    except FloatingPointError:  # too large even for a rounded value
        pass
    raise EvaluationError(
        f'has values from {value.min()} to {value.max()}, which do not fit {form.type_name}')
