# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a scalar of a parameter file means: by ROS's rules, which are not quite YAML's."""

import math
import re
from typing import Optional, Union

Scalar = Union[bool, int, float, str]

_TRUTHS = {
    **dict.fromkeys('Y y yes Yes YES true True TRUE on On ON'.split(), True),
    **dict.fromkeys('N n no No NO false False FALSE off Off OFF'.split(), False)}
# As C reads whole numbers: 0x10 is 16, and 010 is 8.
_BASES = {16: re.compile('[+-]?0[xX][0-9a-fA-F]+'), 8: re.compile('[+-]?0[0-7]*'),
          10: re.compile('[+-]?[1-9][0-9]*')}
_WHOLE_LIMIT = 2 ** 63
_REAL = re.compile(r'[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?')
_NOT_FINITE = re.compile(
    r'[+-]?(?i:inf|infinity|nan)|[+-]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)')


def read_scalar(text: str) -> Scalar:
    """Return what a text without quotes means."""
    if text in _TRUTHS:
        return _TRUTHS[text]
    for read in (_read_whole, _read_real):
        number = read(text)
        if number is not None:
            return number
    return text


def _read_whole(text: str) -> Optional[int]:
    for base, pattern in _BASES.items():
        if pattern.fullmatch(text):
            number = int(text, base)
            return number if -_WHOLE_LIMIT <= number < _WHOLE_LIMIT else None
    return None


def _read_real(text: str) -> Optional[float]:
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace('.', ''))
    if not _REAL.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None  # what no double holds stays a text
