# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A node in its own process, senders in theirs, and everything that the node says and sends."""

import math
import os
from pathlib import Path
import signal
import subprocess
import sys
from time import monotonic, sleep
from typing import Any, Callable, Dict, List, Optional

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from node_process import NodeProcess, parameters
from peer import Peer, TIMEOUT_S
from std_msgs.msg import Float64MultiArray

OK, WARN, ERROR, STALE = (
    DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR, DiagnosticStatus.STALE)
# No model gives this by itself, so that a fallback cannot be taken for an output.
FALLBACK = [-7.0, -7.0]


class Sender:
    """A process that publishes [number, value] on a topic until it is killed."""

    def __init__(self, domain: int, topic: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name('sender.py')), topic, *arguments],
            env={**os.environ, 'ROS_DOMAIN_ID': str(domain)})

    def kill(self) -> None:
        """End it at once, as a crash does; it is gone when this returns."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)


class FaultRig:
    """
    The node under test is called `node`, its model `model.pt` in the test's directory.

    `prefix` stands before the names of topics and of the node, where that has a namespace.
    """

    def __init__(
        self, peer: Peer, domain: int, directory: Path, *, prefix: str = ''
    ) -> None:
        self.peer = peer
        self.prefix = prefix
        self._domain = domain
        self._directory = directory
        self._nodes: List[NodeProcess] = []
        self._senders: List[Sender] = []
        self._statuses: Optional[List[DiagnosticArray]] = None

    def start(self, model_path: str, *arguments: str, **values: Any) -> NodeProcess:
        """Start a node with parameters such as `inputs__x__max_age_ms=100.0`."""
        log = self._directory / f'node_{len(self._nodes)}.log'
        options = {
            name: values.pop(name)
            for name in ('command', 'preexec_fn', 'environment') if name in values}
        self._nodes.append(NodeProcess(
            log, self._domain, *parameters(model_path=model_path, **values), *arguments,
            **options))
        return self._nodes[-1]

    def sender(self, topic: str, *arguments: str) -> Sender:
        """Start a process that publishes on a topic."""
        self._senders.append(Sender(self._domain, self.prefix + topic, *arguments))
        return self._senders[-1]

    def listen(self, topic: str = 'output') -> List[List[float]]:
        """Return a list that fills with what is published, as lists of numbers."""
        return Heard(self.peer.listen(self.prefix + topic))

    def status(self) -> Optional[DiagnosticStatus]:
        """Return the newest status of the node on /diagnostics."""
        if self._statuses is None:
            self._statuses = self.peer.listen('/diagnostics', DiagnosticArray)
        name = f'{self.prefix}node'.lstrip('/')
        ours = [item for array in self._statuses for item in array.status if item.name == name]
        return ours[-1] if ours else None

    def values(self) -> Dict[str, str]:
        """Return the values of the newest status."""
        status = self.status()
        return {item.key: item.value for item in status.values} if status else {}

    def wait_for_status(self, level: bytes, text: str = '') -> DiagnosticStatus:
        """Wait for a status of a level whose message holds a text."""
        self.status()  # listen

        def find() -> Optional[DiagnosticStatus]:
            status = self.status()
            return status if status and status.level == level and text in status.message else None
        return self.peer.wait_until(
            find, lambda: f'level {level!r} with {text!r}; last: {self.status()}')

    def wait_for_value(self, key: str, value: str) -> None:
        """Wait for a value in the status."""
        self.peer.wait_until(
            lambda: self.values().get(key) == value,
            lambda: f'{key} {value}; last: {self.values()}')

    def close(self) -> None:
        """End all processes."""
        for sender in self._senders:
            sender.kill()
        for node in self._nodes:
            node.close()


class Heard(List[List[float]]):
    """A view of the messages of a topic."""

    def __init__(self, messages: List[Float64MultiArray]) -> None:
        super().__init__()
        self._messages = messages

    def __len__(self) -> int:
        return len(self._messages)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [message.data.tolist() for message in self._messages[index]]
        return self._messages[index].data.tolist()

    def __iter__(self) -> Any:
        return (message.data.tolist() for message in list(self._messages))


def assert_trustworthy(heard: List[List[float]]) -> None:
    """Assert that nothing that is not finite has left the node."""
    for values in heard:
        assert all(map(math.isfinite, values)), values


def longest_repetition(heard: List[List[float]]) -> int:
    """Return how often in a row the same message number came, fallbacks left aside."""
    longest = count = 0
    previous = None
    for number, _ in heard:
        count = count + 1 if number == previous else 1
        previous = number
        if number != FALLBACK[0]:
            longest = max(longest, count)
    return longest


def wait_for_line(text: str, log: Callable[[], str]) -> None:
    """Wait for a text in a log, which another thread of the node carries there."""
    deadline = monotonic() + TIMEOUT_S
    while text not in log():
        assert monotonic() < deadline, f'waited in vain for {text!r} in {log()}'
        sleep(0.01)
