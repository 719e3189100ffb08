# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Two things that took turns in blocks, compared block by block."""

from typing import Callable, List, Sequence

from benchmark.figures import median, ratio


def median_difference(samples: Sequence[float], others: Sequence[float], block: int) -> float:
    """Return by how much the middle one of a block is larger than that of the other's block."""
    return _compare(samples, others, block, lambda one, other: one - other)


def median_ratio(samples: Sequence[float], others: Sequence[float], block: int) -> float:
    """Return how many times as large the middle one of a block is as that of the other's block."""
    return _compare(samples, others, block, ratio)


def _compare(
    samples: Sequence[float], others: Sequence[float], block: int,
    compare: Callable[[float, float], float]
) -> float:
    return median([
        compare(median(one), median(other))
        for one, other in zip(_blocks(samples, block), _blocks(others, block))])


def _blocks(samples: Sequence[float], size: int) -> List[Sequence[float]]:
    return [samples[first:first + size] for first in range(0, len(samples), size)]
