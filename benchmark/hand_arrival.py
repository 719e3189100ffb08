# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Hand-written: a node that evaluates a policy whenever an observation arrives."""

from argparse import ArgumentParser
from time import perf_counter
from typing import Any, List

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.utilities import remove_ros_args
from std_msgs.msg import Float32MultiArray, Float64
import torch
NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class HandWrittenArrivalNode(Node):
    """Publishes an action for each observation."""

    def __init__(self, model: str, shape: List[int]) -> None:
        super().__init__('node')
        self._model = torch.jit.load(model).eval()
        self._shape = shape
        self._warm_up()
        self._action = self.create_publisher(Float32MultiArray, 'action', 10)
        self._duration = self.create_publisher(Float64, '~/last_run_duration_ms', 10)
        self.create_subscription(
            Float32MultiArray, 'observation', self._on_observation, NEWEST)

    def _warm_up(self) -> None:
        with torch.no_grad():
            for _ in range(10):
                self._model(torch.zeros(self._shape))

    def _on_observation(self, message: Any) -> None:
        begin = perf_counter()
        observation = torch.tensor(list(message.data)).reshape(self._shape)
        with torch.no_grad():
            action = self._model(observation)
        data = action.flatten().tolist()
        duration_ms = 1e3 * (perf_counter() - begin)
        self._action.publish(Float32MultiArray(data=data))
        self._duration.publish(Float64(data=duration_ms))


def main() -> None:
    """Run until Ctrl-C."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('--model', required=True)
    parser.add_argument('--shape', type=int, nargs='+', required=True)
    rclpy.init()
    arguments = parser.parse_args(remove_ros_args()[1:])
    try:
        rclpy.spin(HandWrittenArrivalNode(arguments.model, arguments.shape))
    except (KeyboardInterrupt, ExternalShutdownException):
        pass


if __name__ == '__main__':
    main()
