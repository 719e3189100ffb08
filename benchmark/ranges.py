# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What sensors of distance send: clouds of points, and scans in one plane."""

from typing import Any, Dict, List, Optional

from benchmark.case import Case
from benchmark.sensors import clouds, scans
from benchmark.wired import Wired
import numpy as np
from numpy.typing import NDArray
from rclpy.context import Context
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import LaserScan, PointCloud2
import torch

_BLOCK_OF_CLOUDS = 10
_BLOCK_OF_SCANS = 50
_FARTHEST = 30.0
_CLOUD: Dict[str, Any] = {
    'inputs.x.type': 'sensor_msgs/msg/PointCloud2', 'inputs.x.field': ['x', 'y', 'z'],
    'inputs.x.shape': [-1, 3]}
_SCAN: Dict[str, Any] = {
    'inputs.x.type': 'sensor_msgs/msg/LaserScan', 'inputs.x.field': 'ranges',
    'inputs.x.replace.posinf': _FARTHEST}


def range_cases(context: Optional[Context] = None) -> List[Case]:
    """Return what is measured of sensors of distance."""
    return [
        _cloud('cloud_10k', 10_000, context), _cloud('cloud_100k', 100_000, context),
        _scan(context)]


def _cloud(name: str, points: int, context: Optional[Context]) -> Case:
    wired = Wired(_CLOUD, context)
    messages = clouds(points)
    # Behind the points, only is_dense comes.
    begin = len(messages[0]) - 16 * points - 1
    room = np.empty((points, 3), np.float32)

    def ours(data: bytes) -> torch.Tensor:
        wired.take(data)
        return wired.tensor

    def bare(data: bytes) -> NDArray[np.float32]:
        all_fields = np.frombuffer(data, np.float32, 4 * points, begin).reshape(points, 4)
        for place in range(3):
            np.copyto(room[:, place], all_fields[:, place])
        return room

    def by_hand(data: bytes) -> torch.Tensor:
        message = deserialize_message(data, PointCloud2)
        all_fields = np.frombuffer(message.data, np.float32).reshape(-1, 4)
        return torch.from_numpy(all_fields[:, :3].copy())
    return Case(name, messages, {
        'ours': ours, 'bare': bare,
        'rclpy': lambda data: deserialize_message(data, PointCloud2), 'hand': by_hand},
        _BLOCK_OF_CLOUDS)


def _scan(context: Optional[Context]) -> Case:
    wired = Wired(_SCAN, context)

    def ours(data: bytes) -> torch.Tensor:
        wired.take(data)
        return wired.tensor

    def by_hand(data: bytes) -> torch.Tensor:
        ranges = np.array(deserialize_message(data, LaserScan).ranges, np.float32)
        ranges[np.isposinf(ranges)] = _FARTHEST
        return torch.from_numpy(ranges)
    return Case('scan', scans(), {
        'ours': ours, 'rclpy': lambda data: deserialize_message(data, LaserScan),
        'hand': by_hand}, _BLOCK_OF_SCANS)
