# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The bytes of a message to an array and back; the message classes are handed in."""

import math
from struct import pack
from typing import Any, Dict, NamedTuple, Optional, Tuple

from dg_pytorch_ros.errors import ContractError, EvaluationError, MessageError
from dg_pytorch_ros.messages.cdr import CdrError, CdrReader, CdrWriter, HEADER, is_plain
from dg_pytorch_ros.messages.layout import Layout, read_layout
from dg_pytorch_ros.model import Array, describe_array, loses_nothing
import numpy as np

_LARGE = 2 ** 16  # bytes
_MUCH_SMALLER = 4


class UnknownEncoding(MessageError):
    """A message in an encoding other than the plain one; the middleware can translate it."""


class ArrayDecoder:
    """
    Reads MultiArrays without copying: the array is a view of the message's own bytes.

    All that stands before the numbers is read once, and again only when it changes.
    """

    def __init__(self, dtype: 'np.dtype[Any]') -> None:
        self._dtypes = in_both_orders(dtype)
        self._size = -1
        self._head = b''
        self._plan = _Plan(dtype, 0, None)

    def decode(self, data: bytes) -> Array:
        """Return the data, flat unless the layout says more than one dimension."""
        if len(data) != self._size or not data.startswith(self._head):
            self._read_head(data)
        dtype, count, layout = self._plan
        values: Array = np.frombuffer(data, dtype, count, len(self._head))
        if layout is None:
            return values
        view = layout.apply(values)
        return view.copy() if is_much_smaller(view, data) else view

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


class ArrayEncoder:
    """Writes MultiArrays."""

    def __init__(self, dtype: 'np.dtype[Any]', type_name: str) -> None:
        self._dtype = dtype
        self._type_name = type_name
        self._head: Tuple[Optional[Tuple[int, ...]], bytes] = None, b''  # for a shape

    def check(self, value: Array) -> None:
        """Raise ContractError if messages of this type cannot hold such arrays."""
        check_dtype(value, self._dtype, self._type_name)

    def encode(self, value: Array) -> bytes:
        """Return the message for an array, its shape in the layout."""
        shape, head = self._head
        if value.shape != shape:
            head = self._write_head(value.shape)
            self._head = value.shape, head
        return head + cast(value, self._dtype, self._type_name).tobytes()

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
            writer.align(self._dtype.itemsize)
        return bytes(writer.data)


def in_both_orders(dtype: 'np.dtype[Any]') -> 'Dict[str, np.dtype[Any]]':
    """Return a dtype for each byte order that messages have."""
    return {'<': dtype.newbyteorder('<'), '>': dtype.newbyteorder('>')}


def is_much_smaller(view: Array, data: bytes) -> bool:
    """Return whether a view of a message would keep far more alive than it shows."""
    return len(data) > _LARGE and _MUCH_SMALLER * view.nbytes < len(data)


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


def check_dtype(value: Array, dtype: 'np.dtype[Any]', type_name: str) -> None:
    """Raise ContractError if numbers of this dtype cannot become those of a message."""
    if dtype.kind in 'iub' and value.dtype.kind == 'f' or (
            dtype.kind == 'b' and value.dtype.kind != 'b'):
        raise ContractError(
            f'is {describe_array(value.dtype, value.shape)}, which {type_name} would cut '
            'down; use a floating message type, or convert it in the module')
    if value.dtype.kind not in 'fiub':
        raise ContractError(f'is {value.dtype}, which no message holds')


def cast(value: Array, dtype: 'np.dtype[Any]', type_name: str) -> Array:
    """Return the values in a message's dtype; raise EvaluationError if they do not fit."""
    if value.dtype == dtype:
        return value
    try:
        with np.errstate(over='raise', invalid='raise'):
            converted: Array = value.astype(dtype)
        if loses_nothing(value, converted):
            return converted
    except FloatingPointError:  # too large even for a rounded value
        pass
    raise EvaluationError(
        f'has values from {value.min()} to {value.max()}, which do not fit {type_name}')
