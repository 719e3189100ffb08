# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The policies with a memory, inside the module and outside of it, beside their modules."""

from typing import Any

from example_rig import ExampleRig, Module, on_messages
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger
import torch
from walking import HUMANOID, moments, observation, PARTS, targets

ROUNDS = 10


def row(seen: Any, action: torch.Tensor) -> torch.Tensor:
    """Put an observation and the last action together."""
    return torch.cat([torch.from_numpy(seen)[None], action], dim=1)


def test_a_memory_inside_the_module_is_kept_and_reset(example_rig: ExampleRig) -> None:
    example_rig.start('humanoid_policy', **on_messages('obs', PARTS))
    heard = example_rig.listen('joint_command', JointState)
    module = Module('humanoid_policy')
    walk = list(moments(HUMANOID, 2 * ROUNDS))
    for part in (walk[:ROUNDS], walk[ROUNDS:]):
        module.reset_memory()
        action = torch.zeros(1, 12)
        for moment in part:
            action = module(row(observation(HUMANOID, moment), action))
            message = example_rig.send_one_of_each(heard, **moment.messages)
            assert tuple(message.name) == HUMANOID.joints
            assert message.position.tolist() == targets(HUMANOID, action)
        assert example_rig.peer.call(Trigger, '/node/reset').success


def test_a_memory_that_goes_out_comes_in_again(example_rig: ExampleRig) -> None:
    example_rig.start('humanoid_policy_explicit', **on_messages('obs', PARTS))
    heard = example_rig.listen('joint_command', JointState)
    heard_h, heard_c = (
        example_rig.listen(f'/node/{name}', Float64MultiArray)
        for name in ('next_h', 'next_c'))
    module = Module('humanoid_policy_explicit')
    walk = list(moments(HUMANOID, 2 * ROUNDS))
    for part in (walk[:ROUNDS], walk[ROUNDS:]):
        action, h, c = torch.zeros(1, 12), torch.zeros(1, 1, 64), torch.zeros(1, 1, 64)
        for moment in part:
            action, h, c = module(row(observation(HUMANOID, moment), action), h, c)
            message = example_rig.send_one_of_each(heard, **moment.messages)
            assert message.position.tolist() == targets(HUMANOID, action)
            example_rig.peer.wait_until(
                lambda: len(heard_h) == len(heard_c) == len(heard), 'the memory')
            assert heard_h[-1].data.tolist() == h.flatten().tolist()
            assert heard_c[-1].data.tolist() == c.flatten().tolist()
        assert example_rig.peer.call(Trigger, '/node/reset').success


def test_both_policies_are_the_same() -> None:
    inside, outside = Module('humanoid_policy'), Module('humanoid_policy_explicit')
    h, c = torch.zeros(1, 1, 64), torch.zeros(1, 1, 64)
    for seen in torch.randn(ROUNDS, 1, 45, generator=torch.Generator().manual_seed(1)):
        action, h, c = outside(seen, h, c)
        assert torch.equal(inside(seen), action)
