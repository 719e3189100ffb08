# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""SIGINT and SIGTERM end a real process in order, and at once when asked a second time."""

import os
import signal
import subprocess
import sys
from typing import Callable, Iterator, List, Tuple

import pytest

# Says `ready`, and at the signal `stopping`. It has stopped when it has read a line; then it says
# `quiet` as soon as no signal waits for it, `alive` to each further line, and leaves after the
# last one.
CHILD = """
import signal
import sys
from threading import Event
from time import sleep
from dg_pytorch_ros import stop_signals

def stop():
    print('stopping', flush=True)
    sys.stdin.readline()
    stopped.set()

stop_signals._ECHO_S = float(sys.argv[1])
stopped = Event()
stop_signals.on_stop_signal(stop)
print('ready', flush=True)
stopped.wait()
while signal.sigpending():
    sleep(0.001)
print('quiet', flush=True)
for line in sys.stdin:
    print('alive', flush=True)
print('left in order', flush=True)
"""


class Child:
    """A process that ends in order when its standard input is closed, and hangs until then."""

    def __init__(self, *, echo_s: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, '-c', CHILD, str(echo_s)], text=True,
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.expect('ready')

    def expect(self, line: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f'{line}\n', self._process.communicate()

    def write_line(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write('\n')
        self._process.stdin.flush()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def send_until_it_ends(self, number: signal.Signals) -> None:
        """Send a signal again and again: one that is taken for an echo does not count."""
        for _ in range(100):
            self.send(number)
            try:
                self._process.wait(timeout=0.1)
                return
            except subprocess.TimeoutExpired:
                pass

    def end(self) -> Tuple[int, str]:
        """Close its standard input; return its exit code and what it printed meanwhile."""
        printed, complaints = self._process.communicate(timeout=30)
        assert complaints == ''
        return self._process.returncode, printed

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def start() -> Iterator[Callable[..., Child]]:
    """Return a function that starts a child, which never outlives its test."""
    children: List[Child] = []

    def start_child(*, echo_s: float) -> Child:
        children.append(Child(echo_s=echo_s))
        return children[-1]
    yield start_child
    for child in children:
        child.kill()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signal_asks_to_stop_and_the_process_ends_in_order(
    start: Callable[..., Child], number: signal.Signals
) -> None:
    child = start(echo_s=60.0)
    child.send(number)
    child.expect('stopping')
    child.write_line()
    child.expect('quiet')
    assert child.end() == (0, 'left in order\n')


def test_echo_of_the_signal_does_not_disturb_the_orderly_end(start: Callable[..., Child]) -> None:
    """A launch passes on the Ctrl-C that the terminal has sent already."""
    child = start(echo_s=0.0)
    child.send(signal.SIGINT)
    child.expect('stopping')
    child.send(signal.SIGINT)
    child.send(signal.SIGTERM)
    child.write_line()
    child.expect('quiet')
    assert child.end() == (0, 'left in order\n')


def test_echo_that_comes_after_the_stop_does_not_disturb_it_either(
    start: Callable[..., Child]
) -> None:
    child = start(echo_s=60.0)
    child.send(signal.SIGINT)
    child.expect('stopping')
    child.write_line()
    child.expect('quiet')
    for _ in range(5):
        child.send(signal.SIGINT)
        child.write_line()
        child.expect('alive')
    assert child.end() == (0, 'left in order\n')


def test_later_signal_ends_a_process_that_hangs(start: Callable[..., Child]) -> None:
    child = start(echo_s=0.0)
    child.send(signal.SIGINT)
    child.expect('stopping')
    child.write_line()
    child.expect('quiet')
    child.send_until_it_ends(signal.SIGINT)
    assert child.end() == (130, '')
