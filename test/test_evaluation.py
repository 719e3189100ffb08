# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One tick takes, guards, runs, guards and publishes, without ROS and without torch."""

import os
import subprocess
import sys

from dg_pytorch_ros.errors import ContractError, EvaluationError
from evaluation_rig import Doubler, FALLBACKS, MS_NS, Rig
import numpy as np
import pytest

PURE = [
    'dg_pytorch_ros', *(f'dg_pytorch_ros.{name}' for name in (
        'config.node_config', 'contract', 'counters', 'decoding', 'emission', 'encoding', 'errors',
        'evaluation', 'guards', 'health', 'inputs', 'messages.multi_arrays', 'messages.stamps',
        'model', 'model_file', 'parameters.values', 'pictures.images', 'reporter',
        'stop_signals', 'throttled_log', 'values.limits', 'values.slots'))]


@pytest.fixture
def rig() -> Rig:
    """Make an evaluation that has received its inputs."""
    ready = Rig()
    ready.receive(x=1.0, y=2.0)
    return ready


def test_tick_takes_runs_and_publishes_the_outputs_first(rig: Rig) -> None:
    assert rig.tick() == [
        'take x', 'take y', 'run', 'publish a', 'publish b', 'publish duration']
    assert rig.published == [[[2.0]], [[4.0]]]
    assert rig.durations_ms[0] >= 0.0
    assert (rig.counters.ticks, rig.counters.evaluations) == (1, 1)
    assert not rig.counters.refusals


def test_newest_value_is_evaluated_and_the_last_one_again_when_none_came(rig: Rig) -> None:
    rig.tick()
    rig.tick()
    rig.receive(x=7.0, y=8.0)
    rig.tick()
    assert rig.model.runs == [[[1.0], [2.0]], [[1.0], [2.0]], [[7.0], [8.0]]]


def test_nothing_runs_until_every_input_has_a_value() -> None:
    rig = Rig()
    assert rig.tick() == ['take x', 'take y']
    rig.x.put([1.0])
    assert rig.tick() == ['take x', 'take y']
    rig.y.put([2.0])
    assert 'run' in rig.tick()
    assert not rig.observer.refusals
    assert (rig.counters.ticks, rig.counters.evaluations) == (3, 1)


def test_duration_is_published_and_kept(rig: Rig) -> None:
    rig.model.takes_ms = 3.0
    rig.tick()
    rig.model.raises = EvaluationError('forward failed')
    rig.tick()  # how long that took says nothing
    assert rig.durations_ms == [3.0]
    assert list(rig.counters.take_durations_ns()) == [3 * MS_NS]
    assert not rig.counters.take_durations_ns()


def test_end_of_the_process_is_not_taken_for_a_failure(rig: Rig) -> None:
    rig.model.raises = SystemExit()
    with pytest.raises(SystemExit):
        rig.tick()


def test_outputs_of_whole_numbers_need_no_guard(rig: Rig) -> None:
    rig.model.gives = [np.array([1]), np.array([True])]
    assert rig.tick_publishes() == [[1], [True]]


def test_cold_model_is_prepared_on_the_first_complete_set_and_then_runs() -> None:
    rig = Rig(is_warm=False)
    assert 'prepare' not in rig.tick()
    rig.receive(x=1.0, y=2.0)
    assert rig.tick()[2:] == [
        'prepare', 'first outputs', 'take x', 'take y', 'run', 'publish a', 'publish b',
        'publish duration']
    assert rig.observer.first_outputs == [[[2.0], [4.0]]]
    assert 'prepare' not in rig.tick()


def test_what_arrives_during_the_warm_up_is_evaluated_first(
        rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(is_warm=False)
    rig.receive(x=1.0, y=2.0)
    monkeypatch.setattr(rig.observer, 'on_first_outputs', lambda outputs: rig.receive(x=5.0))
    rig.tick()
    assert rig.model.runs == [[[5.0], [2.0]]]


def test_first_set_that_is_refused_is_forgotten_so_that_the_next_one_can_fit() -> None:
    rig = Rig(is_warm=False)
    rig.receive()
    rig.model.refuses = ContractError('forward failed on x float64[1]')
    assert rig.tick()[2:] == ['prepare']
    assert rig.last_refusal.text == 'forward failed on x float64[1]'
    assert [slot.value for slot in rig.slots] == [None, None]
    rig.model.refuses = None
    rig.x.put([1.0, 2.0, 3.0])
    rig.y.put([4.0])
    assert rig.tick_publishes() == [[2.0, 4.0, 6.0], [8.0]]


def test_first_outputs_that_can_never_be_published_are_refused_each_time() -> None:
    rig = Rig(is_warm=False)
    rig.outboxes[0].cannot_ever = True
    for _ in range(2):
        rig.receive()
        assert 'run' not in rig.tick()
        assert rig.last_refusal.text == "output 'a' is not for this topic"
    assert rig.published == [[], []]


def test_preparing_ahead_checks_that_the_outputs_can_be_published() -> None:
    rig = Rig(is_warm=False)
    values = [np.array([1.0]), np.array([2.0])]
    assert [output.tolist() for output in rig.evaluation.prepare(values)] == [[2.0], [4.0]]
    rig.outboxes[1].cannot_ever = True
    with pytest.raises(ContractError, match="output 'b'"):
        rig.evaluation.prepare(values)


def test_preparing_ahead_checks_that_the_outputs_can_be_fed_back() -> None:
    rig = Rig(is_warm=False, fed_back=True)
    with pytest.raises(ContractError) as caught:
        rig.evaluation.prepare([np.zeros(1), np.zeros(3), np.zeros(1), np.zeros(1)])
    assert str(caught.value) == (
        "input 'last_b' is fed back from an output that does not fit it: it has 3 elements; "
        'expected 1 for its shape [1]')


def test_model_is_swapped_and_reset_as_a_whole(rig: Rig) -> None:
    other = Doubler(rig.events, rig.time)
    rig.evaluation.swap(other, [np.zeros(1), np.zeros(1)])
    rig.evaluation.reset()
    assert rig.evaluation.model is other
    assert rig.tick_publishes() == [[2.0], [4.0]]
    assert (len(rig.model.runs), len(other.runs)) == (0, 1)


def test_model_may_be_swapped_before_the_first_complete_set_was_evaluated() -> None:
    rig = Rig(is_warm=False, has_fallbacks=True, a_maximum=100.0, on_error='fallback')
    rig.receive()
    rig.evaluation.look()
    other = Doubler(rig.events, rig.time)
    rig.evaluation.swap(other, other.prepare([np.zeros(1), np.zeros(1)]))
    assert rig.tick_publishes() == [[2.0], [4.0]]


def test_input_that_cannot_be_taken_brings_a_reaction_too(
        monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(has_fallbacks=True, on_error='fallback')
    rig.receive()
    rig.tick()
    monkeypatch.setattr(rig.y, 'take_newest', lambda: 1 / 0)
    assert rig.tick_publishes() == FALLBACKS


@pytest.mark.parametrize('module', PURE)
def test_pure_module_needs_neither_torch_nor_ros(module: str) -> None:
    code = (
        f'import sys, {module}; '
        "print([name for name in ('torch', 'rclpy', 'std_msgs') if name in sys.modules])")
    run = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, check=True,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
    assert run.stdout == '[]\n'
