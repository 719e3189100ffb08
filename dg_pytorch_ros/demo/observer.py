# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The demo's ears: how long the evaluations took, and where the joints are."""

from typing import Any, Iterator, List, Sequence

import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Float64, Float64MultiArray

# Reliable, so that the rate is that of the controller; room for seconds between two looks.
_EVERY = QoSProfile(depth=5000, reliability=ReliabilityPolicy.RELIABLE)
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

    def take_durations_ms(self) -> List[float]:
        """Return the durations of the evaluations since the last call."""
        return list(self._durations.take())

    def errors_rad(self) -> List[float]:
        """Return how far each joint is from its target; nothing while that is not known."""
        for self._position in self._positions.take():
            pass
        for self._target in self._targets.take():
            pass
        return [
            abs(target - position) for position, target in zip(self._position, self._target)]

    def close(self) -> None:
        """Leave the graph."""
        self._node.destroy_node()
        rclpy.try_shutdown()


class Topic:
    """A subscription that is asked for its messages."""

    def __init__(self, node: Node, name: str, kind: Any, qos: QoSProfile) -> None:
        self._kind = kind
        self._subscription = node.create_subscription(kind, name, _ignore, qos)

    def take(self) -> Iterator[Any]:
        """Yield the data of what has arrived."""
        while True:
            taken = self._subscription.handle.take_message(self._kind, False)
            if taken is None:
                return
            yield taken[0].data


def _ignore(message: Any) -> None:
    """Stand in for the callback that a subscription must have."""
