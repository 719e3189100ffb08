# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Pictures, as far as a program can look at them."""

from pathlib import Path
import sys
from typing import Any

from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.figures.canvas import (
    BLUE, check_picture, COLOURS, legend_below, log_scale, panels, save, style)
from dg_pytorch_ros.figures.durations import draw_histogram, draw_sequence, durations_figure
from matplotlib.axes import Axes
import numpy as np
import pytest

SERIES_MS = {
    'back to back': np.linspace(0.1, 0.2, 500), 'at 100 Hz': np.linspace(0.3, 40.0, 100)}
BEGINNINGS = {'.png': b'\x89PNG', '.svg': b'<?xml', '.pdf': b'%PDF'}


def test_panels_stand_side_by_side_row_by_row() -> None:
    figure, axes = panels(3, 2)
    assert [axis.get_subplotspec().num1 for axis in axes] == [0, 1, 2, 3, 4, 5]
    width, height = figure.get_size_inches()
    assert width > 3 * 3 and height > 2 * 3
    assert tuple(panels(width=7.0, height=2.0)[0].get_size_inches()) == (7.0, 2.0)


@pytest.mark.parametrize('suffix', BEGINNINGS)
def test_the_same_figure_is_the_same_file(suffix: str, tmp_path: Path) -> None:
    contents = []
    for name in ('one', 'other'):
        file = save(durations_figure(SERIES_MS, shown='at 100 Hz'), tmp_path / (name + suffix))
        contents.append(file.read_bytes())
    assert contents[0] == contents[1]
    assert contents[0].startswith(BEGINNINGS[suffix])


def test_no_window_system_is_looked_for_and_no_figure_is_kept() -> None:
    panels(2)
    pyplot = sys.modules.get('matplotlib.pyplot')
    assert pyplot is None or not pyplot.get_fignums()


@pytest.mark.parametrize('name, complaint', [
    ('nowhere/x.png', 'nowhere of the picture does not exist; create it first'),
    ('x.bmp', r"has the suffix '\.bmp'; allowed: \.png, \.svg, \.pdf"),
    ('x', "has the suffix ''"), ('folder.png', 'is a folder; give a file')])
def test_a_file_that_cannot_be_a_picture_is_refused(
    name: str, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / 'folder.png').mkdir()
    with pytest.raises(PytorchRosError, match=complaint):
        check_picture(tmp_path / name)
    with pytest.raises(PytorchRosError, match=complaint):
        save(panels()[0], tmp_path / name)


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    full = tmp_path / 'x.png'
    full.symlink_to('/dev/full')
    with pytest.raises(PytorchRosError, match='x.png: No space left on device'):
        save(panels()[0], full)


def test_without_matplotlib_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, 'matplotlib', None)
    for work in (panels, lambda: check_picture(tmp_path / 'x.png')):
        with pytest.raises(PytorchRosError, match=r'pip install "dg_pytorch_ros\[plot\]"'):
            work()


def test_logarithmic_axes_have_plain_numbers() -> None:
    figure, (axis,) = panels()
    axis.plot([0.05, 20.0], [0.5, 2000.0])
    for which in ('x', 'y'):
        log_scale(axis, which)
    figure.draw_without_rendering()
    assert {'0.1', '0.2', '0.5', '1', '10'} < {
        label.get_text() for label in axis.get_xticklabels()}
    assert {'1', '1000'} < {label.get_text() for label in axis.get_yticklabels()}


def test_titles_are_small_in_the_common_style() -> None:
    _, (axis,) = panels()
    with style():
        axis.set_title('small')
    assert axis.title.get_fontsize() == 9


def test_a_legend_stands_below_the_figure() -> None:
    figure, (axis,) = panels()
    axis.plot([1, 2], label='a line', color=BLUE)
    legend_below(figure, axis)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ['a line']


def steps(axis: Axes) -> Any:
    return [patch for patch in axis.patches if patch.get_label() in SERIES_MS]


def test_a_histogram_shows_all_runs_of_each_series_as_shares() -> None:
    _, (axis,) = panels()
    draw_histogram(axis, SERIES_MS)
    assert [patch.get_label() for patch in steps(axis)] == list(SERIES_MS)
    for patch, values in zip(steps(axis), SERIES_MS.values()):
        shares, edges, _ = patch.get_data()
        assert shares.sum() == pytest.approx(100.0)
        assert edges[0] < 0.1 and edges[-1] > 40.0
        first = int(np.flatnonzero(shares)[0])
        assert edges[first] <= values[0] <= edges[first + 1]


@pytest.mark.parametrize('values', [[0.5], [0.5, 0.5], [0.0, 0.0], [0.0, 1.0]])
def test_a_histogram_of_little_is_one_too(values: Any) -> None:
    figure, (axis,) = panels()
    draw_histogram(axis, {'back to back': values})
    figure.draw_without_rendering()
    if 0.0 not in values:
        assert steps(axis)[0].get_data()[0].sum() == pytest.approx(100.0)


def test_a_sequence_of_very_many_keeps_the_longest() -> None:
    durations_ms = np.full(100_001, 0.1)
    durations_ms[[77, 100_000]] = 9.0, 8.0
    _, (axis,) = panels()
    draw_sequence(axis, durations_ms)
    places, drawn = axis.lines[0].get_data()
    assert drawn.size <= 20_000
    assert sorted(drawn)[-2:] == [8.0, 9.0]
    assert places[-1] == pytest.approx(100_000, abs=10)


def test_the_sequence_has_the_colour_of_its_histogram() -> None:
    figure = durations_figure(SERIES_MS, shown='at 100 Hz', title='policy.pt')
    left, right = figure.axes
    assert right.lines[0].get_color() == COLOURS[1]
    assert right.get_title() == 'one after the other, at 100 Hz'
    assert right.lines[0].get_ydata().size == 100
    assert figure.get_suptitle() == 'policy.pt'
    assert len(figure.legends[0].get_texts()) == 2
    assert left.get_xlabel() == 'duration in ms'
