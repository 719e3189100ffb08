# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Twice the same recording, twice the same bytes, of a real module with a memory."""

from pathlib import Path
from random import Random
from typing import Any, List

from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.node_config import ModelConfig, NodeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig, TrustConfig
from dg_pytorch_ros.loading import load_model_of
from dg_pytorch_ros.replay.replay import Published, Recorded, Replay
from messages_at_random import import_class
import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from replay_rig import at
from tool_models import TOOL_MODELS
import torch

JOINTS = 'sensor_msgs/msg/JointState'
NAMES = ('hip', 'knee_of_the_left', 'a', 'b')


def recording() -> List[Recorded]:
    random = Random(3)
    time_ms, messages = 0.0, []
    for _ in range(300):
        time_ms += random.choice((0.0, 1.0, 3.7, 60.0))
        messages.append(at(time_ms, '/observation', *(random.gauss(0.0, 1.0) for _ in range(8))))
    return messages


def replay(path: str, trigger: Any) -> List[Published]:
    config = NodeConfig(
        (InputConfig('observation', topic='observation', max_age_ms=20.0),),
        (OutputConfig(
            'action', topic='action', message_type=JOINTS, field=('position',), names=NAMES,
            frame_id='base', limits=LimitsConfig(max_rate=(5.0,), fallback=(0.5,))),),
        trigger, trust=TrustConfig(on_stale='fallback', fade_in_s=0.1))
    return list(Replay(config, load_model_of(ModelConfig(path))).run(recording()))


@pytest.mark.parametrize('trigger', ['timer', 'message'])
def test_the_same_recording_gives_the_same_bytes(tmp_path: Path, trigger: str) -> None:
    path = TOOL_MODELS['lstm'](tmp_path)
    first = replay(path, trigger)
    assert len(first) > 200
    assert replay(path, trigger) == first


def test_the_module_gets_what_was_recorded_in_the_order_in_which_it_was(tmp_path: Path) -> None:
    path = TOOL_MODELS['lstm'](tmp_path)
    module = torch.jit.load(path)
    messages = recording()
    config = NodeConfig(
        (InputConfig('observation', topic='observation'),),
        (OutputConfig('action', topic='action', message_type=JOINTS, field=('position',)),),
        'message')
    published = list(Replay(config, load_model_of(ModelConfig(path))).run(messages))
    assert [each.time_ns for each in published] == [each.time_ns for each in messages]
    floats = import_class('std_msgs/msg/Float64MultiArray')
    with torch.inference_mode():
        for message, output in zip(messages, published):
            values = deserialize_message(message.data, floats).data
            heard = deserialize_message(output.data, import_class(JOINTS))
            expected = module(torch.tensor(values, dtype=torch.float32))
            np.testing.assert_allclose(heard.position, expected.numpy(), rtol=1e-6)
            assert heard.header.stamp.sec * 10 ** 9 + heard.header.stamp.nanosec == message.time_ns
