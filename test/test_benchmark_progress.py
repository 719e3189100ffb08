# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What runs at present, and how long the rest will take."""

from typing import List

from benchmark.progress import describe, Progress, Step

FIRST, SECOND, THIRD = (Step(title, 10.0) for title in ('first', 'second', 'third'))


def test_estimate_learns_and_skips() -> None:
    said: List[str] = []
    now_s = [0.0]
    progress = Progress(said.append, clock=lambda: now_s[0])
    progress.plan([FIRST, SECOND, THIRD])
    progress.begin(FIRST)
    assert said[-1].startswith('[ 1/3] first')
    assert 'about 30 s left' in said[-1]
    now_s[0] = 20.0
    progress.skip(SECOND)
    progress.begin(THIRD)
    assert said[-1].startswith('[ 2/2] third')
    assert 'about 20 s left' in said[-1]


def test_spans() -> None:
    assert describe(40.0) == '40 s'
    assert describe(600.0) == '10 min'
