# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the README shows as a file works as it is."""

from pathlib import Path
import re
from typing import Any

from cookbook import parameters
from dg_pytorch_ros.checking.verdict import judge
from parameter_files import write_parameters
import pytest
import small_models
import torch
from torch import Tensor
import yaml

README = Path(__file__).parents[1] / 'README.md'
YAML_BLOCK = re.compile(r'^```yaml\n(.*?)^```$', re.MULTILINE | re.DOTALL)


class Policy(torch.nn.Module):
    """Two actions from an observation."""

    def forward(self, obs: Tensor) -> Tensor:
        return obs[:, :2]


class Classifier(torch.nn.Module):
    """A score for each channel of an image."""

    def forward(self, image: Tensor) -> Tensor:
        return image.mean((2, 3))


class Controller(torch.nn.Module):
    """A torque for each joint."""

    def forward(self, kp: Tensor, position: Tensor, goal: Tensor) -> Tensor:
        return kp * (goal - position)


@pytest.mark.parametrize('module, mark', [
    (Policy(), 'part_names: [gyro'), (Classifier(), 'type: sensor_msgs/msg/Image'),
    (Controller(), 'input_names: [kp, position, goal]')])
def test_a_file_that_is_shown_configures_and_is_found_good(
    module: torch.nn.Module, mark: str, run_node: Any, tmp_path: Path
) -> None:
    (block,) = [
        text for text in YAML_BLOCK.findall(README.read_text(encoding='utf-8')) if mark in text]
    content = yaml.safe_load(block)
    if '/**' in content:
        content = content['/**']['ros__parameters']
    if 'image' in content:
        content = {'inputs': content}
    (output, *_) = content.get('outputs', {'output': None})
    given = parameters(content)
    given = {'output_names': [output], **given, 'model_path': small_models.save(module, tmp_path)}
    assert run_node(**given).started
    verdict = judge(
        str(write_parameters(tmp_path / 'x.yaml', given)), node='', overrides=(), runs=True)
    assert (verdict.findings, verdict.warnings, verdict.notes) == ((), (), ())
