# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The other side of the topics: a node of the test's own, in a context of its own."""

from threading import Condition, Thread
from time import monotonic
from typing import Any, Callable, Dict, List, Optional, Union

from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.task import Future
from std_msgs.msg import Float64MultiArray

TIMEOUT_S = 60.0
ANSWER_S = 15.0
_POLL_S = 0.01


class Peer:
    """Publishes, listens and calls services; every wait is for an event, within a bound."""

    def __init__(self, context: Context) -> None:
        self.node = Node('peer', context=context)
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self.node)
        self._publishers: Dict[str, Any] = {}
        self._arrival = Condition()
        self._end = Future()
        self._thread = Thread(
            target=self._executor.spin_until_future_complete, args=(self._end,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._end.set_result(None)
        self._thread.join()
        self.node.destroy_node()

    def wait_until(
        self, condition: Callable[[], Any],
        what: Union[str, Callable[[], str]] = 'the condition'
    ) -> Any:
        """Return the condition's value once it is true; fail if it never is."""
        deadline = monotonic() + TIMEOUT_S
        with self._arrival:
            while True:
                value = condition()
                if value:
                    return value
                assert monotonic() < deadline, (
                    f'waited {TIMEOUT_S} s in vain for {what() if callable(what) else what}')
                self._arrival.wait(_POLL_S)

    def listen(self, topic: str, kind: Any = Float64MultiArray, qos: Any = 1000) -> List[Any]:
        """Return a list that fills with the messages of a topic."""
        heard: List[Any] = []

        def hear(message: Any) -> None:
            with self._arrival:
                heard.append(message)
                self._arrival.notify_all()
        subscription = self.node.create_subscription(kind, topic, hear, qos)
        self._executor.wake()
        self.wait_until(subscription.get_publisher_count, f'a publisher of {topic}')
        return heard

    def publisher(self, topic: str, kind: Any = Float64MultiArray, qos: Any = 1000) -> Any:
        """Return a publisher of a topic that has a subscriber."""
        if topic not in self._publishers:
            self._publishers[topic] = self.node.create_publisher(kind, topic, qos)
            self.wait_until(
                self._publishers[topic].get_subscription_count, f'a subscriber of {topic}')
        return self._publishers[topic]

    def send(self, **values: List[float]) -> None:
        """Publish a Float64MultiArray on each topic."""
        for topic, data in values.items():
            self.publisher(topic).publish(Float64MultiArray(data=data))

    def send_until(
        self, condition: Callable[[], Any], what: str = 'a reaction', **values: List[float]
    ) -> Any:
        """Publish again and again until something comes of it, and return that."""
        for topic in values:
            self.publisher(topic)

        def send_and_check() -> Any:
            self.send(**values)
            return condition()
        return self.wait_until(send_and_check, what)

    def call(self, kind: Any, service: str, request: Optional[Any] = None) -> Any:
        """Call a service and return its response."""
        client = self.node.create_client(kind, service)
        try:
            self.wait_until(client.service_is_ready, f'service {service}')
            # A server may answer before it has discovered who asks; the answer is lost then.
            asked: List[Any] = []
            asked_s = -ANSWER_S

            def answered() -> Any:
                nonlocal asked_s
                if monotonic() > asked_s + ANSWER_S:
                    asked.append(client.call_async(request or kind.Request()))
                    asked_s = monotonic()
                return next((future for future in asked if future.done()), None)
            return self.wait_until(answered, f'an answer of {service}').result()
        finally:
            self.node.destroy_client(client)


def latched(depth: int = 1) -> QoSProfile:
    """Return the quality of service of a topic that late subscribers still hear."""
    return QoSProfile(depth=depth, durability=DurabilityPolicy.TRANSIENT_LOCAL)
