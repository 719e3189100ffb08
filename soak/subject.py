# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The node under test: the installed executable, in a process of its own."""

import os
from pathlib import Path
import shutil
import signal
import sys
from time import monotonic, sleep
from typing import List, Optional

from ament_index_python.packages import get_package_prefix
from benchmark.processes import Process
from benchmark.usage import resident_mib
import psutil
from soak.life import Life
from soak.promises import NODE, parameters

END_S = 30.0
_POLL_S = 0.02


class Cast:
    """The processes that play in it: one node, one sender; both may be gone for a while."""

    def __init__(self, folder: Path, logs: Path, domain: int) -> None:
        self.model = folder / 'model.pt'
        self.lives: List[Life] = []
        self.node: Optional[Process] = None
        self.sender: Optional[Process] = None
        self._folder = folder
        self._logs = logs
        self._environment = {
            'ROS_DOMAIN_ID': str(domain), 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
            'PYTHONUNBUFFERED': '1'}
        self._begin_s = monotonic()
        self._count = 0

    def use_model(self, name: str) -> None:
        """Put one of the modules where the node looks for its model."""
        shutil.copy(self._folder / f'{name}.pt', self.model)

    def start_node(self) -> None:
        """Start the node."""
        executable = Path(get_package_prefix('dg_pytorch_ros'), 'lib/dg_pytorch_ros/pytorch_node')
        self.node = self._start('node', [
            str(executable), '--ros-args', '-r', f'__node:={NODE}',
            *parameters(str(self.model))])

    def start_sender(self) -> None:
        """Start the sensors."""
        self.sender = self._start(
            'sender', [sys.executable, '-W', 'ignore', '-m', 'soak.sender'])

    def signal_node(self, number: signal.Signals) -> Optional[int]:
        """Send the node a signal that ends it; return its exit code, None if it does not end."""
        assert self.node is not None
        self.end_life()
        os.kill(self.node.pid, number)
        end_s = monotonic() + END_S
        while self.node.exit_code is None and monotonic() < end_s:
            sleep(_POLL_S)
        return self.node.exit_code

    def signal_sender(self, number: signal.Signals) -> None:
        """Send the sender a signal."""
        assert self.sender is not None
        os.kill(self.sender.pid, number)
        while number == signal.SIGKILL and self.sender.exit_code is None:
            sleep(_POLL_S)

    def begin_life(self) -> None:
        """Note what the node takes when it has come to work."""
        if self.node is not None:
            now_s, mib, threads = self._usage(self.node)
            self.lives.append(Life(now_s, mib, threads, now_s, mib, threads))

    def end_life(self) -> None:
        """Note what the node takes by now."""
        if self.lives and self.node is not None and self.node.exit_code is None:
            life = self.lives[-1]
            life.end_s, life.end_mib, life.end_threads = self._usage(self.node)

    def close(self) -> None:
        """End all processes, frozen ones too."""
        if self.sender is not None:
            if self.sender.exit_code is None:
                self.signal_sender(signal.SIGCONT)
            self.sender.end()
        if self.node is not None:
            self.node.end()

    def _start(self, name: str, command: List[str]) -> Process:
        self._count += 1
        return Process(
            name, command, self._logs / f'{self._count:03d}_{name}.log', self._environment)

    def _usage(self, node: Process) -> 'tuple[float, float, int]':
        return (
            monotonic() - self._begin_s, resident_mib(node.pid),
            int(psutil.Process(node.pid).num_threads()))
