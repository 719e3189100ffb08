# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whatever must not be believed brings the reaction that was asked for, and leaves no trace."""

from typing import Any, Callable, Dict, NamedTuple

from dg_pytorch_ros.errors import EvaluationError
from evaluation_rig import FALLBACKS, Rig
import numpy as np
import pytest

REACTIONS = ['skip', 'hold', 'fallback', 'deactivate']
GOOD = [[2.0], [4.0]]
AGE_MS = 100
DEADLINE_MS = 50


class Cause(NamedTuple):
    """Something that must not be believed, and how to bring it about."""

    parameter: str
    counted_as: str
    says: str
    bring_about: Callable[[Rig], Any]
    has_run: bool = True
    is_remembered: bool = False
    """Whether the model and the feedback go on from this run."""


def fail(rig: Rig) -> None:
    rig.model.raises = EvaluationError('forward failed', details='trace')


def break_down(rig: Rig) -> None:
    rig.model.raises = ZeroDivisionError('division by zero')


def give(*numbers: float) -> Callable[[Rig], None]:
    def give_these(rig: Rig) -> None:
        rig.model.gives = [np.array([number]) for number in numbers]
    return give_these


def refuse_to_encode(rig: Rig) -> None:
    rig.outboxes[1].cannot_encode = True


def take_long(rig: Rig) -> None:
    rig.model.takes_ms = DEADLINE_MS + 10


CAUSES: Dict[str, Cause] = {
    'input too old': Cause(
        'on_stale', 'stale x', "input 'x' is 101.0 ms old, above max_age_ms 100",
        lambda rig: rig.time.pass_ms(AGE_MS), has_run=False),
    'input not finite': Cause(
        'on_nonfinite', 'not finite: input y',
        "input 'y' is not finite; nothing is evaluated until it is",
        lambda rig: rig.receive(y=np.inf), has_run=False),
    'output not finite': Cause(
        'on_nonfinite', 'not finite: output b', "output 'b' is not finite", give(9.0, np.nan)),
    'output that is fed back not finite': Cause(
        'on_nonfinite', 'not finite: output a', "output 'a' is not finite", give(-np.inf, 9.0)),
    'failing evaluation': Cause('on_error', 'failed evaluation', 'forward failed', fail),
    'bug': Cause(
        'on_error', 'failed evaluation',
        "the evaluation was cut short by ZeroDivisionError('division by zero')", break_down),
    'output that no message holds': Cause(
        'on_error', 'failed evaluation', "output 'b' does not fit", refuse_to_encode),
    'output that is fed back and does not fit': Cause(
        'on_error', 'failed evaluation',
        "input 'last_b' cannot be fed back: it has 2 elements; expected 1 for its shape [1]",
        lambda rig: setattr(rig.model, 'gives', [np.ones(1), np.ones(2)])),
    'evaluation that takes too long': Cause(
        'on_overrun', 'deadline', 'the evaluation took 60.000 ms, above deadline_ms 50', take_long,
        is_remembered=True),
}


@pytest.fixture
def make_rig() -> Callable[..., Rig]:
    """Return a function that makes an evaluation that works, with everything switched on."""
    def make(**settings: Any) -> Rig:
        rig = Rig(**{
            'x_max_age_ms': AGE_MS, 'deadline_ms': DEADLINE_MS, 'has_fallbacks': True,
            'fed_back': True, **settings})
        rig.receive()
        assert rig.tick_publishes() == [[(settings.get('a_scale') or 1.0) * 2.0], [4.0]]
        return rig
    return make


def mend(rig: Rig) -> None:
    rig.model.raises = rig.model.gives = None
    rig.model.takes_ms = 1.0
    rig.outboxes[1].cannot_encode = False
    rig.receive()


@pytest.fixture(params=list(CAUSES.values()), ids=list(CAUSES))
def cause(request: pytest.FixtureRequest) -> Cause:
    assert isinstance(request.param, Cause)
    return request.param


@pytest.mark.parametrize('reaction, published', [
    ('skip', None), ('hold', GOOD), ('fallback', FALLBACKS), ('deactivate', FALLBACKS)])
def test_each_cause_brings_the_reaction_that_was_asked_for(
        make_rig: Any, cause: Cause, reaction: str, published: Any) -> None:
    rig = make_rig(**{cause.parameter: reaction})
    cause.bring_about(rig)
    assert rig.tick_publishes() == published
    assert rig.observer.refusals == [
        (cause.says, cause.counted_as, reaction, published is not None)]
    assert rig.observer.reasons == ([cause.says] if reaction == 'deactivate' else [])


def test_each_cause_brings_its_own_reaction_only(make_rig: Any, cause: Cause) -> None:
    others = {'on_stale', 'on_nonfinite', 'on_error', 'on_overrun'} - {cause.parameter}
    rig = make_rig(**{cause.parameter: 'skip', **dict.fromkeys(others, 'fallback')})
    cause.bring_about(rig)
    assert rig.tick_publishes() is None


@pytest.mark.parametrize('reaction', REACTIONS)
def test_what_is_not_to_be_believed_is_not_remembered(
        make_rig: Any, cause: Cause, reaction: str) -> None:
    rig = make_rig(**{cause.parameter: reaction})
    memory = rig.model.memory
    assert rig.fed_back == GOOD
    cause.bring_about(rig)
    events = rig.tick()
    assert ('run' in events) == cause.has_run
    assert events.count('undo') == (cause.has_run and not cause.is_remembered)
    assert rig.model.memory == memory + cause.is_remembered
    assert rig.fed_back == GOOD


def test_each_cause_is_counted_once_and_as_itself(make_rig: Any, cause: Cause) -> None:
    rig = make_rig(**{cause.parameter: 'skip'})
    assert rig.counters.refusals == {}
    cause.bring_about(rig)
    for count in (1, 2):
        rig.tick()
        assert rig.counters.refusals == {cause.counted_as: count}
    assert rig.counters.ticks == 3
    # A run that failed is no evaluation; one whose outputs are refused is.
    is_evaluation = cause.has_run and not rig.model.raises
    assert rig.counters.evaluations == (3 if is_evaluation else 1)
    assert rig.counters.last_error.startswith(cause.says[:8])


@pytest.mark.parametrize('reaction', ['skip', 'hold', 'fallback'])
def test_outputs_come_again_as_soon_as_they_can_be_believed(
        make_rig: Any, cause: Cause, reaction: str) -> None:
    rig = make_rig(**{cause.parameter: reaction})
    cause.bring_about(rig)
    rig.tick()
    rig.tick()
    assert rig.observer.recoveries == []
    mend(rig)
    for _ in range(2):
        assert rig.tick_publishes() == GOOD
    assert rig.observer.recoveries == [2]
    cause.bring_about(rig)
    rig.tick()
    mend(rig)
    rig.tick()
    assert rig.observer.recoveries == [2, 1]


def test_nothing_is_published_after_the_last_fallback(make_rig: Any, cause: Cause) -> None:
    rig = make_rig(**{cause.parameter: 'deactivate'})
    cause.bring_about(rig)
    rig.tick()
    for _ in range(2):  # whatever the loop does before it halts
        assert rig.tick_publishes() is None
    mend(rig)
    assert rig.tick_publishes() is None
    rig.begin()
    rig.receive()
    assert rig.tick_publishes() == GOOD


def test_new_activation_knows_nothing_of_what_was_refused_before(
        make_rig: Any, cause: Cause) -> None:
    rig = make_rig(**{cause.parameter: 'skip'})
    cause.bring_about(rig)
    rig.tick()
    rig.tick()
    rig.begin()
    mend(rig)
    assert rig.tick_publishes() == GOOD
    assert rig.observer.recoveries == []
    cause.bring_about(rig)
    rig.tick()
    mend(rig)
    rig.tick()
    assert rig.observer.recoveries == [1]


def test_nothing_is_held_before_there_was_an_output(make_rig: Any, cause: Cause) -> None:
    rig = make_rig(**{cause.parameter: 'hold'})
    rig.begin()
    rig.receive()
    rig.time.pass_ms(1.0)  # as an evaluation would
    cause.bring_about(rig)
    assert rig.tick_publishes() is None
    assert rig.last_refusal[2:] == ('hold', False)


def test_output_without_a_fallback_falls_silent(make_rig: Any) -> None:
    rig = make_rig(has_fallbacks=False, on_nonfinite='deactivate')
    rig.receive(x=np.nan)
    assert rig.tick_publishes() is None
    assert rig.last_refusal[2:] == ('deactivate', False)
    assert len(rig.observer.reasons) == 1


def test_held_output_is_the_last_good_one_even_after_several_failures(make_rig: Any) -> None:
    rig = make_rig(on_error='hold', on_nonfinite='skip')
    rig.receive(x=3.0, y=4.0)
    rig.tick()
    for bring_about, published in (
            (refuse_to_encode, [[6.0], [8.0]]), (give(np.nan, 1.0), None),
            (fail, [[6.0], [8.0]])):
        mend(rig)
        rig.receive(x=5.0, y=6.0)
        bring_about(rig)
        assert rig.tick_publishes() == published


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('dtype', [np.float64, np.float32, np.float16])
def test_no_kind_of_number_that_is_not_finite_is_published(
        make_rig: Any, bad: float, dtype: Any) -> None:
    rig = make_rig()
    rig.model.gives = [np.array([1.0]), np.array([0.0, bad], dtype)]
    assert rig.tick_publishes() is None
    rig = make_rig()
    rig.y.put(np.array([2.0, bad], dtype)[1:])
    assert rig.tick_publishes() is None


def test_details_of_a_bug_are_its_trace(make_rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = make_rig()
    heard = []
    monkeypatch.setattr(
        rig.observer, 'on_refusal', lambda error, reaction, **_: heard.append(error))
    break_down(rig)
    rig.tick()
    assert 'in run\n' in heard[0].details


# Too long

def test_deadline_that_is_not_kept_is_counted_but_published_unless_told_otherwise(
        make_rig: Any) -> None:
    rig = make_rig()
    take_long(rig)
    assert rig.tick_publishes() == GOOD
    assert rig.counters.refusals == {'deadline': 1}
    assert (rig.observer.refusals, rig.counters.last_error) == ([], '')
    rig.model.takes_ms = DEADLINE_MS
    rig.tick()
    assert rig.counters.refusals == {'deadline': 1}


def test_evaluation_longer_than_the_period_is_counted_and_said_and_published(
        make_rig: Any) -> None:
    rig = make_rig(period_s=0.01, deadline_ms=None)
    for takes_ms in (10.0, 10.5):
        rig.model.takes_ms = takes_ms
        assert rig.tick_publishes() == GOOD
    assert rig.counters.overruns == 1
    assert rig.observer.overruns_ms == [(pytest.approx(10.5), 10.0)]
    assert not rig.counters.refusals


def test_without_a_period_no_evaluation_is_an_overrun(make_rig: Any) -> None:
    rig = make_rig(deadline_ms=None)
    rig.model.takes_ms = 10_000.0
    assert rig.tick_publishes() == GOOD
    assert (rig.counters.overruns, rig.counters.refusals) == (0, {})


# So many failures

@pytest.mark.parametrize('bring_about', [fail, break_down, refuse_to_encode])
def test_after_so_many_failures_in_a_row_the_node_gives_up(
        make_rig: Any, bring_about: Any) -> None:
    rig = make_rig(max_failures=3, on_error='skip')
    bring_about(rig)
    assert [rig.tick_publishes() for _ in range(3)] == [None, None, FALLBACKS]
    assert rig.observer.reasons == [rig.last_refusal.text]
    assert [refusal.reaction for refusal in rig.observer.refusals] == [
        'skip', 'skip', 'deactivate']


def test_failures_count_only_in_a_row(make_rig: Any) -> None:
    rig = make_rig(max_failures=3)
    for _ in range(5):
        fail(rig)
        rig.tick()
        rig.tick()
        mend(rig)
        rig.tick()
    assert rig.observer.reasons == []
    for _ in range(2):
        fail(rig)
        rig.tick()
        rig.tick()
        rig.begin()
        rig.receive()
    assert rig.observer.reasons == []


def test_what_is_no_failure_does_not_count_as_one_nor_end_the_row(make_rig: Any) -> None:
    rig = make_rig(max_failures=2, on_overrun='skip')
    for name in ('input too old', 'input not finite', 'output not finite',
                 'evaluation that takes too long'):
        CAUSES[name].bring_about(rig)
        rig.tick()
        rig.tick()
        rig.model.gives = None
        rig.receive()
    assert rig.observer.reasons == []
    for bring_about in (fail, CAUSES['input not finite'].bring_about):
        bring_about(rig)
        rig.tick()
    assert rig.observer.reasons == []
    rig.receive()
    rig.tick()
    assert rig.observer.reasons == ['forward failed']


def test_no_number_of_failures_is_too_many_if_there_is_no_limit(make_rig: Any) -> None:
    rig = make_rig(max_failures=0)
    fail(rig)
    for _ in range(300):
        rig.tick()
    assert rig.observer.reasons == []


# Inputs that nobody has sent yet

@pytest.mark.parametrize('initial', [None, [1.0]])
@pytest.mark.parametrize('reaction, published', [
    ('skip', None), ('hold', None), ('fallback', FALLBACKS), ('deactivate', None)])
def test_who_waits_for_the_first_message_does_not_deactivate(
        make_rig: Any, reaction: str, published: Any, initial: Any) -> None:
    rig = make_rig(on_stale=reaction)
    rig.begin()
    if initial:
        rig.x.slot.retune(np.array(initial))
    rig.y.put([2.0])
    rig.time.pass_ms(AGE_MS + 1)
    assert rig.tick_publishes() == published
    assert rig.observer.reasons == []
    assert rig.last_refusal.text == (
        "input 'x' has had no message for 101.0 ms, above max_age_ms 100")
    rig.receive()
    assert rig.tick_publishes() == GOOD


def test_until_it_is_too_old_an_awaited_input_is_only_awaited(make_rig: Any) -> None:
    rig = make_rig(on_stale='fallback')
    rig.begin()
    rig.time.pass_ms(AGE_MS)
    assert rig.tick_publishes() is None
    assert not rig.counters.refusals
    assert rig.observer.refusals == []


def test_input_that_came_once_is_no_longer_awaited(make_rig: Any) -> None:
    rig = make_rig(on_stale='deactivate')
    rig.time.pass_ms(AGE_MS)
    assert rig.tick_publishes() == FALLBACKS
    assert len(rig.observer.reasons) == 1


def test_value_may_be_as_old_as_was_allowed(make_rig: Any) -> None:
    rig = make_rig()
    rig.receive()
    rig.time.pass_ms(AGE_MS)
    assert rig.tick_publishes() == GOOD
    rig.time.now_ns = rig.x.slot.since_ns + AGE_MS * 1_000_000 + 1
    assert rig.tick_publishes() is None


# The permission to act

def guarded(**settings: Any) -> Rig:
    """Make an evaluation that works as long as it is enabled."""
    rig = Rig(**{
        'has_fallbacks': True, 'enable_topic': 'enable', 'on_error': 'hold',
        'on_nonfinite': 'hold', **settings})
    rig.receive()
    return rig


def test_without_permission_the_fallback_is_published_and_nothing_evaluated() -> None:
    rig = guarded()
    assert rig.tick_publishes() == FALLBACKS
    assert rig.last_refusal == (
        'not enabled by enable: nothing has come', 'disabled', 'fallback', True)
    rig.enable.put([True])
    assert rig.tick_publishes() == GOOD
    rig.enable.put([False])
    assert rig.tick_publishes() == FALLBACKS
    assert rig.last_refusal.text == 'not enabled by enable: it says false'
    assert rig.tick_publishes() == FALLBACKS
    assert len(rig.model.runs) == 1
    assert rig.counters.refusals == {'disabled': 3}
    assert rig.counters.last_error == ''
    rig.enable.put([True])
    assert rig.tick_publishes() == GOOD
    assert rig.observer.recoveries == [1, 2]
    assert rig.observer.reasons == []


def test_permission_ends_with_its_age() -> None:
    rig = guarded(enable_max_age_ms=50)
    rig.enable.put([True])
    rig.time.pass_ms(50)
    assert rig.tick_publishes() == GOOD
    rig.time.pass_ms(20)
    assert rig.tick_publishes() == FALLBACKS
    assert rig.last_refusal.text == (
        'not enabled by enable: its true is 71.0 ms old, above enable_max_age_ms 50')
    rig.enable.put([True])
    assert rig.tick_publishes() == GOOD


def test_permission_does_not_outlive_the_activation() -> None:
    rig = guarded()
    rig.enable.put([True])
    rig.tick()
    rig.begin()
    rig.receive()
    assert rig.tick_publishes() == FALLBACKS


def test_permission_that_lacks_counts_more_than_what_else_is_wrong() -> None:
    rig = guarded(x_max_age_ms=AGE_MS, on_stale='deactivate')
    rig.receive(x=np.nan)
    rig.time.pass_ms(AGE_MS + 1)
    assert rig.tick_publishes() == FALLBACKS
    assert rig.counters.refusals == {'disabled': 1}
    assert rig.observer.reasons == []


def test_outputs_fade_in_after_the_permission_came_and_after_nothing_else() -> None:
    rig = guarded(fade_in_s=1.0, x_max_age_ms=5000, on_stale='fallback')
    rig.model.takes_ms = 0.0
    for _ in range(2):
        rig.enable.put([True])
        assert rig.tick_publishes() == FALLBACKS
        rig.time.pass_ms(500)
        assert rig.tick_publishes() == [[-2.5], [-2.0]]
        rig.time.pass_ms(500)
        assert rig.tick_publishes() == GOOD
        rig.time.pass_ms(5000)
        assert rig.tick_publishes() == FALLBACKS
        rig.receive()
        assert rig.tick_publishes() == GOOD
        rig.enable.put([False])
        assert rig.tick_publishes() == FALLBACKS


def test_inputs_that_are_not_complete_bring_the_fallback_too_while_disabled() -> None:
    rig = guarded()
    rig.begin()
    assert rig.tick_publishes() == FALLBACKS


# What an output was in the last evaluation

def test_fed_back_output_is_the_raw_one_of_the_last_evaluation(make_rig: Any) -> None:
    rig = make_rig(a_maximum=4.0)
    rig.receive(x=5.0, y=2.0)
    for _ in range(2):
        assert rig.tick_publishes() == [[4.0], [4.0]]
    assert [run[2:] for run in rig.model.runs] == [
        [[0.5], [0.5]], [[2.0], [4.0]], [[10.0], [4.0]]]


def test_fed_back_output_is_the_one_before_any_scale(make_rig: Any) -> None:
    rig = make_rig(a_scale=1.5)
    rig.receive(x=5.0, y=2.0)
    assert rig.tick_publishes() == [[15.0], [4.0]]
    assert rig.fed_back == [[10.0], [4.0]]


@pytest.mark.parametrize('begin_anew', [
    lambda rig: rig.evaluation.reset(), lambda rig: rig.evaluation.begin(),
    lambda rig: rig.evaluation.swap(rig.model, [np.zeros(1), np.zeros(1)]),
], ids=['reset', 'begin', 'swap'])
def test_feedback_begins_anew_with_the_initial_value(make_rig: Any, begin_anew: Any) -> None:
    rig = make_rig()
    begin_anew(rig)
    rig.tick()
    assert rig.model.runs[-1][2:] == [[0.5], [0.5]]


def test_reset_reaches_the_model_and_a_swap_does_not(make_rig: Any) -> None:
    rig = make_rig()
    assert rig.model.memory == 1
    rig.evaluation.swap(rig.model, [np.zeros(1), np.zeros(1)])
    assert rig.model.memory == 1
    rig.evaluation.reset()
    assert rig.model.memory == 0


def test_an_initial_value_that_was_acted_on_gets_too_old_like_any_other() -> None:
    rig = Rig(x_max_age_ms=100, has_fallbacks=True, on_stale='deactivate')
    rig.x.slot.retune(np.array([1.0]))
    rig.y.put([2.0])
    assert rig.tick_publishes() == [[2.0], [4.0]]
    rig.time.pass_ms(101)
    assert rig.tick_publishes() == FALLBACKS


def test_an_input_that_got_old_is_not_hidden_by_one_that_never_came() -> None:
    rig = Rig(x_max_age_ms=100, y_max_age_ms=100, has_fallbacks=True, on_stale='deactivate')
    rig.x.slot.retune(np.array([1.0]))
    rig.y.put([2.0])
    assert rig.tick_publishes() == [[2.0], [4.0]]
    rig.time.pass_ms(200)
    assert rig.tick_publishes() == FALLBACKS


def test_the_node_gives_up_although_the_last_fallback_cannot_be_published(
        monkeypatch: Any) -> None:
    rig = Rig(has_fallbacks=True, max_failures=2)
    rig.receive()
    rig.tick()
    rig.model.raises = EvaluationError('no')
    monkeypatch.setattr(rig.outboxes[0], 'publish', lambda message: 1 / 0)
    rig.tick()
    with pytest.raises(ZeroDivisionError):
        rig.tick()
    assert rig.observer.reasons == ['no']


def test_what_is_held_after_a_time_without_permission_is_the_fallback() -> None:
    rig = Rig(has_fallbacks=True, enable_topic='e', on_nonfinite='hold')
    rig.enable.put([True])
    rig.receive()
    assert rig.tick_publishes() == [[2.0], [4.0]]
    rig.enable.put([False])
    assert rig.tick_publishes() == FALLBACKS
    rig.enable.put([True])
    rig.receive(x=np.nan)
    assert rig.tick_publishes() == FALLBACKS
