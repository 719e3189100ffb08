# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A histogram made of characters."""

from typing import List, Sequence

from dg_pytorch_ros.terminal.table import table
import numpy as np

_LONG_TAIL = 10.0
_SHADES = ' ▏▎▍▌▋▊▉█'


def histogram_text(
    values: Sequence[float], *, unit: str, bins: int = 16, width: int = 40
) -> str:
    """
    Write how often which values occur: a line for each range of them.

    With a long tail, each range is by the same factor wider than the one before.
    """
    if not len(values):
        return 'no values'
    edges = bin_edges(values, bins)
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    most = max(int(counts.max()), 1)
    rows: List[List[str]] = [
        [f'{low:.3g}', 'to', f'{high:.3g}', unit, str(count), _bar(count / most, width)]
        for low, high, count in zip(edges[:-1], edges[1:], counts)]
    return table(rows, right=(0, 2, 4))


def bin_edges(values: Sequence[float], bins: int) -> List[float]:
    """Return the limits of ranges that hold all values."""
    least, greatest = float(np.min(values)), float(np.max(values))
    if least == greatest:
        margin = abs(least) / 2 or 0.5
        return [least - margin, greatest + margin]
    median = float(np.median(values))
    if least > 0 and greatest > _LONG_TAIL * median:
        return [float(edge) for edge in np.geomspace(least, greatest, bins + 1)]
    return [float(edge) for edge in np.linspace(least, greatest, bins + 1)]


def _bar(share: float, width: int) -> str:
    eighths = round(8 * share * width)
    if share > 0:
        eighths = max(eighths, 1)  # what is there is seen
    return _SHADES[8] * (eighths // 8) + _SHADES[eighths % 8].strip()
