# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the node does when those who feed it fail: rows of the table in docs/reliability.md."""

from itertools import groupby
from typing import Any, Iterator, List

from domains import own_domain
from fault_rig import (
    assert_trustworthy, ERROR, FALLBACK, longest_repetition, OK, STALE, wait_for_line, WARN)
import pytest
from std_msgs.msg import Bool
import torch
from torch import Tensor
from wards import Plan, runs_on, Ward

MAX_AGE_MS, RATE_HZ = 100.0, 100.0
# The ticks in which a message may be used, one that is late among them.
MOST_TICKS = 12
# The numbers of a sender that comes after another one.
SECOND = 100_000


class Identity(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x


class Numbers(torch.nn.Module):
    """Returns the number of each message."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.stack([a[0], b[0]])


class FirstTwo(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x[:2]


class Counted(torch.nn.Module):
    """Returns the number of the message, and how many evaluations there were."""

    def forward(self, x: Tensor, last: Tensor) -> Tensor:
        return torch.stack([x[0], last[1] + 1])


AGING = {'inputs__x__shape': [2], 'inputs__x__max_age_ms': MAX_AGE_MS}
TIMER = {'trigger': 'timer', 'rate_hz': RATE_HZ}
FALLING_BACK = {'on_stale': 'fallback', 'outputs__output__fallback': FALLBACK}
TWO = {'inputs__a__shape': [2], 'inputs__b__shape': [2], 'inputs__b__max_age_ms': MAX_AGE_MS}
# By the second.
MAX_RATE = 200.0

PLANS = {
    'timer': Plan(Identity, {
        **AGING, **TIMER, **FALLING_BACK, 'inputs__x__qos__reliability': 'reliable'}),
    'message': Plan(Identity, {**AGING, **FALLING_BACK}),
    'skip': Plan(Identity, {**AGING, **TIMER}),
    'hold': Plan(Identity, {**AGING, **TIMER, 'on_stale': 'hold'}),
    # No pause of a sender that lives, on a busy machine, may deactivate this one.
    'deactivate': Plan(Identity, {
        **AGING, **TIMER, **FALLING_BACK, 'on_stale': 'deactivate',
        'inputs__x__max_age_ms': 10 * MAX_AGE_MS}),
    # Only what is not refreshed at all grows as old as a may.
    'pair': Plan(Numbers, {**TWO, **FALLING_BACK, 'inputs__a__max_age_ms': 10 * MAX_AGE_MS}),
    'queued': Plan(Numbers, {
        **TWO, **FALLING_BACK, 'inputs__a__max_age_ms': MAX_AGE_MS,
        'inputs__a__qos__depth': 20, 'inputs__b__qos__depth': 20}),
    'polled': Plan(Numbers, {**TWO, **FALLING_BACK, 'trigger_inputs': '[a]'}),
    'flooded': Plan(Numbers, {**TWO, **TIMER, **FALLING_BACK, 'inputs__b__max_age_ms': 1000.0}),
    'stamped': Plan(FirstTwo, {
        **TIMER, **FALLING_BACK, 'inputs__x__type': 'geometry_msgs/msg/TwistStamped',
        'inputs__x__max_age_ms': 500.0, 'inputs__x__age_from': 'stamp'}),
    'enabled': Plan(Identity, {
        **TIMER, 'inputs__x__shape': [2], 'outputs__output__fallback': FALLBACK,
        'enable_topic': 'enable', 'enable_max_age_ms': MAX_AGE_MS}),
    'fed_back': Plan(Counted, {
        **AGING, **TIMER, **FALLING_BACK, 'inputs__last__shape': [2],
        'inputs__last__feedback': 'output', 'inputs__last__initial': [0.0]}),
    'limited': Plan(Identity, {
        **AGING, **TIMER, **FALLING_BACK, 'fade_in_s': 0.3, 'outputs__output__min': -50.0,
        'outputs__output__max': 50.0, 'outputs__output__max_rate': MAX_RATE}),
}


@pytest.fixture(scope='module')
def domain() -> Iterator[int]:
    """Reserve a domain id for all tests of this module."""
    with own_domain() as domain_id:
        yield domain_id


def wait_for_fallback(ward: Ward, heard: Any) -> None:
    ward.peer.wait_until(lambda: heard and heard[-1] == FALLBACK, 'the fallback')


def wait_for_number(ward: Ward, heard: Any, number: float) -> None:
    """Wait for an output that comes of a message with this number or a later one."""
    ward.peer.wait_until(lambda: heard and heard[-1][0] >= number, f'number {number}')


def outputs(heard: Any) -> List[List[float]]:
    """Return what is no fallback."""
    return [values for values in heard if values != FALLBACK]


def runs(heard: Any) -> List[bool]:
    """Return whether it was the fallback for each run of fallbacks or of outputs."""
    return [is_fallback for is_fallback, _ in groupby(heard, lambda values: values == FALLBACK)]


def assert_in_order(numbers: List[float]) -> None:
    """Assert that nothing old comes after something newer."""
    assert numbers == sorted(numbers)


# Publishers that die.


@runs_on('timer')
def test_a_killed_publisher_brings_the_fallback_and_a_new_one_the_loop_back(ward: Ward) -> None:
    sender = ward.sender('x')
    heard = ward.begin('x')
    wait_for_number(ward, heard, 5)
    sender.kill()
    wait_for_fallback(ward, heard)
    killed = len(heard) - 1
    status = ward.wait_for_new_status(STALE, 'stale x: ')
    assert int(ward.values()['guard: stale x']) > 0, status
    assert float(ward.values()['age_ms: x']) > MAX_AGE_MS
    ward.sender('x', '--first', str(SECOND))
    wait_for_number(ward, heard, SECOND)
    # Nothing but the fallback in between.
    assert {number for number, _ in heard[killed:] if number < SECOND} <= {FALLBACK[0]}
    ward.wait_for_new_status(OK)
    assert longest_repetition(heard) <= MOST_TICKS
    assert_in_order([number for number, _ in outputs(heard)])
    assert_trustworthy(heard)
    wait_for_line("fallback published: input 'x' ", lambda: ward.log)
    wait_for_line('above max_age_ms 100', lambda: ward.log)
    wait_for_line('outputs are published again', lambda: ward.log)


@runs_on('message')
def test_a_killed_publisher_brings_the_fallback_although_no_message_ever_comes(
        ward: Ward) -> None:
    sender = ward.sender('x')
    heard = ward.begin('x')
    wait_for_number(ward, heard, 5)
    sender.kill()
    wait_for_fallback(ward, heard)
    killed = len(heard) - 1
    # Again each time that max_age_ms has passed.
    ward.peer.wait_until(lambda: len(heard) >= killed + 3)
    assert set(map(tuple, heard[killed:])) == {tuple(FALLBACK)}
    ward.wait_for_new_status(STALE, 'waiting for /message/x (')
    ward.wait_for_any_status(STALE, 'stale x: ')
    assert int(ward.values()['guard: stale x']) >= 4
    ward.sender('x', '--first', str(SECOND))
    wait_for_number(ward, heard, SECOND)
    ward.wait_for_new_status(OK)
    numbers = [number for number, _ in outputs(heard)]
    assert numbers == sorted(set(numbers))  # one output for each message
    assert_trustworthy(heard)
    wait_for_line("fallback published: input 'x' ", lambda: ward.log)
    wait_for_line('outputs are published again', lambda: ward.log)


@runs_on('timer', 'message')
def test_a_frozen_publisher_brings_the_fallback_and_the_loop_comes_back_with_its_thaw(
        ward: Ward) -> None:
    sender = ward.sender('x')
    heard = ward.begin('x')
    wait_for_number(ward, heard, 5)
    sender.freeze()
    wait_for_fallback(ward, heard)
    ward.wait_for_new_status(STALE, 'x')  # by now, no message is on its way any more
    assert float(ward.values()['age_ms: x']) > MAX_AGE_MS
    frozen = len(heard)
    newest = max(number for number, _ in heard)
    ward.peer.wait_until(lambda: len(heard) >= frozen + 3)
    assert set(map(tuple, heard[frozen:])) == {tuple(FALLBACK)}
    ward.wait_for_log("fallback published: input 'x' is ")
    sender.thaw()
    wait_for_number(ward, heard, newest + 3)
    ward.wait_for_new_status(OK)
    numbers = [number for number, _ in outputs(heard)]
    assert_in_order(numbers)
    assert longest_repetition(heard) <= MOST_TICKS
    assert_trustworthy(heard)
    wait_for_line('outputs are published again', lambda: ward.log)


@runs_on('skip')
def test_a_killed_publisher_ends_the_outputs_where_they_are_skipped(ward: Ward) -> None:
    sender = ward.sender('x')
    heard = ward.begin('x')
    wait_for_number(ward, heard, 5)
    sender.kill()
    # The first may still speak of the time before the first message.
    ward.wait_for_new_status(STALE, 'stale x: ')
    ward.wait_for_new_status(STALE, 'stale x: ')
    count = len(heard)
    ward.wait_for_new_status(STALE, 'stale x: ')
    assert len(heard) == count
    assert ward.values()['rate_hz'] == '0.0'
    assert longest_repetition(heard) <= MOST_TICKS
    assert_in_order([number for number, _ in heard])
    assert_trustworthy(heard)
    ward.wait_for_log("nothing published: input 'x' is ")


@runs_on('hold')
def test_a_killed_publisher_leaves_the_last_good_outputs_where_they_are_held(
        ward: Ward) -> None:
    sender = ward.sender('x')
    heard = ward.begin('x')
    wait_for_number(ward, heard, 5)
    sender.kill()
    # The first may still speak of the time before the first message.
    ward.wait_for_new_status(STALE, 'stale x: ')
    ward.wait_for_new_status(STALE, 'stale x: ')
    count, held = len(heard), heard[-1]
    ward.wait_for_new_status(STALE, 'stale x: ')
    assert len(heard) > count
    # Repeated, not evaluated again.
    assert ward.values()['rate_hz'] == '0.0'
    assert set(map(tuple, heard[count:])) == {tuple(held)}
    assert held[0] == max(number for number, _ in heard)
    assert_in_order([number for number, _ in heard])
    assert_trustworthy(heard)
    ward.wait_for_log("last good outputs published again: input 'x' is ")


@runs_on('deactivate')
def test_a_killed_publisher_deactivates_the_node_which_can_be_activated_again(
        ward: Ward) -> None:
    sender = ward.sender('x')
    heard = ward.begin('x')
    wait_for_number(ward, heard, 5)
    sender.kill()
    wait_for_fallback(ward, heard)
    status = ward.wait_for_new_status(ERROR, "deactivated itself: input 'x' is ")
    assert 'above max_age_ms' in status.message
    assert ward.values()['state'] == ward.state() == 'inactive'
    assert int(ward.values()['guard: stale x']) >= 1
    fallbacks = len(heard) - len(outputs(heard))
    assert fallbacks == 1
    assert heard[-1] == FALLBACK
    assert longest_repetition(heard) <= 10 * MAX_AGE_MS * RATE_HZ / 1000 + 2
    wait_for_line("the node deactivates: input 'x' is ", lambda: ward.log)
    wait_for_line(
        'the fallback was published on /deactivate/output and acknowledged',
        lambda: ward.log)
    assert ward.change_state('activate')
    # Not for an input that had no message since.
    ward.wait_for_new_status(STALE, 'stale x: ')
    assert ward.state() == 'active'
    assert len(heard) - len(outputs(heard)) == fallbacks
    ward.sender('x', '--first', str(SECOND))
    wait_for_number(ward, heard, SECOND)
    assert_in_order([number for number, _ in outputs(heard)])
    assert_trustworthy(heard)


@runs_on('pair', 'queued')
def test_one_of_two_triggers_that_dies_brings_the_fallback_and_its_return_the_loop_back(
        ward: Ward) -> None:
    ward.sender('a')
    sender = ward.sender('b')
    heard = ward.begin('a', 'b')
    ward.peer.wait_until(lambda: outputs(heard))
    sender.kill()
    wait_for_fallback(ward, heard)
    killed = len(heard) - 1
    ward.peer.wait_until(lambda: len(heard) >= killed + 3)
    assert set(map(tuple, heard[killed:])) == {tuple(FALLBACK)}
    ward.wait_for_new_status(STALE, 'waiting for ')
    ward.wait_for_any_status(STALE, 'stale ')
    assert float(ward.values()['age_ms: b']) > MAX_AGE_MS
    ward.wait_for_log("fallback published: input '")
    ward.sender('b', '--first', str(SECOND))
    ward.peer.wait_until(lambda: heard[-1][1] >= SECOND, 'outputs of the new publisher')
    ward.wait_for_new_status(OK)
    for column in range(2):
        numbers = [values[column] for values in outputs(heard)]
        assert numbers == sorted(set(numbers))  # each message is used once
    assert_trustworthy(heard)
    wait_for_line('outputs are published again', lambda: ward.log)


@runs_on('pair')
def test_the_trigger_that_died_is_the_one_that_is_named(ward: Ward) -> None:
    ward.sender('a')
    sender = ward.sender('b')
    heard = ward.begin('a', 'b')
    ward.peer.wait_until(lambda: outputs(heard))
    sender.kill()
    wait_for_fallback(ward, heard)
    ward.wait_for_new_status(STALE)
    before = dict(ward.values())
    ward.wait_for_new_status(STALE)
    ward.wait_for_new_status(STALE)
    assert ward.values().get('guard: stale b') != before.get('guard: stale b'), ward.values()
    assert ward.values().get('guard: stale a') == before.get('guard: stale a'), ward.values()
    ward.wait_for_log("fallback published: input 'b' is ")


@runs_on('polled')
def test_an_input_that_dies_beside_a_living_trigger_brings_the_fallback(ward: Ward) -> None:
    ward.sender('a')
    sender = ward.sender('b')
    heard = ward.begin('a', 'b')
    wait_for_number(ward, heard, 5)
    sender.kill()
    wait_for_fallback(ward, heard)
    killed = len(heard) - 1
    ward.wait_for_new_status(STALE, 'stale b: ')
    assert set(map(tuple, heard[killed:])) == {tuple(FALLBACK)}
    assert 'guard: stale a' not in ward.values()
    ward.sender('b', '--first', str(SECOND))
    ward.peer.wait_until(lambda: heard[-1][1] >= SECOND)
    ward.wait_for_new_status(OK)
    numbers = [values[0] for values in outputs(heard)]
    assert numbers == sorted(set(numbers))  # one output for each message of the trigger
    assert_in_order([values[1] for values in outputs(heard)])
    assert_trustworthy(heard)
    wait_for_line("fallback published: input 'b' ", lambda: ward.log)


# Publishers that were never of any use.


@runs_on('timer', 'message')
def test_without_a_publisher_there_is_nothing_but_the_fallback(ward: Ward) -> None:
    heard = ward.begin()
    ward.peer.wait_until(lambda: len(heard) >= 3)
    ward.wait_for_new_status(STALE, f'waiting for {ward.prefix}x (no publisher)')
    ward.wait_for_any_status(STALE, 'stale x: ')
    assert ward.values()['age_ms: x'] == 'none'
    assert ward.values()['evaluations'] == '0'
    assert int(ward.values()['guard: stale x']) > 0
    assert set(map(tuple, heard)) == {tuple(FALLBACK)}
    wait_for_line("fallback published: input 'x' has had no message for ", lambda: ward.log)
    ward.peer.wait_until(lambda: 'nothing is evaluated yet; waiting for ' in ward.log)


@runs_on('timer')
@pytest.mark.parametrize('arguments, explanation', [
    (['--single'], 'published as std_msgs/msg/Float64 by /sender, not std_msgs/msg/Float64Multi'),
    (['--best-effort'], 'incompatible QoS of /sender: '),
], ids=['type', 'quality of service'])
def test_a_publisher_that_does_not_match_is_explained_and_brings_nothing_but_the_fallback(
        arguments: List[str], explanation: str, ward: Ward) -> None:
    heard = ward.begin()
    ward.sender('x', *arguments)
    ward.wait_for_new_status(STALE, f'waiting for /timer/x ({explanation}')
    assert ward.values()['evaluations'] == '0'
    assert int(ward.values()['guard: stale x']) > 0
    ward.peer.wait_until(lambda: f'waiting for /timer/x ({explanation}' in ward.log)
    wait_for_line("fallback published: input 'x' has had no message for ", lambda: ward.log)
    assert set(map(tuple, heard)) == {tuple(FALLBACK)}


@runs_on('flooded')
def test_a_flood_of_messages_keeps_neither_the_ticks_nor_the_other_input_from_their_turn(
        ward: Ward) -> None:
    ward.sender('b')
    ward.sender('a', '--rate-hz', '100', '--burst', '200', '--best-effort')
    heard = ward.begin('a', 'b')
    wait_for_number(ward, heard, 1)
    ticks = int(ward.values().get('ticks', 0))
    served = heard[-1][1]
    wait_for_number(ward, heard, 20_000)
    ward.peer.wait_until(lambda: heard[-1][1] > served + 20)
    ward.wait_for_new_status(OK)
    assert int(ward.values()['ticks']) > ticks
    assert 'dropped: a, size' not in ward.values()
    for column in range(2):
        assert_in_order([values[column] for values in outputs(heard)])
    # Of the flood only the newest counts: many messages lie between two outputs.
    flood = [values[0] for values in outputs(heard)]
    assert flood[-1] - flood[0] > 10 * len(flood)
    assert_trustworthy(heard)
    assert "published: input 'b' is " not in ward.log


# Stamps.


@runs_on('stamped')
def test_messages_with_old_stamps_bring_the_fallback_though_they_keep_coming(
        ward: Ward) -> None:
    sender = ward.sender('x', '--stamped', '0')
    heard = ward.begin('x')
    wait_for_number(ward, heard, 5)
    sender.kill()
    ward.sender('x', '--stamped', '-10', '--first', str(SECOND))
    ward.peer.wait_until(
        lambda: float(ward.values().get('age_ms: x', 'nan').replace('none', 'nan')) > 9000,
        'an old stamp')
    ward.wait_for_new_status(STALE, 'stale x: ')
    assert heard[-1] == FALLBACK
    assert all(number < SECOND for number, _ in heard)
    assert longest_repetition(heard) <= 52
    assert_trustworthy(heard)
    ward.wait_for_log("fallback published: input 'x' is ")


@runs_on('stamped')
def test_stamps_of_the_future_do_not_keep_the_messages_of_a_dead_publisher_young(
        ward: Ward) -> None:
    sender = ward.sender('x', '--stamped', '1000')
    heard = ward.begin('x')
    wait_for_number(ward, heard, 5)
    sender.kill()
    wait_for_fallback(ward, heard)
    killed = len(heard) - 1
    ward.wait_for_new_status(STALE, 'stale x: ')
    assert float(ward.values()['age_ms: x']) > 500.0
    assert set(map(tuple, heard[killed:])) == {tuple(FALLBACK)}
    assert longest_repetition(heard) <= 52
    assert_in_order([number for number, _ in outputs(heard)])
    assert_trustworthy(heard)
    ward.wait_for_log("fallback published: input 'x' is ")


# Permission.


@runs_on('enabled')
def test_outputs_are_published_only_while_a_young_true_allows_them(ward: Ward) -> None:
    heard = ward.begin()
    ward.sender('x')
    ward.wait_for_new_status(STALE, 'waiting for /enabled/enable (no publisher)')
    wait_for_fallback(ward, heard)
    assert ward.values()['evaluations'] == '0'
    assert set(map(tuple, heard)) == {tuple(FALLBACK)}
    wait_for_line('fallback published: not enabled by enable: nothing has come', lambda: ward.log)
    sender = ward.sender('enable', '--true')
    wait_for_number(ward, heard, 1)
    sender.kill()
    wait_for_fallback(ward, heard)
    killed = len(heard) - 1
    ward.wait_for_new_status(WARN, 'disabled: ')
    assert set(map(tuple, heard[killed:])) == {tuple(FALLBACK)}
    assert int(ward.values()['guard: disabled']) > 0
    newest = max(number for number, _ in heard)
    ward.sender('enable', '--true')
    wait_for_number(ward, heard, newest + 1)
    ward.wait_for_new_status(OK)
    assert_in_order([number for number, _ in outputs(heard)])
    assert_trustworthy(heard)


@runs_on('enabled')
def test_a_false_withdraws_the_permission_at_once(ward: Ward) -> None:
    heard = ward.begin()
    ward.sender('x')
    enable = ward.peer.publisher('/enabled/enable', Bool)
    enable.publish(Bool(data=False))
    ward.wait_for_new_status(WARN, 'disabled: ')
    wait_for_fallback(ward, heard)
    assert ward.values()['evaluations'] == '0'
    assert set(map(tuple, heard)) == {tuple(FALLBACK)}
    ward.peer.wait_until(
        lambda: enable.publish(Bool(data=True)) or outputs(heard), 'permitted outputs')
    enable.publish(Bool(data=False))
    wait_for_fallback(ward, heard)
    withdrawn = len(heard) - 1
    ward.wait_for_new_status(WARN, 'disabled: ')
    assert set(map(tuple, heard[withdrawn:])) == {tuple(FALLBACK)}
    assert int(ward.values()['guard: disabled']) > 0
    assert_trustworthy(heard)
    ward.peer.wait_until(lambda: 'not enabled by enable: ' in ward.log)
    ward.peer.wait_until(lambda: 'outputs are published again' in ward.log)


# Memory and limits.


@runs_on('fed_back')
def test_what_is_fed_back_is_the_last_output_and_never_the_fallback(ward: Ward) -> None:
    sender = ward.sender('x')
    heard = ward.begin('x')
    wait_for_number(ward, heard, 5)
    sender.kill()
    wait_for_fallback(ward, heard)
    ward.wait_for_new_status(STALE, 'stale x: ')
    assert int(ward.values()['guard: stale x']) > 0
    ward.sender('x', '--first', str(SECOND))
    wait_for_number(ward, heard, SECOND)
    # Each evaluation went on from the one before, whatever was published between them.
    assert [count for _, count in outputs(heard)] == [
        float(count + 1) for count in range(len(outputs(heard)))]
    assert longest_repetition(heard) <= MOST_TICKS
    assert_trustworthy(heard)
    wait_for_line("fallback published: input 'x' ", lambda: ward.log)
    wait_for_line('outputs are published again', lambda: ward.log)


@runs_on('limited')
def test_rate_and_bounds_hold_across_a_recovery(ward: Ward) -> None:
    sender = ward.sender('x', '--value', '-80', '--first', '1000')
    heard = ward.begin('x')
    ward.peer.wait_until(lambda: heard and heard[-1] == [50.0, -50.0], 'the bounds')
    sender.kill()
    wait_for_fallback(ward, heard)
    ward.wait_for_new_status(STALE, 'stale x: ')
    ward.sender('x', '--value', '80', '--first', '1000')
    ward.peer.wait_until(lambda: heard[-1] == [50.0, 50.0], 'the other bounds')
    ward.wait_for_new_status(WARN, 'limited output: ')
    step = MAX_RATE / RATE_HZ * (1 + 1e-9)
    for before, after in zip(heard[:], heard[1:]):
        if after != FALLBACK:
            assert all(abs(b - a) <= step for b, a in zip(before, after)), (before, after)
            assert all(-50.0 <= value <= 50.0 for value in after)
    first = next(values for values in heard if values != FALLBACK)
    assert all(abs(value - FALLBACK[0]) <= step for value in first)
    assert int(ward.values()['guard: slowed output']) > 0
    assert int(ward.values()['guard: limited output']) > 0
    assert runs(heard).count(True) >= 1
    assert_trustworthy(heard)
    wait_for_line("fallback published: input 'x' ", lambda: ward.log)
    wait_for_line('outputs are published again', lambda: ward.log)
