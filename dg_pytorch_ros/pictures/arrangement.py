# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""From pixels as they were sent to the array that was asked for."""

from typing import Optional, Tuple

from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.pictures.colors import channel_sources, check_colors, to_gray
from dg_pytorch_ros.pictures.pillow import require_pillow
from dg_pytorch_ros.pictures.pixel_encodings import Encoding
from dg_pytorch_ros.pictures.resizing import resize
import numpy as np

_ANY = -1


class Arrangement:
    """
    Gives pixels of height, width and channels their colours, size and layout.

    Where nothing is to be done, they stay a view of what they were.
    """

    def __init__(
        self, config: ImageConfig, expected: Optional[Tuple[int, ...]] = None
    ) -> None:
        self._expected = expected if config.resize is None else None
        self._color = config.color
        self._size = config.resize
        self._is_chw = config.layout == 'chw'
        if config.resize is not None:
            require_pillow()

    def check_size(self, height: int, width: int) -> None:
        """Raise MessageError unless such pixels are what is expected, or are resized."""
        wanted = self._expected or (_ANY, _ANY)
        if any(map(_differs, (height, width), wanted)):
            expected = 'x'.join('any' if size == _ANY else str(size) for size in wanted)
            raise MessageError(
                f'its size is {height}x{width}; expected {expected}', cause='layout')

    def apply(self, pixels: Array, encoding: Encoding) -> Array:
        """Return the array; raise MessageError if there are no such colours."""
        colors = encoding.colors
        if self._color:
            check_colors(encoding, self._color)
            if self._color == 'gray' and colors != 'y':
                pixels, colors = to_gray(pixels, colors), 'y'
        if self._size is not None:
            pixels = resize(pixels, self._size)
        return self._lay_out(pixels, channel_sources(colors, self._color))

    def _lay_out(self, pixels: Array, sources: Optional[Tuple[int, ...]]) -> Array:
        if sources is None:
            if not self._is_chw:
                return pixels
            if pixels.shape[2] == 1:
                return pixels.transpose(2, 0, 1)
            sources = tuple(range(pixels.shape[2]))
        # Plane by plane, because copies along three or four channels at a time take much longer.
        height, width, count = *pixels.shape[:2], len(sources)
        shape = (count, height, width) if self._is_chw else (height, width, count)
        arranged = np.empty(shape, pixels.dtype)
        planes = arranged if self._is_chw else arranged.transpose(2, 0, 1)
        for plane, source in zip(planes, sources):
            plane[...] = pixels[..., source]
        return arranged


def _differs(size: int, wanted: int) -> bool:
    return wanted not in (_ANY, size)
