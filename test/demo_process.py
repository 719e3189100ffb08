# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The installed `pytorch_demo`, as a process of its own."""

import os
from pathlib import Path
import signal
import subprocess
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, Callable, List

from ament_index_python.packages import get_package_prefix

PACKAGE = 'dg_pytorch_ros'
INSTALLED = Path(get_package_prefix(PACKAGE))
TIMEOUT_S = 90.0


class DemoProcess:
    """A demo in a process group of its own, as a terminal would start it."""

    def __init__(
        self, folder: Path, domain: int, *arguments: str, prefix: str = ''
    ) -> None:
        prefixes = [prefix] if prefix else []
        self._process = subprocess.Popen(
            [str(INSTALLED / 'lib' / PACKAGE / 'pytorch_demo'), *arguments], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, cwd=folder, env={
                **os.environ, 'ROS_DOMAIN_ID': str(domain),
                'AMENT_PREFIX_PATH': os.pathsep.join(
                    [*prefixes, os.environ['AMENT_PREFIX_PATH']])})
        self.shown: List[str] = []
        self.complaints: List[str] = []
        self._news = Event()
        self._readers = [
            Thread(target=self._read, args=stream, daemon=True) for stream in (
                (self._process.stdout, self.shown), (self._process.stderr, self.complaints))]
        for reader in self._readers:
            reader.start()

    @property
    def last_complaint(self) -> str:
        return self.complaints[-1] if self.complaints else ''

    def wait(self) -> int:
        """Return the exit code once all processes have ended."""
        code = self._process.wait(TIMEOUT_S)
        self._wait_until(lambda: not self.processes(), 'the end of all processes')
        for reader in self._readers:
            reader.join(TIMEOUT_S)
        return code

    def wait_for(self, text: str) -> None:
        self._wait_until(lambda: any(text in line for line in self.shown), repr(text))

    def interrupt(self) -> None:
        """Do what a terminal does on Ctrl-C."""
        os.killpg(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        self._process.kill()

    def kill_child(self, command: str) -> None:
        child, = (
            pid for pid in self.processes()
            if command in Path(f'/proc/{pid}/cmdline').read_text().replace('\0', ' '))
        os.kill(child, signal.SIGKILL)

    def processes(self) -> List[int]:
        """Return those of the group that still run."""
        running = []
        for status in Path('/proc').glob('[0-9]*/stat'):
            try:
                state, _, group = status.read_text().rsplit(')', 1)[1].split()[:3]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(group) == self._process.pid and state != 'Z':
                running.append(int(status.parent.name))
        return running

    def close(self) -> None:
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def _read(self, stream: Any, lines: List[str]) -> None:
        for line in stream:
            lines.append(line.rstrip('\n'))

    def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = monotonic() + TIMEOUT_S
        while not condition():
            assert monotonic() < deadline, (
                f'waited in vain for {what}: {self.shown} {self.complaints}')
            sleep(0.02)
