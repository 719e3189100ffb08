# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What follows from the samples of the scenario of messages."""

from typing import Any, Dict

from benchmark.lab import Interrupted
from benchmark.messages import Messages
from benchmark.progress import Progress
from benchmark.scale import QUICK
from benchmark.targets import judge
import pytest

JOINTS: Dict[str, Any] = {'block': 2, 'samples_us': {
    'ours': [2.0, 2.0, 4.0, 4.0], 'rclpy': [4.0, 4.0, 8.0, 8.0], 'hand': [20.0, 20.0, 40.0, 40.0]}}
IMAGE: Dict[str, Any] = {'block': 2, 'samples_us': {
    'ours': [110.0, 110.0], 'ours, kept tensor': [105.0, 105.0], 'bare': [100.0, 100.0],
    'rclpy': [220.0, 220.0], 'hand': [440.0, 440.0]}}


class LabOf:
    """Gives a result, or is interrupted with one."""

    def __init__(self, result: Any, *, is_interrupted: bool = False) -> None:
        self._result = result
        self._is_interrupted = is_interrupted

    def observe(self, worker: str, settings: Any, watched: Any, **options: Any) -> Any:
        assert worker == 'turns' and settings == {'blocks': QUICK.message_blocks}
        if self._is_interrupted:
            raise Interrupted(self._result)
        return self._result


def run(lab: Any) -> Messages:
    scenario = Messages(lab, QUICK)
    progress = Progress(lambda text: None)
    progress.plan(scenario.steps)
    try:
        scenario.run(progress)
    except Interrupted:
        pass
    return scenario


def test_ours_is_compared_with_each_of_the_other_ways() -> None:
    figures = run(LabOf({'joints': JOINTS, 'image': IMAGE})).figures()
    assert figures['joints_ratio'] == 0.5
    assert figures['joints_hand_ratio'] == pytest.approx(0.1)
    assert 'joints_left_us' not in figures
    assert figures['image_left_us'] == 10.0
    assert figures['image_kept_left_us'] == 5.0
    assert figures['ways_us']['image']['rclpy']['p50'] == 220.0


def test_every_way_has_a_row_and_so_has_what_is_left_of_ours() -> None:
    rows = run(LabOf({'joints': JOINTS, 'image': IMAGE})).rows()
    assert {len(row) for row in rows} == {5}
    assert rows[1] == ['12 joints by name: ours', '2.0', '4.0', '4.0', '4.0']
    assert [row[:2] for row in rows[-2:]] == [
        ['image 640x480: ours - bare', '10.0'],
        ['image 640x480: ours, kept tensor - bare', '5.0']]


def test_an_interruption_leaves_what_was_measured_until_then() -> None:
    image = {**IMAGE, 'samples_us': {**IMAGE['samples_us'], 'bare': []}}
    scenario = run(LabOf({'joints': JOINTS, 'image': image}, is_interrupted=True))
    values = {verdict.target.figure: verdict.value for verdict in judge({'i': scenario.figures()})}
    assert values['joints_ratio'] == 0.5
    assert values['image_left_us'] is None
    assert values['image_chw_left_us'] is None


def test_an_interruption_before_anything_was_measured() -> None:
    scenario = run(LabOf(None, is_interrupted=True))
    assert scenario.figures() == {'ways_us': {}}
    assert len(scenario.rows()) == 1
