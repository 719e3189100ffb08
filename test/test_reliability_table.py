# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The table of faults names tests that exist."""

from pathlib import Path
import re

TESTS = Path(__file__).parent
ROW = re.compile(r'^\| .* \| (`test_.*`) \|$', re.MULTILINE)


def test_each_row_of_the_table_of_faults_names_its_test() -> None:
    table = (TESTS.parent / 'docs/reliability.md').read_text()
    rows = [re.findall(r'test_\w+', tests) for tests in ROW.findall(table)]
    assert len(rows) >= 40
    written = {
        name for file in TESTS.glob('test_faults_*.py')
        for name in re.findall(r'^def (test_\w+)', file.read_text(), re.MULTILINE)}
    named = {name for row in rows for name in row}
    assert named == written
