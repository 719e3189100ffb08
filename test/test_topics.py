# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a subscription forgets at activation, and what it keeps."""

from typing import Any

from dg_pytorch_ros.ages import AgeClock
from dg_pytorch_ros.config import InputConfig, QosConfig
from dg_pytorch_ros.slots import Slot
from dg_pytorch_ros.topics import Subscriber
import pytest
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray


@pytest.mark.parametrize('durability', ['volatile', 'transient_local'])
def test_age_counts_from_activation_until_the_first_message(context: Any, durability: str) -> None:
    node = Node('subscribing', context=context)
    ages = AgeClock(node.get_clock())
    slot = Slot('x', dtype='float64', max_age_ns=3600 * 10 ** 9)
    config = InputConfig('x', topic='x', qos=QosConfig('reliable', durability))
    subscriber = Subscriber(
        node, config, Float64MultiArray, None, slot, ages=ages, on_drop=lambda *drop: None)
    assert slot.is_stale(ages.now_ns())  # nobody was active yet
    subscriber.forget()
    assert not slot.is_stale(ages.now_ns())
    node.destroy_node()
