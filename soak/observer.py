# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The other side of the node's topics: hears all outputs, permits, asks, and sends nonsense."""

from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import monotonic, sleep, time_ns
from types import TracebackType
from typing import Any, Callable, Dict, Iterator, Optional, Type

from benchmark.wire import Ear, EVERY, NEWEST
from diagnostic_msgs.msg import DiagnosticArray
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from soak.judge import Judge, Message
from soak.message import decode, number_of_now
from soak.promises import COMMAND, ENABLE, JOINTS, NODE, POSITION, VELOCITY
from soak.tally import Tally
from std_msgs.msg import Bool, Float64MultiArray

ANSWER_S = 20.0
_PERMISSION_S = 0.02
_LISTEN_S = 0.002
_POLL_S = 0.02
_ENOUGH = 20


class Observer:
    """Listens in a thread of its own, so that nothing is missed whatever else is done."""

    def __init__(self) -> None:
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self.judge = Judge()
        self.tally = Tally()
        self.status = ''
        self.is_permitted = True
        self._lock = Lock()
        self._live = 0
        self._live_since = 0.0
        self._status_from_ns = 0
        self._end = Event()
        self._node = Node('soak_observer')
        # A node of its own: the executor of the other one would take messages, too.
        self._listener = Node('soak_listener', start_parameter_services=False)
        self._ear = Ear(self._listener, Float64MultiArray, COMMAND, EVERY)
        self.publishers = [
            self._node.create_publisher(Float64MultiArray, topic, NEWEST)
            for topic in (POSITION, VELOCITY)]
        self._enable = self._node.create_publisher(Bool, ENABLE, 1)
        self._node.create_timer(_PERMISSION_S, self._permit)
        self._node.create_subscription(
            DiagnosticArray, '/diagnostics', self._on_diagnostics, 100)
        self._served = Future()
        executor = SingleThreadedExecutor()
        executor.add_node(self._node)
        self._threads = [
            Thread(target=executor.spin_until_future_complete, args=(self._served,)),
            Thread(target=self._listen)]
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def __enter__(self) -> 'Observer':
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        self._end.set()
        self._served.set_result(None)
        for thread in self._threads:
            thread.join()
        self._node.destroy_node()
        self._listener.destroy_node()
        rclpy.try_shutdown()

    def expect_start(self) -> None:
        """Expect the outputs and counters of a new process from now on."""
        with self._lock:
            now_ns = time_ns()
            self.judge.expect_start(now_ns)
            self.tally.expect_start()
            self._status_from_ns = now_ns

    def complain(self, text: str) -> None:
        """Keep something else that is wrong."""
        with self._lock:
            self.judge.complain(text)

    @contextmanager
    def ban(self, what: str, why: str, *, after_s: float) -> Iterator[None]:
        """Forbid messages for the time of a `with` block, but for its first moments."""
        with self._lock:
            ban = self.judge.ban(what, why, time_ns() + int(1e9 * after_s))
        try:
            yield
        finally:
            ban.end_ns = time_ns()

    def wait_until_live(self, timeout_s: float) -> Optional[float]:
        """Wait for outputs on messages of now; return how long that took, or None."""
        with self._lock:
            self._live, self._live_since = 0, number_of_now()
        begin_s = monotonic()
        return monotonic() - begin_s if self.wait(
            lambda: self._live >= _ENOUGH, timeout_s) else None

    def wait(self, condition: Callable[[], Any], timeout_s: float) -> bool:
        """Wait for a condition; return whether it came."""
        end_s = monotonic() + timeout_s
        while not condition():
            if monotonic() > end_s:
                return False
            sleep(_POLL_S)
        return True

    def call(self, kind: Any, service: str, request: Any = None) -> Any:
        """Call a service of the node; return None, and complain, if there is no answer."""
        client = self._node.create_client(kind, f'/{NODE}/{service}')
        try:
            if not client.wait_for_service(ANSWER_S):
                self.complain(f'there is no service {service}')
                return None
            answer = client.call_async(request or kind.Request())
            if self.wait(answer.done, ANSWER_S):
                return answer.result()
            self.complain(f'{service} does not answer')
            return None
        finally:
            self._node.destroy_client(client)

    def permit(self, is_permitted: bool) -> None:
        """Say true or false from now on."""
        self.is_permitted = is_permitted
        self._permit()

    def intrude(self) -> Any:
        """Return another publisher on the output's topic."""
        return self._node.create_publisher(Float64MultiArray, COMMAND, 10)

    def withdraw(self, publisher: Any) -> None:
        """Destroy a publisher."""
        self._node.destroy_publisher(publisher)

    def figures(self) -> Dict[str, Any]:
        """Return what was heard."""
        with self._lock:
            return {
                'heard': dict(self.judge.counts), 'diagnostics': self.tally.statuses,
                'counters': self.tally.totals()}

    def _permit(self) -> None:
        self._enable.publish(Bool(data=self.is_permitted))

    def _listen(self) -> None:
        while not self._end.is_set():
            for data, info in iter(self._ear.take, None):
                self._hear(data, info)
            sleep(_LISTEN_S)

    def _hear(self, data: bytes, info: Dict[str, Any]) -> None:
        message = Message(
            info['source_timestamp'], info['publication_sequence_number'], decode(data))
        with self._lock:
            self.judge.hear(message)
            values = message.values
            if values is not None and not message.is_fallback and (
                    min(values[JOINTS:]) >= self._live_since):
                self._live += 1

    def _on_diagnostics(self, array: DiagnosticArray) -> None:
        stamp_ns = array.header.stamp.sec * 1_000_000_000 + array.header.stamp.nanosec
        for status in array.status:
            if status.name == NODE:
                with self._lock:
                    self.status = status.message
                    if stamp_ns >= self._status_from_ns:
                        for text in self.tally.hear({v.key: v.value for v in status.values}):
                            self.judge.complain(text)
