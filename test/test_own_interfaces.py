# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Messages of the user's own workspace are like the standard ones."""

import os
from pathlib import Path
from typing import Any, Iterator

from dialogue import assert_answers, Dialogue
import numpy as np
import own_interfaces
from peer import latched
import pytest
import small_models
import torch
from torch import Tensor


class Chain(torch.nn.Module):
    """Gives numbers of which each tells where those before it stood."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cumsum(x, -1) * 0.5 + x


@pytest.fixture(scope='module')
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Build a workspace, and put it where Python looks for packages."""
    folder = tmp_path_factory.mktemp('workspace')
    own_interfaces.build(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv('PYTHONPATH', os.pathsep.join([
            str(folder), os.environ.get('PYTHONPATH', '')]))
        yield folder


def gait(order: str, first: float = 0.0) -> Any:
    """Make a message of legs in this order."""
    from gait_msgs.msg import Gait, Leg
    message = Gait(phase=0.25, codes=[3, -4], legs=[
        Leg(name=name, foot=feet(name, first)[0], in_contact=name == 'a') for name in order])
    message.header.frame_id = 'a frame'
    message.push.y = 0.5
    return message


def feet(order: str, first: float = 0.0) -> Any:
    return np.array([[first + 0.1 + 'abcd'.index(name), 0.2, 0.3] for name in order])


CASES = [
    ('[phase, push]', '', np.array([0.25, 0.0, 0.5, 0.0])),
    ('codes', 'shape: [-1], ', np.array([3, -4], np.int16)),
    ("'legs[].foot'", 'select: [c, a], ', feet('ca')),
    ("'legs[].in_contact'", 'select: [c, a], ', np.array([False, True])),
    ("'legs[1].foot[0]'", '', None),
]


@pytest.mark.parametrize('field, more, array', CASES, ids=[case[0] for case in CASES])
def test_a_field_of_an_own_message_is_read(
        field: str, more: str, array: Any, workspace: Path, run_node: Any, peer: Any,
        tmp_path: Path) -> None:
    names = "name_field: 'legs[].name', " if 'select' in more else ''
    dialogue = Dialogue(run_node, peer, tmp_path, Chain(), f"""
        inputs: {{x: {{{more}{names}type: gait_msgs/msg/Gait, field: {field}}}}}
    """)
    for order in ('abc', 'dcba', 'ca'):
        wanted = feet(order[1])[0, :1] if array is None else array
        assert_answers(dialogue.ask(x=gait(order)), Chain(), wanted)


def test_the_node_reads_and_writes_own_messages(
        workspace: Path, rig: Any, peer: Any, tmp_path: Path) -> None:
    gait('')  # the type that is heard
    from gait_msgs.msg import Gait
    rig.start(small_models.save(small_models.Double(), tmp_path), **{
        'inputs.x.type': 'gait_msgs/msg/Gait', 'inputs.x.field': 'legs[].foot',
        'inputs.x.select': '[b, a]', 'inputs.x.name_field': 'legs[].name',
        'inputs.x.qos.reliability': 'reliable', 'inputs.x.qos.depth': 10,
        'outputs.output.type': 'gait_msgs/msg/Gait', 'outputs.output.field': 'legs[].foot',
        'outputs.output.names': '[rear, front]', 'outputs.output.name_field': 'legs[].name',
        'outputs.output.frame_id': 'base', 'outputs.output.stamp_from': 'x',
        'outputs.output.qos.durability': 'transient_local'})
    heard = peer.listen('output', Gait, latched(10))
    sent = gait('cba')
    sent.header.stamp.sec = 7
    publisher = peer.publisher('x', Gait)
    peer.wait_until(lambda: publisher.publish(sent) or heard, 'an output')
    message = heard[0]
    assert [leg.name for leg in message.legs] == ['rear', 'front']
    assert [leg.foot.tolist() for leg in message.legs] == (2 * feet('ba')).tolist()
    assert (message.header.stamp.sec, message.header.frame_id) == (7, 'base')


def test_an_unknown_field_of_an_own_message_is_told_which_there_are(
        workspace: Path, run_node: Any, tmp_path: Path, capfd: Any) -> None:
    running = run_node(**{
        'model_path': small_models.save(Chain(), tmp_path),
        'inputs.x.type': 'gait_msgs/msg/Gait', 'inputs.x.field': 'phases'})
    assert running.started is False
    text = capfd.readouterr().err
    assert (
        "field is 'phases', but gait_msgs/msg/Gait has no such field; did you mean 'phase'? its "
        'fields of numbers: header.stamp.sec, header.stamp.nanosec, phase, legs[].foot, '
        'legs[].in_contact, codes, push.x, push.y, push.z') in text
