# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Two hosts with a cable between them: network namespaces that nobody else can see."""

from contextlib import ExitStack
import ctypes
import os
from pathlib import Path
import subprocess
import sys
from time import monotonic, sleep
from typing import Any, Callable, Union

from listening import Listening
from node_process import TIMEOUT_S

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_LIBC = ctypes.CDLL(None, use_errno=True)
_POLL_S = 0.01
# One network with nothing else in it; shared memory would go round the cable.
ENVIRONMENT = {
    'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET', 'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4'}


class NotPermitted(Exception):
    """Hosts cannot be made here."""


class Host:
    """
    A network namespace, kept by a process that ends when its input does.

    So it is gone, with its end of the cable, when the test is, however that ended.
    """

    def __init__(self) -> None:
        self._keeper = subprocess.Popen(
            ['unshare', '--net', 'sh', '-c', 'echo made; exec cat'], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._keeper.stdout is not None
        if self._keeper.stdout.readline() != 'made\n':
            _, complaint = self._keeper.communicate()
            raise NotPermitted(complaint.strip())

    @property
    def pid(self) -> int:
        """The number of the process that keeps it."""
        return self._keeper.pid

    def enter(self) -> None:
        """Move this process, a child that is about to start a program, onto the host."""
        descriptor = os.open(f'/proc/{self.pid}/ns/net', os.O_RDONLY)
        if _LIBC.setns(descriptor, _NEW_NETWORK):
            raise OSError(ctypes.get_errno(), 'setns')
        os.close(descriptor)

    def ip(self, *arguments: str) -> str:
        """Change the host's network, or ask about it."""
        command = ['nsenter', f'--net=/proc/{self.pid}/ns/net', 'ip', *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotPermitted(f'{" ".join(arguments)}: {done.stderr.strip()}')
        return done.stdout

    def connect(self, address: str) -> None:
        """Bring up its end of the cable."""
        self.ip('link', 'set', 'lo', 'up')
        self.ip('address', 'add', f'{address}/24', 'dev', 'cable')
        self.ip('link', 'set', 'cable', 'up')

    def close(self) -> None:
        """Let go of it."""
        self._keeper.communicate()


class TwoHosts:
    """The host with the node, the other one, and the processes that run on them."""

    def __init__(self, directory: Path, domain: int) -> None:
        self._directory = directory
        self._environment = {**os.environ, **ENVIRONMENT, 'ROS_DOMAIN_ID': str(domain)}
        self._undo = ExitStack()
        with ExitStack() as undo:
            self.near = Host()
            undo.callback(self.near.close)
            self.far = Host()
            undo.callback(self.far.close)
            self.near.ip(
                'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns',
                str(self.far.pid))
            self.near.connect('10.0.0.1')
            self.far.connect('10.0.0.2')
            for host in self.near, self.far:  # what is not up at its start, DDS never uses
                wait_until(lambda: 'state UP' in host.ip('link', 'show', 'cable'), 'the cable')
            self._undo = undo.pop_all()

    def listen(self, host: Host, *topics: str) -> Listening:
        """Start a listener on a host."""
        listening = Listening(
            self._directory / f'heard_{host.pid}', *topics, environment=self._environment,
            preexec_fn=host.enter)
        self._undo.callback(listening.kill)
        return listening

    def send(self, host: Host, topic: str) -> None:
        """Start a sender on a host."""
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name('sender.py')), topic],
            env=self._environment, preexec_fn=host.enter)
        self._undo.callback(process.wait)
        self._undo.callback(process.kill)

    def close(self) -> None:
        """End all processes and remove the hosts."""
        self._undo.close()


def wait_until(condition: Callable[[], Any], what: Union[str, Callable[[], str]]) -> Any:
    """Return the condition's value once it is true; fail if it never is."""
    deadline = monotonic() + TIMEOUT_S
    while True:
        value = condition()
        if value:
            return value
        assert monotonic() < deadline, (
            f'waited {TIMEOUT_S} s in vain for {what() if callable(what) else what}')
        sleep(_POLL_S)
