# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The docstrings keep to PEP 257, less what ament leaves out."""

from pathlib import Path
import subprocess
import sys

import pytest

PACKAGE_ROOT = Path(__file__).resolve().parents[1]
IGNORED_BY_AMENT = (
    'D100', 'D101', 'D102', 'D103', 'D104', 'D105', 'D106', 'D107', 'D203', 'D212', 'D404')


def test_pep257() -> None:
    pytest.importorskip('pydocstyle', reason='pydocstyle is not installed')
    run = subprocess.run(
        [sys.executable, '-m', 'pydocstyle', '--ignore=' + ','.join(IGNORED_BY_AMENT),
         r'--match=.*\.py', r'--match-dir=(?!build$|install$|log$)[^\._].*', '.'],
        cwd=PACKAGE_ROOT, capture_output=True, text=True)
    if run.returncode != 0:
        pytest.fail(run.stdout + run.stderr, pytrace=False)
