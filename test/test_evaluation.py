# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One tick takes, guards, runs, guards and publishes, without ROS and without torch."""

from contextlib import nullcontext
import os
import subprocess
import sys
from typing import Any, ContextManager, List, Optional, Sequence

from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.counters import Counters
from dg_pytorch_ros.errors import ContractError, EvaluationError
from dg_pytorch_ros.evaluation import check_and_warm_up, Evaluation
from dg_pytorch_ros.model import Array, ModelDescription, WarmUp
from dg_pytorch_ros.slots import Slot
import numpy as np
import pytest

PURE = [
    'dg_pytorch_ros', *(f'dg_pytorch_ros.{name}' for name in (
        'config', 'contract', 'counters', 'errors', 'evaluation', 'messages', 'model',
        'model_file', 'slots', 'stop_signals', 'throttled_log'))]


class Doubler:
    """A model that gives twice its inputs, unless it is told to give or to raise another thing."""

    signature = Signature((Argument('x'), Argument('y')), Result('Tensor'))
    description = ModelDescription('model.pt', '', 'fake', 0, None, False)

    def __init__(self, events: List[str]) -> None:
        self.warm_up: Optional[WarmUp] = None
        self.runs: List[List[Any]] = []
        self.gives: Optional[List[Array]] = None
        self.raises: Optional[Exception] = None
        self.refuses: Optional[ContractError] = None
        self._events = events

    def input_dtype(self, index: int, message_dtype: str) -> str:
        return message_dtype

    def bind(
        self, input_names: Sequence[str], dtypes: Sequence[str], output_names: Sequence[str]
    ) -> None:
        pass

    def mode(self) -> ContextManager[None]:
        return nullcontext()

    def prepare(self, values: Sequence[Array]) -> Sequence[Array]:
        self._events.append('prepare')
        if self.refuses is not None:
            raise self.refuses
        self.warm_up = WarmUp(3, 1.0, 1.0)
        return [2 * value for value in values]

    def run(self, values: Sequence[Array]) -> Sequence[Array]:
        self._events.append('run')
        self.runs.append([value.tolist() for value in values])
        if self.raises is not None:
            raise self.raises
        return [2 * value for value in values] if self.gives is None else self.gives

    def reset(self) -> None:
        self._events.append('reset')


class Inbox:
    """A source whose newest message waits until it is taken."""

    def __init__(self, slot: Slot, events: List[str]) -> None:
        self.newest: Optional[Array] = None
        self._slot = slot
        self._events = events

    def take_newest(self) -> None:
        self._events.append(f'take {self._slot.name}')
        if self.newest is not None:
            self._slot.offer(self.newest)


class Outbox:
    """A sink that keeps what is published."""

    def __init__(self, name: str, events: List[str]) -> None:
        self.published: List[Any] = []
        self.cannot_encode = False
        self.cannot_ever = False
        self.name = name
        self._events = events

    def check(self, value: Array) -> None:
        if self.cannot_ever:
            raise ContractError(f'output {self.name!r} is not for this topic')

    def encode(self, value: Array) -> Any:
        if self.cannot_encode:
            raise EvaluationError(f'output {self.name!r} does not fit')
        return value.tolist()

    def publish(self, message: Any) -> None:
        self._events.append(f'publish {self.name}')
        self.published.append(message)


class Rig:
    """An evaluation of two inputs and two outputs, and everything that it touches."""

    def __init__(self, *, is_warm: bool = True) -> None:
        self.events: List[str] = []
        self.failures: List[EvaluationError] = []
        self.durations_ms: List[float] = []
        self.first_outputs: List[List[Any]] = []
        self.counters = Counters()
        self.model = Doubler(self.events)
        self.slots = [Slot(name, dtype='float64') for name in ('x', 'y')]
        self.inboxes = [Inbox(slot, self.events) for slot in self.slots]
        self.outboxes = [Outbox(name, self.events) for name in ('a', 'b')]
        self.evaluation = Evaluation(
            self.model, self.slots, polled=self.inboxes, sinks=self.outboxes,
            publish_duration_ms=self._on_duration, on_first_outputs=self._on_first_outputs,
            on_failure=self.failures.append, counters=self.counters)
        if is_warm:
            self.evaluation.prepare([np.zeros(1), np.zeros(1)])

    def receive(self, x: Sequence[float], y: Sequence[float]) -> None:
        for inbox, values in zip(self.inboxes, (x, y)):
            inbox.newest = np.array(values)

    def tick(self) -> List[str]:
        """Tick once; return what happened, in order."""
        self.events.clear()
        self.evaluation.tick()
        return list(self.events)

    @property
    def published(self) -> List[List[Any]]:
        return [outbox.published for outbox in self.outboxes]

    def _on_duration(self, duration_ms: float) -> None:
        self.events.append('publish duration')
        self.durations_ms.append(duration_ms)

    def _on_first_outputs(self, outputs: Sequence[Array]) -> None:
        self.events.append('first outputs')
        self.first_outputs.append([output.tolist() for output in outputs])


@pytest.fixture
def rig() -> Rig:
    """Make an evaluation that has received its inputs."""
    ready = Rig()
    ready.receive(x=[1.0], y=[2.0, 3.0])
    return ready


def test_tick_takes_runs_and_publishes_the_outputs_first(rig: Rig) -> None:
    assert rig.tick() == [
        'take x', 'take y', 'run', 'publish a', 'publish b', 'publish duration']
    assert rig.published == [[[2.0]], [[4.0, 6.0]]]
    assert rig.durations_ms[0] >= 0.0
    assert (rig.counters.evaluations, rig.counters.failed_evaluations) == (1, 0)


def test_newest_value_is_evaluated_and_the_last_one_again_when_none_came(rig: Rig) -> None:
    rig.tick()
    rig.tick()
    rig.receive(x=[7.0], y=[8.0, 9.0])
    rig.tick()
    assert rig.model.runs == [
        [[1.0], [2.0, 3.0]], [[1.0], [2.0, 3.0]], [[7.0], [8.0, 9.0]]]


def test_nothing_runs_until_every_input_has_a_value() -> None:
    rig = Rig()
    assert rig.tick() == ['take x', 'take y']
    rig.inboxes[0].newest = np.array([1.0])
    assert rig.tick() == ['take x', 'take y']
    rig.inboxes[1].newest = np.array([2.0])
    assert 'run' in rig.tick()
    assert not rig.failures


def test_failing_run_is_reported_counted_and_survived(rig: Rig) -> None:
    rig.model.raises = EvaluationError('forward failed', details='trace')
    assert rig.tick() == ['take x', 'take y', 'run']
    assert rig.failures == [rig.model.raises]
    assert rig.published == [[], []]
    assert (rig.counters.evaluations, rig.counters.failed_evaluations) == (0, 1)
    rig.model.raises = None
    rig.tick()
    assert rig.published == [[[2.0]], [[4.0, 6.0]]]


def test_error_that_is_nobodys_fault_is_not_swallowed(rig: Rig) -> None:
    rig.model.raises = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        rig.tick()


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_input_that_is_not_finite_stops_the_evaluation_until_it_is(rig: Rig, bad: float) -> None:
    rig.receive(x=[1.0], y=[2.0, bad])
    assert rig.tick() == ['take x', 'take y']
    assert [str(error) for error in rig.failures] == [
        "input 'y' is not finite; nothing is evaluated until it is"]
    assert (rig.counters.nonfinite_inputs, rig.counters.failed_evaluations) == (1, 1)
    rig.receive(x=[1.0], y=[2.0, 3.0])
    assert 'publish a' in rig.tick()


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_output_that_is_not_finite_keeps_every_output_back(rig: Rig, bad: float) -> None:
    rig.model.gives = [np.array([1.0]), np.array([0.0, bad], np.float32)]
    assert rig.tick() == ['take x', 'take y', 'run']
    assert 'is not finite; it is not published' in str(rig.failures[0])
    assert (rig.counters.nonfinite_outputs, rig.counters.failed_evaluations) == (1, 1)


def test_outputs_of_whole_numbers_need_no_guard(rig: Rig) -> None:
    rig.model.gives = [np.array([1]), np.array([True])]
    rig.tick()
    assert rig.published == [[[1]], [[True]]]


def test_either_all_outputs_are_published_or_none(rig: Rig) -> None:
    rig.outboxes[1].cannot_encode = True
    assert rig.tick() == ['take x', 'take y', 'run']
    assert [str(error) for error in rig.failures] == ["output 'b' does not fit"]
    assert rig.counters.failed_evaluations == 1


def test_cold_model_is_prepared_on_the_first_complete_set_and_then_runs() -> None:
    rig = Rig(is_warm=False)
    rig.tick()
    assert 'prepare' not in rig.events
    rig.receive(x=[1.0], y=[2.0])
    assert rig.tick()[2:] == [
        'prepare', 'first outputs', 'take x', 'take y', 'run', 'publish a', 'publish b',
        'publish duration']
    assert rig.first_outputs == [[[2.0], [4.0]]]
    assert 'prepare' not in rig.tick()


def test_first_set_that_is_refused_is_forgotten_so_that_the_next_one_can_fit() -> None:
    rig = Rig(is_warm=False)
    rig.receive(x=[1.0], y=[2.0])
    rig.model.refuses = ContractError('forward failed on x float64[1]')
    assert rig.tick()[2:] == ['prepare']
    assert [str(error) for error in rig.failures] == ['forward failed on x float64[1]']
    assert [slot.value for slot in rig.slots] == [None, None]
    rig.model.refuses = None
    rig.receive(x=[1.0, 2.0, 3.0], y=[4.0])
    rig.tick()
    assert rig.published == [[[2.0, 4.0, 6.0]], [[8.0]]]


def test_first_outputs_that_can_never_be_published_are_a_failure() -> None:
    rig = Rig(is_warm=False)
    rig.receive(x=[1.0], y=[2.0])
    rig.outboxes[0].cannot_ever = True
    assert 'run' not in rig.tick()
    assert [str(error) for error in rig.failures] == ["output 'a' is not for this topic"]


def test_first_outputs_that_can_never_be_published_are_not_published_later_either() -> None:
    rig = Rig(is_warm=False)
    rig.outboxes[0].cannot_ever = True
    for _ in range(2):
        rig.receive(x=[1.0], y=[2.0])
        assert 'run' not in rig.tick()
    assert rig.published == [[], []]


def test_preparing_ahead_checks_that_the_outputs_can_be_published() -> None:
    rig = Rig(is_warm=False)
    values = [np.array([1.0]), np.array([2.0])]
    assert [output.tolist() for output in rig.evaluation.prepare(values)] == [[2.0], [4.0]]
    rig.outboxes[1].cannot_ever = True
    with pytest.raises(ContractError, match="output 'b'"):
        check_and_warm_up(rig.model, values, rig.outboxes)


def test_model_is_swapped_and_reset_as_a_whole(rig: Rig) -> None:
    other = Doubler(rig.events)
    rig.evaluation.swap(other)
    rig.evaluation.reset()
    assert rig.evaluation.model is other
    rig.tick()
    assert (len(rig.model.runs), len(other.runs)) == (0, 1)


@pytest.mark.parametrize('module', PURE)
def test_pure_module_needs_neither_torch_nor_ros(module: str) -> None:
    code = (
        f'import sys, {module}; '
        "print([name for name in ('torch', 'rclpy', 'std_msgs') if name in sys.modules])")
    run = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, check=True,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
    assert run.stdout == '[]\n'
