# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The demo's ears: how long the evaluations took, and where the joints are."""

from typing import Any, Iterator, List, Optional, Sequence, Tuple

from dg_pytorch_ros.demo.recording import Evaluation, Pose
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Float64, Float64MultiArray

# Reliable, so that the rate is that of the controller; room for seconds between two looks.
_EVERY = QoSProfile(depth=5000, reliability=ReliabilityPolicy.RELIABLE)
# One a look is enough, and whoever sends a thousand a second never waits for this listener.
_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class Observer:
    """Listens without callbacks: messages wait until they are asked for."""

    def __init__(self, controller: str) -> None:
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self._node = Node('pytorch_demo', enable_rosout=False, start_parameter_services=False)
        self._durations = Topic(
            self._node, f'{controller}/last_run_duration_ms', Float64, _EVERY)
        self._positions = Topic(self._node, 'sin_position', Float64MultiArray, _NEWEST)
        self._targets = Topic(self._node, 'sin_des_position', Float64MultiArray, _NEWEST)
        self._position: Sequence[float] = ()
        self._target: Sequence[float] = ()

    def take_evaluations(self) -> List[Evaluation]:
        """Return the evaluations since the last call."""
        return [
            Evaluation(message.data, published_ns)
            for message, published_ns in self._durations.take()]

    def pose(self) -> Optional[Pose]:
        """Return where the joints are; None while that is not known."""
        for message, _ in self._positions.take():
            self._position = message.data
        for message, _ in self._targets.take():
            self._target = message.data
        if not self._position or not self._target:
            return None
        return Pose(self._position, self._target)

    def close(self) -> None:
        """Leave the graph."""
        self._node.destroy_node()
        rclpy.try_shutdown()


class Topic:
    """A subscription that is asked for its messages."""

    def __init__(self, node: Node, name: str, kind: Any, qos: QoSProfile) -> None:
        self._kind = kind
        self._subscription = node.create_subscription(kind, name, _ignore, qos)

    def take(self) -> Iterator[Tuple[Any, int]]:
        """Yield what has arrived, with the time in nanoseconds at which it was published."""
        while True:
            taken = self._subscription.handle.take_message(self._kind, False)
            if taken is None:
                return
            message, info = taken
            yield message, info['source_timestamp']


def _ignore(message: Any) -> None:
    """Stand in for the callback that a subscription must have."""
