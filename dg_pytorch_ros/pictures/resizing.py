# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Pixels in another size."""

from typing import Tuple

from dg_pytorch_ros.model import Array
import numpy as np

# CMYK stands for any four channels: of RGBA, Pillow would weigh the colours by their alpha, and
# many cameras leave alpha at 0.
_MODES = {1: 'L', 3: 'RGB', 4: 'CMYK'}


def resize(pixels: Array, size: Tuple[int, int]) -> Array:
    """
    Return pixels of exactly this height and width.

    Bytes are interpolated. Of all others the nearest is taken: they are mostly depths, and a depth
    halfway between a thing and what stands behind it, or between one and "not measured", is wrong.
    """
    if pixels.shape[:2] == size:
        return pixels
    return _interpolate(pixels, size) if pixels.dtype == np.uint8 else _take(pixels, size)


def _interpolate(pixels: Array, size: Tuple[int, int]) -> Array:
    from PIL import Image
    height, width, channels = pixels.shape
    mode = _MODES[channels]
    image = Image.frombuffer(
        mode, (width, height), np.ascontiguousarray(pixels), 'raw', mode, 0, 1)
    resized = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(resized).reshape(*size, channels)


def _take(pixels: Array, size: Tuple[int, int]) -> Array:
    rows, columns = (
        (2 * np.arange(new) + 1) * old // (2 * new) for new, old in zip(size, pixels.shape))
    taken: Array = pixels[rows[:, np.newaxis], columns]
    return taken
