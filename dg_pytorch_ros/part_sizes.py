# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How many numbers each part of an input has."""

import math
from typing import List, Optional, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.decoding import Decoding
from dg_pytorch_ros.errors import ConfigError

Size = Optional[int]

_UNKNOWN = '1 or more'


def frame_size(config: InputConfig) -> Size:
    """Return how many numbers an input has at a time; None if its shape does not say so."""
    if config.shape is None or -1 in config.shape:
        return None
    size, length = math.prod(config.shape), config.history.length
    if size % length:
        raise ConfigError(
            f'shape is {list(config.shape)}, which is {size} numbers, but history is {length}; '
            'expected a multiple of it')
    return size // length


def frame_shape(config: InputConfig) -> Optional[Tuple[int, ...]]:
    """Return the shape of one of the values of a history; None if the shape does not tell it."""
    shape, length = config.shape or (), config.history.length
    for before in ((length,), (1, length)):
        if shape[:len(before)] == before and len(shape) > len(before):
            return shape[len(before):]
    return None


def source_size(
    config: InputConfig, decoding: Optional[Decoding], outputs: Sequence[OutputConfig]
) -> Size:
    """Return how many numbers a source gives; None if only the first value tells."""
    if decoding is not None and decoding.shape is not None:
        return math.prod(decoding.shape)
    values = config.initial if config.constant is None else config.constant
    if values is not None and (len(values) > 1 or not config.feedback):
        return len(values)
    output = next((output for output in outputs if output.name == config.feedback), None)
    return None if output is None else len(output.names) * max(len(output.field), 1) or None


def settle_sizes(config: InputConfig, sizes: Sequence[Size]) -> Tuple[Size, ...]:
    """Return the sizes of the parts, the last unknown one being what the shape leaves over."""
    whole = frame_size(config)
    settled: List[Size] = list(sizes)
    if whole is not None:
        left = whole - sum(size for size in sizes if size is not None)
        unknown = settled.count(None)
        if left < unknown or left and not unknown:
            raise ConfigError(_misfit(config, whole, sizes))
        if unknown > 1:
            names = [part.own_name for part, size in zip(config.parts, sizes) if size is None]
            raise ConfigError(
                f'shape is {list(config.shape or ())}, which does not tell how many numbers each '
                f'of the parts {enumeration(names)} has; give all but one of them a select or an '
                'initial')
        if unknown:
            settled[settled.index(None)] = left
    for part, size in zip(config.parts, settled):
        if size is None and part.feedback and part.initial is None:
            raise ConfigError(
                f'nothing says how many numbers the feedback {part.name} has; set shape or '
                f'{part.prefix}initial')
    return tuple(settled)


def _misfit(config: InputConfig, whole: int, sizes: Sequence[Size]) -> str:
    each = ', '.join(
        f'{part.own_name} {_UNKNOWN if size is None else size}'
        for part, size in zip(config.parts, sizes))
    length = config.history.length
    at_a_time = f' at a time (history is {length})' if length > 1 else ''
    least = sum(1 if size is None else size for size in sizes)
    return (
        f'shape is {list(config.shape or ())}, which is {whole} numbers{at_a_time}, but its parts '
        f'have {least}{" or more" if None in sizes else ""} together: {each}')
