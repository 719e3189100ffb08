# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The walking policy of a quadruped: its node, and its module called with the same numbers."""

from typing import Any, Iterator, List

from example_rig import AT_ONCE, ExampleRig, LONG_MS, Module, on_messages
import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
import torch
from walking import moments, observation, PARTS, QUADRUPED, targets

ROUNDS = 20
FORWARD_TOPIC = 'forward_position_controller/commands'


def expected(observations: List[Any]) -> Iterator[List[float]]:
    """Call the module as somebody would who writes the node by hand."""
    module = Module('quadruped_policy')
    action = torch.zeros(1, 12)
    for seen in observations:
        action = module(torch.cat([torch.from_numpy(seen)[None], action], dim=1))
        yield targets(QUADRUPED, action)


@pytest.mark.parametrize('example, topic, kind', [
    ('quadruped_policy', 'joint_command', JointState),
    ('quadruped_policy_forward', FORWARD_TOPIC, Float64MultiArray)])
def test_every_target_is_that_of_the_module_on_the_same_messages(
        example: str, topic: str, kind: Any, example_rig: ExampleRig) -> None:
    example_rig.start(example, **on_messages('obs', PARTS))
    heard = example_rig.listen(topic, kind)
    walk = list(moments(QUADRUPED, ROUNDS))
    wanted = expected([observation(QUADRUPED, moment) for moment in walk])
    for moment, positions in zip(walk, wanted):
        message = example_rig.send_one_of_each(heard, **moment.messages)
        if kind is JointState:
            assert tuple(message.name) == QUADRUPED.joints
            assert message.position.tolist() == positions
            assert not message.velocity and not message.effort
        else:
            assert message.data.tolist() == positions


def test_stamps_of_the_targets_are_new(example_rig: ExampleRig) -> None:
    example_rig.start('quadruped_policy', **on_messages('obs', PARTS))
    heard = example_rig.listen('joint_command', JointState)
    begin = example_rig.peer.node.get_clock().now().to_msg()
    for moment in moments(QUADRUPED, 2):
        example_rig.send_one_of_each(heard, **moment.messages)
    stamps = [(stamp.sec, stamp.nanosec) for stamp in (
        begin, *(message.header.stamp for message in heard))]
    assert stamps == sorted(stamps)
    assert len(set(stamps)) == len(stamps)


def test_on_its_timer_it_acts_on_its_own_last_action(example_rig: ExampleRig) -> None:
    ages = {f'inputs__obs__parts__{part}__max_age_ms': LONG_MS for part in PARTS}
    example_rig.start(
        'quadruped_policy', outputs__action__qos__depth=1000, **AT_ONCE, **ages)
    heard = example_rig.listen('joint_command', JointState)
    moment, = moments(QUADRUPED, 1)
    publishers = [
        (example_rig.peer.publisher(topic.replace('__', '/'), type(message)), message)
        for topic, message in moment.messages.items()]

    def send_and_count() -> bool:
        for publisher, message in publishers:
            publisher.publish(message)
        return len(heard) >= 10
    example_rig.peer.wait_until(send_and_count, 'ten outputs')
    seen = observation(QUADRUPED, moment)
    assert [message.position.tolist() for message in heard[:10]] == list(expected(10 * [seen]))


def test_as_it_is_shipped_it_stands_until_there_are_sensors_and_a_command(
        example_rig: ExampleRig) -> None:
    example_rig.start('quadruped_policy')
    heard = example_rig.listen('joint_command', JointState)
    example_rig.peer.wait_until(lambda: len(heard) >= 3, 'the fallback')
    standing = list(QUADRUPED.default)
    for message in heard[:3]:
        assert tuple(message.name) == QUADRUPED.joints
        assert message.position.tolist() == standing
    moment, = moments(QUADRUPED, 1)
    publishers = [
        (example_rig.peer.publisher(topic.replace('__', '/'), type(message)), message)
        for topic, message in moment.messages.items()]

    def send_and_look() -> bool:
        for publisher, message in publishers:
            publisher.publish(message)
        return bool(heard[-1].position.tolist() != standing)
    example_rig.peer.wait_until(send_and_look, 'a walk')
    for message in heard:
        assert (np.array(message.position) >= QUADRUPED.low).all()
        assert (np.array(message.position) <= QUADRUPED.high).all()
