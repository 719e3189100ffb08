# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
A listener as a process of its own, which can be frozen and put on another host.

It writes what it hears, a line for each message: numbers, or the status of the node `node`.
"""

import argparse
import json
import sys
from typing import Any, Callable

from diagnostic_msgs.msg import DiagnosticArray
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import Float64MultiArray

_LONGEST_S = 120.0


def main() -> None:
    """Listen until the end of the process, which comes by itself at the latest."""
    parser = argparse.ArgumentParser()
    parser.add_argument('topics', nargs='+')
    topics = parser.parse_args().topics
    rclpy.init()
    node = Node('listener')
    for topic in topics:
        node.create_subscription(Float64MultiArray, topic, _numbers(topic), 1000)
    node.create_subscription(DiagnosticArray, '/diagnostics', _hear_status, 1000)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    executor.spin_until_future_complete(Future(), _LONGEST_S)


def _numbers(topic: str) -> Callable[[Any], None]:
    return lambda message: _write(topic=topic, data=message.data.tolist())


def _hear_status(message: Any) -> None:
    for status in message.status:
        if status.name == 'node':
            _write(
                topic='/diagnostics', level=status.level[0], message=status.message,
                values={item.key: item.value for item in status.values})


def _write(**heard: Any) -> None:
    sys.stdout.write(json.dumps(heard) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main()
