# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Lengths of time on a command line."""

from argparse import ArgumentTypeError
import math
from typing import Callable


def span_in(unit: str) -> Callable[[str], float]:
    """Return what reads a number of seconds, minutes or whatever, for an ArgumentParser."""
    def read(text: str) -> float:
        try:
            span = float(text)
        except ValueError:
            span = math.nan
        if not (math.isfinite(span) and span > 0):
            raise ArgumentTypeError(f'{text!r} is not a number of {unit} above 0')
        return span
    return read
