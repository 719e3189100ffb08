# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A bar that grows while something takes its time."""

from shutil import get_terminal_size
import sys
from time import monotonic
from types import TracebackType
from typing import Callable, Optional, TextIO, Type

from dg_pytorch_ros.terminal.units import seconds_text

_REDRAW_S = 0.1
_WIDEST = 40
_CLEAR_LINE = '\r\x1b[K'


class Progress:
    """
    Shows how much is done, and how much time the rest will take; only on a terminal.

    When it ends, its line is gone again. `total` is in any unit; `advance` and `to` use it.
    """

    def __init__(
        self, total: float, label: str, *, stream: Optional[TextIO] = None,
        clock_s: Callable[[], float] = monotonic
    ) -> None:
        self._total = total
        self._label = label
        self._stream = sys.stderr if stream is None else stream
        self._clock_s = clock_s
        self._is_shown = self._stream.isatty()
        self._done = 0.0
        self._begin_s = clock_s()
        self._drawn_s = -_REDRAW_S

    def __enter__(self) -> 'Progress':
        """Begin with nothing done."""
        self.to(0.0)
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        """Leave no trace."""
        if self._is_shown:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()

    def advance(self, amount: float = 1.0) -> None:
        """Have done so much more."""
        self.to(self._done + amount)

    def to(self, done: float, label: Optional[str] = None) -> None:
        """Have done so much in all."""
        self._done = done
        is_new = label is not None and label != self._label
        self._label = label or self._label
        now_s = self._clock_s()
        if self._is_shown and (is_new or now_s - self._drawn_s >= _REDRAW_S):
            self._drawn_s = now_s
            self._stream.write(_CLEAR_LINE + self._line(now_s))
            self._stream.flush()

    def _line(self, now_s: float) -> str:
        share = min(self._done / self._total, 1.0) if self._total > 0 else 1.0
        left = ''
        if 0.0 < share < 1.0:
            left = f', {seconds_text((now_s - self._begin_s) * (1 - share) / share)} left'
        text = f' {100 * share:3.0f} %{left}'
        room = get_terminal_size().columns - len(self._label) - len(text) - 4
        width = min(max(room, 0), _WIDEST)
        filled = round(share * width)
        bar = f' [{"#" * filled}{"." * (width - filled)}]' if width else ''
        return f'{self._label}{bar}{text}'[:get_terminal_size().columns - 1]
