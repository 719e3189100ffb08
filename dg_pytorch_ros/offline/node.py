# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A node whose topics end in this process: no context, no middleware."""

from collections import deque
from typing import Any, Deque, Dict, List, NamedTuple, Optional, Sequence, Tuple

from rclpy.expand_topic_name import expand_topic_name
from rclpy.qos import QoSProfile
from rclpy.validate_full_topic_name import validate_full_topic_name
from rclpy.validate_topic_name import validate_topic_name

_Taken = Tuple[bytes, Dict[str, int]]


class OfflineSubscription:
    """Messages that wait to be taken; when there are too many of them, the oldest ones go."""

    def __init__(self, topic_name: str, depth: int) -> None:
        self.topic_name = topic_name
        self.handle = self
        self.waiting: Deque[_Taken] = deque(maxlen=depth)

    def receive(self, data: bytes, received_ns: int) -> None:
        """Have a message arrive."""
        self.waiting.append((data, {'received_timestamp': received_ns}))

    def take_message(self, message_class: Any, is_raw: bool) -> Optional[_Taken]:
        """Return the bytes of the oldest message and when it came, as rclpy does."""
        return self.waiting.popleft() if self.waiting else None


class Sent(NamedTuple):
    """A message that was published."""

    topic: str
    data: bytes


class OfflinePublisher:
    """Puts what is published behind what was published before, on whichever topic."""

    def __init__(self, topic_name: str, published: List[Sent]) -> None:
        self.topic_name = topic_name
        self.handle = self
        self._published = published

    def publish_raw(self, data: bytes) -> None:
        """Take a message, as rclpy's publishers do."""
        self._published.append(Sent(self.topic_name, data))


class OfflineNode:
    """
    Has what a node has for those who subscribe and publish.

    `remaps` are pairs of names, as in `-r FROM:=TO`. `published` holds what was sent, in order;
    who reads it clears it.
    """

    def __init__(
        self, name: str = 'pytorch_node', namespace: str = '',
        remaps: Sequence[Tuple[str, str]] = ()
    ) -> None:
        self.subscriptions: List[OfflineSubscription] = []
        self.publishers: List[OfflinePublisher] = []
        self.published: List[Sent] = []
        self._name = name
        self._namespace = f'/{namespace.strip("/")}'
        self._remaps = [(self._expand(old), self._expand(new)) for old, new in remaps]

    def create_subscription(
        self, message_class: Any, topic: str, callback: Any, qos_profile: QoSProfile,
        **options: Any
    ) -> OfflineSubscription:
        """Return a subscription; raise what rclpy raises if there is no such topic."""
        self.subscriptions.append(
            OfflineSubscription(self.resolve_topic_name(topic), qos_profile.depth))
        return self.subscriptions[-1]

    def create_publisher(
        self, message_class: Any, topic: str, qos_profile: QoSProfile
    ) -> OfflinePublisher:
        """Return a publisher; raise what rclpy raises if there is no such topic."""
        self.publishers.append(
            OfflinePublisher(self.resolve_topic_name(topic), self.published))
        return self.publishers[-1]

    def destroy_subscription(self, subscription: OfflineSubscription) -> None:
        """Forget a subscription."""
        self.subscriptions.remove(subscription)

    def destroy_publisher(self, publisher: OfflinePublisher) -> None:
        """Forget a publisher."""
        self.publishers.remove(publisher)

    def resolve_topic_name(self, topic: str) -> str:
        """Return a topic's full name, after the first remapping that is meant for it."""
        name = self._expand(topic)
        return next((new for old, new in self._remaps if old == name), name)

    def _expand(self, topic: str) -> str:
        validate_topic_name(topic)  # says more clearly what is wrong than the expansion does
        name = str(expand_topic_name(topic, self._name, self._namespace))
        validate_full_topic_name(name)
        return name
