# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The choice of an encoder for the messages of an output."""

from dataclasses import dataclass
from typing import Callable, Optional, Protocol

from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.messages.field_encoder import FieldEncoder, Pattern
from dg_pytorch_ros.messages.fields import choose_fields, name_steps
from dg_pytorch_ros.messages.furnishing import Furnishing
from dg_pytorch_ros.messages.kinds import ImportClass, multi_array_dtype, read_struct, Struct
from dg_pytorch_ros.messages.multi_arrays import ArrayEncoder
from dg_pytorch_ros.messages.stamps import has_stamp
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.pictures.image_encoder import ImageEncoder

_IMAGE = 'sensor_msgs/msg/Image'
_NS_PER_MS = 1e6


class Encoder(Protocol):
    """Writes messages of one type."""

    def check(self, value: Array) -> None:
        """Raise ContractError if messages of this type cannot hold such arrays."""

    def encode(self, value: Array) -> bytes:
        """Return a message; raise EvaluationError if it cannot hold these very numbers."""


@dataclass(frozen=True)
class Encoding:
    """How to write the messages of an output."""

    encoder: Encoder
    has_stamp: bool


def choose_encoding(
    config: OutputConfig, import_class: ImportClass, serialize: Callable[[object], bytes]
) -> Encoding:
    """Return how to write the messages of an output; raise ConfigError if nobody can."""
    struct = read_struct(config.message_type, import_class)
    if config.stamp_from and not has_stamp(struct):
        raise ConfigError(
            f'stamp_from is {config.stamp_from!r}, but {config.message_type} does not begin with '
            'a header')
    return Encoding(_choose_encoder(config, struct, import_class, serialize), has_stamp(struct))


def _choose_encoder(
    config: OutputConfig, struct: Struct, import_class: ImportClass,
    serialize: Callable[[object], bytes]
) -> Encoder:
    if config.message_type == _IMAGE:
        return _encode_image(config)
    _check_no_image(config)
    numbers = multi_array_dtype(struct)
    furnishing = _furnishing(config, struct)
    if numbers is not None and not config.field:
        return ArrayEncoder(numbers, config.message_type)
    pattern = Pattern(
        lambda type_name: import_class(type_name)(), furnishing, serialize,
        len(config.names) or None)
    return FieldEncoder(struct, choose_fields(struct, config.field), pattern)


def _furnishing(config: OutputConfig, struct: Struct) -> Furnishing:
    steps = name_steps(struct, config.name_field) if config.names else ()
    return Furnishing(
        struct, names=config.names, name_steps=steps, frame_id=config.frame_id,
        time_from_start_ns=_nanoseconds(config.time_from_start_ms))


def _nanoseconds(span_ms: Optional[float]) -> Optional[int]:
    return None if span_ms is None else round(_NS_PER_MS * span_ms)


def _encode_image(config: OutputConfig) -> Encoder:
    for parameter in ('field', 'names', 'time_from_start_ms'):
        if getattr(config, parameter):
            raise ConfigError(f'{parameter} is set, but a {_IMAGE} is written as a whole')
    return ImageEncoder(config.encoding, config.layout, frame_id=config.frame_id)


def _check_no_image(config: OutputConfig) -> None:
    if config.encoding or config.layout != 'hwc':
        given = 'encoding' if config.encoding else 'layout'
        raise ConfigError(
            f'{given} is set, but {config.message_type} is no picture; it belongs to {_IMAGE}')
