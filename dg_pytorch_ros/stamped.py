# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Messages of a std_msgs/msg/Header and numbers of one floating type: their values and times."""

from struct import Struct
from typing import Any, Dict, NamedTuple

from dg_pytorch_ros.cdr import CdrError, HEADER
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages import in_both_orders, MessageFormat, plain_reader
from dg_pytorch_ros.model import Array
import numpy as np

# A header is the stamp's seconds and nanoseconds, then the length of the frame's name, and the
# name.
_STAMPS: Dict[str, Struct] = {'<': Struct('<iI'), '>': Struct('>iI')}
_STAMP = len(HEADER)
_LENGTH = slice(_STAMP + 8, _STAMP + 12)

_NS_PER_S = 10 ** 9


class StampedDecoder:
    """
    Reads stamped messages without copying: the array is a view of the message's own bytes.

    Where the numbers begin depends on the length of the frame's name alone; it is worked out
    once, and again only when that changes.
    """

    def __init__(self, form: MessageFormat) -> None:
        self._dtypes = in_both_orders(form.dtype)
        self._count = form.count
        self._size = -1
        self._encoding = b''
        self._length = b''
        self._plan = _Plan(form.dtype, 0, _STAMPS['<'])

    def decode(self, data: bytes) -> Array:
        """Return the numbers in the order of the fields."""
        plan = self._plan_for(data)
        return np.frombuffer(data, plan.dtype, self._count, plan.begin)

    def stamp_ns(self, data: bytes) -> int:
        """Return the time in the header, in nanoseconds."""
        seconds, nanoseconds = self._plan_for(data).stamp.unpack_from(data, _STAMP)
        return int(seconds * _NS_PER_S + nanoseconds)

    def _plan_for(self, data: bytes) -> '_Plan':
        if len(data) != self._size or data[_LENGTH] != self._length or (
                not data.startswith(self._encoding)):
            self._read_head(data)
        return self._plan

    def _read_head(self, data: bytes) -> None:
        reader = plain_reader(data)
        dtype = self._dtypes[reader.byte_order]
        try:
            reader.skip(_LENGTH.start - _STAMP)
            reader.skip_string()
            reader.align(dtype.itemsize)
            begin = reader.skip(self._count * dtype.itemsize)
        except CdrError as error:
            raise MessageError(
                f'its bytes are no such message: {error}', cause='bytes') from error
        self._plan = _Plan(dtype, begin, _STAMPS[reader.byte_order])
        self._size = len(data)
        self._encoding = data[:_STAMP]
        self._length = data[_LENGTH]


class _Plan(NamedTuple):
    """How to read the messages of one encoding, with frames' names of one length."""

    dtype: 'np.dtype[Any]'
    begin: int
    stamp: Struct
