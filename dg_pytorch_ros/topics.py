# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The two ends of topics: inputs that are taken when they are wanted, outputs that are filled."""

from importlib import import_module
import re
from typing import Any, Callable, Optional, Protocol, Union

from dg_pytorch_ros.ages import AgeClock
from dg_pytorch_ros.config import InputConfig, OutputConfig, QosConfig
from dg_pytorch_ros.errors import ConfigError, ContractError, EvaluationError, MessageError
from dg_pytorch_ros.messages import UnknownEncoding
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.slots import Slot
from rclpy.callback_groups import CallbackGroup
from rclpy.duration import Duration
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message, serialize_message

_TYPE = re.compile(r'([A-Za-z]\w*)/msg/([A-Za-z]\w*)')


class Decoder(Protocol):
    """Reads messages of one type."""

    def decode(self, data: bytes) -> Array:
        """Return the numbers in a message; raise MessageError if it contradicts itself."""


class Encoder(Protocol):
    """Writes messages of one type."""

    def check(self, value: Array) -> None:
        """Raise ContractError if messages of this type cannot hold such arrays."""

    def encode(self, value: Array) -> bytes:
        """Return a message; raise EvaluationError if it cannot hold these very numbers."""


class UnattendedGroup(CallbackGroup):
    """Keeps the executor from waking up for subscriptions that the evaluation thread takes."""

    def can_execute(self, entity: Any) -> bool:
        """Never."""
        return False

    def beginning_execution(self, entity: Any) -> bool:
        """Never."""
        return False

    def ending_execution(self, entity: Any) -> None:
        """Nothing has begun."""


class Subscriber:
    """
    One input's subscription.

    Messages wait in the middleware until the evaluation thread takes them. What does not fit the
    slot is dropped and handed to `on_drop`, together with the reason.
    """

    def __init__(
        self, node: Node, config: InputConfig, message_class: Any, decoder: Decoder, slot: Slot, *,
        ages: AgeClock, on_drop: Callable[[str, MessageError], None],
        read_stamp_ns: Optional[Callable[[bytes], int]] = None
    ) -> None:
        self.config = config
        self.slot = slot
        self.message_class = message_class
        self.has_news = False
        self._ages = ages
        self._read_stamp_ns = read_stamp_ns
        self._depth = config.qos.depth
        self._decoder = decoder
        self._on_drop = on_drop
        self.subscription = _create(
            'input', config, node.create_subscription, message_class, config.topic, _ignore,
            qos_profile(config.qos), callback_group=UnattendedGroup())
        self._take_message = self.subscription.handle.take_message

    @property
    def topic(self) -> str:
        """The topic's full name, after remapping."""
        return str(self.subscription.topic_name)

    @property
    def is_queue(self) -> bool:
        """Whether every message counts, not only the newest."""
        return self.config.qos.depth > 1

    def take_newest(self) -> None:
        """Work off what has arrived; the last good message counts."""
        for _ in range(self._depth):
            if not self._take():
                return

    def take_next(self) -> bool:
        """Take the oldest message that is not too old; return whether anything was there."""
        has_taken = self._take()
        if has_taken and self.is_queue:
            self.refresh()
        return has_taken

    def refresh(self) -> None:
        """
        Give way to the newest message; in a queue, only what is too old by now does.

        Whoever lags behind by more than max_age_ms would be too late with each of the others, too.
        """
        if not self.is_queue:
            self.take_newest()
        elif self.slot.is_stale(self._ages.now_ns()):
            for _ in range(self._depth):
                if not self._take():
                    return
                self._on_drop(self.config.name, MessageError(
                    'it waited for longer than max_age_ms', cause='age'))

    def _take(self) -> bool:
        """Take one message; return whether there was one."""
        taken = self._take_message(self.message_class, True)
        if taken is None:
            return False
        data, info = taken
        try:
            try:
                value = self._decoder.decode(data)
            except UnknownEncoding:
                data = self._translate(data)
                value = self._decoder.decode(data)
            since_ns = self._ages.arrival_ns(info)
            if self._read_stamp_ns is not None:
                # A stamp of the future must not make a value younger than it is.
                since_ns = min(since_ns, self._ages.stamped_ns(self._read_stamp_ns(data)))
            self.slot.receive(value, since_ns)
            self.has_news = True
        except MessageError as error:
            self._on_drop(self.config.name, error)
        except Exception as error:  # no sender may stop the loop
            self._on_drop(self.config.name, MessageError(repr(error), cause='other'))
        return True

    def forget(self) -> None:
        """Drop what was received before now, except what a latched topic sends only once."""
        if self.config.qos.durability == 'transient_local':
            self.has_news = self.slot.has_received
            self.slot.since_ns = self._ages.now_ns()
            return
        for _ in range(self._depth):
            if self._take_message(self.message_class, True) is None:
                break
        self.slot.forget(self._ages.now_ns())
        self.has_news = False

    def _translate(self, data: bytes) -> bytes:
        """Have the middleware, which knows every encoding that it lets through, write its own."""
        try:
            return bytes(serialize_message(deserialize_message(data, self.message_class)))
        except Exception as error:  # each middleware raises its own
            raise MessageError(
                f'its bytes are no such message: {error}', cause='bytes') from error


class Output:
    """One output's publisher."""

    def __init__(
        self, node: Node, config: OutputConfig, message_class: Any, encoder: Encoder
    ) -> None:
        self.config = config
        self._encoder = encoder
        self.publisher = _create(
            'output', config, node.create_publisher, message_class, config.topic,
            qos_profile(config.qos))
        self._publish = self.publisher.handle.publish_raw

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self.config.name

    @property
    def topic(self) -> str:
        """The topic's full name, after remapping."""
        return str(self.publisher.topic_name)

    def check(self, value: Array) -> None:
        """Raise ContractError if the topic's messages cannot hold such an array."""
        try:
            self._encoder.check(value)
        except ContractError as error:
            raise ContractError(f'output {self.config.name!r} {error}') from error

    def encode(self, value: Array) -> bytes:
        """Return the message for an array; raise EvaluationError if it does not fit."""
        try:
            return self._encoder.encode(value)
        except EvaluationError as error:
            raise EvaluationError(f'output {self.config.name!r} {error}') from error

    def publish(self, message: bytes) -> None:
        """Send a message."""
        self._publish(message)

    def wait_for_acknowledgement(self, timeout_s: float) -> bool:
        """Return whether all who listen reliably have acknowledged all that was sent."""
        return bool(self.publisher.wait_for_all_acked(Duration(seconds=timeout_s)))


def import_message_class(type_name: str) -> Any:
    """Return the class of a message type such as std_msgs/msg/Float64, or raise ConfigError."""
    match = _TYPE.fullmatch(type_name)
    if not match:
        raise ConfigError(
            f'type is {type_name!r}; expected PACKAGE/msg/NAME, '
            'for example std_msgs/msg/Float64MultiArray')
    package, name = match.groups()
    try:
        return getattr(import_module(f'{package}.msg'), name)
    except ImportError as error:
        raise ConfigError(
            f'type is {type_name!r}, but there is no package {package!r} with messages in this '
            'environment; is its workspace built and sourced?') from error
    except AttributeError:
        raise ConfigError(
            f'type is {type_name!r}, but {package} has no message {name!r}') from None


def qos_profile(config: QosConfig) -> QoSProfile:
    """Translate a quality of service into rclpy's words."""
    return QoSProfile(
        depth=config.depth,
        reliability=ReliabilityPolicy[config.reliability.upper()],
        durability=DurabilityPolicy[config.durability.upper()])


def _create(
    role: str, config: Union[InputConfig, OutputConfig], create: Callable[..., Any],
    *arguments: Any, **options: Any
) -> Any:
    try:
        return create(*arguments, **options)
    except (InvalidTopicNameException, ValueError) as error:
        raise ConfigError(
            f'{role} {config.name!r} has the topic {config.topic!r}, which is no valid name: '
            f'{" ".join(str(error).split())}') from error


def _ignore(message: Any) -> None:
    """Stand in for the callback that a subscription must have."""
