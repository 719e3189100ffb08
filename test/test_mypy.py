# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The package passes strict mypy, as set in setup.cfg."""

from pathlib import Path
import subprocess
import sys

import pytest

PACKAGE_ROOT = Path(__file__).resolve().parents[1]


def test_mypy() -> None:
    pytest.importorskip('mypy', reason='mypy is not installed')
    run = subprocess.run(
        [sys.executable, '-m', 'mypy', '--config-file', 'setup.cfg', 'dg_pytorch_ros',
         'benchmark', 'soak'],
        cwd=PACKAGE_ROOT, capture_output=True, text=True)
    if run.returncode != 0:
        pytest.fail(run.stdout + run.stderr, pytrace=False)
