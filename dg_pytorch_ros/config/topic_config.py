# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What inputs and outputs have in common: the message type and the quality of service."""

from dataclasses import dataclass

from dg_pytorch_ros.checks import check_choice
from dg_pytorch_ros.errors import ConfigError, Problems

DEFAULT_MESSAGE_TYPE = 'std_msgs/msg/Float64MultiArray'


@dataclass(frozen=True)
class QosConfig:
    """Quality of service of one topic, in the words of `ros2 topic`."""

    reliability: str
    durability: str = 'volatile'
    depth: int = 1

    def __post_init__(self) -> None:
        """Refuse words that ROS does not know and queues that hold nothing."""
        problems = Problems()
        problems.attempt(
            check_choice, 'qos.reliability', self.reliability, ('reliable', 'best_effort'))
        problems.attempt(
            check_choice, 'qos.durability', self.durability, ('volatile', 'transient_local'))
        if self.depth < 1:
            problems.add(ConfigError(f'qos.depth is {self.depth}; it must be at least 1'))
        problems.raise_any()

    def __str__(self) -> str:
        return f'{self.reliability}, {self.durability}, depth {self.depth}'


INPUT_QOS = QosConfig('best_effort')
OUTPUT_QOS = QosConfig('reliable')
