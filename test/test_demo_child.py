# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Processes of the demo are ended, whether they listen or not, and their end is noticed."""

import os
from pathlib import Path
import signal
import subprocess
import sys
from time import monotonic, sleep
from typing import Any, Callable

from dg_pytorch_ros.demo import child as demo_child
from dg_pytorch_ros.demo.child import Child, ChildEnded
import pytest

TIMEOUT_S = 30.0
PACKAGE_ROOT = Path(__file__).resolve().parents[1]

# Says in a file that it is ready.
CHILD = """
import os, pathlib, signal, sys, time
for name in sys.argv[2:]:
    signal.signal(getattr(signal, name), signal.SIG_IGN)
pathlib.Path(sys.argv[1] + '.new').write_text(str(os.getpid()))
os.rename(sys.argv[1] + '.new', sys.argv[1])
time.sleep(60)
"""
PARENT = """
import sys, time
from dg_pytorch_ros.demo.child import Child
with Child('child', sys.argv[1:]):
    time.sleep(60)
"""


def wait_until(condition: Callable[[], Any]) -> None:
    deadline = monotonic() + TIMEOUT_S
    while not condition():
        assert monotonic() < deadline
        sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        return Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


def child_command(pid_file: Path, *ignored_signals: str) -> 'list[str]':
    return [sys.executable, '-c', CHILD, str(pid_file), *ignored_signals]


@pytest.fixture
def pid_file(tmp_path: Path) -> Path:
    return tmp_path / 'pid'


@pytest.mark.parametrize('ignored_signals', [[], ['SIGINT'], ['SIGINT', 'SIGTERM']])
def test_child_is_ended(
    pid_file: Path, ignored_signals: 'list[str]', monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = [(number, patience_s and 0.2) for number, patience_s in demo_child._WAYS_TO_END]
    monkeypatch.setattr(demo_child, '_WAYS_TO_END', impatient)
    with Child('child', child_command(pid_file, *ignored_signals)) as child:
        wait_until(pid_file.exists)
        child.check()
        assert is_running(int(pid_file.read_text()))
    assert not is_running(int(pid_file.read_text()))


def end_of(child: Child) -> str:
    with pytest.raises(ChildEnded) as caught:
        wait_until(child.check)
    return str(caught.value)


def test_exit_is_noticed() -> None:
    with Child('child', [sys.executable, '-c', 'raise SystemExit(3)']) as child:
        assert end_of(child) == 'child ended with 3; what it said is above'


def test_death_is_noticed(pid_file: Path) -> None:
    with Child('child', child_command(pid_file)) as child:
        wait_until(pid_file.exists)
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
        assert end_of(child) == 'child was ended by SIGKILL; what it said is above'


def test_child_does_not_outlive_a_parent_that_is_killed(pid_file: Path) -> None:
    paths = os.pathsep.join([str(PACKAGE_ROOT), os.environ.get('PYTHONPATH', '')])
    parent = subprocess.Popen(
        [sys.executable, '-c', PARENT, *child_command(pid_file)], stderr=subprocess.DEVNULL,
        env={**os.environ, 'PYTHONPATH': paths})
    try:
        wait_until(pid_file.exists)
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not is_running(int(pid_file.read_text())))
