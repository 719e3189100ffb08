# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The picture at the end of the demo."""

from pathlib import Path

from dg_pytorch_ros.demo.recording import Recording
from dg_pytorch_ros.demo.ticks import ticks_of
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.figures.tracking import draw_tracking, Run
import numpy as np

# Before that, there is nothing to see.
_LEAST_S = 1.0


def picture_of(recording: Recording, file: Path) -> str:
    """Draw a recording; return where the picture is, or why there is none."""
    if recording.time_s < _LEAST_S:
        return f'no picture: it takes {_LEAST_S:g} s to have something to see'
    try:
        return f'picture: {draw_tracking(_run(recording), file).absolute()}'
    except (PytorchRosError, ImportError) as error:  # a picture is not what the demo is about
        return f'no picture: {error}'


def _run(recording: Recording) -> Run:
    published_ns = np.asarray(recording.published_ns, np.int64)
    ticks = ticks_of(recording.published_ns)
    return Run(
        times_s=np.array([time_s for time_s, _ in recording.poses]),
        positions_rad=np.array([pose.positions_rad for _, pose in recording.poses]),
        targets_rad=np.array([pose.targets_rad for _, pose in recording.poses]),
        durations_ms=np.asarray(recording.durations_ms),
        tick_times_s=1e-9 * (published_ns - published_ns[0]),
        off_grid_us=ticks.off_us, missing=ticks.missing)
