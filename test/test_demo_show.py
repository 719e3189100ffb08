# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The live view of the whole demo on a terminal, from the first page to Ctrl-C."""

import fcntl
import os
from pathlib import Path
import pty
import signal
import struct
import termios
from time import monotonic
from typing import Callable, Iterator, List

from demo_process import INSTALLED, PACKAGE, TIMEOUT_S
import pytest
from terminal_page import TerminalPage

ENTER, LEAVE, HOME, CLEAR = '\x1b[?1049h', '\x1b[?1049l', '\x1b[H', '\x1b[2J'


class DemoOnTerminal:
    """A demo with a terminal of its own."""

    def __init__(self, folder: Path, domain: int, *arguments: str) -> None:
        command = str(INSTALLED / 'lib' / PACKAGE / 'pytorch_demo')
        environment = {**os.environ, 'ROS_DOMAIN_ID': str(domain), 'TERM': 'xterm'}
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.execve(command, [command, *arguments], environment)
        self.written = ''
        self._code = -1

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def press_ctrl_c(self) -> None:
        os.write(self._terminal, b'\x03')

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        deadline = monotonic() + TIMEOUT_S
        while not condition():
            assert monotonic() < deadline, f'waited in vain for {what}: {self.written}'
            self._read()

    def wait(self) -> int:
        """Return the exit code."""
        while self._read():
            pass
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return os.waitstatus_to_exitcode(status)

    def pages(self, size: int) -> List[str]:
        """Return what was drawn on a size of the terminal, but for a drawing that goes on."""
        drawings = self.written.split(CLEAR)[1:]
        return drawings[size].split(HOME)[1:-1] if size < len(drawings) else []

    def close(self) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def _read(self) -> bool:
        try:
            data = os.read(self._terminal, 1 << 16)
        except OSError:  # the other end is closed
            return False
        self.written += data.decode(errors='replace').replace('\r\r\n', '\r\n')
        return bool(data)


@pytest.fixture
def demo(domain: int, tmp_path: Path) -> Iterator[DemoOnTerminal]:
    one = DemoOnTerminal(tmp_path, domain, '--show', '--seconds', '60')
    one.resize(72, 20)
    yield one
    one.close()


def page(text: str, columns: int, rows: int) -> 'list[str]':
    """Return what is seen of one drawing."""
    seen = TerminalPage(columns, rows)
    seen.write(HOME + text)
    return seen.lines


def test_page_moves_until_ctrl_c(demo: DemoOnTerminal, tmp_path: Path) -> None:
    demo.wait_for(lambda: len(demo.pages(0)) > 6, 'pages')
    demo.resize(34, 9)
    demo.wait_for(lambda: len(demo.pages(1)) > 2, 'pages after the change of size')
    demo.press_ctrl_c()
    assert demo.wait() == 130

    assert demo.pages(0)[4] != demo.pages(0)[5]
    large, small = page(demo.pages(0)[5], 72, 20), page(demo.pages(1)[1], 34, 9)
    assert large[0].endswith(' of 60 s') and small[0].endswith(' of 60 s')
    assert large[2].startswith('joint 1') and '┃' in large[2]
    assert small[1].startswith('joint 1') and small[6].startswith('joint 6')
    assert large[9].startswith('last second') and small[7].startswith('last second')
    assert large[18].startswith('off the grid') and small[8].startswith('off the grid')

    during, _, after = demo.written.partition(LEAVE)
    assert '[pd_controller]' not in during
    assert '[pd_controller]: configured' in after
    assert 'Traceback' not in after
    assert f'picture: {tmp_path}/pytorch_demo.png' in after
    assert after.rstrip().endswith('interrupted')
    assert '\x1b' not in after
    terminal = TerminalPage(200, 9)  # the ^C of the terminal has room
    terminal.write(ENTER + during.rpartition(HOME)[2] + LEAVE)
    assert terminal.has_cursor and terminal.wraps and not terminal.is_other_page
