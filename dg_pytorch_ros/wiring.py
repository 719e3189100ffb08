# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The inputs and outputs of a configuration, made real on a node."""

from dataclasses import dataclass
import math
from typing import Any, Callable, List, Optional, Tuple

from dg_pytorch_ros.ages import AgeClock
from dg_pytorch_ros.checks import Values
from dg_pytorch_ros.config import InputConfig, NodeConfig, OutputConfig, QosConfig
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.emission import Outlet
from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.evaluation import Feedback
from dg_pytorch_ros.limits import Limits
from dg_pytorch_ros.messages import (
    ArrayDecoder, ArrayEncoder, message_format, MessageFormat, OUTPUT_TYPES, ScalarDecoder,
    ScalarEncoder)
from dg_pytorch_ros.model import Array, Model
from dg_pytorch_ros.slots import Slot
from dg_pytorch_ros.stamped import StampedDecoder
from dg_pytorch_ros.topics import Decoder, Encoder, import_message_class, Output, Subscriber
from dg_pytorch_ros.trust_config import TrustConfig
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
        self, node: Node, config: NodeConfig, model: Model, *, ages: AgeClock,
        on_drop: Callable[[str, MessageError], None]
    ) -> None:
        self._node = node
        self._ages = ages
        self._on_drop = on_drop
        self.inputs: List[Input] = []
        self.outputs: List[Output] = []
        self.outlets: List[Outlet] = []
        self.enable: Optional[Subscriber] = None
        try:
            for index, input_config in enumerate(config.inputs):
                self.inputs.append(self._make_input(index, input_config, model))
            for output_config in config.outputs:
                self.outputs.append(self._make_output(output_config))
                self.outlets.append(self._make_outlet(
                    self.outputs[-1], fade_in=config.trust.fade_in_s > 0.0))
            if config.trust.enable_topic:
                self.enable = self._make_enable(config.trust)
        except BaseException:
            self.close()
            raise

    @property
    def slots(self) -> List[Slot]:
        """The slots, in the order of the arguments."""
        return [item.slot for item in self.inputs]

    @property
    def subscribers(self) -> List[Subscriber]:
        """The subscribed inputs, and the permission to act if there must be one."""
        subscribers = [item.subscriber for item in self.inputs if item.subscriber is not None]
        return subscribers if self.enable is None else [*subscribers, self.enable]

    @property
    def aging_slots(self) -> List[Slot]:
        """The slots whose values may become too old."""
        slots = [subscriber.slot for subscriber in self.subscribers]
        return [slot for slot in slots if slot.max_age_ns is not None]

    def feedback(self) -> List[Feedback]:
        """Return the inputs that get an output of the last evaluation."""
        names = [output.name for output in self.outputs]
        return [
            Feedback(item.slot, names.index(item.config.feedback))
            for item in self.inputs if item.config.feedback]

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

    def _make_input(self, index: int, config: InputConfig, model: Model) -> Input:
        form = _format('input', config)
        argument = model.signature.arguments[index]
        dtype = config.dtype or model.input_dtype(index, str(form.dtype))
        slot = _make_slot(config, dtype, is_single=argument.is_scalar or not form.is_array)
        subscriber = self._subscribe(config, form, slot) if config.subscribed else None
        return Input(config, argument, dtype, slot, subscriber)

    def _make_enable(self, trust: TrustConfig) -> Subscriber:
        config = InputConfig(
            'enable topic', topic=trust.enable_topic, message_type='std_msgs/msg/Bool',
            # Not best effort: of all messages, a false must not get lost.
            qos=QosConfig('reliable'), dtype='bool', max_age_ms=trust.enable_max_age_ms)
        return self._subscribe(
            config, _format('input', config), _make_slot(config, 'bool', is_single=True))

    def _subscribe(self, config: InputConfig, form: MessageFormat, slot: Slot) -> Subscriber:
        decoder = _decoder(form)
        read_stamp_ns = None
        if config.age_from == 'stamp':
            read_stamp_ns = getattr(decoder, 'stamp_ns', None)
            if read_stamp_ns is None:
                raise ConfigError(
                    f"input {config.name!r}: age_from is 'stamp', but {config.message_type} has "
                    "no header; use 'arrival'")
        return Subscriber(
            self._node, config, form.message_class, decoder, slot, ages=self._ages,
            on_drop=self._on_drop, read_stamp_ns=read_stamp_ns)

    def _make_output(self, config: OutputConfig) -> Output:
        form = _format('output', config)
        return Output(self._node, config, form.message_class, _encoder(form))

    def _make_outlet(self, output: Output, *, fade_in: bool) -> Outlet:
        start = output.config.fade_in_from
        return Outlet(
            output, Limits(output.config.limits, fade_in=fade_in),
            fade_in_from=self.slot(start) if start else None)


def to_array(values: Values) -> Array:
    """Return the numbers of a parameter as an array of the dtype that they are written in."""
    return np.array(values)


def _make_slot(config: InputConfig, dtype: str, *, is_single: bool) -> Slot:
    shape: Optional[Tuple[int, ...]] = config.shape
    if shape is None and is_single:
        shape = (1,)
    values = config.initial if config.constant is None else config.constant
    if config.feedback and values is not None and shape is not None and len(values) == 1:
        values = values * max(math.prod(shape), 1)  # one number fills the shape
    max_age_ns = None if config.max_age_ms is None else round(1e6 * config.max_age_ms)
    try:
        return Slot(
            config.name, dtype=dtype, shape=shape, max_age_ns=max_age_ns,
            initial=None if values is None else to_array(values))
    except MessageError as error:
        field = 'initial' if config.constant is None else 'constant'
        raise ConfigError(
            f'input {config.name!r}: {field} is {list(values or ())}: {error}') from error


def _format(role: str, config: Any) -> MessageFormat:
    try:
        form = message_format(
            import_message_class(config.message_type), config.message_type, import_message_class)
        if form.has_stamp and role == 'output':
            raise ConfigError(
                f'type {form.type_name!r} is for inputs only; expected one of {OUTPUT_TYPES}')
        return form
    except ConfigError as error:
        raise ConfigError(f'{role} {config.name!r}: {error}') from error


def _decoder(form: MessageFormat) -> Decoder:
    if form.has_stamp:
        return StampedDecoder(form)
    return ArrayDecoder(form) if form.is_array else ScalarDecoder(form)


def _encoder(form: MessageFormat) -> Encoder:
    return ArrayEncoder(form) if form.is_array else ScalarEncoder(form)
