# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A terminal that remembers what is on it: as much of one as the programs under test need."""

import re
from typing import List

_PIECE = re.compile(r'\x1b\[(\??)([0-9;]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)')


class TerminalPage:
    """What is seen after some text was written to a terminal of this size."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows = rows
        self.is_other_page = False
        self.has_cursor = True
        self.wraps = True
        self.lines: List[str] = []
        self._row = self._column = 0
        self._clear()

    def write(self, text: str) -> None:
        """Obey what a program has written."""
        end = 0
        for piece in _PIECE.finditer(text):
            assert piece.start() == end, f'not understood: {text[end:piece.start()]!r}'
            end = piece.end()
            private, numbers, letter, back, down, words = piece.groups()
            if letter:
                self._control(private + numbers + letter)
            elif back:
                self._column = 0
            elif down:
                assert self._row < self.rows - 1, 'the page scrolls'
                self._row += 1
            else:
                self._put(words)
        assert end == len(text), f'not understood: {text[end:]!r}'

    def _control(self, sequence: str) -> None:
        if sequence in ('?1049h', '?1049l'):
            self.is_other_page = sequence.endswith('h')
        elif sequence in ('?25h', '?25l'):
            self.has_cursor = sequence.endswith('h')
        elif sequence in ('?7h', '?7l'):
            self.wraps = sequence.endswith('h')
        elif sequence == 'H':
            self._row = self._column = 0
        elif sequence == '2J':
            self._clear()
        elif sequence == 'K':
            self.lines[self._row] = self.lines[self._row][:self._column]
        else:
            assert sequence.endswith('m'), f'not understood: {sequence!r}'

    def _put(self, words: str) -> None:
        line = self.lines[self._row].ljust(self._column)
        assert self._column + len(words) <= self.columns, f'too long: {words!r}'
        self.lines[self._row] = (
            line[:self._column] + words + line[self._column + len(words):])
        self._column += len(words)

    def _clear(self) -> None:
        self.lines = [''] * self.rows
