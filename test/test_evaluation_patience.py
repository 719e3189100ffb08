# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Where messages cause evaluations, what gets too old is reacted to without one."""

from typing import Any, Optional

from dg_pytorch_ros.errors import EvaluationError
from evaluation_rig import FALLBACKS, MS_NS, Rig
from hypothesis import given, strategies
import pytest

GOOD = [[2.0], [4.0]]


def running(**settings: Any) -> Rig:
    """Make an evaluation whose outputs were just published."""
    rig = Rig(**{
        'x_max_age_ms': 100, 'has_fallbacks': True, 'on_stale': 'fallback', **settings})
    rig.enable.put([True])
    rig.receive()
    rig.tick()
    assert not rig.observer.refusals
    return rig


def wait_and_look(rig: Rig) -> Any:
    """Be patient for as long as told; return what is published then."""
    patience_ns = rig.evaluation.patience_ns()
    assert patience_ns is not None
    rig.time.now_ns += patience_ns
    return rig.look_publishes()


def test_there_is_nothing_to_look_for_where_nothing_gets_old() -> None:
    rig = running(x_max_age_ms=None, enable_topic='enable', on_stale='skip')
    assert rig.evaluation.patience_ns() is None
    rig.time.pass_ms(1e9)
    assert rig.look_publishes() is None
    assert not rig.counters.refusals


@pytest.mark.parametrize('reaction, published', [
    ('skip', None), ('hold', GOOD), ('fallback', FALLBACKS), ('deactivate', FALLBACKS)])
def test_at_expiry_a_look_brings_the_reaction(reaction: str, published: Any) -> None:
    rig = running(on_stale=reaction)
    patience_ns = rig.evaluation.patience_ns()
    assert patience_ns is not None
    rig.time.now_ns += patience_ns - 1
    assert rig.look_publishes() is None
    assert rig.observer.refusals == []
    rig.time.now_ns += 1
    assert rig.look_publishes() == published
    assert rig.last_refusal[1:3] == ('stale x', reaction)
    assert rig.counters.refusals == {'stale x': 1}
    assert rig.counters.ticks == 1
    assert bool(rig.observer.reasons) == (reaction == 'deactivate')


def test_reaction_is_repeated_once_every_smallest_age() -> None:
    rig = running(x_max_age_ms=1000, y_max_age_ms=70)
    begin_ns = rig.x.slot.since_ns
    reacted_ms = []
    for _ in range(3):
        assert wait_and_look(rig) == FALLBACKS
        reacted_ms.append((rig.time.now_ns - begin_ns) // MS_NS)
        assert rig.look_publishes() is None
        rig.time.pass_ms(69)
        rig.look_publishes()
    assert reacted_ms == [70, 140, 210]


def test_new_cause_is_reacted_to_at_once() -> None:
    rig = running(x_max_age_ms=1000, y_max_age_ms=1500)
    assert wait_and_look(rig) == FALLBACKS
    rig.x.put([1.0])
    rig.time.pass_ms(500)
    assert rig.look_publishes() == FALLBACKS
    assert rig.counters.refusals == {'stale x': 1, 'stale y': 1}
    assert rig.look_publishes() is None


def test_message_that_did_not_complete_the_triggers_buys_time() -> None:
    rig = running()
    rig.time.pass_ms(90)
    rig.x.put([1.0])
    assert rig.look_publishes() is None
    assert rig.evaluation.patience_ns() == 100 * MS_NS + 1
    assert wait_and_look(rig) == FALLBACKS


def test_next_evaluation_ends_the_reactions() -> None:
    rig = running()
    wait_and_look(rig)
    wait_and_look(rig)
    rig.receive()
    assert rig.tick_publishes() == GOOD
    assert rig.observer.recoveries == [2]
    assert rig.evaluation.patience_ns() == 100 * MS_NS + 1 - rig.model.takes_ms * MS_NS
    assert wait_and_look(rig) == FALLBACKS


def test_evaluation_that_was_refused_for_its_age_counts_as_a_reaction() -> None:
    rig = running()
    rig.time.pass_ms(150)
    assert rig.tick_publishes() == FALLBACKS
    assert rig.look_publishes() is None
    assert rig.evaluation.patience_ns() == 100 * MS_NS


def test_expiry_is_reacted_to_soon_after_another_refusal() -> None:
    rig = running(on_error='skip')
    rig.time.pass_ms(90)
    rig.model.raises = EvaluationError('forward failed')
    assert rig.tick_publishes() is None
    assert wait_and_look(rig) == FALLBACKS
    assert (rig.time.now_ns - rig.x.slot.since_ns) // MS_NS == 100


def test_permission_that_is_withdrawn_is_reacted_to_at_once_and_once() -> None:
    rig = running(x_max_age_ms=None, on_stale='skip', enable_topic='enable')
    rig.enable.put([False])
    assert rig.look_publishes() == FALLBACKS
    assert rig.look_publishes() is None
    rig.enable.put([True])
    assert rig.look_publishes() is None  # whoever wants outputs must send inputs
    assert rig.tick_publishes() == GOOD
    rig.enable.put([False])
    assert rig.look_publishes() == FALLBACKS


@pytest.mark.parametrize('enable_max_age_ms', [None, 50])
def test_permission_that_never_came_needs_no_message_to_be_reacted_to(
        enable_max_age_ms: Optional[int]) -> None:
    rig = Rig(
        has_fallbacks=True, enable_topic='enable', enable_max_age_ms=enable_max_age_ms)
    assert rig.evaluation.patience_ns() == 0
    assert rig.look_publishes() == FALLBACKS
    assert rig.evaluation.patience_ns() == (
        None if enable_max_age_ms is None else enable_max_age_ms * MS_NS + 1)


def test_permission_that_gets_too_old_is_reacted_to_again_and_again() -> None:
    rig = running(
        x_max_age_ms=None, on_stale='skip', enable_topic='enable', enable_max_age_ms=50)
    for count in (1, 2, 3):
        assert wait_and_look(rig) == FALLBACKS
        assert rig.look_publishes() is None
        assert rig.counters.refusals == {'disabled': count}


def test_refusal_to_act_is_repeated_while_it_is_renewed() -> None:
    rig = running(
        x_max_age_ms=None, on_stale='skip', enable_topic='enable', enable_max_age_ms=50)
    rig.enable.put([False])
    assert rig.look_publishes() == FALLBACKS
    for _ in range(2):
        rig.time.pass_ms(49)
        rig.enable.put([False])
        assert rig.look_publishes() is None
        rig.time.pass_ms(1)
        assert rig.look_publishes() == FALLBACKS


@pytest.mark.parametrize('reaction, published', [('fallback', FALLBACKS), ('deactivate', None)])
def test_awaited_inputs_are_looked_at_like_others_but_do_not_deactivate(
        reaction: str, published: Any) -> None:
    rig = Rig(x_max_age_ms=100, has_fallbacks=True, on_stale=reaction)
    assert wait_and_look(rig) == published
    assert wait_and_look(rig) == published
    assert rig.observer.reasons == []


def test_look_evaluates_nothing_and_does_not_mind_what_only_an_evaluation_shows() -> None:
    rig = running(on_nonfinite='fallback')
    rig.receive(x=float('nan'))
    rig.events.clear()
    assert rig.look_publishes() is None
    assert rig.events == ['take x', 'take y']
    assert not rig.counters.refusals


EVENTS = strategies.one_of(
    strategies.sampled_from(['x', 'y', 'allow', 'forbid', 'tick', 'look']),
    strategies.integers(1, 120))


def happen(rig: Rig, event: Any) -> None:
    if isinstance(event, int):
        rig.time.pass_ms(event)
    elif event in ('x', 'y'):
        getattr(rig, event).put([1.0])
        rig.evaluation.look()
    elif event in ('allow', 'forbid'):
        rig.enable.put([event == 'allow'])
        rig.evaluation.look()
    else:
        getattr(rig.evaluation, event)()


def reactions_after_ms(rig: Rig, milliseconds: int) -> int:
    """Do as a pacing does without messages; return how often there was a reaction."""
    end_ns = rig.time.now_ns + milliseconds * MS_NS
    before = len(rig.observer.refusals)
    for _ in range(1000):
        patience_ns: Optional[int] = rig.evaluation.patience_ns()
        if patience_ns is None or rig.time.now_ns + patience_ns > end_ns:
            return len(rig.observer.refusals) - before
        rig.time.now_ns += patience_ns
        rig.evaluation.look()
    raise AssertionError('it looks on and on without waiting')


@given(strategies.lists(EVENTS, max_size=12), strategies.booleans(), strategies.booleans())
def test_whatever_happened_silence_is_noticed_in_time_and_costs_little(
        events: Any, x_ages: bool, enable_ages: bool) -> None:
    rig = Rig(
        x_max_age_ms=100 if x_ages else None, y_max_age_ms=80, on_stale='fallback',
        has_fallbacks=True, enable_topic='enable', enable_max_age_ms=60 if enable_ages else None)
    for event in events:
        happen(rig, event)
    smallest_ms = 60 if enable_ages else 80
    # From now on nothing comes any more, so 80 ms from now at the latest something is too old.
    reactions_after_ms(rig, 81)
    assert 9 <= reactions_after_ms(rig, 10 * smallest_ms) <= 11
