# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The example's model and the script that makes it."""

from pathlib import Path
import subprocess
import sys

import torch

MODELS = Path(__file__).parents[1] / 'models'


def test_the_script_makes_the_model_that_is_shipped(tmp_path: Path) -> None:
    made = tmp_path / 'pd_controller.pt'
    subprocess.run([sys.executable, MODELS / 'make_pd_controller.py', made], check=True)
    assert made.read_bytes() == (MODELS / 'pd_controller.pt').read_bytes()
    assert str(MODELS).encode() not in made.read_bytes()


def test_the_shipped_model_computes_its_law() -> None:
    module = torch.jit.load(MODELS / 'pd_controller.pt')
    values = torch.randn(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    kp, kd, position, velocity, des_position, des_velocity = values
    expected = kp * (des_position - position) + kd * (des_velocity - velocity)
    assert torch.equal(module(*values), expected)
