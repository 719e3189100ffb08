# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Topics as bytes: what the robot, the client and the echo have in common."""

import gc
from typing import Any, Optional, Tuple

import rclpy
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions

NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
EVERY = QoSProfile(depth=20000, reliability=ReliabilityPolicy.RELIABLE)
ANSWER = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)


def open_node(name: str) -> Node:
    """Enter the graph as quietly as possible."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    gc.disable()  # a collection takes longer than what is measured here
    return Node(name, enable_rosout=False, start_parameter_services=False)


def close_node(node: Node) -> None:
    """Leave the graph."""
    node.destroy_node()
    rclpy.try_shutdown()


class Ear:
    """A subscription whose messages are taken as bytes."""

    def __init__(self, node: Node, kind: Any, topic: str, qos: QoSProfile) -> None:
        self._kind = kind
        self._subscription = node.create_subscription(kind, topic, _ignore, qos)
        self._take = self._subscription.handle.take_message
        self._wait_set = rclpy_implementation.WaitSet(1, 0, 0, 0, 0, 0, node.context.handle)

    def take(self) -> Optional[Tuple[bytes, Any]]:
        """Return a message and what the middleware knows of it, or None."""
        taken: Optional[Tuple[bytes, Any]] = self._take(self._kind, True)
        return taken

    def wait(self, timeout_ns: int) -> Optional[bytes]:
        """Wait for a message; return None if none comes in time."""
        self._wait_set.clear_entities()
        self._wait_set.add_subscription(self._subscription.handle)
        self._wait_set.wait(timeout_ns)
        taken = self.take()
        return None if taken is None else taken[0]

    def clear(self) -> None:
        """Drop what has arrived."""
        while self.take() is not None:
            pass


def _ignore(message: Any) -> None:
    """Stand in for the callback that a subscription must have."""
