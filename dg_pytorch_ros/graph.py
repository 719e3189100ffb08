# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the ROS graph says: why an input has no value, and who else publishes an output."""

from collections import Counter
from typing import Any, List, Sequence

from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.topics import qos_profile
from rclpy.qos import qos_check_compatible, QoSCompatibility


def explain_silence(config: InputConfig, publishers: Sequence[Any]) -> str:
    """Say why a subscription has received nothing; `publishers` are its topic's endpoints."""
    if not publishers:
        return 'no publisher'
    same_type = [info for info in publishers if info.topic_type == config.message_type]
    if not same_type:
        types = sorted({info.topic_type for info in publishers})
        return (
            f'published as {", ".join(types)} by {_node_of(publishers[0])}, '
            f'not {config.message_type}')
    complaints = [
        (info, reason) for info in same_type
        for compatibility, reason in [
            qos_check_compatible(info.qos_profile, qos_profile(config.qos))]
        if compatibility == QoSCompatibility.ERROR]
    if len(complaints) == len(same_type):
        info, reason = complaints[0]
        reason = reason.replace('ERROR:', '').strip(' ;')
        return f'incompatible QoS of {_node_of(info)}: {reason}; see qos of the input'
    return f'no message yet from {_node_of(same_type[0])}'


def other_writers(publishers: Sequence[Any], own_name: str, own_count: int) -> List[str]:
    """
    Name who else publishes on a topic; `publishers` are its endpoints.

    A second node of the same name counts as another one.
    """
    names = Counter(map(_node_of, publishers))
    names[own_name] -= own_count
    return sorted((+names).elements())


def _node_of(info: Any) -> str:
    if 'UNKNOWN' in info.node_name:  # a publisher may be discovered before its node
        return 'a node whose name is not known yet'
    return f'{info.node_namespace.rstrip("/")}/{info.node_name}'
