# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The demo as rows of text, one a second."""

from dg_pytorch_ros.demo.figures import HEADING, row, timing
from dg_pytorch_ros.demo.recording import Recording


class Rows:
    """Shows the second that has passed; what was shown stays."""

    period_s = 1.0

    def __init__(self) -> None:
        self._time_s = 0.0

    def begin(self) -> None:
        """Say what the columns are."""
        print(HEADING, flush=True)

    def show(self, recording: Recording) -> None:
        """Add a row."""
        news = recording.since(self._time_s)
        measured = timing(news.durations_ms, news.elapsed_s)
        print(row(recording.time_s, measured, recording.pose.errors_rad), flush=True)
        self._time_s = recording.time_s
