# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The code keeps to ament's flake8 style, as set in setup.cfg."""

from pathlib import Path
import subprocess
import sys

import pytest

PACKAGE_ROOT = Path(__file__).resolve().parents[1]


def test_flake8() -> None:
    pytest.importorskip('flake8', reason='flake8 is not installed')
    run = subprocess.run(
        [sys.executable, '-m', 'flake8', '--config', 'setup.cfg', '.'],
        cwd=PACKAGE_ROOT, capture_output=True, text=True)
    if run.returncode != 0:
        pytest.fail(run.stdout + run.stderr, pytrace=False)
