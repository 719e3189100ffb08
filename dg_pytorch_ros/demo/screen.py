# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A terminal that is drawn on again and again, and left as it was."""

import os
from types import TracebackType
from typing import Mapping, NamedTuple, Optional, Sequence, TextIO, Tuple, Type

BOLD = '\x1b[1m'
GREEN = '\x1b[32m'

_PLAIN = '\x1b[0m'
# Another page, so that the text of before comes back; no cursor; no lines that go on in the next.
_ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'
_LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'
_CLEAR = '\x1b[2J'
_HOME = '\x1b[H'
_CLEAR_LINE = '\x1b[K'
_USUAL_SIZE = (80, 24)


class Line(NamedTuple):
    """A line of text, all of it in one style."""

    text: str = ''
    style: str = ''


class Screen:
    """A page of its own on a terminal, between the beginning and the end of a `with` block."""

    def __init__(self, stream: TextIO, environment: Mapping[str, str]) -> None:
        self._stream = stream
        self._is_coloured = not environment.get('NO_COLOR')
        self._size = (0, 0)

    def __enter__(self) -> 'Screen':
        self._write(_ENTER)
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        self._write(_LEAVE)

    def size(self) -> Tuple[int, int]:
        """Return the columns and rows there are now."""
        columns, rows = os.get_terminal_size(self._stream.fileno())
        return (columns, rows) if columns and rows else _USUAL_SIZE

    def draw(self, lines: Sequence[Line], size: Tuple[int, int]) -> None:
        """Show these lines, as far as they fit, and nothing else."""
        columns, rows = size
        shown = [*lines[:rows], *[Line()] * (rows - len(lines))]
        text = _HOME + '\r\n'.join(_CLEAR_LINE + self._paint(line, columns) for line in shown)
        self._write(text if size == self._size else _CLEAR + text)
        self._size = size

    def _paint(self, line: Line, columns: int) -> str:
        text = line.text[:columns]
        return f'{line.style}{text}{_PLAIN}' if line.style and self._is_coloured else text

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding
        self._stream.write(text.encode(encoding, 'replace').decode(encoding))
        self._stream.flush()


def can_draw_on(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether a stream is a terminal that lets itself be drawn on."""
    return stream.isatty() and environment.get('TERM', 'dumb') != 'dumb'
