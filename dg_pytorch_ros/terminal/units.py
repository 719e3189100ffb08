# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Numbers with their units, as people read them."""

_BYTES = ('B', 'KiB', 'MiB', 'GiB', 'TiB')


def bytes_text(count: float) -> str:
    """Write an amount of memory, such as 1.5 MiB."""
    for unit in _BYTES:
        if abs(count) < 1024 or unit == _BYTES[-1]:
            break
        count /= 1024
    return f'{count:.0f} {unit}' if unit == 'B' else f'{count:.1f} {unit}'


def count_text(count: int) -> str:
    """Write a number of things, such as 1,234,567."""
    return f'{count:,}'


def ms_text(duration_ms: float) -> str:
    """Write a duration in milliseconds, with three digits that count."""
    return f'{duration_ms:.{_decimals(duration_ms)}f} ms'


def seconds_text(duration_s: float) -> str:
    """Write a longer span of time, such as 42 s or 3 min."""
    return f'{duration_s / 60:.0f} min' if duration_s >= 90 else f'{duration_s:.0f} s'


def _decimals(value: float) -> int:
    return 3 if abs(value) < 10 else 2 if abs(value) < 100 else 1
