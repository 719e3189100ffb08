# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Hand-written: a node that evaluates a PD controller on a timer."""

from argparse import ArgumentParser
from functools import partial
from time import perf_counter
from typing import Any, Dict

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.utilities import remove_ros_args
from std_msgs.msg import Float64, Float64MultiArray
import torch

INPUTS = (
    'sin_kp', 'sin_kd', 'sin_position', 'sin_velocity', 'sin_des_position', 'sin_des_velocity')
SIZES = (1, 1, 6, 6, 6, 6)
NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class HandWrittenTimerNode(Node):
    """Keeps the newest value of each input, and publishes a torque at each tick."""

    def __init__(self, model: str, rate_hz: float) -> None:
        super().__init__('node')
        self._model = torch.jit.load(model).eval()
        self._values: Dict[str, torch.Tensor] = {}
        self._warm_up()
        self._torque = self.create_publisher(Float64MultiArray, 'sout_torque', 10)
        self._duration = self.create_publisher(Float64, '~/last_run_duration_ms', 10)
        for name in INPUTS:
            self.create_subscription(
                Float64MultiArray, name, partial(self._on_message, name), NEWEST)
        self.create_timer(1.0 / rate_hz, self._on_timer)

    def _warm_up(self) -> None:
        with torch.no_grad():
            for _ in range(10):
                self._model(*map(torch.zeros, SIZES))

    def _on_message(self, name: str, message: Any) -> None:
        self._values[name] = torch.tensor(list(message.data))

    def _on_timer(self) -> None:
        if len(self._values) < len(INPUTS):
            return
        begin = perf_counter()
        with torch.no_grad():
            torque = self._model(*(self._values[name] for name in INPUTS))
        data = torque.tolist()
        duration_ms = 1e3 * (perf_counter() - begin)
        self._torque.publish(Float64MultiArray(data=data))
        self._duration.publish(Float64(data=duration_ms))


def main() -> None:
    """Run until Ctrl-C."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('--model', required=True)
    parser.add_argument('--rate', type=float, required=True)
    rclpy.init()
    arguments = parser.parse_args(remove_ros_args()[1:])
    try:
        rclpy.spin(HandWrittenTimerNode(arguments.model, arguments.rate))
    except (KeyboardInterrupt, ExternalShutdownException):
        pass


if __name__ == '__main__':
    main()
