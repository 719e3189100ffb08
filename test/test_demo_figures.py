# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The figures that the demo shows, and its verdict."""

import math

from dg_pytorch_ros.demo.figures import complaint, HEADING, row, summary, Timing, timing
from dg_pytorch_ros.demo.ticks import Ticks
import numpy as np
import pytest


def test_timing() -> None:
    durations_ms = [0.001 * number for number in range(101)]
    measured = timing(durations_ms[::-1], elapsed_s=0.5)
    assert measured.rate_hz == 202.0
    assert measured.p50_ms == pytest.approx(0.050)
    assert measured.p99_ms == pytest.approx(0.099)


def test_timing_of_silence() -> None:
    measured = timing([], elapsed_s=1.0)
    assert measured.rate_hz == 0.0
    assert math.isnan(measured.p50_ms)
    assert math.isnan(measured.p99_ms)


def test_row_fits_its_heading_and_shows_the_largest_error() -> None:
    line = row(10.0, Timing(1000.0, 0.05, 0.123), [0.1, 0.3, 0.2])
    assert line.split() == [
        '10', 's', '1000.0', 'Hz', '0.050', 'ms', '0.123', 'ms', '0.3000', 'rad']
    assert len(line) == len(HEADING)


def test_summary() -> None:
    ticks = Ticks(np.array([-10.0, 20.0, -30.0]), missing=7)
    text = summary(10.0, Timing(999.94, 0.05, 0.123), ticks, [0.1, 0.25])
    assert '999.9 Hz over 10.0 s' in text
    assert 'p50 0.050 ms, p99 0.123 ms' in text
    assert 'p50 20 us, p99 30 us, 7 missing' in text
    assert '0.1000, 0.2500 rad' in text


def test_no_complaint_within_the_tolerance() -> None:
    assert complaint([0.01, 0.0]) is None


@pytest.mark.parametrize('error_rad', [0.011, 5.0, math.inf, math.nan])
def test_complaint_names_the_joint(error_rad: float) -> None:
    assert str(complaint([0.0, error_rad])).startswith(f'joint 2 is {error_rad:.4f} rad from')
