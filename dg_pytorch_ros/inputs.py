# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The inputs of a configuration: their slots, and what becomes of the values in them."""

from contextlib import nullcontext
from dataclasses import dataclass
import math
from typing import Callable, List, Optional, Sequence, Tuple

from dg_pytorch_ros.checks import Values
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.decoding import choose_decoding, Decoding
from dg_pytorch_ros.errors import about, ConfigError, MessageError, Problems
from dg_pytorch_ros.messages.classes import import_message_class
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.part_sizes import frame_shape, frame_size, settle_sizes, source_size
from dg_pytorch_ros.values.assembly import Assembly
from dg_pytorch_ros.values.conversion import Conversion
from dg_pytorch_ros.values.history import History
from dg_pytorch_ros.values.slots import Slot
from dg_pytorch_ros.values.value_source import ValueSource
import numpy as np

_NS_PER_MS = 1e6
_IMAGE_AXES = 3


@dataclass(frozen=True)
class Leaf:
    """A slot, and how its messages are read if it has a topic."""

    config: InputConfig
    slot: Slot
    decoding: Optional[Decoding] = None


@dataclass(frozen=True)
class Input:
    """One argument of `forward`: what gives its value, and the leaves that this is made of."""

    config: InputConfig
    argument: Argument
    dtype: str
    source: ValueSource
    leaves: Tuple[Leaf, ...]

    @property
    def shape(self) -> Optional[Tuple[int, ...]]:
        """The shape of its values, -1 where it may vary; None until a value decides it."""
        if self.config.shape is not None or len(self.leaves) > 1:
            return self.config.shape
        shape, length = self.leaves[0].slot.shape, self.config.history.length
        return shape if shape is None or length == 1 else (length, *shape)


def make_input(
    config: InputConfig, argument: Argument, outputs: Sequence[OutputConfig], *,
    input_dtype: Callable[[str], str]
) -> Input:
    """
    Return an input that has no value yet but its initial ones; raise ConfigError if it cannot be.

    `input_dtype` tells the dtype of the tensor from that of the messages.
    """
    with about(f'input {config.name!r}'):
        decodings = _decodings(config.leaves)
        dtype = config.dtype or input_dtype(str(_message_dtype(config.leaves, decodings)))
        if config.parts:
            leaves = _make_parts(config, decodings, outputs, dtype)
        else:
            leaves = (_make_leaf(
                config, decodings[0], dtype, is_single=argument.is_scalar),)
        return Input(config, argument, dtype, _source(config, leaves), leaves)


def to_array(values: Values) -> Array:
    """Return the numbers of a parameter as an array of the dtype that they are written in."""
    return np.array(values)


def make_leaf(
    config: InputConfig, decoding: Optional[Decoding], dtype: str,
    shape: Optional[Tuple[int, ...]], *, is_flat: bool = False
) -> Leaf:
    """Return a leaf with its slot; raise ConfigError if its values do not fit."""
    slot = Slot(
        config.name, dtype=dtype, shape=shape, is_flat=is_flat,
        max_age_ns=None if config.max_age_ms is None else round(_NS_PER_MS * config.max_age_ms),
        conversion=_conversion(config, decoding))
    form = None if decoding is None else decoding.shape
    if decoding is not None and form is not None:
        _check(slot, np.zeros(form, decoding.dtype), f'a {config.message_type} does not fit')
    if decoding is not None and decoding.channel_axis is not None:
        if shape is not None and len(shape) >= _IMAGE_AXES and -1 not in shape:
            _check(slot, np.zeros(shape, decoding.dtype), f'an image of {list(shape)} is refused')
    values = _first_values(config, shape)
    if values is not None:
        name = 'initial' if config.constant is None else 'constant'
        initial = to_array(values)
        if form is not None and initial.size == math.prod(form):
            initial = initial.reshape(form)
        _check(slot, initial, f'{name} is {list(values)}')
        slot.retune(initial)
    return Leaf(config, slot, decoding)


def _check(slot: Slot, value: Array, subject: str) -> None:
    try:
        slot.check(value)
    except MessageError as error:
        raise ConfigError(f'{subject}: {error}') from error


def _first_values(config: InputConfig, shape: Optional[Tuple[int, ...]]) -> Optional[Values]:
    values = config.initial if config.constant is None else config.constant
    if not config.feedback or shape is None:
        return values
    values = values or (0.0,)
    # One number fills the shape.
    return values * max(math.prod(shape), 1) if len(values) == 1 else values


def _make_parts(
    config: InputConfig, decodings: Sequence[Optional[Decoding]],
    outputs: Sequence[OutputConfig], dtype: str
) -> Tuple[Leaf, ...]:
    sizes = settle_sizes(config, [
        source_size(part, decoding, outputs)
        for part, decoding in zip(config.parts, decodings)])
    problems = Problems()
    leaves: List[Leaf] = []
    for part, decoding, size in zip(config.parts, decodings, sizes):
        with problems.gathered(), about(f'part {part.own_name!r}'):
            shape = None if size is None else (size,)
            leaves.append(make_leaf(part, decoding, dtype, shape, is_flat=True))
    problems.raise_any()
    return tuple(leaves)


def _make_leaf(
    config: InputConfig, decoding: Optional[Decoding], dtype: str, *, is_single: bool
) -> Leaf:
    shape, is_flat = config.shape, False
    if config.history.length > 1:
        size, shape = frame_size(config), frame_shape(config)
        if shape is None and size is not None:
            shape, is_flat = (size,), True
    if shape is None and is_single:
        shape = (1,)
    if shape is None and decoding is not None:
        shape = decoding.shape
    return make_leaf(config, decoding, dtype, shape, is_flat=is_flat)


def _source(config: InputConfig, leaves: Sequence[Leaf]) -> ValueSource:
    history = config.history
    source: ValueSource = leaves[0].slot
    if config.parts:
        source = Assembly(
            config.name, [leaf.slot for leaf in leaves], dtype=leaves[0].slot.dtype,
            shape=config.shape if history.length == 1 else None)
    if history.length == 1:
        return source
    return History(
        config.name, source, length=history.length, order=history.order, fill=history.fill,
        dtype=leaves[0].slot.dtype, shape=config.shape)


def _decodings(leaves: Sequence[InputConfig]) -> List[Optional[Decoding]]:
    problems = Problems()
    decodings = [problems.attempt(_decoding, leaf) for leaf in leaves]
    problems.raise_any()
    return decodings


def _decoding(config: InputConfig) -> Optional[Decoding]:
    if not config.subscribed:
        return None
    with about(f'part {config.own_name!r}') if '.' in config.name else nullcontext():
        decoding = choose_decoding(config, import_message_class)
        if config.age_from == 'stamp' and not decoding.has_stamp:
            raise ConfigError(
                f"age_from is 'stamp', but {config.message_type} does not begin with a header; "
                "use 'arrival'")
    return decoding


def _message_dtype(
    leaves: Sequence[InputConfig], decodings: Sequence[Optional[Decoding]]
) -> 'np.dtype[np.generic]':
    dtypes = []
    for leaf, decoding in zip(leaves, decodings):
        dtype = np.dtype('float64') if decoding is None else decoding.dtype
        dtypes.append(
            dtype if leaf.conversion.is_idle else np.result_type(dtype, np.float32))
    return np.result_type(*dtypes)


def _conversion(config: InputConfig, decoding: Optional[Decoding]) -> Optional[Conversion]:
    if config.conversion.is_idle:
        return None
    channel_axis = None if decoding is None else decoding.channel_axis
    return Conversion(config.conversion, channel_axis=channel_axis)
