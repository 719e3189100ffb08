# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a real node did over DDS, recorded, is what its replay does: to the last bit."""

from pathlib import Path
from time import sleep
from typing import Any, Dict, Iterator, List, Type

from dg_pytorch_ros.replay.replay import Recorded
from lifecycle_msgs.srv import GetState
from node_process import NodeProcess
import numpy as np
from peer import Peer
import pytest
from rclpy.qos import QoSProfile
from recordings import write_raw
from replaying import account, parameter_file
from std_msgs.msg import Float64MultiArray
from tool_models import TOOL_MODELS

QUEUE = {'reliability': 'reliable', 'depth': 100}
COUNT = 40


class Recorder:
    """Keeps the bytes of messages with the time at which the middleware received them."""

    def __init__(self, peer: Peer, kinds: Dict[str, Type[Any]]) -> None:
        self.recorded: List[Recorded] = []
        for topic, kind in kinds.items():
            peer.node.create_subscription(
                kind, topic, self._keeper(topic), QoSProfile(depth=1000), raw=True)

    def on(self, topic: str) -> int:
        return len([each for each in self.recorded if each.topic == topic])

    def _keeper(self, topic: str) -> Any:
        def keep(data: bytes, info: Any) -> None:
            self.recorded.append(Recorded(
                topic, 'std_msgs/msg/Float64MultiArray', info['received_timestamp'], data))
        return keep


@pytest.fixture
def start(domain: int, tmp_path: Path) -> Iterator[Any]:
    nodes: List[NodeProcess] = []

    def start_node(file: str) -> NodeProcess:
        nodes.append(NodeProcess(tmp_path / 'node.log', domain, '--params-file', file))
        return nodes[-1]
    yield start_node
    for node in nodes:
        node.close()


def test_a_recurrent_policy_is_replayed_without_any_difference(
    start: Any, peer: Peer, tmp_path: Path, capsys: Any
) -> None:
    file = parameter_file(
        tmp_path, model_path=TOOL_MODELS['lstm_reset'](tmp_path), output_names=['action'],
        inputs={'observation': {'shape': [8], 'qos': QUEUE}}, outputs={'action': {'qos': QUEUE}})
    start(file)
    recorder = Recorder(peer, {'/observation': Float64MultiArray, '/action': Float64MultiArray})
    peer.listen('action')
    publisher = peer.publisher('observation')
    peer.wait_until(
        lambda: peer.call(GetState, '/node/get_state').current_state.label == 'active', 'active')
    random = np.random.default_rng(11)
    for index in range(COUNT):
        publisher.publish(Float64MultiArray(data=random.normal(size=8)))
        sleep(0.002 * (index % 3))  # some close together, some not
    peer.wait_until(
        lambda: recorder.on('/action') == recorder.on('/observation') == COUNT,
        lambda: f'the answers to {recorder.on("/observation")} of {COUNT} messages')

    bag = write_raw(tmp_path / 'bag', sorted(
        recorder.recorded, key=lambda each: each.time_ns), storage='mcap')
    printed = account(capsys, file, bag, '--compare', '--max-unpaired', '0')
    assert printed['evaluations'] == COUNT
    action = printed['comparison']['outputs']['action']
    assert (action['pairs'], action['max']) == (COUNT, 0.0)
