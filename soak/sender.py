# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The sensors, as a process that can be killed and frozen: numbered messages at 1 kHz."""

import math

from benchmark.robot import Deadlines
from benchmark.wire import close_node, NEWEST, open_node
from soak.message import encode, number_of_now
from soak.promises import JOINTS, POSITION, RATE_HZ, VELOCITY
from std_msgs.msg import Float64MultiArray

_SWING_HZ = 1.0


def main() -> None:
    """Publish until the process is ended."""
    node = open_node('soak_sender')
    publishers = [
        node.create_publisher(Float64MultiArray, topic, NEWEST) for topic in (POSITION, VELOCITY)]
    deadlines = Deadlines(RATE_HZ)
    try:
        while True:
            deadlines.wait()
            number = number_of_now()
            angle = 2 * math.pi * _SWING_HZ * (1e-6 * number % 1.0)
            for publisher, value in zip(publishers, (math.sin(angle), math.cos(angle))):
                publisher.publish(encode([*[value] * JOINTS, number]))
    except KeyboardInterrupt:
        close_node(node)


if __name__ == '__main__':
    main()
