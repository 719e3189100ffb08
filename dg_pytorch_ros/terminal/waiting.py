# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A line that says how long something has taken, when nobody knows how long it will take."""

from shutil import get_terminal_size
import sys
from time import monotonic
from types import TracebackType
from typing import Callable, Optional, TextIO, Type

from dg_pytorch_ros.terminal.units import seconds_text

_CLEAR_LINE = '\r\x1b[K'


class Waiting:
    """
    Shows what is being done, and for how long it has been; only on a terminal.

    When it ends, its line is gone again.
    """

    def __init__(
        self, *, stream: Optional[TextIO] = None, clock_s: Callable[[], float] = monotonic
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock_s = clock_s
        self._is_shown = self._stream.isatty()
        self._begin_s = clock_s()
        self._line = ''

    def __enter__(self) -> 'Waiting':
        """Begin to count."""
        self._begin_s = self._clock_s()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        """Leave no trace."""
        if self._is_shown:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()

    def at(self, label: str) -> None:
        """Be at this now; it is drawn when it, or the second, is another one than before."""
        line = f'{label}, {seconds_text(self._clock_s() - self._begin_s)}'
        line = line[:get_terminal_size().columns - 1]
        if self._is_shown and line != self._line:
            self._line = line
            self._stream.write(_CLEAR_LINE + line)
            self._stream.flush()
