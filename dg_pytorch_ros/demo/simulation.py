# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The simulated robot of the demo: joints that talk to their controller over topics."""

from array import array
from threading import Event
from typing import Any

from dg_pytorch_ros.demo.joints import Joints, STEP_S
from dg_pytorch_ros.pacing import TimerPacing
import rclpy
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Float64MultiArray

TARGETS_RAD = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)

_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
# A process that was suspended, or a clock that was set, is no reason to simulate for hours.
_MOST_STEPS_TO_CATCH_UP = 1000


class Sensor:
    """Publishes an array that others change."""

    def __init__(self, node: Node, topic: str, values: 'array[float]') -> None:
        self._values = values
        self._message = Float64MultiArray()
        self._publisher = node.create_publisher(
            Float64MultiArray, topic, qos_profile_sensor_data)

    def publish(self) -> None:
        """Send the values of now."""
        self._message.data = self._values
        self._publisher.publish(self._message)


class Plant:
    """The joints, their sensors, and the torques that drive them."""

    def __init__(self, node: Node) -> None:
        self._joints = Joints()
        self._sensors = (
            Sensor(node, 'sin_position', self._joints.position),
            Sensor(node, 'sin_velocity', self._joints.velocity),
            Sensor(node, 'sin_des_position', array('d', TARGETS_RAD)))
        self._torque = node.create_subscription(
            Float64MultiArray, 'sout_torque', _ignore, _NEWEST)

    def tick(self) -> None:
        """Apply the newest torque for one step, and publish where that led."""
        # Nobody spins the node: taking directly costs a fraction of a callback.
        taken = self._torque.handle.take_message(Float64MultiArray, False)
        if taken is not None:
            self._joints.command(taken[0].data)
        self._joints.step()
        for sensor in self._sensors:
            sensor.publish()

    def catch_up(self, missed: int) -> None:
        """Let the time of missed ticks pass."""
        for _ in range(min(missed, _MOST_STEPS_TO_CATCH_UP)):
            self._joints.step()


def simulate(stop: Event) -> None:
    """Run in real time until told to stop."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = Node('plant', enable_rosout=False, start_parameter_services=False)
    plant = Plant(node)
    pacing = TimerPacing(
        node.get_clock(), 1.0 / STEP_S, on_tick=_ignore, on_missed=plant.catch_up,
        on_clock_set=_ignore)
    pacing.start()
    while not stop.is_set():
        if pacing.wait():
            plant.tick()
    pacing.close()
    node.destroy_node()
    rclpy.try_shutdown()


def _ignore(anything: Any) -> None:
    """Stand in for a callback that must be given."""
