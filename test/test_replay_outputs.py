# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is replayed is what torch gives for the values that were there at that time."""

from pathlib import Path
from typing import Any, Dict, List

from geometry_msgs.msg import Vector3
import numpy as np
import pytest
from recordings import BEGIN, MS, STORAGES, write_bag
from replaying import outputs, parameter_file, replay, ROOT
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Float32MultiArray, Float64MultiArray
from tool_models import TOOL_MODELS
import torch

RANDOM = np.random.default_rng(7)


def floats(values: Any) -> Any:
    return Float64MultiArray(data=[float(value) for value in values])


@pytest.mark.parametrize('storage', STORAGES)
def test_the_pd_controller_ticks_on_the_newest_of_each(storage: str, tmp_path: Path) -> None:
    sent = []
    for index in range(30):
        sent.append(('/sin_position', index * 700_000, floats(RANDOM.normal(size=6))))
        sent.append(('/sin_velocity', index * 900_000, floats(RANDOM.normal(size=6))))
    sent.append(('/sin_des_position', 3_500_000, floats(range(6))))
    sent.sort(key=lambda message: message[1])
    model = ROOT / 'models/pd_controller.pt'
    bag = write_bag(tmp_path / 'bag', sent, storage=storage)
    assert replay(
        ROOT / 'config/pd_controller.yaml', bag, '-p', f'model_path:={model}', '-r',
        'sin_des_velocity:=/nobody', '--allow-missing', '--output', tmp_path / 'out') == 0

    module = torch.jit.load(str(model))
    expected = []
    for tick in range(1, sent[-1][1] // MS + 1):
        newest = {topic: message for topic, time_ns, message in sent if time_ns <= tick * MS}
        if '/sin_des_position' in newest:
            with torch.inference_mode():
                expected.append((BEGIN + tick * MS, module(*(
                    torch.tensor(values, dtype=torch.float64) for values in (
                        [5.0], [0.01], newest['/sin_position'].data,
                        newest['/sin_velocity'].data, newest['/sin_des_position'].data,
                        [0.0] * 6))).tolist()))
    found = outputs(tmp_path / 'out', Float64MultiArray, '/sout_torque')
    assert [(time_ns, message.data.tolist()) for time_ns, message in found] == expected
    assert len(expected) == 23


@pytest.mark.parametrize('name', ['lstm', 'lstm_reset'])
def test_a_recurrent_policy_remembers_what_came_before(name: str, tmp_path: Path) -> None:
    path = TOOL_MODELS[name](tmp_path)
    observations = RANDOM.normal(size=(12, 8))
    bag = write_bag(tmp_path / 'bag', [
        ('/observation', index * 20 * MS, floats(values))
        for index, values in enumerate(observations)])
    parameters = parameter_file(
        tmp_path, model_path=path, inputs={'observation': {'shape': [8]}},
        output_names=['action'], outputs={'action': {'type': 'std_msgs/msg/Float32MultiArray'}})
    assert replay(parameters, bag, '--output', tmp_path / 'out') == 0

    module = torch.jit.load(path).eval()
    found = outputs(tmp_path / 'out', Float32MultiArray, '/action')
    assert len(found) == 12
    for index, (time_ns, message) in enumerate(found):
        with torch.inference_mode():
            expected = module(torch.tensor(observations[index], dtype=torch.float32))
        assert time_ns == BEGIN + index * 20 * MS
        assert message.data.tolist() == pytest.approx(expected.tolist(), rel=1e-5, abs=1e-6)


class Gait(torch.nn.Module):
    """Targets for two joints, from their positions and velocities and a command."""

    def forward(self, obs: torch.Tensor) -> torch.Tensor:
        return obs[:, :2] + 10 * obs[:, 2:4] + 100 * obs[:, 4:6]


def joints(names: List[str], **values: Any) -> Any:
    message = JointState(name=names, **values)
    message.header.stamp.sec = 5
    return message


def gait(folder: Path, **others: Any) -> Dict[str, Any]:
    """Return parameters of a policy that takes joints by name, in parts."""
    path = folder / 'gait.pt'
    torch.jit.trace(Gait(), torch.zeros(1, 6)).save(str(path))
    state = {'topic': 'joint_states', 'type': 'sensor_msgs/msg/JointState'}
    return {
        'model_path': str(path), 'trigger_inputs': ['obs.q'], 'output_names': ['action'],
        'inputs': {'obs': {'shape': [1, 6], 'part_names': ['q', 'dq', 'command'], 'parts': {
            'q': {**state, 'field': 'position', 'select': ['hip', 'knee'], 'offset': [0.5]},
            'dq': {**state, 'field': 'velocity', 'select': ['hip', 'knee'], 'scale': [0.1]},
            'command': {
                'topic': 'command', 'type': 'geometry_msgs/msg/Vector3', 'field': ['x', 'z']}}}},
        'outputs': {'action': {
            'topic': 'target', 'type': 'sensor_msgs/msg/JointState', 'field': 'position',
            'names': ['hip', 'knee'], 'scale': [2.0], 'stamp_from': 'obs.q'}},
        **others}


@pytest.mark.parametrize('storage', STORAGES)
def test_joints_are_found_by_name_and_put_together(storage: str, tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', [
        ('/joint_states', 0, joints(['hip', 'knee'], position=[9.0, 9.0], velocity=[9.0, 9.0])),
        ('/command', 1 * MS, Vector3(x=0.5, y=7.0, z=0.25)),
        ('/joint_states', 2 * MS, joints(
            ['foot', 'knee', 'hip'], position=[7.0, 2.0, 1.0], velocity=[7.0, 4.0, 3.0])),
        ('/joint_states', 4 * MS, joints(
            ['hip', 'knee', 'foot'], position=[5.0, 6.0, 7.0], velocity=[1.0, 2.0, 7.0])),
    ], storage=storage)
    assert replay(parameter_file(tmp_path, **gait(tmp_path)), bag, '--output', tmp_path / 'o') == 0
    found = outputs(tmp_path / 'o', JointState, '/target')
    assert [time_ns - BEGIN for time_ns, _ in found] == [2 * MS, 4 * MS]
    for (_, message), positions in zip(found, [[109.0, 63.0], [113.0, 67.0]]):
        assert message.name == ['hip', 'knee']
        assert message.position.tolist() == pytest.approx(positions)
        assert message.header.stamp.sec == 5


def test_an_image_is_decoded_as_on_the_robot(tmp_path: Path) -> None:
    path = TOOL_MODELS['conv'](tmp_path)
    pixels = RANDOM.integers(0, 256, (2, 12, 16, 3), dtype=np.uint8)
    bag = write_bag(tmp_path / 'bag', [
        ('/image', index * 33 * MS, Image(
            height=12, width=16, encoding='bgr8', step=48, data=each[..., ::-1].tobytes()))
        for index, each in enumerate(pixels)], storage='mcap')
    parameters = parameter_file(
        tmp_path, model_path=path, output_names=['scores'], inputs={'image': {
            'type': 'sensor_msgs/msg/Image', 'layout': 'chw', 'color': 'rgb',
            'scale': [1 / 255], 'shape': [1, 3, 12, 16]}},
        outputs={'scores': {'type': 'std_msgs/msg/Float32MultiArray'}})
    assert replay(parameters, bag, '--output', tmp_path / 'out') == 0
    module = torch.jit.load(path).eval()
    found = outputs(tmp_path / 'out', Float32MultiArray, '/scores')
    assert len(found) == 2
    for (_, message), each in zip(found, pixels):
        with torch.inference_mode():
            expected = module(torch.tensor(each).permute(2, 0, 1)[None] / 255)
        assert message.data.tolist() == pytest.approx(
            expected.flatten().tolist(), rel=1e-4, abs=1e-5)
