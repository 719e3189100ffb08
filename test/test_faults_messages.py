# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the node does with messages that nobody should send: rows of docs/reliability.md."""

from random import Random
from typing import Any, Dict, Iterator, List, Sequence

from domains import own_domain
from fault_rig import assert_trustworthy, ERROR, FALLBACK, wait_for_line, WARN
import pytest
from rclpy.serialization import serialize_message
from std_msgs.msg import Float64MultiArray, MultiArrayDimension, MultiArrayLayout
import torch
from torch import Tensor
from wards import Plan, runs_on, Ward

NAN, INFINITY = float('nan'), float('inf')
HUGE = 1e308  # twice this is too much for float64, this for float32
# As often as each kind of bad message is sent.
TIMES = 7


class Double(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x


class Narrow(torch.nn.Module):
    """Takes float32, as its parameters are."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = torch.nn.Parameter(torch.tensor([2.0]))

    def forward(self, x: Tensor) -> Tensor:
        return self.gain * x


class Recurrent(torch.nn.Module):
    """Remembers in an LSTM's state and in a buffer that it writes in place."""

    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.cell = torch.nn.LSTMCell(2, 2)
        self.hidden = torch.zeros(1, 2)
        self.carried = torch.zeros(1, 2)
        self.register_buffer('total', torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        self.total += x
        self.hidden, self.carried = self.cell(x.unsqueeze(0), (self.hidden, self.carried))
        return self.hidden[0] + self.total


class RecurrentReciprocal(Recurrent):
    """Has changed its memory by the time that it divides."""

    def forward(self, x: Tensor) -> Tensor:
        self.total += x
        self.hidden, self.carried = self.cell(x.unsqueeze(0), (self.hidden, self.carried))
        return (self.hidden[0] + self.total) / x


QUEUED: Dict[str, Any] = {
    'inputs__x__shape': [2], 'inputs__x__qos__reliability': 'reliable',
    'inputs__x__qos__depth': 500, 'outputs__output__qos__depth': 500}
WITH_FALLBACK = {'outputs__output__fallback': FALLBACK}

PLANS = {
    'skip': Plan(Double, QUEUED),
    'hold': Plan(Double, {**QUEUED, 'on_nonfinite': 'hold'}),
    'fallback': Plan(Double, {**QUEUED, **WITH_FALLBACK, 'on_nonfinite': 'fallback'}),
    'deactivate': Plan(Double, {**QUEUED, **WITH_FALLBACK, 'on_nonfinite': 'deactivate'}),
    'narrow': Plan(Narrow, QUEUED),
    'recurrent': Plan(Recurrent, QUEUED),
    'reciprocal': Plan(RecurrentReciprocal, QUEUED),
}


@pytest.fixture(scope='module')
def domain() -> Iterator[int]:
    """Reserve a domain id for all tests of this module."""
    with own_domain() as domain_id:
        yield domain_id


def send(ward: Ward, messages: Sequence[Any]) -> None:
    """Publish lists of numbers, messages, or bytes as they are."""
    publisher = ward.peer.publisher(f'{ward.prefix}x')
    for message in messages:
        publisher.publish(
            Float64MultiArray(data=message) if isinstance(message, list) else message)


def send_and_wait(ward: Ward, heard: Any, messages: Sequence[Any], count: int) -> None:
    """Send messages and wait until there were so many in all."""
    send(ward, messages)
    ward.peer.wait_until(lambda: len(heard) >= count, lambda: f'{count} outputs; {heard[:]}')


def drops(ward: Ward) -> Dict[str, str]:
    """Return the counters of dropped messages."""
    return {
        key: value for key, value in ward.values().items() if key.startswith('dropped: ')}


def refusals(ward: Ward) -> Dict[str, str]:
    """Return the counters of the guard."""
    return {key: value for key, value in ward.values().items() if key.startswith('guard: ')}


# What is not finite.


@runs_on('skip')
@pytest.mark.parametrize('poison', [NAN, INFINITY, -INFINITY])
def test_an_input_that_is_not_finite_is_skipped(poison: float, ward: Ward) -> None:
    heard = ward.begin()
    bad = [*[[poison, 2.0]] * TIMES, [3.0, poison]]
    send_and_wait(ward, heard, [[1.0, 2.0], *bad, [3.0, 4.0]], 2)
    status = ward.wait_for_any_status(ERROR, 'not finite: input x: ')
    assert 'times' in status.message
    ward.wait_for_value('guard: not finite: input x', str(TIMES + 1))
    assert heard[:] == [[2.0, 4.0], [6.0, 8.0]]
    assert ward.values()['evaluations'] == '2'
    wait_for_line("nothing published: input 'x' is not finite", lambda: ward.log)
    ward.wait_for_log('outputs are published again, after 8 times without')


@runs_on('hold')
def test_an_input_that_is_not_finite_holds_the_last_good_output(
        ward: Ward) -> None:
    heard = ward.begin()
    send_and_wait(ward, heard, [[1.0, 2.0], *[[INFINITY, 2.0]] * TIMES, [3.0, 4.0]], TIMES + 2)
    ward.wait_for_any_status(ERROR, 'not finite: input x: ')
    ward.wait_for_value('guard: not finite: input x', str(TIMES))
    assert heard[:] == [[2.0, 4.0]] * (TIMES + 1) + [[6.0, 8.0]]
    assert ward.values()['evaluations'] == '2'
    wait_for_line("last good outputs published again: input 'x' is not finite", lambda: ward.log)


@runs_on('fallback')
def test_an_input_that_is_not_finite_brings_the_fallback(ward: Ward) -> None:
    heard = ward.begin()
    send_and_wait(ward, heard, [[1.0, 2.0], *[[-INFINITY, 2.0]] * TIMES, [3.0, 4.0]], TIMES + 2)
    ward.wait_for_any_status(ERROR, 'not finite: input x: ')
    ward.wait_for_value('guard: not finite: input x', str(TIMES))
    assert heard[:] == [[2.0, 4.0], *[FALLBACK] * TIMES, [6.0, 8.0]]
    assert ward.values()['evaluations'] == '2'
    wait_for_line("fallback published: input 'x' is not finite", lambda: ward.log)


@runs_on('deactivate')
def test_an_input_that_is_not_finite_deactivates_the_node(ward: Ward) -> None:
    heard = ward.begin()
    send_and_wait(ward, heard, [[1.0, 2.0], [NAN, 2.0], [3.0, 4.0]], 2)
    ward.wait_for_new_status(ERROR, "deactivated itself: input 'x' is not finite")
    assert ward.values()['guard: not finite: input x'] == '1'
    assert ward.values()['state'] == ward.state() == 'inactive'
    assert heard[0] == [2.0, 4.0]
    assert heard[1:] == [FALLBACK]
    ward.wait_for_log("the node deactivates: input 'x' is not finite")
    assert ward.change_state('activate')
    count = len(heard)
    send_and_wait(ward, heard, [[5.0, 6.0]], count + 1)
    assert heard[count:] == [[10.0, 12.0]]


@runs_on('skip', 'fallback')
def test_an_output_that_overflows_is_not_published(ward: Ward) -> None:
    heard = ward.begin()
    instead = [FALLBACK] * TIMES if ward.prefix == '/fallback/' else []
    expected = [[2.0, 4.0], *instead, [6.0, 8.0]]
    send_and_wait(
        ward, heard, [[1.0, 2.0], *[[1.0, HUGE]] * TIMES, [3.0, 4.0]], len(expected))
    ward.wait_for_any_status(ERROR, 'not finite: output output: ')
    ward.wait_for_value('guard: not finite: output output', str(TIMES))
    assert heard[:] == expected
    assert ward.values()['evaluations'] == str(TIMES + 2)
    assert_trustworthy(heard)
    wait_for_line("published: output 'output' is not finite", lambda: ward.log)


@runs_on('skip')
def test_the_smallest_numbers_are_evaluated_exactly(ward: Ward) -> None:
    heard = ward.begin()
    send_and_wait(ward, heard, [[5e-324, -1e-310], [1e-308, 0.0]], 2)
    ward.wait_for_value('evaluations', '2')
    assert heard[:] == [[1e-323, -2e-310], [2e-308, 0.0]]
    assert (drops(ward), refusals(ward)) == ({}, {})
    assert '[ERROR]' not in ward.log and '[WARN]' not in ward.log


# What does not fit.


LIE = MultiArrayLayout(dim=[
    MultiArrayDimension(size=3, stride=15), MultiArrayDimension(size=5, stride=5)])
PLAIN = serialize_message(Float64MultiArray(data=[8.0, 9.0]))
GARBAGE = Random(0)


def garbage() -> List[bytes]:
    """Return bytes behind the beginning of a message, of the encoding that everybody uses."""
    return [PLAIN[:4] + GARBAGE.randbytes(24 + 4 * size) for size in range(TIMES)]


@runs_on('skip')
@pytest.mark.parametrize('bad, cause, complaint', [
    ([[8.0, 9.0, 10.0]] * TIMES, 'size', 'it has 3 elements; expected 2'),
    ([[]] * TIMES, 'size', 'it has 0 elements; expected 2'),
    ([Float64MultiArray(layout=LIE, data=[8.0, 9.0])] * TIMES, 'layout', 'its layout says [3, 5]'),
    ([PLAIN[:-4 * index] for index in range(1, TIMES + 1)], 'bytes', 'its bytes are no such '),
], ids=['wrong size', 'empty', 'lying layout', 'truncated'])
def test_a_message_that_does_not_fit_is_dropped_and_counted_by_its_cause(
        bad: List[Any], cause: str, complaint: str, ward: Ward) -> None:
    heard = ward.begin()
    send_and_wait(ward, heard, [[1.0, 2.0], *bad, [3.0, 4.0]], 2)
    ward.wait_for_any_status(WARN, f' messages dropped (x, {cause})')
    ward.wait_for_value(f'dropped: x, {cause}', str(TIMES))
    assert drops(ward) == {f'dropped: x, {cause}': str(TIMES)}
    assert heard[:] == [[2.0, 4.0], [6.0, 8.0]]
    assert ward.values()['evaluations'] == '2'
    wait_for_line(f"input 'x': message dropped, {complaint}", lambda: ward.log)


@runs_on('skip')
def test_random_bytes_are_dropped_and_counted(ward: Ward) -> None:
    heard = ward.begin()
    send_and_wait(ward, heard, [[1.0, 2.0], *garbage(), [3.0, 4.0]], 2)
    ward.wait_for_any_status(WARN, ' messages dropped (x, ')
    ward.wait_for_value('evaluations', '2')
    assert sum(map(int, drops(ward).values())) == TIMES
    assert heard[:] == [[2.0, 4.0], [6.0, 8.0]]
    assert_trustworthy(heard)
    wait_for_line("input 'x': message dropped, ", lambda: ward.log)


@runs_on('narrow')
def test_numbers_too_large_for_the_module_are_dropped_and_counted(ward: Ward) -> None:
    heard = ward.begin()
    send_and_wait(ward, heard, [[1.0, 2.0], *[[HUGE, 1.0]] * TIMES, [3.0, 4.0]], 2)
    ward.wait_for_any_status(WARN, ' messages dropped (x, value)')
    ward.wait_for_value('dropped: x, value', str(TIMES))
    assert drops(ward) == {'dropped: x, value': str(TIMES)}
    assert heard[:] == [[2.0, 4.0], [6.0, 8.0]]
    assert refusals(ward) == {}
    wait_for_line(
        "input 'x': message dropped, it holds values that are no float32",
        lambda: ward.log)


@runs_on('fallback')
def test_what_was_sent_of_each_kind_is_counted_exactly(ward: Ward) -> None:
    heard = ward.begin()
    kinds: Dict[str, Any] = {
        'dropped: x, size': [8.0], 'dropped: x, bytes': PLAIN[:-8],
        'dropped: x, layout': Float64MultiArray(layout=LIE, data=[8.0, 9.0]),
        'guard: not finite: input x': [NAN, 1.0], 'guard: not finite: output output': [HUGE, 1.0]}
    mixed = [
        (name, kind) for index, (name, kind) in enumerate(kinds.items())
        for _ in range(10 * (index + 1))]
    Random(1).shuffle(mixed)
    fallbacks = 40 + 50
    send_and_wait(
        ward, heard, [[1.0, 2.0], *(kind for _, kind in mixed), [3.0, 4.0]], fallbacks + 2)
    for index, name in enumerate(kinds):
        ward.wait_for_value(name, str(10 * (index + 1)))
    assert set(drops(ward)) | set(refusals(ward)) == set(kinds)
    ward.wait_for_any_status(ERROR, 'not finite: input x: ')
    assert heard[:] == [[2.0, 4.0], *[FALLBACK] * fallbacks, [6.0, 8.0]]
    assert ward.values()['evaluations'] == '52'
    for text in ('message dropped, it has', 'message dropped, its bytes', 'dropped, its layout'):
        wait_for_line(text, lambda: ward.log)


# Memory.


@runs_on('recurrent')
def test_a_module_never_sees_what_is_not_finite_and_remembers_as_if_it_had_not_been_sent(
        ward: Ward) -> None:
    clean = [[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6], [0.7, 0.8]]
    heard = ward.begin()
    bad = [[NAN, 0.0], [0.0, NAN]]
    send_and_wait(ward, heard, [*clean[:2], *bad, *clean[2:], *bad], len(clean))
    ward.wait_for_value('guard: not finite: input x', '4')
    ward.wait_for_any_status(ERROR, 'not finite: input x: ')
    assert heard[:] == evaluated(Recurrent(), clean)
    wait_for_line("nothing published: input 'x' is not finite", lambda: ward.log)


@runs_on('reciprocal')
def test_a_module_forgets_the_evaluation_whose_output_was_not_finite(ward: Ward) -> None:
    clean = [[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6], [0.7, 0.8]]
    heard = ward.begin()
    bad = [[0.0, 0.1], [0.1, 0.0]]
    send_and_wait(ward, heard, [*bad, *clean[:2], *bad, *clean[2:], *bad], len(clean))
    ward.wait_for_value('guard: not finite: output output', '6')
    ward.wait_for_any_status(ERROR, 'not finite: output output: ')
    assert heard[:] == evaluated(RecurrentReciprocal(), clean)
    wait_for_line("nothing published: output 'output' is not finite", lambda: ward.log)


def evaluated(module: torch.nn.Module, values: List[List[float]]) -> List[List[float]]:
    """Run a module on one value after the other."""
    scripted: Any = torch.jit.script(module.eval())
    with torch.inference_mode():
        return [scripted(torch.tensor(value)).tolist() for value in values]
