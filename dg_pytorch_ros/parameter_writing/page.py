# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Lines of a parameter file: settings, settings that are commented out, and explanations."""

import re
from textwrap import wrap
from typing import Any, List

_WIDTH = 98
_INDENT = '  '
_PLAIN = re.compile(r'[A-Za-z_/][\w/.-]*|~/[\w/.-]*|package://[\w/.-]+')
# What a reader of YAML would take for something else than text.
_WORDS = {'y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null'}


class Page:
    """
    A file that grows downwards.

    An explanation is `# text`, a setting that is commented out `#name: value`: who wants it takes
    the # away.
    """

    def __init__(self) -> None:
        self._lines: List[str] = []

    @property
    def text(self) -> str:
        """All lines."""
        return ''.join(f'{line}\n' for line in self._lines)

    def explain(self, text: str, *, level: int = 0, bullet: str = '') -> None:
        """Write a comment, in as many lines as it takes."""
        indent = _INDENT * level
        self._lines += [indent + line for line in wrap(
            text, _WIDTH - len(indent), initial_indent=f'# {bullet}',
            subsequent_indent=f'# {" " * len(bullet)}', break_long_words=False,
            break_on_hyphens=False)]

    def quote(self, text: str) -> None:
        """Write a comment line that stays as it is."""
        self._lines.append(f'# {text}'.rstrip())

    def begin(self, name: str, *, level: int) -> None:
        """Begin a group."""
        self._lines.append(f'{_INDENT * level}{yaml_text(name, is_key=True)}:')

    def put(self, name: str, value: Any, *, level: int, note: str = '') -> None:
        """Write a setting."""
        self._lines += _setting(name, value, _INDENT * level, note)

    def leave_out(self, name: str, value: Any, *, level: int, note: str = '') -> None:
        """Write a setting that is commented out."""
        self._lines += _setting(name, value, f'{_INDENT * level}#', note)

    def skip(self) -> None:
        """Leave a line empty, unless a group has just begun."""
        if not self._lines[-1].endswith(':'):
            self._lines.append('')


def yaml_text(value: Any, *, is_key: bool = False) -> str:
    """Write a value as it stands in a parameter file."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (list, tuple)):
        return f'[{", ".join(map(yaml_text, value))}]'
    if not isinstance(value, str):
        return repr(value)
    is_plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    if is_plain or is_key and value == '/**':
        return value
    return "'" + value.replace("'", "''") + "'"


def _setting(name: str, value: Any, prefix: str, note: str) -> List[str]:
    line = f'{prefix}{yaml_text(name, is_key=True)}: {yaml_text(value)}'
    if note:
        line += f'  # {note}'
    if len(line) <= _WIDTH or not isinstance(value, (list, tuple)):
        return [line]
    items = wrap(
        ', '.join(map(yaml_text, value)) + ']', _WIDTH, break_long_words=False,
        break_on_hyphens=False, initial_indent=f'{prefix}{_INDENT}',
        subsequent_indent=f'{prefix}{_INDENT}')
    return [f'{prefix}{name}: [', *items]
