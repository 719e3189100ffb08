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
    new, shipped = (torch.jit.load(path) for path in (made, MODELS / 'pd_controller.pt'))
    assert new.code == shipped.code
    assert str(new.graph) == str(shipped.graph)
    values = torch.randn(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.equal(new(*values), shipped(*values))
