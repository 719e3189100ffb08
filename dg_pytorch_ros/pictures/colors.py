# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The colours of pixels: in another order, fewer, or as one gray."""

from typing import Optional, Tuple

from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.pictures.pixel_encodings import Encoding
import numpy as np

# ITU-R 601 in units of 2 ** -16, as Pillow has it. Sums of such products with bytes are whole
# numbers below 2 ** 24, which float32 holds exactly, in whatever order they are added.
_GRAY = {'r': 19595, 'g': 38470, 'b': 7471, 'a': 0}
_UNIT = np.float32(2.0 ** -16)
_HALF = np.float32(0.5)


def check_colors(encoding: Encoding, color: str) -> None:
    """Raise MessageError if pixels of this encoding cannot have such colours."""
    if not encoding.colors:
        raise MessageError(
            f'its encoding {encoding.name} does not say which colours it holds, so there is no '
            f'{color} of it; leave color out', cause='encoding')


def to_gray(pixels: Array, colors: str) -> Array:
    """Return the one channel of brightness of bytes of these colours."""
    weights = np.array([_GRAY[color] for color in colors], 'float32') * _UNIT
    gray = pixels.astype('float32') @ weights
    gray += _HALF
    return gray.astype('uint8')[..., np.newaxis]


def channel_sources(colors: str, color: str) -> Optional[Tuple[int, ...]]:
    """Return which of the channels stands for each one wanted; None if all, as they are."""
    if color in ('', 'gray', colors):
        return None
    return (0,) * len(color) if colors == 'y' else tuple(map(colors.index, color))
