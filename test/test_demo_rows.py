# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A row shows what was heard since the row before."""

from dg_pytorch_ros.demo.figures import HEADING
from dg_pytorch_ros.demo.recording import Evaluation, Pose, Recording
from dg_pytorch_ros.demo.rows import Rows
import pytest


def test_rows_follow_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    recording, rows = Recording(), Rows()
    rows.begin()
    recording.add(0.5, [Evaluation(0.2, 0)] * 300, Pose([0.0], [1.0]))
    recording.add(1.0, [Evaluation(0.2, 0)] * 500, Pose([0.0], [1.0]))
    rows.show(recording)
    recording.add(2.0, [Evaluation(0.4, 0)] * 1000, Pose([0.5], [1.0]))
    rows.show(recording)
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading == HEADING
    assert first.split() == '1 s 800.0 Hz 0.200 ms 0.200 ms 1.0000 rad'.split()
    assert second.split() == '2 s 1000.0 Hz 0.400 ms 0.400 ms 0.5000 rad'.split()
