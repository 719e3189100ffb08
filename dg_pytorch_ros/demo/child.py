# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A process of the demo that does not outlive it."""

import ctypes
import signal
import subprocess
from types import TracebackType
from typing import BinaryIO, Optional, Sequence, Type

from dg_pytorch_ros.errors import PytorchRosError

_WAYS_TO_END = ((signal.SIGINT, 10.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, None))

_prctl = ctypes.CDLL(None).prctl
_PR_SET_PDEATHSIG = 1


class ChildEnded(PytorchRosError):
    """A process that should have run on."""


class Child:
    """A process between the beginning and the end of a `with` block."""

    def __init__(
        self, name: str, command: Sequence[str], log: Optional[BinaryIO] = None
    ) -> None:
        self._name = name
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            preexec_fn=_end_with_parent)

    def __enter__(self) -> 'Child':
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        self.end()

    def check(self) -> None:
        """Raise ChildEnded unless the process runs."""
        code = self._process.poll()
        if code is None:
            return
        how = f'was ended by {signal.Signals(-code).name}' if code < 0 else f'ended with {code}'
        raise ChildEnded(f'{self._name} {how}; what it said is above')

    def end(self) -> None:
        """Ask the process to end, more firmly when it does not listen."""
        for number, patience_s in _WAYS_TO_END:
            self._process.send_signal(number)
            try:
                self._process.wait(patience_s)
                return
            except subprocess.TimeoutExpired:
                pass


def _end_with_parent() -> None:
    """Have the system send SIGTERM when the parent is gone, even if it was killed."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
