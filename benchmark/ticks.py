# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
A worker: two real nodes in one process, of which now one and now the other evaluates.

What is timed is a tick, from the take of the inputs to the publication. Between two ticks, new
values are sent to the node whose turn it is.
"""

import json
from pathlib import Path
import sys
from time import perf_counter_ns
from typing import Any, Callable, Dict, List

from dg_pytorch_ros.node import PytorchNode
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Bool, Float64MultiArray

# A permission that comes 50 times a second, at 1 kHz.
_TICKS_PER_ENABLE = 20


class Subject:
    """A node that evaluates when it is told to."""

    def __init__(self, name: str, parameters: Dict[str, Any], sizes: Dict[str, int]) -> None:
        self.ticks_us: List[float] = []
        self._node = PytorchNode(
            'node', namespace=f'/{name}',
            parameter_overrides=[Parameter(key, value=value) for key, value in parameters.items()])
        self._sender = Node('sender', namespace=f'/{name}')
        self._publishers = [
            (self._sender.create_publisher(Float64MultiArray, topic, 1), size)
            for topic, size in sizes.items()]
        self._enable = self._sender.create_publisher(Bool, 'enable', 1)
        if not self._node.autostart(is_stopped=lambda: False):
            sys.exit(f'{name} cannot be activated')

    def measure(self, count: int) -> None:
        """Evaluate so often, in the thread that does it always."""
        deployment: Any = self._node.deployment
        tick: Callable[[], None] = deployment._evaluation.tick

        def evaluate() -> None:
            for _ in range(count):
                index = len(self.ticks_us)
                self._send(float(index))
                if index % _TICKS_PER_ENABLE == 0:
                    self._enable.publish(Bool(data=True))
                begin_ns = perf_counter_ns()
                tick()
                self.ticks_us.append(1e-3 * (perf_counter_ns() - begin_ns))
        deployment._loop.call(evaluate)

    @property
    def evaluations(self) -> int:
        """How often the node has evaluated in earnest."""
        deployment: Any = self._node.deployment
        return int(deployment.counters.evaluations)

    def close(self) -> None:
        """End the node."""
        self._node.leave()

    def _send(self, value: float) -> None:
        for publisher, size in self._publishers:
            publisher.publish(Float64MultiArray(data=[0.001 * value] * size))


def main() -> None:
    """Measure in blocks, so that whatever happens to the machine happens to both."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    rclpy.init()
    subjects = {
        name: Subject(name, parameters, settings['sizes'])
        for name, parameters in settings['subjects'].items()}
    for _ in range(settings['blocks']):
        for subject in subjects.values():
            subject.measure(settings['block'])
    Path(settings['result']).write_text(json.dumps({
        name: {'ticks_us': subject.ticks_us, 'evaluations': subject.evaluations}
        for name, subject in subjects.items()}))
    for subject in subjects.values():
        subject.close()
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
