# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Inputs of several parts and of several evaluations: what the model gets, and when it does."""

from typing import Any, Callable, List

from dg_pytorch_ros.errors import ContractError, EvaluationError
from dg_pytorch_ros.values.assembly import Assembly
from dg_pytorch_ros.values.history import History
from dg_pytorch_ros.values.slots import Slot
from dg_pytorch_ros.values.value_source import ValueSource
from evaluation_rig import FALLBACKS, Rig
import numpy as np
import pytest

FLOAT64 = np.dtype('float64')
AGE_MS = 100
DEADLINE_MS = 50


def history(source: ValueSource) -> History:
    return History(
        source.name, source, length=3, order='newest_first', fill='zeros', dtype=FLOAT64,
        shape=None)


def of_x(slots: List[Slot]) -> List[ValueSource]:
    """Give the model the history of x, and the other inputs as they are."""
    return [history(slots[0]), *slots[1:]]


def together(slots: List[Slot]) -> List[ValueSource]:
    """Give the model x and y as one input, which must have two numbers, and y once more."""
    return [Assembly('obs', slots[:2], dtype=FLOAT64, shape=(2,)), slots[1]]


@pytest.fixture
def make_rig() -> Callable[..., Rig]:
    """Return a function that makes an evaluation of a history, with a deadline."""
    def make(**settings: Any) -> Rig:
        return Rig(**{
            'x_max_age_ms': AGE_MS, 'deadline_ms': DEADLINE_MS, 'has_fallbacks': True,
            'arrange': of_x, **settings})
    return make


def history_after(rig: Rig, x: float) -> Any:
    """Return what the model gets of the history when x comes next."""
    rig.receive(x=x)
    count = len(rig.model.runs)
    rig.tick()
    assert len(rig.model.runs) == count + 1
    return [number for number, in rig.model.runs[-1][0]]


# Histories

def test_the_model_gets_what_the_evaluations_before_were_done_on(make_rig: Any) -> None:
    rig = make_rig()
    assert [history_after(rig, x) for x in (1.0, 2.0, 3.0, 4.0)] == [
        [1.0, 0.0, 0.0], [2.0, 1.0, 0.0], [3.0, 2.0, 1.0], [4.0, 3.0, 2.0]]


def test_a_value_that_is_evaluated_again_is_remembered_again(make_rig: Any) -> None:
    rig = make_rig()
    rig.receive(x=1.0)
    for _ in range(3):
        rig.tick()
    assert rig.model.runs[-1][0] == [[1.0], [1.0], [1.0]]


def test_a_message_that_no_evaluation_was_done_on_is_not_remembered(make_rig: Any) -> None:
    rig = make_rig()
    history_after(rig, 1.0)
    rig.receive(x=2.0)
    rig.x.take_newest()
    assert history_after(rig, 3.0) == [3.0, 1.0, 0.0]


REFUSALS = {
    'failing evaluation': lambda rig: setattr(rig.model, 'raises', EvaluationError('no')),
    'bug': lambda rig: setattr(rig.model, 'raises', ZeroDivisionError()),
    'output not finite': lambda rig: setattr(
        rig.model, 'gives', [np.array([np.nan]), np.array([1.0])]),
    'output that no message holds': lambda rig: setattr(
        rig.outboxes[1], 'cannot_encode', True),
    'output that cannot be fed back': lambda rig: setattr(
        rig.model, 'gives', [np.ones((3, 1)), np.ones(7)]),
    'another input not finite': lambda rig: rig.y.put([np.inf]),
    'input too old': lambda rig: rig.time.pass_ms(2 * AGE_MS)}


def mend(rig: Rig) -> None:
    rig.model.raises = rig.model.gives = None
    rig.outboxes[1].cannot_encode = False


@pytest.mark.parametrize('reaction', ['skip', 'hold', 'fallback'])
@pytest.mark.parametrize('bring_about', REFUSALS.values(), ids=REFUSALS)
def test_what_was_refused_is_not_remembered(
    make_rig: Any, bring_about: Callable[[Rig], Any], reaction: str
) -> None:
    rig = make_rig(
        on_stale=reaction, on_nonfinite=reaction, on_error=reaction, fed_back=True,
        arrange=lambda slots: [history(slots[0]), *slots[1:3]])
    rig.slots[3].retune(np.zeros(1))
    rig.model.gives = [np.ones(1), np.ones(1)]
    assert history_after(rig, 1.0) == [1.0, 0.0, 0.0]
    mend(rig)
    for _ in range(2):
        rig.receive(x=2.0)
        bring_about(rig)
        rig.tick()
        mend(rig)
    assert len(rig.observer.refusals) == 2
    rig.model.gives = [np.ones(1), np.ones(1)]
    assert history_after(rig, 3.0) == [3.0, 1.0, 0.0]
    assert history_after(rig, 4.0) == [4.0, 3.0, 1.0]


def test_without_permission_nothing_is_remembered(make_rig: Any) -> None:
    rig = make_rig(enable_topic='enable')
    rig.enable.put([True])
    history_after(rig, 1.0)
    rig.enable.put([False])
    rig.receive(x=2.0)
    rig.tick()
    rig.enable.put([True])
    assert history_after(rig, 3.0) == [3.0, 1.0, 0.0]


def test_what_came_too_late_to_be_published_is_remembered_as_by_the_model(make_rig: Any) -> None:
    rig = make_rig(on_overrun='skip')
    rig.model.takes_ms = DEADLINE_MS + 10
    assert history_after(rig, 1.0) == [1.0, 0.0, 0.0]
    assert rig.last_refusal.cause == 'deadline'
    assert rig.model.memory == 1
    assert history_after(rig, 2.0) == [2.0, 1.0, 0.0]


@pytest.mark.parametrize('begin_anew', [
    lambda rig: rig.evaluation.reset(), lambda rig: rig.begin(),
    lambda rig: rig.evaluation.swap(rig.model, [np.zeros(1), np.zeros(1)]),
], ids=['reset', 'begin', 'swap'])
def test_a_history_begins_anew(make_rig: Any, begin_anew: Any) -> None:
    rig = make_rig()
    for x in 1.0, 2.0:
        history_after(rig, x)
    begin_anew(rig)
    assert history_after(rig, 3.0) == [3.0, 0.0, 0.0]


def test_what_was_read_before_a_reset_is_not_remembered_after(make_rig: Any) -> None:
    rig = make_rig(on_error='skip')
    rig.model.raises = EvaluationError('no')
    history_after(rig, 1.0)
    rig.evaluation.reset()
    mend(rig)
    assert history_after(rig, 2.0) == [2.0, 0.0, 0.0]


def test_the_first_set_of_values_is_remembered_once_though_it_warms_up_too(make_rig: Any) -> None:
    rig = make_rig(is_warm=False)
    assert history_after(rig, 1.0) == [1.0, 0.0, 0.0]
    assert history_after(rig, 2.0) == [2.0, 1.0, 0.0]


def test_a_first_set_that_is_refused_leaves_no_history(make_rig: Any) -> None:
    rig = make_rig(is_warm=False)
    rig.receive(x=1.0)
    rig.model.refuses = ContractError('no')
    rig.tick()
    rig.model.refuses = None
    rig.x.put([5.0, 6.0])
    rig.y.put([7.0])
    rig.tick()
    assert rig.model.runs == [[[[5.0, 6.0], [0.0, 0.0], [0.0, 0.0]], [7.0]]]


def test_a_history_of_an_output_is_what_it_was(make_rig: Any) -> None:
    rig = make_rig(fed_back=True, arrange=lambda slots: [
        slots[0], slots[1], history(slots[2]), slots[3]])
    for x in 1.0, 2.0, 3.0:
        rig.receive(x=x)
        rig.tick()
    assert rig.model.runs[-1][2] == [[4.0], [2.0], [0.5]]


# Parts

def test_parts_are_given_to_the_model_as_one(make_rig: Any) -> None:
    rig = make_rig(arrange=together)
    rig.receive(x=1.0, y=2.0)
    assert rig.tick_publishes() == [[2.0, 4.0], [4.0]]
    assert rig.model.runs == [[[1.0, 2.0], [2.0]]]


def test_nothing_runs_until_every_part_has_a_value(make_rig: Any) -> None:
    rig = make_rig(arrange=together)
    rig.x.put([1.0])
    assert 'run' not in rig.tick()
    assert rig.observer.refusals == []


def test_a_history_of_parts_remembers_all_of_them(make_rig: Any) -> None:
    rig = make_rig(arrange=lambda slots: [history(together(slots)[0]), slots[1]])
    for x, y in (1.0, 2.0), (3.0, 4.0):
        rig.receive(x, y)
        rig.tick()
    assert rig.model.runs[-1][0] == [[3.0, 4.0], [1.0, 2.0], [0.0, 0.0]]


def misfitting(make_rig: Any, **settings: Any) -> Rig:
    """Make an evaluation whose parts have not as many numbers together as they must."""
    rig: Rig = make_rig(arrange=together, on_error='fallback', **settings)
    rig.x.put([1.0, 2.0])
    rig.y.put([3.0])
    return rig


MISFIT = (
    "input 'obs': its parts have 3 numbers together (x 2, y 1), which do not fit its shape [2]")


def test_parts_that_do_not_fit_together_are_a_failed_evaluation(make_rig: Any) -> None:
    rig = misfitting(make_rig, max_failures=2)
    assert rig.tick_publishes() == FALLBACKS
    assert rig.last_refusal == (MISFIT, 'failed evaluation', 'fallback', True)
    assert rig.model.runs == [] and 'undo' not in rig.events
    rig.tick()
    assert rig.observer.reasons == [MISFIT]


def test_what_is_too_old_counts_more_than_parts_that_do_not_fit(make_rig: Any) -> None:
    rig = misfitting(make_rig, on_stale='hold')
    rig.x.take_newest()
    rig.time.pass_ms(2 * AGE_MS)
    assert rig.tick_publishes() is None
    assert rig.last_refusal.cause == 'stale x'


def test_what_is_not_finite_counts_more_than_parts_that_do_not_fit(make_rig: Any) -> None:
    rig = misfitting(make_rig, on_nonfinite='skip')
    rig.y.put([np.nan])
    rig.tick()
    assert rig.last_refusal.cause == 'not finite: input y'


def test_who_may_not_act_is_not_asked_whether_the_parts_fit(make_rig: Any) -> None:
    rig = misfitting(make_rig, enable_topic='enable')
    rig.tick()
    assert rig.last_refusal.cause == 'disabled'
    assert rig.counters.refusals['failed evaluation'] == 0


def test_first_parts_that_do_not_fit_let_the_next_ones_decide(make_rig: Any) -> None:
    rig = misfitting(make_rig, is_warm=False)
    assert 'prepare' not in rig.tick()
    assert rig.last_refusal.text == MISFIT
    assert [slot.shape for slot in rig.slots] == [None, None]
    rig.receive(x=1.0, y=2.0)
    assert rig.tick_publishes() == [[2.0, 4.0], [4.0]]
