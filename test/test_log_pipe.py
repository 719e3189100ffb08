# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whoever prints neither waits nor fails, whoever reads or does not."""

from contextlib import contextmanager
import os
from pathlib import Path
from select import select
import subprocess
import sys
from typing import Any, Iterator

from fault_rig import wait_for_line

TIMEOUT_S = 60.0
FLOOD = """
from dg_pytorch_ros.log_pipe import unblocked_output
with unblocked_output():
    for _ in range(20000):
        print('x' * 100)
"""
LINE = """
import sys
from dg_pytorch_ros.log_pipe import unblocked_output
with unblocked_output():
    print('before')
    sys.stdin.read()
"""


@contextmanager
def started(code: str, **options: Any) -> 'Iterator[subprocess.Popen[bytes]]':
    environment = {**os.environ, 'PYTHONUNBUFFERED': ''}
    process = subprocess.Popen([sys.executable, '-c', code], env=environment, **options)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_flood_that_nobody_reads_stops_nobody() -> None:
    with started(FLOOD, stdout=subprocess.PIPE) as process:
        assert process.wait(TIMEOUT_S) == 0


def test_a_full_disk_stops_nobody() -> None:
    with open('/dev/full', 'w') as full, started(FLOOD, stdout=full) as process:
        assert process.wait(TIMEOUT_S) == 0


def test_a_closed_output_stops_nobody() -> None:
    with started(f'import os; os.close(1)\n{FLOOD}') as process:
        assert process.wait(TIMEOUT_S) == 0


def test_a_line_comes_through_a_pipe_when_it_is_printed() -> None:
    with started(LINE, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert select([process.stdout], [], [], TIMEOUT_S)[0]
        assert process.stdout.readline() == b'before\n'


def test_a_line_comes_to_a_file_when_it_is_printed(tmp_path: Path) -> None:
    path = tmp_path / 'log'
    with path.open('wb') as log, started(LINE, stdin=subprocess.PIPE, stdout=log):
        wait_for_line('before', path.read_text)
