# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The encodings of pixels that are understood, by the names that sensor_msgs gives them."""

from typing import Dict, NamedTuple


class Encoding(NamedTuple):
    """
    How the pixels of an image are stored.

    `colors` has a letter for each channel: r, g, b, a (alpha), or y for gray; it is empty where
    the channels are no colours, or in an order that the name does not tell.
    """

    name: str
    dtype: str
    channels: int
    colors: str = ''


ENCODINGS: Dict[str, Encoding] = {encoding.name: encoding for encoding in (
    Encoding('rgb8', 'uint8', 3, 'rgb'),
    Encoding('bgr8', 'uint8', 3, 'bgr'),
    Encoding('rgba8', 'uint8', 4, 'rgba'),
    Encoding('bgra8', 'uint8', 4, 'bgra'),
    Encoding('mono8', 'uint8', 1, 'y'),
    Encoding('mono16', 'uint16', 1),
    Encoding('8UC1', 'uint8', 1, 'y'),
    Encoding('8UC3', 'uint8', 3),
    Encoding('16UC1', 'uint16', 1),
    Encoding('32FC1', 'float32', 1))}
