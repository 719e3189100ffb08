# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Samples to figures."""

import math

from benchmark.figures import (
    distribution, grid_deviations_us, median, period_errors_us, ratio, without_nan)
import numpy as np
import pytest


def test_nothing_has_no_median() -> None:
    assert math.isnan(median([]))
    assert distribution([])['count'] == 0


def test_distribution() -> None:
    assert distribution([3.0, 1.0, 2.0]) == {
        'p50': 2.0, 'p90': 3.0, 'p99': 3.0, 'max': 3.0, 'count': 3.0}


def test_ratio_to_nothing() -> None:
    assert ratio(3.0, 2.0) == 1.5
    assert math.isnan(ratio(3.0, 0.0))


def test_regular_stamps_are_on_the_grid() -> None:
    stamps_ns = 1_700_000_000_000_000_000 + 1_000_000 * np.arange(1000)
    assert abs(grid_deviations_us(stamps_ns, 1000.0)).max() < 1e-3
    assert abs(period_errors_us(stamps_ns, 1000.0)).max() == 0.0


def test_one_late_stamp_deviates_alone() -> None:
    stamps_ns = 1_700_000_000_000_000_000 + 1_000_000 * np.arange(1000)
    stamps_ns[0] += 200_000
    deviations_us = grid_deviations_us(stamps_ns, 1000.0)
    assert deviations_us[0] == pytest.approx(200.0, abs=0.01)
    assert abs(deviations_us[1:]).max() < 0.01


def test_missing_stamps_leave_the_grid_as_it_is() -> None:
    stamps_ns = 1_700_000_000_000_000_000 + 500_000 * np.array([0, 1, 2, 5, 6, 9])
    assert abs(grid_deviations_us(stamps_ns, 2000.0)).max() < 1e-3


def test_json_knows_no_nan() -> None:
    assert without_nan({'a': [math.nan, 1.0], 'b': math.inf, 'c': 'text'}) == {
        'a': [None, 1.0], 'b': None, 'c': 'text'}
