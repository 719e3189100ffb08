# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the drivers of a robot send, as bytes, with other numbers and another stamp each time."""

from io import BytesIO
from typing import Any, Callable, List

from benchmark.models import SEED
from geometry_msgs.msg import Twist
import numpy as np
from PIL import Image as Picture
from rclpy.serialization import serialize_message
from sensor_msgs.msg import (
    CompressedImage, Image, Imu, JointState, LaserScan, PointCloud2, PointField)

HEIGHT, WIDTH = 480, 640
BEAMS = 1081
POLICY_JOINTS = [
    f'{leg}_{joint}_joint' for leg in ('FL', 'FR', 'RL', 'RR')
    for joint in ('hip', 'thigh', 'calf')]
DRIVER_JOINTS = [
    f'{leg}_{joint}_joint' for joint in ('hip', 'thigh', 'calf')
    for leg in ('FR', 'FL', 'RR', 'RL')]

_COUNT = 16
_QUALITY = 90
_HITS = 0.9  # the others see nothing

Random = np.random.Generator


def joint_states(count: int = _COUNT, *, is_rotating: bool = False) -> List[bytes]:
    """Return what a driver with its own order of joints sends; with `is_rotating` it changes."""
    def make(random: Random, index: int) -> JointState:
        shift = index % len(DRIVER_JOINTS) if is_rotating else 0
        position, velocity, effort = random.normal(size=(3, len(DRIVER_JOINTS))).tolist()
        return JointState(
            name=[*DRIVER_JOINTS[shift:], *DRIVER_JOINTS[:shift]], position=position,
            velocity=velocity, effort=effort)
    return _serialized(make, count)


def imus(count: int = _COUNT) -> List[bytes]:
    """Return what an inertial unit sends."""
    def make(random: Random, index: int) -> Imu:
        message = Imu()
        for vector in (message.angular_velocity, message.linear_acceleration):
            vector.x, vector.y, vector.z = random.normal(size=3).tolist()
        return message
    return _serialized(make, count)


def twists(count: int = _COUNT) -> List[bytes]:
    """Return what somebody with a joystick sends."""
    def make(random: Random, index: int) -> Twist:
        message = Twist()
        message.linear.x, message.linear.y, message.angular.z = random.normal(size=3).tolist()
        return message
    return _serialized(make, count)


def images(count: int = _COUNT) -> List[bytes]:
    """Return what a camera sends."""
    def make(random: Random, index: int) -> Image:
        message = Image(height=HEIGHT, width=WIDTH, encoding='rgb8', step=3 * WIDTH)
        message.data = random.integers(0, 256, 3 * WIDTH * HEIGHT, np.uint8).tobytes()
        return message
    return _serialized(make, count)


def compressed_images(count: int = _COUNT) -> List[bytes]:
    """Return what a camera sends over a narrow network: smooth pictures, as those of the world."""
    def make(random: Random, index: int) -> CompressedImage:
        coarse = random.integers(0, 256, (HEIGHT // 20, WIDTH // 20, 3), np.uint8)
        file = BytesIO()
        Picture.fromarray(coarse).resize((WIDTH, HEIGHT)).save(file, 'JPEG', quality=_QUALITY)
        message = CompressedImage(format='rgb8; jpeg compressed bgr8')
        message.data = file.getvalue()
        return message
    return _serialized(make, count)


def clouds(points: int, count: int = _COUNT) -> List[bytes]:
    """Return what a depth camera or a lidar sends: x, y, z and intensity."""
    def make(random: Random, index: int) -> PointCloud2:
        names = ('x', 'y', 'z', 'intensity')
        message = PointCloud2(
            height=1, width=points, point_step=16, row_step=16 * points, is_dense=True, fields=[
                PointField(name=name, offset=4 * place, datatype=PointField.FLOAT32, count=1)
                for place, name in enumerate(names)])
        message.data = random.normal(size=(points, 4)).astype(np.float32).tobytes()
        return message
    return _serialized(make, count)


def scans(count: int = _COUNT) -> List[bytes]:
    """Return what a laser scanner sends; where it sees nothing, the range is infinite."""
    def make(random: Random, index: int) -> LaserScan:
        ranges = random.uniform(0.1, 30.0, BEAMS)
        ranges[random.random(BEAMS) > _HITS] = np.inf
        return LaserScan(ranges=ranges.tolist(), intensities=random.random(BEAMS).tolist())
    return _serialized(make, count)


def _serialized(make: Callable[[Random, int], Any], count: int) -> List[bytes]:
    random = np.random.default_rng(SEED)
    messages = []
    for index in range(count):
        message = make(random, index)
        if hasattr(message, 'header'):
            message.header.stamp.sec, message.header.frame_id = 1_700_000_000 + index, 'sensor'
        messages.append(bytes(serialize_message(message)))
    return messages
