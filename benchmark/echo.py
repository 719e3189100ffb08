# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The floor: answers bytes with bytes, without a model and without looking at them."""

from argparse import ArgumentParser

from benchmark.wire import ANSWER, close_node, Ear, NEWEST, open_node
from rclpy.serialization import serialize_message
from rclpy.utilities import remove_ros_args
from std_msgs.msg import Float32MultiArray, MultiArrayDimension

_LONGEST_WAIT_NS = 100_000_000


def main() -> None:
    """Answer each observation with an action that was prepared beforehand."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('--reply-size', type=int, required=True)
    size = parser.parse_args(remove_ros_args()[1:]).reply_size
    message = Float32MultiArray(data=[0.0] * size)
    message.layout.dim = [
        MultiArrayDimension(label='dim_0', size=1, stride=size),
        MultiArrayDimension(label='dim_1', size=size, stride=size)]
    reply = serialize_message(message)
    node = open_node('node')
    observations = Ear(node, Float32MultiArray, 'observation', NEWEST)
    actions = node.create_publisher(Float32MultiArray, 'action', ANSWER)
    try:
        while True:
            if observations.wait(_LONGEST_WAIT_NS) is not None:
                actions.publish(reply)
    except KeyboardInterrupt:
        close_node(node)


if __name__ == '__main__':
    main()
