# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Samples to figures: percentiles, distances from a regular grid, and the like."""

import math
from typing import Any, Dict, Sequence

from dg_pytorch_ros.timing.distribution import percentile
import numpy as np
from numpy.typing import ArrayLike, NDArray

Samples = NDArray[np.float64]
QUANTILES = (0.5, 0.9, 0.99, 1.0)
NAMES = ('p50', 'p90', 'p99', 'max')


def distribution(samples: ArrayLike) -> Dict[str, float]:
    """Sum samples up."""
    named = {name: percentile(samples, part) for name, part in zip(NAMES, QUANTILES)}
    return {**named, 'count': float(np.size(np.asarray(samples)))}


def median(samples: Sequence[float]) -> float:
    """Return the middle one, or what lies between the two in the middle; nan of nothing."""
    return float(np.median(samples)) if len(samples) else math.nan


def ratio(value: float, other: float) -> float:
    """Divide; nan if that cannot be done."""
    return value / other if other else math.nan


def grid_deviations_us(stamps_ns: ArrayLike, rate_hz: float) -> Samples:
    """
    Return how far each stamp is from the regular grid that fits all of them best.

    A stamp belongs to the nearest point of the grid, so half a period is the most there can be.
    """
    stamps = np.asarray(stamps_ns, np.int64)
    if not stamps.size:
        return np.zeros(0)
    period_ns = 1e9 / rate_hz
    offsets_ns = (stamps - stamps[0]).astype(float)
    turns = np.exp(2j * np.pi * offsets_ns / period_ns)
    # The grid goes through the middle of the stamps: an average of angles, which have no ends.
    phase_ns = float(np.angle(turns.mean())) / (2 * np.pi) * period_ns
    deviations_ns = (offsets_ns - phase_ns + period_ns / 2) % period_ns - period_ns / 2
    deviations: Samples = 1e-3 * (deviations_ns - np.median(deviations_ns))
    return deviations


def period_errors_us(stamps_ns: ArrayLike, rate_hz: float) -> Samples:
    """Return how much longer or shorter than a period each distance between stamps is."""
    stamps = np.asarray(stamps_ns, np.int64)
    errors: Samples = 1e-3 * (np.diff(stamps) - 1e9 / rate_hz)
    return errors


def without_nan(value: Any) -> Any:
    """Replace what JSON does not know by None."""
    if isinstance(value, dict):
        return {key: without_nan(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(member) for member in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
