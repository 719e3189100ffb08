# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The graph says why nothing comes, and who else publishes."""

from types import SimpleNamespace
from typing import Any, List

from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.topic_config import DEFAULT_MESSAGE_TYPE, QosConfig
import pytest

pytest.importorskip('rclpy', reason='rclpy is not installed')
from dg_pytorch_ros.graph import explain_silence, other_writers  # noqa: E402, I100
from dg_pytorch_ros.topics import qos_profile  # noqa: E402


def endpoint(
    full_name: str, *, topic_type: str = DEFAULT_MESSAGE_TYPE, reliability: str = 'reliable'
) -> Any:
    namespace, _, name = full_name.rpartition('/')
    return SimpleNamespace(
        node_namespace=namespace or '/', node_name=name, topic_type=topic_type,
        qos_profile=qos_profile(QosConfig(reliability)))


def endpoints(*names: str) -> List[Any]:
    return [endpoint(name) for name in names]


@pytest.mark.parametrize('publishers, own_count, others', [
    ([], 1, []),
    (['/node'], 1, []),
    (['/node', '/node'], 2, []),
    ([], 0, []),
    (['/node', '/b', '/a'], 1, ['/a', '/b']),
    (['/node', '/other/node'], 1, ['/other/node']),
    (['/b', '/b', '/node'], 1, ['/b', '/b']),
    (['/node', '/node'], 1, ['/node']),
    (['/other'], 1, ['/other']),  # its own publisher has not been discovered yet
])
def test_others_are_those_who_publish_beside_the_node(
        publishers: Any, own_count: int, others: Any) -> None:
    assert other_writers(endpoints(*publishers), '/node', own_count) == others


def explain(*publishers: Any, reliability: str = 'reliable') -> str:
    return explain_silence(
        InputConfig('x', topic='x', qos=QosConfig(reliability)), publishers)


def test_silence_is_explained_by_what_is_wrong_with_all_publishers() -> None:
    assert explain() == 'no publisher'
    assert explain(*endpoints('/ns/a')) == 'no message yet from /ns/a'
    assert explain(endpoint('/a', topic_type='std_msgs/msg/Bool')) == (
        f'published as std_msgs/msg/Bool by /a, not {DEFAULT_MESSAGE_TYPE}')
    unreliable = endpoint('/a', reliability='best_effort')
    assert explain(unreliable).startswith('incompatible QoS of /a: ')
    assert explain(unreliable, reliability='best_effort') == 'no message yet from /a'
    assert explain(unreliable, endpoint('/b')).startswith('no message yet from ')
