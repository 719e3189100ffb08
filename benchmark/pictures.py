# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The pictures of a camera: 640 x 480 pixels of three colours into a tensor of float32."""

from io import BytesIO
from typing import Any, Callable, Dict, List, Optional

from benchmark.case import Case, KEPT
from benchmark.sensors import compressed_images, HEIGHT, images, WIDTH
from benchmark.wired import Wired
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from rclpy.context import Context
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image
import torch

# Longer ones would take a second each.
_BLOCK = 10
_SCALE = 1 / 255
_JPEG_MARK = b'\xff\xd8'
_IMAGE: Dict[str, Any] = {'inputs.x.type': 'sensor_msgs/msg/Image'}
_PLANES: Dict[str, Any] = {**_IMAGE, 'inputs.x.layout': 'chw'}
_COMPRESSED: Dict[str, Any] = {'inputs.x.type': 'sensor_msgs/msg/CompressedImage'}

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def picture_cases(context: Optional[Context] = None) -> List[Case]:
    """Return what is measured of a camera."""
    messages = images()
    return [
        _image('image', messages, _IMAGE, _cast, context),
        _image('image_chw', messages, _PLANES, _cast_planes, context),
        _image('image_chw_scaled', messages, {**_PLANES, 'inputs.x.scale': _SCALE},
               _cast_and_scale_planes, context),
        _jpeg(context)]


def _image(
    name: str, messages: List[bytes], parameters: Dict[str, Any],
    arithmetic: Callable[[Pixels, Floats], Floats], context: Optional[Context]
) -> Case:
    wired = Wired(parameters, context)
    begin = len(messages[0]) - 3 * HEIGHT * WIDTH
    is_chw = 'inputs.x.layout' in parameters
    room = np.empty((3, HEIGHT, WIDTH) if is_chw else (HEIGHT, WIDTH, 3), np.float32)

    def ours(data: bytes) -> torch.Tensor:
        wired.take(data)
        return wired.tensor

    def ours_kept(data: bytes) -> Floats:
        wired.take(data)
        np.copyto(room, wired.value)
        return room

    def bare(data: bytes) -> Floats:
        return arithmetic(np.ndarray((HEIGHT, WIDTH, 3), np.uint8, data, begin), room)

    def by_hand(data: bytes) -> torch.Tensor:
        message = deserialize_message(data, Image)
        pixels = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
        tensor = torch.from_numpy(pixels.copy())
        tensor = (tensor.permute(2, 0, 1).contiguous() if is_chw else tensor).float()
        return tensor.mul_(_SCALE) if 'inputs.x.scale' in parameters else tensor
    return Case(name, messages, {
        'ours': ours, KEPT: ours_kept, 'bare': bare,
        'rclpy': lambda data: deserialize_message(data, Image), 'hand': by_hand}, _BLOCK)


def _cast(pixels: Pixels, room: Floats) -> Floats:
    np.copyto(room, pixels)
    return room


def _cast_planes(pixels: Pixels, room: Floats) -> Floats:
    for place, plane in enumerate(room):
        np.copyto(plane, pixels[..., place])
    return room


def _cast_and_scale_planes(pixels: Pixels, room: Floats) -> Floats:
    return np.multiply(_cast_planes(pixels, room), np.float32(_SCALE), room)


def _jpeg(context: Optional[Context]) -> Case:
    wired = Wired(_COMPRESSED, context)
    messages = compressed_images()
    begin = messages[0].index(_JPEG_MARK)

    def ours(data: bytes) -> torch.Tensor:
        wired.take(data)
        return wired.tensor

    def by_hand(data: bytes) -> torch.Tensor:
        file = BytesIO(deserialize_message(data, CompressedImage).data)
        return torch.from_numpy(np.array(Picture.open(file))).float()
    return Case('jpeg', messages, {
        'ours': ours, 'bare': lambda data: np.asarray(Picture.open(BytesIO(data[begin:]))),
        'rclpy': lambda data: deserialize_message(data, CompressedImage),
        'hand': by_hand}, _BLOCK)
