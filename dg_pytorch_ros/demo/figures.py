# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the demo shows: how fast and how evenly the controller runs, and how well."""

from dataclasses import dataclass
import math
from typing import Optional, Sequence

from dg_pytorch_ros.demo.ticks import Ticks

TOLERANCE_RAD = 0.01
HEADING = '  time        rate  duration p50          p99  tracking error'


@dataclass(frozen=True)
class Timing:
    """Evaluations a second, and how long they took."""

    rate_hz: float
    p50_ms: float
    p99_ms: float


def timing(durations_ms: Sequence[float], elapsed_s: float) -> Timing:
    """Sum up the evaluations of a span of time."""
    ordered = sorted(durations_ms)
    return Timing(
        rate_hz=len(ordered) / elapsed_s,
        p50_ms=_percentile(ordered, 0.50),
        p99_ms=_percentile(ordered, 0.99))


def row(time_s: float, measured: Timing, errors_rad: Sequence[float]) -> str:
    """Write the live line."""
    return (
        f'{time_s:4.0f} s  {measured.rate_hz:7.1f} Hz  {measured.p50_ms:9.3f} ms  '
        f'{measured.p99_ms:8.3f} ms  {max(errors_rad):10.4f} rad')


def summary(
    time_s: float, measured: Timing, ticks: Ticks, errors_rad: Sequence[float]
) -> str:
    """Write the closing lines."""
    errors = ', '.join(f'{error:.4f}' for error in errors_rad)
    return '\n'.join([
        '',
        'summary',
        f'  rate            {measured.rate_hz:.1f} Hz over {time_s:.1f} s',
        f'  duration        p50 {measured.p50_ms:.3f} ms, p99 {measured.p99_ms:.3f} ms',
        f'  off the grid    {off_the_grid(ticks)}',
        f'  tracking error  {errors} rad'])


def off_the_grid(ticks: Ticks) -> str:
    """Write how even the ticks are."""
    return (
        f'p50 {ticks.percentile_us(50):.0f} us, p99 {ticks.percentile_us(99):.0f} us, '
        f'{ticks.missing} missing')


def complaint(errors_rad: Sequence[float]) -> Optional[str]:
    """Say which joint is not where it should be, or return None."""
    for number, error_rad in enumerate(errors_rad, 1):
        if not has_arrived(error_rad):
            return (
                f'joint {number} is {error_rad:.4f} rad from its target; '
                f'at most {TOLERANCE_RAD} rad counts as reached')
    return None


def has_arrived(error_rad: float) -> bool:
    """Return whether a joint is where it should be."""
    return error_rad <= TOLERANCE_RAD  # nan is not there either


def _percentile(ordered: Sequence[float], fraction: float) -> float:
    return ordered[round(fraction * (len(ordered) - 1))] if ordered else math.nan
