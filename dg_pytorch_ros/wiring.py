# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The inputs and outputs of a configuration, made real on a node."""

from dataclasses import dataclass
from typing import Any, Callable, List, Optional, Tuple

from dg_pytorch_ros.config import InputConfig, NodeConfig, OutputConfig, Values
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.messages import (
    ArrayDecoder, ArrayEncoder, message_format, MessageFormat, ScalarDecoder, ScalarEncoder)
from dg_pytorch_ros.model import Array, Model
from dg_pytorch_ros.slots import Slot
from dg_pytorch_ros.topics import Decoder, Encoder, import_message_class, Output, Subscriber
import numpy as np
from rclpy.node import Node


@dataclass(frozen=True)
class Input:
    """One input: its slot, and its subscription unless it is a constant."""

    config: InputConfig
    argument: Argument
    dtype: str
    slot: Slot
    subscriber: Optional[Subscriber]


class Wiring:
    """All inputs and outputs; what was made is destroyed again by `close`."""

    def __init__(
        self, node: Node, config: NodeConfig, model: Model, *, on_drop: Callable[[str, str], None]
    ) -> None:
        self._node = node
        self.inputs: List[Input] = []
        self.outputs: List[Output] = []
        try:
            for index, input_config in enumerate(config.inputs):
                self.inputs.append(self._make_input(index, input_config, model, on_drop))
            for output_config in config.outputs:
                self.outputs.append(self._make_output(output_config))
        except BaseException:
            self.close()
            raise

    @property
    def slots(self) -> List[Slot]:
        """The slots, in the order of the arguments."""
        return [item.slot for item in self.inputs]

    @property
    def subscribers(self) -> List[Subscriber]:
        """The subscribed inputs."""
        return [item.subscriber for item in self.inputs if item.subscriber is not None]

    def bind(self, model: Model) -> None:
        """Make a model take these inputs and give these outputs."""
        model.bind(
            [item.config.name for item in self.inputs], [item.dtype for item in self.inputs],
            [output.config.name for output in self.outputs])

    def samples(self) -> Optional[List[Array]]:
        """Return values to try a model on, or None while some input's shape is not known."""
        samples = [slot.sample() for slot in self.slots]
        known = [sample for sample in samples if sample is not None]
        return known if len(known) == len(samples) else None

    def slot(self, name: str) -> Slot:
        """Return the slot of an input."""
        for slot in self.slots:
            if slot.name == name:
                return slot
        raise ConfigError(f'there is no input {name!r} at present')

    def close(self) -> None:
        """Destroy the subscriptions and publishers."""
        for subscriber in self.subscribers:
            self._node.destroy_subscription(subscriber.subscription)
        for output in self.outputs:
            self._node.destroy_publisher(output.publisher)

    def _make_input(
        self, index: int, config: InputConfig, model: Model, on_drop: Callable[[str, str], None]
    ) -> Input:
        form = _format('input', config)
        argument = model.signature.arguments[index]
        dtype = config.dtype or model.input_dtype(index, str(form.dtype))
        slot = _make_slot(config, dtype, is_single=argument.is_scalar or not form.is_array)
        subscriber = None
        if config.subscribed:
            subscriber = Subscriber(
                self._node, config, form.message_class, _decoder(form), slot, on_drop)
        return Input(config, argument, dtype, slot, subscriber)

    def _make_output(self, config: OutputConfig) -> Output:
        form = _format('output', config)
        return Output(self._node, config, form.message_class, _encoder(form))


def to_array(values: Values) -> Array:
    """Return the numbers of a parameter as an array of the dtype that they are written in."""
    return np.array(values)


def _make_slot(config: InputConfig, dtype: str, *, is_single: bool) -> Slot:
    shape: Optional[Tuple[int, ...]] = config.shape
    if shape is None and is_single:
        shape = (1,)
    values = config.initial if config.constant is None else config.constant
    try:
        return Slot(
            config.name, dtype=dtype, shape=shape,
            initial=None if values is None else to_array(values))
    except MessageError as error:
        field = 'initial' if config.constant is None else 'constant'
        raise ConfigError(
            f'input {config.name!r}: {field} is {list(values or ())}: {error}') from error


def _format(role: str, config: Any) -> MessageFormat:
    try:
        return message_format(import_message_class(config.message_type), config.message_type)
    except ConfigError as error:
        raise ConfigError(f'{role} {config.name!r}: {error}') from error


def _decoder(form: MessageFormat) -> Decoder:
    return ArrayDecoder(form) if form.is_array else ScalarDecoder(form)


def _encoder(form: MessageFormat) -> Encoder:
    return ArrayEncoder(form) if form.is_array else ScalarEncoder(form)
