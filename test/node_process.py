# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The installed `pytorch_node`, as a process of its own."""

import os
from pathlib import Path
import signal
import subprocess
from typing import Any, Dict, List, Optional, Sequence

from ament_index_python.packages import get_package_prefix

TIMEOUT_S = 60.0


def executable(name: str = 'pytorch_node') -> str:
    """Return the path of an installed executable of this package."""
    return str(Path(get_package_prefix('dg_pytorch_ros'), 'lib/dg_pytorch_ros', name))


class NodeProcess:
    """A node named `node`; what it writes goes to a file."""

    def __init__(
        self, log: Path, domain: int, *arguments: str, command: Sequence[str] = (),
        environment: Optional[Dict[str, str]] = None, **options: Any
    ) -> None:
        self._log = log
        environment = {
            **os.environ, 'ROS_DOMAIN_ID': str(domain),
            'PYTHONUNBUFFERED': '',  # as on most machines
            **(environment or {})}
        with log.open('w') as sink:
            self._process = subprocess.Popen(
                [*(command or [executable()]), '--ros-args', '-r', '__node:=node', *arguments],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
                env=environment, **options)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def output(self) -> str:
        """What the process has written until now."""
        return self._log.read_text()

    @property
    def has_ended(self) -> bool:
        """Whether the process is over."""
        return self._process.poll() is not None

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        """Send a signal, as Ctrl-C does."""
        self._process.send_signal(number)

    def exit_code(self) -> int:
        """Wait for the end and return the exit code."""
        return self._process.wait(TIMEOUT_S)

    def close(self) -> None:
        """End the process if a test did not."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def parameters(**values: Any) -> List[str]:
    """Write parameters as arguments of a node."""
    arguments: List[str] = []
    for name, value in values.items():
        arguments += ['-p', f'{name.replace("__", ".")}:={value}']
    return arguments
