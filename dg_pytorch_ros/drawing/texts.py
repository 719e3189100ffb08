# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Texts as they may stand in a drawing."""

import re
from typing import Tuple
import unicodedata

from dg_pytorch_ros.drawing.style import CHARACTER_WIDTH

# XML knows none of these, not even escaped.
_UNFIT = re.compile('[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]')
_LONGEST_LINE = 60
_MOST_LINES = 12


def clean(text: str) -> str:
    """Replace the characters that no drawing can hold."""
    return _UNFIT.sub('\ufffd', text)


def lines_of(label: str) -> Tuple[str, ...]:
    """Return the lines of a label, clean, and cut short where they would make a box too large."""
    lines = clean(label).expandtabs(2).split('\n')
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES - 1:] = ['…']
    return tuple(map(_shorten, lines))


def width_of(line: str) -> float:
    """Return the width of a line in pixels; Chinese characters and the like take two places."""
    places = sum(2 if unicodedata.east_asian_width(one) in 'WF' else 1 for one in line)
    return places * CHARACTER_WIDTH


def _shorten(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE - 1] + '…'
