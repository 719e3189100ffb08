# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Write arrays as sensor_msgs/msg/Image."""

import sys
from typing import Optional, Tuple

from dg_pytorch_ros.checks import check_choice
from dg_pytorch_ros.config.image_config import LAYOUTS
from dg_pytorch_ros.errors import ContractError, EvaluationError
from dg_pytorch_ros.messages.cdr import CdrWriter
from dg_pytorch_ros.messages.multi_arrays import cast
from dg_pytorch_ros.model import Array, describe_array
from dg_pytorch_ros.pictures.pixel_encodings import ENCODINGS
import numpy as np

_NO_STAMP = bytes(8)
_IS_BIG_ENDIAN = sys.byteorder == 'big'


class ImageEncoder:
    """
    Writes images, one each time; their stamp is left at zero.

    The channels go out in the order in which they come: the encoding says which colours they are.
    """

    def __init__(self, encoding: str, layout: str, *, frame_id: str) -> None:
        check_choice('encoding', encoding, tuple(ENCODINGS))
        check_choice('layout', layout, LAYOUTS)
        self._encoding = ENCODINGS[encoding]
        self._dtype = np.dtype(self._encoding.dtype)
        self._is_chw = layout == 'chw'
        self._frame_id = frame_id
        self._head: Tuple[Tuple[int, ...], bytes] = (), b''  # for a shape

    def check(self, value: Array) -> None:
        """Raise ContractError if an image of this encoding cannot hold such arrays."""
        what = describe_array(value.dtype, value.shape)
        if self._pixels(value) is None:
            raise ContractError(f'is {what}, {self._expectation()}')
        if value.dtype.kind not in 'fiub':
            raise ContractError(f'is {value.dtype}, which no image holds')
        if value.dtype.kind == 'f' and self._dtype.kind != 'f':
            last = np.iinfo(self._dtype).max
            raise ContractError(
                f'is {what}, which {self._encoding.name} would cut down: it holds whole numbers '
                f'from 0 to {last}, and scale makes none; let the module return them, for '
                f'example (255 * x).round().clamp(0, 255).to(torch.uint8)')

    def encode(self, value: Array) -> bytes:
        """Return the message; raise EvaluationError if these very numbers do not fit."""
        pixels = self._pixels(value)
        if pixels is None:
            raise EvaluationError(
                f'is {describe_array(value.dtype, value.shape)}, {self._expectation()}')
        shape, head = self._head
        if pixels.shape != shape:
            head = self._write_head(*pixels.shape[:2])
            self._head = pixels.shape, head
        numbers = cast(pixels, self._dtype, f'the encoding {self._encoding.name}')
        return b''.join((head, _in_order(numbers)))

    def _pixels(self, value: Array) -> Optional[Array]:
        """Return a view as height, width, channels; None if it is no such array."""
        if value.size == 0:
            return None
        for image in [value, value[0]] if value.shape[:1] == (1,) else [value]:
            pixels = self._pixels_of_one(image)
            if pixels is not None:
                return pixels
        return None

    def _pixels_of_one(self, image: Array) -> Optional[Array]:
        channels = self._encoding.channels
        if image.ndim == 2 and channels == 1:
            return image[..., np.newaxis]
        if image.ndim != 3:
            return None
        pixels = image.transpose(1, 2, 0) if self._is_chw else image
        return pixels if pixels.shape[2] == channels else None

    def _expectation(self) -> str:
        channels = self._encoding.channels
        sizes = [str(channels), 'height', 'width'] if self._is_chw else [
            'height', 'width', str(channels)]
        return (
            f'which is no image of encoding {self._encoding.name}; expected '
            f'[{", ".join(sizes)}], not empty{" (or without the 1)" if channels == 1 else ""}, '
            'with a batch of 1 in front or none')

    def _write_head(self, height: int, width: int) -> bytes:
        step = width * self._encoding.channels * self._dtype.itemsize
        writer = CdrWriter()
        writer.data += _NO_STAMP
        writer.string(self._frame_id)
        writer.uint32(height)
        writer.uint32(width)
        writer.string(self._encoding.name)
        writer.data.append(_IS_BIG_ENDIAN)
        writer.uint32(step)
        writer.uint32(height * step)
        return bytes(writer.data)


def _in_order(pixels: Array) -> memoryview:
    """Return the bytes, row by row and channel by channel."""
    if pixels.flags.c_contiguous:
        return pixels.data
    # Plane by plane, because copies of three or four channels at a time take much longer.
    ordered = np.empty(pixels.shape, pixels.dtype)
    for channel in range(pixels.shape[2]):
        ordered[..., channel] = pixels[..., channel]
    return ordered.data
