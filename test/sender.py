# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
A publisher as a process of its own, which can be killed and frozen.

Its messages are [number, value]: the number counts them, from the first that is asked for.
"""

import argparse
from time import sleep
from typing import Any, Callable

from geometry_msgs.msg import TwistStamped
import rclpy
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool, Float64, Float64MultiArray

_LONGEST_S = 120.0


def main() -> None:
    """Publish until the end of the process, which comes by itself at the latest."""
    parser = argparse.ArgumentParser()
    parser.add_argument('topic')
    parser.add_argument('--rate-hz', type=float, default=50.0)
    parser.add_argument('--first', type=int, default=1)
    parser.add_argument('--value', type=float, default=0.0)
    parser.add_argument('--burst', type=int, default=1, help='messages at a time')
    parser.add_argument('--best-effort', action='store_true', help='instead of reliable')
    parser.add_argument('--true', action='store_true', help='publish Bool(data=True) instead')
    parser.add_argument('--false', action='store_true', help='publish Bool(data=False) instead')
    parser.add_argument('--single', action='store_true', help='publish Float64(data=NUMBER)')
    parser.add_argument(
        '--stamped', type=float, metavar='SECONDS',
        help='publish TwistStamped, linear.x the number, stamped so much later than now')
    options = parser.parse_args()
    rclpy.init()
    node = Node('sender')
    make = _maker(node, options)
    reliability = (
        ReliabilityPolicy.BEST_EFFORT if options.best_effort else ReliabilityPolicy.RELIABLE)
    publisher = node.create_publisher(
        type(make(0)), options.topic, QoSProfile(depth=1, reliability=reliability))
    number = options.first
    for _ in range(int(_LONGEST_S * options.rate_hz)):
        for _ in range(options.burst):
            publisher.publish(make(number))
            number += 1
        sleep(1.0 / options.rate_hz)


def _maker(node: Node, options: Any) -> Callable[[int], Any]:
    """Return what makes the message of a number."""
    if options.true or options.false:
        return lambda number: Bool(data=options.true)
    if options.single:
        return lambda number: Float64(data=float(number))
    if options.stamped is None:
        return lambda number: Float64MultiArray(data=[float(number), options.value])

    def stamped(number: int) -> TwistStamped:
        message = TwistStamped()
        stamp = node.get_clock().now() + Duration(seconds=options.stamped)
        message.header.stamp = stamp.to_msg()
        message.twist.linear.x = float(number)
        return message
    return stamped


if __name__ == '__main__':
    main()
