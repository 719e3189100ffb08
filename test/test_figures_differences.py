# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The picture of a comparison keeps what matters of long recordings."""

from pathlib import Path

from dg_pytorch_ros.figures.differences import draw_differences, Line, Row, thinned
import pytest


@pytest.mark.parametrize('count', [0, 1, 20_000])
def test_a_short_recording_is_drawn_point_by_point(count: int) -> None:
    times, values = list(range(count)), [float(place % 7) for place in range(count)]
    assert thinned(times, values) == (times, values)


def test_a_long_recording_keeps_its_peaks_in_the_order_of_time() -> None:
    values = [0.0] * 1_000_003
    values[777_777], values[1_000_002] = 1.0, -1.0
    times, kept = thinned(range(len(values)), values)
    assert len(times) == len(kept) <= 20_001
    assert times == sorted(times)
    assert dict(zip(times, kept))[777_777] == 1.0
    assert dict(zip(times, kept))[1_000_002] == -1.0


def test_the_same_comparison_is_the_same_picture(tmp_path: Path) -> None:
    pytest.importorskip('matplotlib', reason='matplotlib is not installed')
    rows = [Row(
        name, [0.0, 1.0], [Line(f'{name}[0]', [1.0, 2.0], [1.0, float('nan')])],
        [0.0, float('inf')]) for name in ('one', 'two')]
    for name in ('a', 'b'):
        assert draw_differences(rows, tmp_path / f'{name}.svg') == tmp_path / f'{name}.svg'
    assert (tmp_path / 'a.svg').read_bytes() == (tmp_path / 'b.svg').read_bytes()
