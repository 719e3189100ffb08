# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""SIGINT and SIGTERM end a real process in order, and at once when asked a second time."""

import os
import signal
import subprocess
import sys
from typing import Iterator

import pytest

# Says `ready`, waits for the signal, says `stopped`, and then does what its argument names.
CHILD = """
import sys
from threading import Event
from dg_pytorch_ros import stop_signals

stop_signals._ECHO_S = float(sys.argv[2])
asked = Event()
stop_signals.on_stop_signal(asked.set)
print('ready', flush=True)
asked.wait()
print('stopped', flush=True)
if sys.argv[1] == 'hangs':
    Event().wait()
elif sys.argv[1] == 'leaves':
    sys.stdin.read()
    print('left in order', flush=True)
"""


class Child:
    """A process that ends in order when it is told to, or hangs."""

    def __init__(self, behaviour: str, *, echo_s: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, '-c', CHILD, behaviour, str(echo_s)], text=True,
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.expect('ready')

    def expect(self, line: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f'{line}\n', self._process.communicate()

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

    def end(self) -> 'tuple[int, str]':
        """Close its standard input; return its exit code and what it printed meanwhile."""
        printed, complaints = self._process.communicate(timeout=30)
        assert complaints == ''
        return self._process.returncode, printed

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def children() -> Iterator['list[Child]']:
    started: 'list[Child]' = []
    yield started
    for child in started:
        child.kill()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signal_asks_to_stop_and_the_process_ends_in_order(
    children: 'list[Child]', number: signal.Signals
) -> None:
    children.append(child := Child('leaves', echo_s=60.0))
    child.send(number)
    child.expect('stopped')
    assert child.end() == (0, 'left in order\n')


def test_echo_of_the_signal_does_not_disturb_the_orderly_end(children: 'list[Child]') -> None:
    """A launch passes on the Ctrl-C that the terminal has sent already."""
    children.append(child := Child('leaves', echo_s=60.0))
    child.send(signal.SIGINT)
    child.expect('stopped')
    child.send(signal.SIGINT)
    child.send(signal.SIGTERM)
    assert child.end() == (0, 'left in order\n')


def test_later_signal_ends_a_process_that_hangs(children: 'list[Child]') -> None:
    children.append(child := Child('hangs', echo_s=0.0))
    child.send(signal.SIGINT)
    child.expect('stopped')
    child.send_until_it_ends(signal.SIGINT)
    assert child.end() == (130, '')
