# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Processes that are started, watched and ended, each with a log of its own."""

import ctypes
import os
from pathlib import Path
import signal
import subprocess
from types import TracebackType
from typing import Mapping, Optional, Sequence, Type

_WAYS_TO_END = ((signal.SIGINT, 15.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, None))
_LINES_OF_TAIL = 12

_prctl = ctypes.CDLL(None).prctl
_PR_SET_PDEATHSIG = 1


class Unmeasured(Exception):
    """Something that could not be measured, and why."""


class Process:
    """A process between the beginning and the end of a `with` block."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self._log = log
        with log.open('w') as sink:
            # A session of its own: Ctrl-C is for the benchmark, which ends what it started.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
                cwd=log.parent, env={**os.environ, **environment}, start_new_session=True,
                preexec_fn=_prepare)

    def __enter__(self) -> 'Process':
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def exit_code(self) -> Optional[int]:
        """The exit code, or None while the process runs."""
        return self._process.poll()

    @property
    def output(self) -> str:
        """All that the process has written."""
        return self._log.read_text(errors='replace')

    @property
    def tail(self) -> str:
        """The last lines of the log."""
        lines = self.output.splitlines()[-_LINES_OF_TAIL:]
        return '\n'.join([f'the end of {self._log}:', *(f'    {line}' for line in lines)])

    def check(self) -> None:
        """Raise Unmeasured unless the process runs."""
        if self.exit_code is not None:
            raise Unmeasured(f'{self.name} ended with {self.exit_code}; {self.tail}')

    def end(self) -> None:
        """Ask the process to end, more firmly when it does not listen."""
        for number, patience_s in _WAYS_TO_END:
            if self.exit_code is not None:
                return
            self._process.send_signal(number)
            try:
                self._process.wait(patience_s)
            except subprocess.TimeoutExpired:
                pass


def _prepare() -> None:
    """Hear SIGINT, also below a shell that ignores it; end when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
