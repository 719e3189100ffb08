# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What stands in for a node and its middleware: messages that never leave the process."""

from time import time_ns
from typing import Any, Dict, List, Tuple


class InTray:
    """A subscription on which the message lies that was put there."""

    def __init__(self, topic: str) -> None:
        self.topic_name = topic
        self.handle = self
        self.message = b''
        self._info = {'received_timestamp': time_ns()}

    def take_message(self, message_class: Any, is_raw: bool) -> Tuple[bytes, Dict[str, int]]:
        """Return the message, as rclpy's subscriptions do."""
        return self.message, self._info


class OutTray:
    """A publisher that keeps the last message."""

    def __init__(self, topic: str) -> None:
        self.topic_name = topic
        self.handle = self
        self.message = b''

    def publish_raw(self, message: bytes) -> None:
        """Take a message, as rclpy's publishers do."""
        self.message = message


class Desk:
    """Has what a node has for who subscribes and publishes."""

    def __init__(self) -> None:
        self.in_trays: List[InTray] = []
        self.out_trays: List[OutTray] = []

    def create_subscription(
        self, message_class: Any, topic: str, *others: Any, **options: Any
    ) -> InTray:
        """Return a subscription."""
        self.in_trays.append(InTray(topic))
        return self.in_trays[-1]

    def create_publisher(self, message_class: Any, topic: str, *others: Any) -> OutTray:
        """Return a publisher."""
        self.out_trays.append(OutTray(topic))
        return self.out_trays[-1]

    def resolve_topic_name(self, topic: str) -> str:
        """Return a topic's full name."""
        return f'/{topic}'
