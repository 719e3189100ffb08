# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A log whose reader may stall: what does not fit is lost, and nobody waits for it."""

from contextlib import contextmanager, redirect_stdout, suppress
from io import TextIOBase
import os
import stat
import sys
from threading import Thread
from typing import Any, Callable, Iterator

_CHUNK = 65536
_PATIENCE_S = 1.0


@contextmanager
def unblocked_output() -> Iterator[Callable[[], None]]:
    """
    Put pipes that never block in front of stdout and stderr; yield what empties them.

    Whoever writes a line holds Python's lock meanwhile. If the reader of a full pipe has been
    suspended, or a terminal stopped, that line would stop every thread of the process for ever.
    What is printed is not kept back, either, until there is enough of it.
    """
    pumps = [_Pump(descriptor) for descriptor in (1, 2) if _may_block(descriptor)]

    def empty() -> None:
        for pump in pumps:
            pump.close()
    printed: Any = _Printed()
    try:
        with redirect_stdout(printed):
            yield empty
    finally:
        empty()


class _Printed(TextIOBase):
    """
    Writes what is printed at once, or not at all.

    A module that prints must not fail because a disk is full, or nobody reads.
    """

    def write(self, text: str) -> int:
        """Write a text to wherever stdout leads."""
        with suppress(OSError):
            os.write(1, text.encode(errors='replace'))
        return len(text)


class _Pump:
    """A thread that carries what is written to a descriptor to where that led before."""

    def __init__(self, descriptor: int) -> None:
        if os.isatty(descriptor):  # which nobody can see through a pipe
            os.environ.setdefault('RCUTILS_COLORIZED_OUTPUT', '1')
        self._descriptor = descriptor
        self._target = os.dup(descriptor)
        self._source, sink = os.pipe()
        os.set_blocking(sink, False)
        os.dup2(sink, descriptor)
        os.close(sink)
        self._thread = Thread(target=self._run, name='log', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Lead the descriptor to its old target, once what was written has got there."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os.dup2(self._target, self._descriptor)  # the last writer's end is closed by this
        self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        while True:
            data = os.read(self._source, _CHUNK)
            if not data:
                return
            with suppress(OSError):  # a full disk, or a reader that has gone
                while data:
                    data = data[os.write(self._target, data):]


def _may_block(descriptor: int) -> bool:
    try:
        return not stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError:  # it is closed
        return False
