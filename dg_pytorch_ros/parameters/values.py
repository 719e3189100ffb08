# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the values of parameters must be: each function takes one or raises ValueError."""

from array import array
from typing import Any, List


def read_text(value: Any) -> str:
    """Take a text."""
    if not isinstance(value, str):
        raise ValueError('text')
    return value


def read_truth(value: Any) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise ValueError('true or false')
    return value


def read_whole(value: Any) -> int:
    """Take a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError('a whole number')
    return value


def read_real(value: Any) -> float:
    """Take a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError('a number')
    return float(value)


def read_names(value: Any) -> List[str]:
    """Take a list of names."""
    if not isinstance(value, (list, tuple)) or not all(map(_is_text, value)):
        raise ValueError('a list of names')
    return list(value)


def read_texts(value: Any) -> List[str]:
    """Take a list of texts, or one text for a list of one."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, (list, tuple)) and value and all(map(_is_text, value)):
        return list(value)
    raise ValueError('text or a list of texts')


def read_sizes(value: Any) -> List[int]:
    """Take a list of whole numbers."""
    try:
        return [read_whole(item) for item in value]
    except (TypeError, ValueError):
        raise ValueError('a list of whole numbers') from None


def read_cores(value: Any) -> List[int]:
    """Take one core or a list of cores."""
    if isinstance(value, int):
        value = [value]
    try:
        cores = read_sizes(value)
    except ValueError:
        cores = []
    if not cores:
        raise ValueError('a core or a list of cores, which are whole numbers from 0')
    return cores


def read_numbers(value: Any) -> List[Any]:
    """Take a list of numbers, or one number for a list of one."""
    if isinstance(value, (bool, int, float)):
        return [value]
    if isinstance(value, (list, tuple, array)) and len(value):
        # ROS knows no mixed lists: whole numbers among real ones are real.
        if all(isinstance(item, bool) for item in value):
            return list(value)
        if all(isinstance(item, int) and not isinstance(item, bool) for item in value):
            return list(value)
        if all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in value):
            return [float(item) for item in value]
    raise ValueError('a number or a list of numbers')


def plain(value: Any) -> Any:
    """Return a parameter's value as it is written in a file."""
    return value.tolist() if hasattr(value, 'tolist') else value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
