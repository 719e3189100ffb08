# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A workbench in a fresh process."""

from contextlib import contextmanager
import ctypes
from multiprocessing import Pipe
import signal
import subprocess
import sys
from tempfile import TemporaryFile
from time import monotonic
from types import TracebackType
from typing import Any, Callable, Iterator, Optional, Type

from dg_pytorch_ros.errors import PytorchRosError

_LONGEST_SILENCE_S = 120.0
_POLL_S = 0.1
_LAST_WORDS = 2000
_PR_SET_PDEATHSIG = 1


class RemoteWorkbench:
    """
    A process between the beginning and the end of a `with` block, which does not outlive it.

    `while_waiting` is called now and then while it works.
    """

    def __init__(self, while_waiting: Callable[[], None]) -> None:
        self._while_waiting = while_waiting
        self._process: Optional['subprocess.Popen[bytes]'] = None
        self.import_ms = 0.0

    def __enter__(self) -> 'RemoteWorkbench':
        """Start it; return when it has imported torch."""
        self._said = TemporaryFile()
        self._connection, other_end = Pipe()
        try:
            with _no_ctrl_c():  # a process that is not known yet cannot be ended
                self._process = subprocess.Popen(
                    # Unbuffered: what it says last may be why it ends.
                    [sys.executable, '-u', '-c', _start(), str(other_end.fileno())],
                    pass_fds=[other_end.fileno()], stdin=subprocess.DEVNULL, stdout=self._said,
                    stderr=subprocess.STDOUT, preexec_fn=_leave_ctrl_c_to_the_parent)
            other_end.close()
            self.import_ms = self._answer(0.0)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        """End it, whatever it is at."""
        self._end()

    def call(self, method: str, *arguments: Any, seconds: float = 0.0, **options: Any) -> Any:
        """Have a method of Workbench called that takes about so long; return its result."""
        try:
            self._connection.send((method, arguments, options))
        except ConnectionError:
            raise PytorchRosError(self._obituary()) from None
        return self._answer(seconds)

    def _answer(self, seconds: float) -> Any:
        deadline_s = monotonic() + seconds + _LONGEST_SILENCE_S
        try:
            while not self._connection.poll(_POLL_S):
                self._while_waiting()
                if monotonic() > deadline_s:
                    raise PytorchRosError(
                        f'the module has not come back for {_LONGEST_SILENCE_S:.0f} s')
            is_good, result = self._connection.recv()
        except (EOFError, ConnectionError):
            raise PytorchRosError(self._obituary()) from None
        if not is_good:
            raise PytorchRosError(result)
        return result

    def _obituary(self) -> str:
        assert self._process is not None, 'it was started'
        code = self._process.wait()
        how = f'was ended by {signal.Signals(-code).name}' if code < 0 else f'ended with {code}'
        self._said.seek(0)
        words = self._said.read()[-_LAST_WORDS:].decode(errors='replace').strip()
        last_words = f'; its last words:\n{words}' if words else ''
        return f'the process in which the module ran {how}{last_words}'

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()  # it has nothing to put in order
            self._process.wait()
        self._connection.close()
        self._said.close()


def _start() -> str:
    # It shall find what this process finds, and nothing in the working directory.
    return (
        f'import sys; sys.path[:] = {sys.path!r}; '
        'from dg_pytorch_ros.timing.worker import main; main()')


@contextmanager
def _no_ctrl_c() -> Iterator[None]:
    """Let a Ctrl-C wait until the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_prctl = ctypes.CDLL(None).prctl


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
