# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Pages on a real terminal fit it, whatever its size, and leave it as it was."""

import fcntl
import os
import pty
import struct
import termios
from typing import Iterator, TextIO, Tuple

from dg_pytorch_ros.demo.screen import BOLD, can_draw_on, GREEN, Line, Screen
import pytest
from terminal_page import TerminalPage

_END = b'\0'
LINES = [Line('first'), Line('the second line', BOLD), Line(), Line('the last', GREEN)]


class Terminal:
    """Both ends of a pseudo terminal."""

    def __init__(self) -> None:
        self._master, slave = pty.openpty()
        self.stream: TextIO = os.fdopen(slave, 'w', encoding='utf-8')
        self.written = ''

    def resize(self, columns: int, rows: int) -> None:
        size = struct.pack('HHHH', rows, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def read(self) -> str:
        """Return what was written since the last call, as a terminal driver passes it on."""
        os.write(self.stream.fileno(), _END)  # what a driver has may come in pieces
        data = b''
        while not data.endswith(_END):
            data += os.read(self._master, 1 << 16)
        text = data[:-len(_END)].decode(self.stream.encoding)
        self.written += text
        return text.replace('\r\r\n', '\r\n')

    def close(self) -> None:
        self.stream.close()
        os.close(self._master)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    one = Terminal()
    one.resize(40, 10)
    yield one
    one.close()


def show(screen: Screen, terminal: Terminal, page: TerminalPage, lines: 'list[Line]') -> None:
    screen.draw(lines, screen.size())
    page.write(terminal.read())


def test_page_has_these_lines_and_no_others(terminal: Terminal) -> None:
    page = TerminalPage(40, 10)
    with Screen(terminal.stream, {}) as screen:
        show(screen, terminal, page, [Line(f'long line {number}') for number in range(10)])
        show(screen, terminal, page, LINES)
        assert page.lines == ['first', 'the second line', '', 'the last', *[''] * 6]
        assert page.is_other_page
        assert not page.has_cursor
        assert not page.wraps


@pytest.mark.parametrize('size', [(1, 1), (5, 2), (15, 4), (200, 80)])
def test_page_is_cut_to_the_terminal(terminal: Terminal, size: Tuple[int, int]) -> None:
    terminal.resize(*size)
    page = TerminalPage(*size)
    with Screen(terminal.stream, {}) as screen:
        show(screen, terminal, page, LINES)
    columns, rows = size
    shown = [line.text[:columns] for line in LINES][:rows]
    assert page.lines == [*shown, *[''] * (rows - len(shown))]


def test_terminal_may_change_its_size(terminal: Terminal) -> None:
    with Screen(terminal.stream, {}) as screen:
        show(screen, terminal, TerminalPage(40, 10), LINES)
        terminal.resize(12, 3)
        page = TerminalPage(12, 3)
        page.lines = ['what was', 'wrapped is', 'still there']
        show(screen, terminal, page, [Line('new')])
        assert page.lines == ['new', '', '']
        assert '\x1b[2J' in terminal.written.split('new')[0]


def test_page_is_not_cleared_before_each_drawing(terminal: Terminal) -> None:
    with Screen(terminal.stream, {}) as screen:
        show(screen, terminal, TerminalPage(40, 10), LINES)
        screen.draw(LINES, screen.size())
        assert '\x1b[2J' not in terminal.read()  # it would flicker


def test_terminal_without_a_size_has_the_usual_one(terminal: Terminal) -> None:
    terminal.resize(0, 0)
    assert Screen(terminal.stream, {}).size() == (80, 24)


@pytest.mark.parametrize('end', [ValueError, KeyboardInterrupt, SystemExit])
def test_terminal_is_restored_whatever_happens(terminal: Terminal, end: type) -> None:
    page = TerminalPage(40, 10)
    with pytest.raises(end):
        with Screen(terminal.stream, {}) as screen:
            show(screen, terminal, page, LINES)
            raise end
    page.write(terminal.read())
    assert not page.is_other_page
    assert page.has_cursor
    assert page.wraps


@pytest.mark.parametrize('environment, has_style', [({}, True), ({'NO_COLOR': '1'}, False)])
def test_styles_are_left_out_for_who_does_not_want_them(
    terminal: Terminal, environment: 'dict[str, str]', has_style: bool
) -> None:
    with Screen(terminal.stream, environment) as screen:
        screen.draw(LINES, screen.size())
        text = terminal.read()
    assert (f'{GREEN}the last\x1b[0m' in text) == has_style
    assert ('\x1b[0m' in text) == has_style


def test_characters_that_the_terminal_lacks_are_no_error(terminal: Terminal) -> None:
    terminal.stream.reconfigure(encoding='latin-1')  # type: ignore[attr-defined]
    page = TerminalPage(40, 10)
    with Screen(terminal.stream, {}) as screen:
        show(screen, terminal, page, [Line('a bar: ██ é')])
    assert page.lines[0] == 'a bar: ?? é'


def test_only_a_terminal_that_can_is_drawn_on(terminal: Terminal) -> None:
    assert can_draw_on(terminal.stream, {'TERM': 'xterm'})
    assert not can_draw_on(terminal.stream, {'TERM': 'dumb'})
    assert not can_draw_on(terminal.stream, {})
    with open(os.devnull, 'w') as no_terminal:
        assert not can_draw_on(no_terminal, {'TERM': 'xterm'})
