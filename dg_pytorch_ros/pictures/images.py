# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The pixels of sensor_msgs/msg/Image."""

from typing import Any, NamedTuple, Optional, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages.cdr import CdrError, CdrReader
from dg_pytorch_ros.messages.head import Head, read_text, shown, skip_header
from dg_pytorch_ros.messages.multi_arrays import plain_reader
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.pictures.arrangement import Arrangement
from dg_pytorch_ros.pictures.pixel_encodings import Encoding, ENCODINGS
import numpy as np


class ImageDecoder:
    """
    Reads images as arrays of height, width and channels, or as the config says.

    As sent, they are views of the message's own bytes. All that stands before the pixels is read
    once, and again only when more than the stamp changes.
    """

    def __init__(
        self, config: ImageConfig, *, expected: Optional[Tuple[int, ...]] = None
    ) -> None:
        """Refuse images of other heights and widths than expected, unless they are resized."""
        self._arrangement = Arrangement(config, expected)
        self._head = Head()
        self._plan = _Plan(ENCODINGS['mono8'], np.dtype('uint8'), (0, 0, 1), (0, 0, 0), 0)

    def decode(self, data: bytes) -> Array:
        """Return the pixels; raise MessageError if they are not there as the message says."""
        if not self._head.is_of(data):
            plan = _read_plan(data)
            self._arrangement.check_size(*plan.shape[:2])
            self._plan = plan
            self._head.learn(data, self._plan.begin)
        encoding, dtype, shape, strides, begin = self._plan
        pixels: Array = np.ndarray(shape, dtype, data, begin, strides)
        return self._arrangement.apply(pixels, encoding)


class _Plan(NamedTuple):
    """How to read the pixels behind a head."""

    encoding: Encoding
    dtype: 'np.dtype[Any]'
    shape: Tuple[int, int, int]
    strides: Tuple[int, int, int]
    begin: int


def _read_plan(data: bytes) -> _Plan:
    reader = plain_reader(data)
    try:
        return _read_fields(reader, data)
    except CdrError as error:
        raise MessageError(
            f'its bytes are no such message: {error}', cause='bytes') from error


def _read_fields(reader: CdrReader, data: bytes) -> _Plan:
    skip_header(reader)
    height, width = reader.uint32(), reader.uint32()
    name = read_text(reader, data)
    is_big_endian = data[reader.skip(1)] != 0
    step = reader.uint32()
    count = reader.uint32()
    begin = reader.skip(count)
    encoding = ENCODINGS.get(name)
    if encoding is None:
        raise MessageError(
            f'its encoding {shown(name)} is not supported; expected one of '
            f'{enumeration(ENCODINGS)}', cause='encoding')
    # What is_bigendian says is true of the pixels alone, whatever the message's own byte order.
    dtype = np.dtype(encoding.dtype).newbyteorder('>' if is_big_endian else '<')
    shape = (height, width, encoding.channels)
    strides = (step, encoding.channels * dtype.itemsize, dtype.itemsize)
    _check_size(shape, strides, count, encoding.name)
    return _Plan(encoding, dtype, shape, strides, begin)


def _check_size(
    shape: Tuple[int, int, int], strides: Tuple[int, int, int], count: int, encoding: str
) -> None:
    height, width, _ = shape
    step, pixel, _ = strides
    what = f'its image is {height} x {width} {encoding}'
    if not height or not width:
        raise MessageError(f'{what}; it is empty')
    if step < width * pixel:
        raise MessageError(
            f'{what} with a step of {step}; a row needs {width * pixel} bytes at least')
    if count < height * step:
        raise MessageError(
            f'{what} with a step of {step}, which makes {height * step} bytes, but it holds '
            f'{count}')
