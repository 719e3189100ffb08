# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The policy that sees its last six observations: its node, and its module called directly."""

from pathlib import Path
from typing import Any, Iterator, List

from example_rig import ExampleRig, Module, on_messages
from sensor_msgs.msg import JointState
import small_models
from std_srvs.srv import Trigger
import torch
from walking import moments, observation, PARTS, QUADRUPED, targets

FRAMES = 6


def expected(observations: List[Any]) -> Iterator[List[float]]:
    """Call the module on six observations, of which the first stands in for those that lack."""
    module = Module('history_policy')
    action = torch.zeros(1, 12)
    frames: List[torch.Tensor] = []
    for seen in observations:
        frame = torch.cat([torch.from_numpy(seen)[None], action], dim=1)
        frames = [frame, *(frames or (FRAMES - 1) * [frame])][:FRAMES]
        action = module(torch.cat(frames, dim=1))
        yield targets(QUADRUPED, action)


def test_every_target_is_that_of_the_module_on_the_last_six_observations(
        example_rig: ExampleRig) -> None:
    example_rig.start('history_policy', **on_messages('obs_history', PARTS))
    heard = example_rig.listen('joint_command', JointState)
    walk = list(moments(QUADRUPED, 15))
    observations = [observation(QUADRUPED, moment) for moment in walk]
    for moment, positions in zip(walk, expected(observations)):
        message = example_rig.send_one_of_each(heard, **moment.messages)
        assert tuple(message.name) == QUADRUPED.joints
        assert message.position.tolist() == positions


def test_a_reset_begins_a_new_history(example_rig: ExampleRig) -> None:
    example_rig.start('history_policy', **on_messages('obs_history', PARTS))
    heard = example_rig.listen('joint_command', JointState)
    walk = list(moments(QUADRUPED, 16))
    for part in (walk[:8], walk[8:]):
        observations = [observation(QUADRUPED, moment) for moment in part]
        for moment, positions in zip(part, expected(observations)):
            message = example_rig.send_one_of_each(heard, **moment.messages)
            assert message.position.tolist() == positions
        assert example_rig.peer.call(Trigger, '/node/reset').success


def test_frames_can_come_as_a_sequence_with_the_oldest_first_and_zeros_before(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), input_names=['obs'],
        **{'inputs.obs.shape': [1, 3, 2], 'inputs.obs.history': 3,
           'inputs.obs.history_order': 'oldest_first', 'inputs.obs.history_fill': 'zeros',
           'inputs.obs.part_names': ['x', 'y'], 'inputs.obs.parts.y.constant': [7.0],
           'inputs.obs.parts.x.qos.reliability': 'reliable'})
    heard = peer.listen('output')
    for count in (1, 2):
        peer.send(x=[float(count)])
        peer.wait_until(lambda: len(heard) == count)
    assert [dimension.size for dimension in heard[1].layout.dim] == [1, 3, 2]
    assert [message.data.tolist() for message in heard] == [
        [0.0, 0.0, 0.0, 0.0, 2.0, 14.0], [0.0, 0.0, 2.0, 14.0, 4.0, 14.0]]
