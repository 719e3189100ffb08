# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The choice of a decoder for the messages of an input."""

from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional, Protocol, Tuple

from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.messages.clouds import CloudDecoder
from dg_pytorch_ros.messages.field_decoder import FieldDecoder, Selection
from dg_pytorch_ros.messages.fields import choose_fields, name_steps
from dg_pytorch_ros.messages.kinds import ImportClass, multi_array_dtype, read_struct, Struct
from dg_pytorch_ros.messages.multi_arrays import ArrayDecoder
from dg_pytorch_ros.messages.stamps import has_stamp
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.pictures.compressed_images import CompressedImageDecoder
from dg_pytorch_ros.pictures.images import ImageDecoder
import numpy as np


class Decoder(Protocol):
    """Reads messages of one type."""

    def decode(self, data: bytes) -> Array:
        """Return the numbers in a message; raise MessageError if it contradicts itself."""


@dataclass(frozen=True)
class Decoding:
    """
    How to read the messages of an input, and what is known of their values beforehand.

    `shape` is None if messages may differ; `channel_axis` says where images have their channels.
    """

    decoder: Decoder
    dtype: 'np.dtype[Any]'
    shape: Optional[Tuple[int, ...]] = None
    channel_axis: Optional[int] = None
    has_stamp: bool = True


def choose_decoding(config: InputConfig, import_class: ImportClass) -> Decoding:
    """Return how to read the messages of an input; raise ConfigError if nobody can."""
    picture = _PICTURES.get(config.message_type)
    if picture is not None:
        _check_picture(config)
        return picture(config)
    _check_no_picture(config)
    if config.message_type == _CLOUD:
        if config.select:
            raise ConfigError(f'select is set, but the points of a {_CLOUD} have no names')
        return Decoding(CloudDecoder(config.field or ('x', 'y', 'z')), np.dtype('float32'))
    struct = read_struct(config.message_type, import_class)
    numbers = multi_array_dtype(struct)
    if numbers is not None and not config.field and not config.select:
        return Decoding(ArrayDecoder(numbers), numbers, has_stamp=False)
    return _decode_fields(config, struct)


def _decode_fields(config: InputConfig, struct: Struct) -> Decoding:
    selection = Selection(
        config.select, name_steps(struct, config.name_field)) if config.select else None
    fields = choose_fields(struct, config.field, selected=len(config.select) or None)
    return Decoding(
        FieldDecoder(struct, fields, selection), fields.dtype, fields.shape,
        has_stamp=has_stamp(struct))


def _decode_image(config: InputConfig) -> Decoding:
    return Decoding(
        ImageDecoder(config.image, expected=_expected_size(config)), np.dtype('uint8'),
        channel_axis=_channel_axis(config.image))


def _decode_compressed_image(config: InputConfig) -> Decoding:
    return Decoding(
        CompressedImageDecoder(config.image, expected=_expected_size(config)), np.dtype('uint8'),
        channel_axis=_channel_axis(config.image))


def _expected_size(config: InputConfig) -> Optional[Tuple[int, ...]]:
    """Return the height and width in the input's shape; None if it does not tell them."""
    shape = config.shape or ()
    channels, size = (
        (shape[-3:-2], shape[-2:]) if config.image.layout == 'chw'
        else (shape[-1:], shape[-3:-1]))
    return size if len(shape) >= 3 and channels[0] in _CHANNELS else None


def _channel_axis(image: ImageConfig) -> int:
    return -3 if image.layout == 'chw' else -1


_CHANNELS = (1, 3, 4)
_CLOUD = 'sensor_msgs/msg/PointCloud2'
_PICTURES: Dict[str, Callable[[InputConfig], Decoding]] = {
    'sensor_msgs/msg/Image': _decode_image,
    'sensor_msgs/msg/CompressedImage': _decode_compressed_image,
}


def _check_picture(config: InputConfig) -> None:
    for parameter in ('field', 'select'):
        if getattr(config, parameter):
            raise ConfigError(
                f'{parameter} is set, but a {config.message_type} is read as a whole picture')
    size, resize = _expected_size(config), config.image.resize
    if size and resize and -1 not in size and size != resize:
        raise ConfigError(
            f'resize is {list(resize)}, but the height and width in shape are {list(size)}')


def _check_no_picture(config: InputConfig) -> None:
    given = [
        name for name in ('layout', 'resize', 'color')
        if getattr(config.image, name) != getattr(ImageConfig(), name)]
    given += [
        name for name in ('mean', 'std') if getattr(config.conversion, name) is not None]
    if given:
        raise ConfigError(
            f'{given[0]} is set, but {config.message_type} is no picture; it belongs to '
            f'{" and ".join(_PICTURES)}')
