# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Two models, run on the same values."""

from typing import Any, Callable, List

from dg_pytorch_ros.conversion.comparison import Comparison, Finding, Runner
from dg_pytorch_ros.conversion.tolerance import usual_tolerance
from dg_pytorch_ros.conversion.trials import EDGES, Port, RANDOM, Trial, Trials
from dg_pytorch_ros.errors import EvaluationError
import numpy as np

PORT = Port('x', 'float32', (4,))
Function = Callable[[Any], Any]


def runner(function: Function) -> Runner:
    return Runner(lambda values: [function(values[0])], lambda: None)


def compared(source: Runner, other: Runner, *, runs: int = 3) -> List[Finding]:
    trials = list(Trials([PORT], runs=runs, seed=0).each())
    with np.errstate(all='ignore'):
        return Comparison(source, other, ['y'], usual_tolerance(['float32'])).findings(trials)


def are_good(found: List[Finding]) -> bool:
    return {finding.is_good for finding in found} == {True}


class Sum:
    """Adds up what it gets, and begins at zero after a reset."""

    def __init__(self, *, forgets: bool = True) -> None:
        self._forgets = forgets
        self._total = np.zeros(4, np.float32)

    def run(self, values: Any) -> Any:
        self._total = self._total + values[0]
        return [self._total]

    def reset(self) -> None:
        if self._forgets:
            self._total = np.zeros(4, np.float32)

    @property
    def runner(self) -> Runner:
        return Runner(self.run, self.reset)


def test_a_model_is_like_itself() -> None:
    found = compared(runner(lambda x: 2 * x), runner(lambda x: 2 * x))
    assert are_good(found)
    assert {finding.differences['y'].absolute for finding in found} == {0.0}
    assert sum(finding.runs for finding in found) >= 40


def test_whole_numbers_of_what_is_not_finite_are_not_compared() -> None:
    def largest(x: Any) -> Any:
        return np.argmax(x, keepdims=True)

    def largest_or_first(x: Any) -> Any:
        return largest(x) if np.isfinite(x).all() else np.zeros(1, np.int64)

    assert are_good(compared(runner(largest), runner(largest_or_first)))
    assert not are_good(compared(runner(largest), runner(lambda x: np.zeros(1, np.int64))))


def test_a_small_slip_is_found() -> None:
    found = compared(runner(lambda x: 2 * x), runner(lambda x: np.float32(2.001) * x))
    assert not found[0].is_good
    assert found[0].excused == ()


def test_a_slip_on_one_kind_of_values_is_found_there() -> None:
    found = compared(
        runner(np.abs), runner(lambda x: np.where((x == -1).all(), 0 * x, np.abs(x))))
    bad = {finding.label for finding in found if not finding.is_good}
    assert bad == {'minus ones'}


def test_nan_that_becomes_a_number_is_found() -> None:
    found = compared(runner(lambda x: x), runner(np.nan_to_num))
    bad = {finding.label for finding in found if not finding.is_good}
    assert 'one NaN in x' in bad and 'zeros' not in bad


def test_memory_must_be_kept_from_run_to_run() -> None:
    forgetful = runner(lambda x: x)
    found = compared(Sum().runner, forgetful)
    assert not found[0].is_good
    assert are_good(compared(Sum().runner, forgetful, runs=1)[:1]), 'the first run is alike'


def test_memory_must_go_with_a_reset() -> None:
    found = compared(Sum().runner, Sum(forgets=False).runner)
    assert found[0].is_good, 'nothing was reset before'
    assert not found[-1].is_good
    assert found[-1].label == 'the first again, after a reset'


def test_what_the_source_refuses_is_no_slip_and_the_other_is_not_run_on_it() -> None:
    seen: List[float] = []

    def picky(x: Any) -> Any:
        if (x == -1).all():
            raise EvaluationError('no negative numbers')
        return x

    def other(x: Any) -> Any:
        seen.append(float(x.min()))
        return picky(x)
    found = compared(runner(picky), runner(other))
    assert are_good(found)
    refused = {finding.label: finding for finding in found if finding.refusal}
    assert list(refused) == ['minus ones']
    assert (refused['minus ones'].refusal, refused['minus ones'].runs) == (
        'no negative numbers', 0)
    assert len(seen) == sum(finding.runs for finding in found)


def test_what_only_the_other_refuses_is_a_slip() -> None:
    def other(x: Any) -> Any:
        if (x == 0).all():
            raise EvaluationError('no zeros')
        return x
    found = compared(runner(lambda x: x), runner(other))
    bad = [finding for finding in found if not finding.is_good]
    assert [finding.failure for finding in bad] == ['no zeros', 'no zeros']
    assert [finding.label for finding in bad] == ['zeros', 'negative zeros']


def test_what_rounding_does_to_the_source_itself_is_excused() -> None:
    def chaotic(x: Any, scale: float = 1.0) -> Any:
        return np.sin(np.float32(scale) * np.where(np.abs(x) > 100, x * np.float32(1e5), x))

    def otherwise(x: Any) -> Any:  # the last digit of what the sine is taken of
        return chaotic(x, 1.0 + 1e-7)
    found = compared(runner(chaotic), runner(otherwise))
    excused = {finding.label for finding in found if finding.excused}
    assert 'about 1000' in excused and 'large numbers' in excused
    assert are_good(found)


def test_a_real_slip_is_not_excused_by_rounding() -> None:
    found = compared(
        runner(lambda x: np.sin(10 * x)), runner(lambda x: np.sin(10 * x) + np.float32(1e-3)))
    assert {finding.is_good for finding in found if finding.group == RANDOM} == {False}


def test_a_choice_may_fall_the_other_way_only_where_rounding_decides_it() -> None:
    def choice(x: Any) -> Any:
        return np.array([int(x[0] * np.float32(1e8) > x[1] * np.float32(1e8))])
    trial = Trial(EDGES, 'a tie', ((np.array([1, 1, 0, 0], np.float32),),))
    clear = Trial(EDGES, 'no tie', ((np.array([1, 0.9, 0, 0], np.float32),),))
    comparison = Comparison(
        runner(choice), runner(lambda x: 1 - choice(x)), ['y'], usual_tolerance(['float32']))
    tie, no_tie = comparison.findings([trial, clear])
    assert (tie.is_good, tie.excused) == (True, ('y',))
    assert not no_tie.is_good


def test_each_trial_is_told() -> None:
    told: List[str] = []
    trials = list(Trials([PORT], runs=2, seed=0).each())
    same = runner(lambda x: x)
    Comparison(same, same, ['y'], usual_tolerance([])).findings(trials, tell=told.append)
    assert told == [trial.label for trial in trials]
