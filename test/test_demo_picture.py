# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The picture shows what was recorded; what keeps it from being drawn is said, and no more."""

import builtins
import math
from pathlib import Path
from typing import Any, List

from dg_pytorch_ros.demo.picture import picture_of
from dg_pytorch_ros.demo.recording import Evaluation, Pose, Recording
from dg_pytorch_ros.figures import tracking
from dg_pytorch_ros.figures.canvas import panels
from dg_pytorch_ros.figures.tracking import draw_tracking, Run
import numpy as np
import pytest

NOW_NS = 1_795_302_300_949_241_853


def recording(seconds: float = 2.0, count: int = 2000) -> Recording:
    one = Recording()
    for look in range(1, 41):
        time_s = seconds * look / 40
        evaluations = [
            Evaluation(0.05 + 1e-4 * (number % 100), NOW_NS + number * 1_000_000)
            for number in range(count * (look - 1) // 40, count * look // 40)]
        one.add(time_s, evaluations, Pose([1.0 - math.exp(-time_s), -1.0], [1.0, -2.0]))
    return one


def run(**changes: Any) -> Run:
    times_s = np.linspace(0.05, 2.0, 40)
    values = {
        'times_s': times_s,
        'positions_rad': np.stack([times_s, -times_s], axis=1),
        'targets_rad': np.tile([2.0, -2.0], (40, 1)),
        'durations_ms': np.linspace(0.1, 0.2, 2000), 'tick_times_s': 1e-3 * np.arange(2000),
        'off_grid_us': np.sin(np.arange(2000.0)), 'missing': 3}
    return Run(**{**values, **changes})


@pytest.fixture
def axes(monkeypatch: pytest.MonkeyPatch) -> 'list[Any]':
    """Return the panels that are drawn on, as matplotlib has them."""
    drawn: List[Any] = []

    def keep(*args: Any, **options: Any) -> Any:
        figure, axes = panels(*args, **options)
        drawn[:] = axes
        return figure, axes
    monkeypatch.setattr(tracking, 'panels', keep)
    return drawn


def texts(axis: Any) -> str:
    return f'{axis.get_title()}; {axis.get_xlabel()}'


@pytest.mark.parametrize('suffix, start', [
    ('.png', b'\x89PNG'), ('.svg', b'<?xml'), ('.pdf', b'%PDF')])
def test_picture_is_drawn(tmp_path: Path, suffix: str, start: bytes) -> None:
    file = tmp_path / f'run{suffix}'
    assert picture_of(recording(), file) == f'picture: {file}'
    assert file.read_bytes().startswith(start)


def test_same_recording_is_the_same_picture(tmp_path: Path) -> None:
    for name in ('one.png', 'two.png'):
        picture_of(recording(), tmp_path / name)
    assert (tmp_path / 'one.png').read_bytes() == (tmp_path / 'two.png').read_bytes()


def test_path_that_is_said_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert picture_of(recording(), Path('run.png')) == f'picture: {tmp_path}/run.png'


def test_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    file = tmp_path / 'run.png'
    file.mkdir()
    assert picture_of(recording(), file).startswith(f'no picture: the picture {file} is a folder')


def test_full_disk_is_said(tmp_path: Path) -> None:
    file = tmp_path / 'run.svg'
    file.symlink_to('/dev/full')
    assert picture_of(recording(), file) == (
        f'no picture: cannot write the picture {file}: No space left on device')


@pytest.mark.parametrize('missing', ['matplotlib', 'matplotlib.figure'])
def test_without_matplotlib_the_way_to_get_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    real_import = builtins.__import__

    def import_others(name: str, *args: Any, **options: Any) -> Any:
        if name == missing:
            raise ImportError(f'No module named {missing!r}')
        return real_import(name, *args, **options)
    monkeypatch.setattr(builtins, '__import__', import_others)
    text = picture_of(recording(), tmp_path / 'run.png')
    assert text.startswith('no picture: ') and missing in text
    assert missing != 'matplotlib' or 'pip install "dg_pytorch_ros[plot]"' in text
    assert not list(tmp_path.iterdir())


def test_short_run_leaves_the_picture_of_another_alone(tmp_path: Path) -> None:
    file = tmp_path / 'run.png'
    file.write_text('another')
    assert picture_of(recording(0.9), file).startswith('no picture: it takes 1 s')
    assert file.read_text() == 'another'


def test_recording_ends_up_in_the_picture(tmp_path: Path, axes: 'list[Any]') -> None:
    file = tmp_path / 'run.png'
    picture_of(recording(), file)
    assert file.stat().st_size < 120_000  # a page of text loads it
    joints, durations, ticks = axes
    lines = [line.get_ydata() for line in joints.lines]
    assert lines[1] == pytest.approx(1.0 - np.exp(-np.linspace(0.05, 2.0, 40)))
    assert [line[0] for line in lines[::2]] == [1.0, -2.0]
    assert 'the longest: 0.060 ms' in texts(durations)
    assert '(0 missing)' in texts(ticks)
    assert ticks.get_xlim() == pytest.approx((0.0, 1.999), abs=0.001)


def test_each_joint_is_drawn_with_its_target(tmp_path: Path, axes: 'list[Any]') -> None:
    draw_tracking(run(), tmp_path / 'run.png')
    lines = axes[0].lines
    assert [line.get_linestyle() for line in lines] == ['--', '-', '--', '-']
    assert lines[0].get_color() == lines[1].get_color() != lines[2].get_color()
    assert [text.get_text().strip() for text in axes[0].texts] == ['1', '2']


def test_durations_are_counted_up_to_where_nearly_all_are(
    tmp_path: Path, axes: 'list[Any]'
) -> None:
    durations_ms = np.array([*[0.1] * 980, *[0.2] * 18, 5.0, 50.0])
    draw_tracking(run(durations_ms=durations_ms), tmp_path / 'run.png')
    assert sum(bar.get_height() for bar in axes[1].patches) == 999
    assert axes[1].get_yscale() == 'log'
    assert [text.get_text() for text in axes[1].get_legend().get_texts()] == [
        'p50 0.100 ms', 'p99 0.200 ms']
    assert 'the longest: 50.000 ms' in texts(axes[1])


def test_outliers_of_ticks_stay_visible(tmp_path: Path, axes: 'list[Any]') -> None:
    off_grid_us = np.zeros(100_000)
    off_grid_us[70_000] = 400.0
    off_grid_us[20_000] = -300.0
    draw_tracking(
        run(off_grid_us=off_grid_us, tick_times_s=1e-3 * np.arange(100_000)),
        tmp_path / 'run.png')
    everything, most = axes[2].collections
    assert everything.get_datalim(axes[2].transData).intervaly == pytest.approx([-300.0, 400.0])
    assert most.get_datalim(axes[2].transData).intervaly == pytest.approx([0.0, 0.0])
    assert '(3 missing)' in texts(axes[2])


@pytest.mark.parametrize('changes', [
    {'durations_ms': np.zeros(5), 'off_grid_us': np.zeros(5), 'tick_times_s': np.zeros(5)},
    {'durations_ms': np.ones(1), 'off_grid_us': np.zeros(1), 'tick_times_s': np.zeros(1)}])
def test_hardly_anything_is_no_error(tmp_path: Path, changes: Any) -> None:
    assert draw_tracking(run(**changes), tmp_path / 'run.png').stat().st_size > 1000


def test_gap_between_ticks_is_no_error(tmp_path: Path) -> None:
    times_s = np.array([0.0, 0.001, 1.9, 2.0])
    picture = draw_tracking(
        run(off_grid_us=np.arange(4.0), tick_times_s=times_s, durations_ms=np.ones(4)),
        tmp_path / 'run.png')
    assert picture.stat().st_size > 1000
