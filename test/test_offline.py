# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What stands in for a node does what a node does, as far as its topics go."""

from typing import Any, Callable, Tuple

from dg_pytorch_ros.offline.clock import OfflineClock
from dg_pytorch_ros.offline.node import OfflineNode
import pytest
from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_msgs.msg import Float64

REMAPS = [('x', 'y'), ('/ns/z', '/there'), ('~/own', 'other'), ('y', '/never'), ('x', '/late')]
TOPICS = [
    'x', 'y', 'z', '/x', '/ns/x', '~/own', '/ns/name/own', '~', 'own', 'a/b', '{node}/a',
    '_hidden']


def ignore(message: Any) -> None:
    """Stand in for the callback that a subscription must have."""


@pytest.mark.parametrize('namespace', ['', '/', 'ns', '/ns', '/ns/inner'])
def test_names_are_those_that_rclpy_makes_of_them(context: Any, namespace: str) -> None:
    rules = [f'{old}:={new}' for old, new in REMAPS]
    arguments = ['--ros-args', *(word for rule in rules for word in ('-r', rule))]
    node = Node('name', context=context, namespace=namespace, cli_args=arguments)
    offline = OfflineNode('name', namespace, REMAPS)
    expected = [node.resolve_topic_name(topic) for topic in TOPICS]
    subscription = node.create_subscription(Float64, 'x', ignore, 1)
    publisher = node.create_publisher(Float64, '~/own', 1)
    names = subscription.topic_name, publisher.topic_name
    node.destroy_node()
    assert [offline.resolve_topic_name(topic) for topic in TOPICS] == expected
    assert names == ends(offline, 'x', '~/own')


def ends(offline: OfflineNode, subscribed: str, published: str) -> Tuple[str, str]:
    subscription = offline.create_subscription(Float64, subscribed, ignore, QoSProfile(depth=1))
    publisher = offline.create_publisher(Float64, published, QoSProfile(depth=1))
    return subscription.topic_name, publisher.topic_name


@pytest.mark.parametrize('topic', ['', 'not a topic', '/x/', 'x//y', '{what}/x', '1x', 'a/~', 'ä'])
def test_what_is_no_name_is_refused_as_rclpy_refuses_it(context: Any, topic: str) -> None:
    node = Node('name', context=context)
    offline = OfflineNode('name')
    expected = complaint(lambda: node.create_subscription(Float64, topic, ignore, 1))
    node.destroy_node()
    profile = QoSProfile(depth=1)
    for create in (
            lambda: offline.create_subscription(Float64, topic, ignore, profile),
            lambda: offline.create_publisher(Float64, topic, profile)):
        assert complaint(create) == expected
    assert (offline.subscriptions, offline.publishers) == ([], [])


def complaint(create: Callable[[], Any]) -> Tuple[type, str]:
    with pytest.raises(Exception) as caught:
        create()
    return caught.type, str(caught.value)


def test_a_subscription_keeps_the_newest_messages_in_order() -> None:
    offline = OfflineNode()
    subscription = offline.create_subscription(Float64, 'x', ignore, QoSProfile(depth=2))
    assert subscription.take_message(Float64, True) is None
    for number in range(3):
        subscription.receive(bytes([number]), 100 + number)
    taken = [subscription.take_message(Float64, True) for _ in range(3)]
    assert [each and (each[0], each[1]['received_timestamp']) for each in taken] == [
        (b'\1', 101), (b'\2', 102), None]


def test_what_is_published_stays_in_order_whichever_the_topic() -> None:
    offline = OfflineNode()
    profile = QoSProfile(depth=1)
    first, second = (offline.create_publisher(Float64, topic, profile) for topic in 'ab')
    for publisher, data in (second, b'1'), (first, b'2'), (second, b'3'):
        publisher.handle.publish_raw(data)
    assert offline.published == [('/b', b'1'), ('/a', b'2'), ('/b', b'3')]
    offline.destroy_publisher(first)
    assert offline.publishers == [second]
    subscription = offline.create_subscription(Float64, 'x', ignore, profile)
    offline.destroy_subscription(subscription)
    assert offline.subscriptions == []


def test_a_clock_shows_what_it_was_told_and_messages_come_when_they_say() -> None:
    clock = OfflineClock(5)
    assert (clock.now_ns(), clock.stamp_now_ns(), clock.stamped_ns(3)) == (5, 5, 3)
    clock.time_ns = 9
    clock.refresh()
    assert (clock.now_ns(), clock.arrival_ns({'received_timestamp': 7})) == (9, 7)
    simulated = OfflineClock(9, is_simulated=True)
    assert simulated.arrival_ns({'received_timestamp': 7}) == 9
