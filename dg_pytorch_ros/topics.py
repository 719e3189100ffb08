# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The two ends of topics: inputs that are taken when they are wanted, outputs that are filled."""

from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Union

from dg_pytorch_ros.ages import Ages
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.topic_config import QosConfig
from dg_pytorch_ros.decoding import Decoder
from dg_pytorch_ros.encoding import Encoder
from dg_pytorch_ros.errors import ConfigError, ContractError, EvaluationError, MessageError
from dg_pytorch_ros.messages.multi_arrays import UnknownEncoding
from dg_pytorch_ros.messages.stamps import is_stamped, with_stamp
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.values.slots import Slot
from rclpy.callback_groups import CallbackGroup
from rclpy.duration import Duration
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message, serialize_message


class Reader(NamedTuple):
    """Who gets what out of the messages of a topic."""

    config: InputConfig
    slot: Slot
    decoder: Decoder
    read_stamp_ns: Optional[Callable[[bytes], int]] = None


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
    One subscription, and the inputs, or parts of inputs, that get its messages.

    Messages wait in the middleware until the evaluation thread takes them. A message that does not
    fit one of the slots changes none of them; it is handed to `on_drop`, together with the reason.
    """

    def __init__(
        self, node: Node, readers: Sequence[Reader], message_class: Any, *, ages: Ages,
        on_drop: Callable[[str, MessageError], None]
    ) -> None:
        self.readers = readers
        self.slots = [reader.slot for reader in readers]
        self.config = readers[0].config
        self.message_class = message_class
        self.has_news = False
        self._ages = ages
        self._depth = self.config.qos.depth
        self._on_drop = on_drop
        self.subscription = _create(
            'input', self.config, node.create_subscription, message_class, self.config.topic,
            _ignore, qos_profile(self.config.qos), callback_group=UnattendedGroup())
        self._take_message = self.subscription.handle.take_message

    @property
    def names(self) -> List[str]:
        """The inputs, or parts, that get the messages."""
        return [reader.config.name for reader in self.readers]

    def is_one_of(self, names: Sequence[str]) -> bool:
        """Whether one of these inputs, or parts, gets the messages."""
        return any(name in names for name in self.names)

    @property
    def has_value(self) -> bool:
        """Whether all of them have a value."""
        return all(slot.value is not None for slot in self.slots)

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
            return
        now_ns = self._ages.now_ns()
        stale = next((slot for slot in self.slots if slot.is_stale(now_ns)), None)
        for _ in range(self._depth if stale else 0):
            if stale is None or not self._take():
                return
            self._on_drop(stale.name, MessageError(
                'it waited for longer than max_age_ms', cause='age'))

    def _take(self) -> bool:
        """Take one message; return whether there was one."""
        taken = self._take_message(self.message_class, True)
        if taken is None:
            return False
        data, info = taken
        since_ns = self._ages.arrival_ns(info)
        try:
            self._hand_out(data, since_ns)
        except UnknownEncoding:
            self._translate_and_hand_out(data, since_ns)
        return True

    def _translate_and_hand_out(self, data: bytes, since_ns: int) -> None:
        try:
            self._hand_out(self._translate(data), since_ns)
        except MessageError as error:
            self._on_drop(self.config.name, error)

    def _hand_out(self, data: bytes, since_ns: int) -> None:
        """Give a message to all readers, or to none if it does not fit one of them."""
        before = [] if len(self.slots) == 1 else [slot.content for slot in self.slots]
        for reader in self.readers:
            try:
                self._give(reader, data, since_ns)
            except UnknownEncoding:
                raise
            except Exception as error:  # no sender may stop the loop
                for slot, content in zip(self.slots, before):
                    slot.put_back(content)
                self._on_drop(reader.config.name, error if isinstance(error, MessageError)
                              else MessageError(repr(error), cause='other'))
                return
        self.has_news = True

    def _give(self, reader: Reader, data: bytes, since_ns: int) -> None:
        value = reader.decoder.decode(data)
        if reader.read_stamp_ns is None:
            reader.slot.receive(value, since_ns)
            return
        stamp_ns = reader.read_stamp_ns(data)
        if reader.config.age_from == 'stamp':
            # A stamp of the future must not make a value younger than it is.
            since_ns = min(since_ns, self._ages.stamped_ns(stamp_ns))
        reader.slot.receive(value, since_ns, stamp_ns)

    def forget(self) -> None:
        """Drop what was received before now, except what a latched topic sends only once."""
        if self.config.qos.durability == 'transient_local':
            self.has_news = all(slot.has_received for slot in self.slots)
            for slot in self.slots:
                slot.since_ns = self._ages.now_ns()
            return
        for _ in range(self._depth):
            if self._take_message(self.message_class, True) is None:
                break
        for slot in self.slots:
            slot.forget(self._ages.now_ns())
        self.has_news = False

    def _translate(self, data: bytes) -> bytes:
        """Have the middleware, which knows every encoding that it lets through, write its own."""
        try:
            return bytes(serialize_message(deserialize_message(data, self.message_class)))
        except Exception as error:  # each middleware raises its own
            raise MessageError(
                f'its bytes are no such message: {error}', cause='bytes') from error


class Output:
    """
    One output's publisher.

    Messages with a header get the stamp of the `stamp_source` when they are made, if that has
    had a message, else the present time when they are published.
    """

    def __init__(
        self, node: Node, config: OutputConfig, message_class: Any, encoder: Encoder, *,
        now_ns: Optional[Callable[[], int]] = None, stamp_source: Optional[Slot] = None
    ) -> None:
        self.config = config
        self._encoder = encoder
        self._now_ns = now_ns
        self._stamp_source = stamp_source
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

    def stamp(self, message: bytes) -> bytes:
        """Return a message with the stamp of what it was made from, if that is asked for."""
        source = self._stamp_source
        if source is None or source.stamp_ns is None:
            return message
        return with_stamp(message, source.stamp_ns)

    def publish(self, message: bytes) -> None:
        """Send a message, stamped with the present time if it has no stamp yet."""
        if self._now_ns is not None and not is_stamped(message):
            message = with_stamp(message, self._now_ns())
        self._publish(message)

    def wait_for_acknowledgement(self, timeout_s: float) -> bool:
        """Return whether all who listen reliably have acknowledged all that was sent."""
        return bool(self.publisher.wait_for_all_acked(Duration(seconds=timeout_s)))


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
