# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the node does when its module goes wrong: rows of the table in docs/reliability.md."""

from contextlib import ExitStack
from pathlib import Path
import signal
from time import sleep
from typing import Any, Callable, Dict, Iterator, List, Tuple

from domains import own_domain
from fault_rig import assert_trustworthy, ERROR, FALLBACK, FaultRig, OK, wait_for_line, WARN
import faulty_models
from model_bench import ModelBench
from node_process import NodeProcess
from peer import Peer
import pytest
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.context import Context
from rclpy.parameter import Parameter
import small_models
from std_msgs.msg import Bool, Float32MultiArray
from std_srvs.srv import Trigger
import torch

QUEUED = {'inputs__x__qos__depth': 1000, 'inputs__x__qos__reliability': 'reliable'}
KEPT = {'qos__depth': 1000, 'qos__durability': 'transient_local'}
OUTPUT = {f'outputs__output__{name}': value for name, value in KEPT.items()}
OTHER = {f'outputs__other__{name}': value for name, value in KEPT.items()}
FALLING_BACK = {'outputs__output__fallback': FALLBACK}
DEADLINE_MS = 500.0
TOO_LONG_MS = 600.0
GIVEN_UP_MS = 3500.0
PAUSE_S = 2.5
TIMER = {
    'trigger': 'timer', 'rate_hz': 20.0, 'outputs__output__max_rate': [1e6, 2.0]}
STEP = 0.1

Lend = Callable[[str], ModelBench]


def reacting(reaction: str, **values: Any) -> Dict[str, Any]:
    """Return parameters of a node that does the same whatever is wrong."""
    return {
        **QUEUED, **OUTPUT, **FALLING_BACK, 'output_names': ['output'],
        'on_error': reaction, 'on_nonfinite': reaction, 'on_overrun': reaction,
        'deadline_ms': DEADLINE_MS, **values}


NODES = {
    'skip': reacting('skip', max_failures=5),
    'hold': reacting('hold', message_type=Float32MultiArray,
                     outputs__output__type='std_msgs/msg/Float32MultiArray'),
    'fallback': reacting('fallback'),
    'deactivate': reacting('deactivate'),
    'limited': {
        **QUEUED, **OUTPUT, **OTHER, **FALLING_BACK, 'output_names': ['output', 'other'],
        'outputs__output__min': [-1000.0, -10.0], 'outputs__output__max': [1000.0, 1.0],
        'inputs__last__feedback': 'output', 'inputs__last__initial': [0.0, 0.0],
        'outputs__other__fade_in_from': 'x', 'fade_in_s': 0.3,
        'deadline_ms': DEADLINE_MS},
    'timer': {**OUTPUT, **TIMER, **FALLING_BACK, 'inputs__x__qos__reliability': 'reliable'},
}


@pytest.fixture(scope='module')
def bench(tmp_path_factory: Any) -> Iterator[Lend]:
    """Return a function that lends one of the nodes; each is started once."""
    benches: Dict[str, ModelBench] = {}
    with ExitStack() as stack:
        def start(name: str) -> ModelBench:
            directory = tmp_path_factory.mktemp(name)
            domain = stack.enter_context(own_domain())
            context = Context()
            context.init(domain_id=domain)
            stack.callback(context.try_shutdown)
            peer = Peer(context)
            stack.callback(peer.close)
            rig = FaultRig(peer, domain, directory)
            stack.callback(rig.close)
            return ModelBench(rig, directory, **NODES[name])

        def lend(name: str) -> ModelBench:
            # The next one starts while this one works.
            following = [*NODES, name][[*NODES].index(name) + 1]
            for wanted in (name, following):
                if wanted not in benches:
                    benches[wanted] = start(wanted)
            return benches[name]
        yield lend


@pytest.fixture
def skip(bench: Lend) -> ModelBench:
    """Return a node that publishes nothing when something is wrong."""
    return bench('skip')


@pytest.fixture
def hold(bench: Lend) -> ModelBench:
    """Return a node that repeats its last good output, as float32."""
    return bench('hold')


@pytest.fixture
def fallback(bench: Lend) -> ModelBench:
    """Return a node that publishes its fallback."""
    return bench('fallback')


@pytest.fixture
def deactivate(bench: Lend) -> ModelBench:
    """Return a node that deactivates as soon as something is wrong."""
    return bench('deactivate')


@pytest.fixture
def limited(bench: Lend) -> ModelBench:
    """Return a node whose output has limits, fades in and is fed back."""
    return bench('limited')


@pytest.fixture
def timer(bench: Lend) -> ModelBench:
    """Return a node that evaluates every 50 ms, its output no faster than STEP each time."""
    return bench('timer')


# Modules that raise.


def test_an_exception_now_and_then_is_skipped(skip: ModelBench) -> None:
    skip.run(faulty_models.Raises())
    sent = skip.feed(0, 1, 0, 1, 1, 0)
    skip.wait_for_output(sent[0], sent[2], sent[5])
    skip.expect(ERROR, 'failed evaluation', failed_evaluation=3)
    (line,) = skip.error_lines()
    assert 'nothing published: forward failed on x float64[2]: the floor is lava' in line
    wait_for_line('outputs are published again, after 1 times without', lambda: skip.log)
    assert skip.values()['last_error'].endswith('the floor is lava')


def test_an_exception_now_and_then_repeats_the_last_output(hold: ModelBench) -> None:
    hold.run(faulty_models.Raises())
    sent = hold.feed(0, 1, 0, 1, 1, 0)
    hold.wait_for_output(*[sent[index] for index in (0, 0, 2, 2, 2, 5)])
    hold.expect(ERROR, 'failed evaluation', failed_evaluation=3)
    (line,) = hold.error_lines()
    assert 'last good outputs published again: forward failed' in line


def test_an_exception_now_and_then_is_replaced_by_the_fallback(fallback: ModelBench) -> None:
    fallback.run(faulty_models.Raises())
    sent = fallback.feed(0, 1, 0, 1, 1, 0)
    fallback.wait_for_output(sent[0], FALLBACK, sent[2], FALLBACK, FALLBACK, sent[5])
    fallback.expect(ERROR, 'failed evaluation', failed_evaluation=3)
    (line,) = fallback.error_lines()
    assert 'fallback published: forward failed' in line


def test_one_exception_deactivates_a_node_that_is_to_react_so(deactivate: ModelBench) -> None:
    deactivate.run(faulty_models.Raises())
    sent = deactivate.feed(0, 1, 0, 0)
    deactivate.expect(ERROR, 'deactivated itself: forward failed', failed_evaluation=1)
    deactivate.wait_for_output(sent[0], FALLBACK)
    wait_for_line('the node deactivates: forward failed', lambda: deactivate.log)
    assert deactivate.state() == 'inactive'


def test_exceptions_for_ever_deactivate_the_node_until_it_is_activated_again(
        skip: ModelBench) -> None:
    skip.run(faulty_models.Raises())
    sent = skip.feed(0, *[1] * 8)
    skip.expect(ERROR, 'deactivated itself: forward failed', failed_evaluation=5)
    skip.wait_for_output(sent[0], FALLBACK)
    assert skip.state() == 'inactive'
    assert skip.values()['state'] == 'inactive'
    wait_for_line('the node deactivates: forward failed', lambda: skip.log)
    wait_for_line("output 'output': the fallback was published on /output", lambda: skip.log)
    assert skip.change_state('activate')
    skip.get_through()
    assert len(skip.output()) > 2
    skip.expect(OK, 'active', failed_evaluation=5)


def test_failures_with_a_success_in_between_never_deactivate(skip: ModelBench) -> None:
    skip.run(faulty_models.Raises())
    sent = skip.feed(1, 1, 1, 1, 0, 1, 1, 1, 1, 0)
    skip.wait_for_output(sent[4], sent[9])
    skip.expect(ERROR, 'failed evaluation', failed_evaluation=8)
    assert skip.state() == 'active'


def test_a_division_of_whole_numbers_by_zero_is_a_failed_evaluation(skip: ModelBench) -> None:
    skip.run(faulty_models.DividesByZero())
    sent = skip.feed(1, 0)
    skip.wait_for_output(sent[1])
    skip.expect(ERROR, 'failed evaluation', failed_evaluation=1)
    (line,) = skip.error_lines()
    assert 'nothing published: forward failed on x float64[2]: division by 0' in line


def test_a_module_that_fails_on_its_first_values_only_works_from_the_next_on(
        fallback: ModelBench) -> None:
    fallback.begin(faulty_models.FailsAtFirst())
    fallback.peer.send_until(lambda: 'not warm yet' in fallback.log, x=[1.0, 1.0])
    assert fallback.output() == []
    fallback.get_through()
    (line,) = fallback.error_lines()
    # What the fallback looks like is not known before a first evaluation.
    assert 'nothing published: forward failed on x float64[2]: ' in line
    assert 'not warm yet' in line
    fallback.peer.wait_until(lambda: [*fallback.guards()] == ['failed evaluation'])
    fallback.peer.wait_until(lambda: 'outputs are published again, after' in fallback.log)
    assert_trustworthy(fallback.output())


# Modules that take their time.


@pytest.mark.parametrize('reaction', ['skip', 'hold', 'fallback'])
def test_an_output_after_the_deadline_is_replaced(reaction: str, bench: Lend) -> None:
    node = bench(reaction)
    node.run(faulty_models.Sleeps())
    sent = node.feed(0, TOO_LONG_MS, 0)
    instead = {'skip': [], 'hold': [sent[0]], 'fallback': [FALLBACK]}[reaction]
    node.wait_for_output(sent[0], *instead, sent[2])
    node.expect(WARN, 'deadline: 1 times', deadline=1)
    (line,) = node.error_lines()
    what = {
        'skip': 'nothing published', 'hold': 'last good outputs published again',
        'fallback': 'fallback published'}[reaction]
    assert f'{what}: the evaluation took ' in line
    assert 'above deadline_ms 500' in line


def test_an_output_after_the_deadline_deactivates(deactivate: ModelBench) -> None:
    deactivate.run(faulty_models.Sleeps())
    sent = deactivate.feed(0, TOO_LONG_MS, 0)
    deactivate.expect(ERROR, 'deactivated itself: the evaluation took', deadline=1)
    deactivate.wait_for_output(sent[0], FALLBACK)
    wait_for_line('the node deactivates: the evaluation took', lambda: deactivate.log)
    assert deactivate.state() == 'inactive'


def test_an_output_after_the_deadline_is_published_and_counted_by_default(
        limited: ModelBench) -> None:
    limited.run(faulty_models.Passes())
    sent = limited.feed(0, TOO_LONG_MS, 0)
    limited.wait_for_output(sent[0], [sent[1][0], 1.0], sent[2])
    limited.expect(WARN, 'deadline: 1 times', deadline=1, limited_output=1)
    assert limited.error_lines() == []


def test_ticks_that_an_evaluation_takes_away_are_missed_and_not_made_up_for(
        timer: ModelBench) -> None:
    timer.run(faulty_models.Sleeps())
    (sent,) = timer.feed(TOO_LONG_MS)
    timer.peer.wait_until(lambda: timer.output()[-1:] == [[sent[0], 0.0]])
    timer.expect(WARN, 'evaluations longer than the period')
    timer.peer.wait_until(lambda: int(timer.values()['missed_ticks']) >= 10)
    assert int(timer.values()['overruns']) >= 1
    wait_for_line('longer than the period of 50 ms', lambda: timer.log)
    assert timer.error_lines() == []
    assert_trustworthy(timer.output())


def test_an_evaluation_that_ends_after_it_was_given_up_is_not_published(
        timer: ModelBench) -> None:
    timer.run(faulty_models.Sleeps())
    (sent,) = timer.feed(GIVEN_UP_MS)
    timer.expect(ERROR, 'deactivated itself: the present evaluation has not ended for')
    assert timer.output()[-1] == FALLBACK
    assert timer.change_state('activate')  # waits for the end
    timer.get_through()
    assert timer.output().count(FALLBACK) == 1
    assert sent[0] not in {number for number, _ in timer.output()}
    wait_for_line('whatever it gives will not be published', lambda: timer.log)
    timer.peer.wait_until(lambda: timer.statuses()[-1].message == 'active')
    assert_trustworthy(timer.output())


def test_a_node_that_was_paused_as_a_whole_goes_on(timer: ModelBench) -> None:
    timer.run(faulty_models.Computes())
    timer.node.interrupt(signal.SIGSTOP)  # most probably in the middle of an evaluation
    sleep(PAUSE_S)
    timer.node.interrupt(signal.SIGCONT)
    sent = timer.feed(0, 0)
    timer.peer.wait_until(lambda: sent[1] in timer.output())
    looks = len(timer.statuses())
    timer.peer.wait_until(lambda: len(timer.statuses()) >= looks + 2)
    assert timer.state() == 'active'
    assert timer.error_lines() == []
    assert FALLBACK not in timer.output()


# Modules whose outputs are none.


@pytest.mark.parametrize('module, line', [
    (faulty_models.MiscountsList(), 'forward returned 2 outputs, but output_names has 1: output'),
    (faulty_models.ReturnsComplex(), "output 'output' is complex128, which no message holds"),
    (faulty_models.ReturnsMatrix(), "output 'output' has the shape [2, 2] after [2] at first"),
    (faulty_models.ReturnsText(), "output 'output' is of type str; expected a Tensor"),
    (faulty_models.ReturnsNone(), "output 'output' is of type NoneType; expected a Tensor"),
], ids=['count', 'dtype', 'shape', 'text', 'none'])
def test_what_is_no_output_is_not_published(
        module: torch.nn.Module, line: str, skip: ModelBench) -> None:
    skip.run(module)
    sent = skip.feed(0, 1, 0)
    skip.wait_for_output(sent[0], sent[2])
    skip.expect(ERROR, 'failed evaluation', failed_evaluation=1)
    (said,) = skip.error_lines()
    assert f'nothing published: {line}' in said


def test_a_complex_output_that_is_not_finite_is_not_published(fallback: ModelBench) -> None:
    fallback.run(faulty_models.ReturnsComplexNaN())
    sent = fallback.feed(0, 1, 0)
    fallback.wait_for_output(sent[0], FALLBACK, sent[2])
    assert_trustworthy(fallback.output())
    fallback.expect(ERROR, 'failed evaluation', failed_evaluation=1)


def test_no_output_at_all_is_replaced(fallback: ModelBench) -> None:
    fallback.run(faulty_models.MiscountsList())
    sent = fallback.feed(0, -1, 0)
    fallback.wait_for_output(sent[0], FALLBACK, sent[2])
    fallback.expect(ERROR, 'failed evaluation', failed_evaluation=1)
    (line,) = fallback.error_lines()
    assert 'fallback published: forward returned 0 outputs' in line


def test_whole_numbers_in_between_are_published_as_floating_ones(skip: ModelBench) -> None:
    skip.run(faulty_models.ReturnsWholeNumbers())
    skip.wait_for_output(*skip.feed(0, 1, 0))
    skip.expect_nothing()


def test_an_empty_output_is_published_as_it_is(skip: ModelBench) -> None:
    skip.run(faulty_models.ReturnsEmpty())
    sent = skip.feed(0, 1, 0)
    skip.wait_for_output(sent[0], [], sent[2])  # the first size may vary
    skip.expect_nothing()


def test_numbers_that_the_message_cannot_hold_are_not_published(hold: ModelBench) -> None:
    hold.run(faulty_models.ReturnsHuge())
    sent = hold.feed(0, 1, 0)
    hold.wait_for_output(sent[0], sent[0], sent[2])
    hold.expect(ERROR, 'failed evaluation', failed_evaluation=1)
    (line,) = hold.error_lines()
    assert "last good outputs published again: output 'output' has values from 1e+300 to" in line
    assert 'do not fit std_msgs/msg/Float32MultiArray' in line
    assert_trustworthy(hold.output())


# Modules that give NaN or infinity, and remember it.


def without_faults(module: torch.nn.Module, sent: List[List[float]]) -> List[List[float]]:
    """Return what the module gives on the messages that do not make it go wrong."""
    outputs = []
    for message in sent:
        if message[1] <= 100:
            outputs.append(module(torch.tensor(message, dtype=torch.float64)).tolist())
    return outputs


@pytest.mark.parametrize(
    'module', [faulty_models.SumsInPlace, faulty_models.SumsByRebinding],
    ids=['in_place', 'rebound'])
@pytest.mark.parametrize('reaction', ['skip', 'fallback'])
def test_after_an_output_that_is_not_finite_the_module_goes_on_as_if_it_had_not_been(
        module: Any, reaction: str, bench: Lend) -> None:
    node = bench(reaction)
    node.run(module())
    sent = node.feed(0.1, 200, 0.2, 0.3, 200, 200, 0.4, 0.7)
    good = without_faults(module(), sent)
    expected = iter(good)
    instead = [FALLBACK] if reaction == 'fallback' else []
    node.wait_for_output(*[
        output for message in sent
        for output in (instead if message[1] > 100 else [next(expected)])])
    node.expect(
        ERROR, 'not finite: output output', **{'not_finite:_output_output': 3})
    (line,) = node.error_lines()
    what = 'fallback published' if instead else 'nothing published'
    assert f"{what}: output 'output' is not finite" in line
    wait_for_line('outputs are published again, after 1 times without', lambda: node.log)
    assert_trustworthy(node.output())


def test_an_exception_leaves_the_memory_as_it_was_too(hold: ModelBench) -> None:
    hold.run(faulty_models.SpoilsWhatItGave())
    sent = hold.feed(0, 0.5, 1, 0.25, 1, 1, 0)
    hold.wait_for_output(*[sent[index] for index in (0, 1, 1, 3, 3, 3, 6)])
    hold.expect(ERROR, 'failed evaluation', failed_evaluation=3)
    assert_trustworthy(hold.output())


# Modules that do what is not their business.


def test_what_a_module_prints_goes_to_the_log_only(skip: ModelBench) -> None:
    skip.run(faulty_models.Prints())
    skip.wait_for_output(*skip.feed(0, 1, 2, 0))
    skip.expect_nothing()
    skip.peer.wait_until(lambda: 'the value is 2' in skip.log)


def test_a_warning_of_a_module_goes_to_the_log_only(skip: ModelBench) -> None:
    skip.run(faulty_models.Warns())
    skip.wait_for_output(*skip.feed(0, 1, 2, 0))
    skip.expect_nothing()
    skip.peer.wait_until(lambda: skip.log.count('UserWarning: the floor is wet') == 2)


def test_a_module_that_writes_into_its_input_gets_the_message_unharmed_at_each_tick(
        timer: ModelBench) -> None:
    timer.run(faulty_models.WritesIntoInput())
    (sent,) = timer.feed(0)
    timer.peer.wait_until(lambda: len(timer.output()) > 10)
    before, *_ = timer.output()
    assert {*map(tuple, timer.output())} == {tuple(before), tuple(sent)}
    timer.expect_nothing()


def test_a_module_that_changes_the_mode_of_its_thread_gives_the_same(skip: ModelBench) -> None:
    skip.run(faulty_models.ChangesTheMode())
    skip.wait_for_output(*skip.feed(0, 1, 2, 0, 3))
    skip.expect_nothing()


def test_too_little_memory_is_a_failed_evaluation(fallback: ModelBench) -> None:
    fallback.run(faulty_models.AsksForTooMuchMemory())
    sent = fallback.feed(0, 1, 0, 0)
    fallback.wait_for_output(sent[0], FALLBACK, sent[2], sent[3])
    fallback.expect(ERROR, 'failed evaluation', failed_evaluation=1)
    (line,) = fallback.error_lines()
    assert 'tried to allocate' in line


# Outputs beyond their limits.


def test_an_output_beyond_its_limits_is_cut_to_them_element_by_element(
        limited: ModelBench) -> None:
    limited.run(faulty_models.Adds())
    sent = limited.feed(1, 1.5, -0.5, -20, 10)
    # Half of what the module itself gave last is added, not half of what was published.
    raw = [1, 2, 0.5, -19.75, 0.125]
    limited.wait_for_output(*[
        [number, min(max(value, -10.0), 1.0)] for (number, _), value in zip(sent, raw)])
    limited.expect(WARN, 'limited output', limited_output=2)
    assert limited.error_lines() == []


def test_what_is_not_finite_is_not_fed_back(limited: ModelBench) -> None:
    limited.run(faulty_models.Adds())
    sent = limited.feed(0.5, 200, 0, 200, 0)
    limited.wait_for_output(
        sent[0], [sent[2][0], 0.25], [sent[4][0], 0.125])
    limited.expect(ERROR, 'not finite', **{'not_finite:_output_output': 2})
    # All or nothing: the other output of the same evaluation is finite.
    limited.wait_for_output(
        *[[number + 100, value + 100] for number, value in sent[::2]], topic='other')


def test_limits_do_not_reach_into_the_memory_of_the_module(limited: ModelBench) -> None:
    limited.run(faulty_models.ReturnsItsBuffer())
    sent = limited.feed(3, -2.5, -20, 20)
    limited.wait_for_output(*[
        [number, value] for (number, _), value in zip(sent, [1.0, 0.5, -10.0, 0.5])])
    limited.expect(WARN, 'limited output', limited_output=2)


def test_after_activation_outputs_fade_in_from_the_fallback_and_from_an_input(
        limited: ModelBench) -> None:
    limited.run(faulty_models.Passes())
    assert limited.output('other') == []
    assert limited.change_state('deactivate')
    limited.wait_for_output(FALLBACK)
    assert limited.change_state('activate')
    sent = []

    def is_faded_in() -> bool:
        sent.extend(limited.feed(0.5))
        limited.peer.wait_until(
            lambda: len(limited.output()) > len(sent) == len(limited.output('other')))
        return bool(limited.output()[-1] == sent[-1])
    limited.peer.wait_until(is_faded_in)
    values = [value for _, value in limited.output()[1:]]
    assert limited.output()[1] == FALLBACK
    assert all(map(float.__le__, values, values[1:]))
    values = [value for _, value in limited.output('other')]
    assert limited.output('other')[0] == sent[0]
    assert limited.output('other')[-1] == [sent[-1][0] + 100, 100.5]
    assert all(map(float.__le__, values, values[1:]))
    assert limited.guards() == {} and limited.error_lines() == []


def test_a_fade_in_from_the_last_output_begins_there_though_the_module_writes_into_it(
        rig: Any, tmp_path: Path) -> None:
    rig.start(
        small_models.save(faulty_models.ReturnsItsBuffer(), tmp_path),
        output_names=['output', 'other'], enable_topic='enable', fade_in_s=0.2,
        inputs__last__feedback='output', inputs__last__initial=[0.0, 0.0],
        outputs__output__fade_in_from='last', outputs__other__fade_in_from='x', **QUEUED,
        **FALLING_BACK)
    heard = rig.listen()
    enable = rig.peer.publisher('enable', Bool)
    rig.peer.send_until(
        lambda: enable.publish(Bool(data=True)) or heard and heard[-1] == [1.0, 0.0],
        x=[1.0, 0.0])
    rig.peer.send(x=[2.0, 5.0])
    rig.peer.wait_until(lambda: heard[-1] == [2.0, 5.0])
    enable.publish(Bool(data=False))
    rig.peer.wait_until(lambda: heard[-1] == FALLBACK)
    disabled = len(heard)
    enable.publish(Bool(data=True))
    first = rig.peer.send_until(
        lambda: [values for values in heard[disabled:] if values != FALLBACK], x=[3.0, 4.0])[0]
    assert first == [2.0, 5.0]


def test_a_jump_is_slowed_down_to_max_rate(timer: ModelBench) -> None:
    timer.run(small_models.Identity())
    (sent,) = timer.feed(0.95)
    timer.peer.wait_until(lambda: timer.output()[-1:] == [sent])
    values = [value for _, value in timer.output()]
    steps = [after - before for before, after in zip(values, values[1:])]
    assert max(steps) <= STEP + 1e-12
    slowed = [output for output in timer.output() if output[0] == sent[0] and output != sent]
    timer.expect(WARN, 'slowed output', slowed_output=len(slowed))
    assert timer.error_lines() == []


# Modules that never return.


@pytest.fixture
def stuck(rig: Any, tmp_path: Path) -> Callable[[], Tuple[NodeProcess, List[List[float]]]]:
    """Return a function that has the module of a new node hang; and what is heard of it."""
    def start() -> Tuple[NodeProcess, List[List[float]]]:
        node = rig.start(
            small_models.save(faulty_models.Hangs(), tmp_path), trigger='timer', rate_hz=100.0,
            inputs__x__qos__reliability='reliable', **FALLING_BACK)
        heard = rig.listen()
        rig.status()
        rig.peer.send_until(lambda: heard, x=[1.0, 0.0])
        rig.peer.send(x=[2.0, 1.0])
        counts: List[int] = []

        def is_silent() -> bool:
            counts.append(len(heard))
            return len(counts) > 30 and counts[-30] == counts[-1]
        rig.peer.wait_until(is_silent, 'silence')
        return node, heard
    return start


def assert_orderly(node: NodeProcess) -> None:
    """Assert that the process has ended by itself, without an uproar."""
    assert node.exit_code() == 0, node.output
    for uproar in ('Traceback', 'terminate called', 'Fatal Python error', 'a callback failed'):
        assert uproar not in node.output


def test_a_module_that_never_returns_is_left_behind_with_the_fallback_published(
        stuck: Any, rig: Any) -> None:
    node, heard = stuck()
    rig.wait_for_status(ERROR, 'deactivated itself: the present evaluation has not ended for')
    rig.wait_for_value('state', 'inactive')
    rig.peer.wait_until(lambda: heard[-1] == FALLBACK)
    assert [*heard].count(FALLBACK) == 1
    assert {tuple(values) for values in heard[:-1]} == {(1.0, 0.0)}
    wait_for_line(
        'the node deactivates: the present evaluation has not ended for',
        lambda: node.output)
    wait_for_line('whatever it gives will not be published', lambda: node.output)
    node.interrupt(signal.SIGTERM)
    assert_orderly(node)
    wait_for_line('the evaluation thread does not end; it is left behind', lambda: node.output)


def test_ctrl_c_ends_a_node_whose_module_never_returns(stuck: Any, rig: Any) -> None:
    node, heard = stuck()
    node.interrupt(signal.SIGINT)
    assert_orderly(node)
    rig.peer.wait_until(lambda: heard[-1] == FALLBACK)
    assert [*heard].count(FALLBACK) == 1
    wait_for_line('the evaluation thread does not end; it is left behind', lambda: node.output)


def test_a_reset_while_the_module_never_returns_is_answered_with_why_not(
        stuck: Any, rig: Any) -> None:
    node, heard = stuck()
    answer = rig.peer.call(Trigger, '/node/reset')
    assert not answer.success
    assert 'the present evaluation has not ended for' in answer.message
    rig.peer.wait_until(
        lambda: 'cannot reset: the present evaluation has not ended for' in node.output)
    # Afterwards, the node finds time to see what is wrong.
    rig.wait_for_status(ERROR, 'deactivated itself: the present evaluation has not ended for')
    assert_trustworthy(heard)


def test_a_change_of_a_parameter_while_the_module_never_returns_is_answered(
        stuck: Any, rig: Any) -> None:
    node, heard = stuck()
    request = SetParametersAtomically.Request()
    request.parameters = [Parameter('rate_hz', value=50.0).to_parameter_msg()]

    def change() -> Any:
        return rig.peer.call(
            SetParametersAtomically, '/node/set_parameters_atomically', request).result
    # At first, nobody can know that the evaluation will not end.
    no_effect = 'a parameter was set, but has no effect: the present evaluation has not ended'
    assert not change().successful or no_effect in node.output
    rig.wait_for_value('state', 'inactive')
    result = change()
    assert not result.successful
    assert 'the present evaluation has not ended for' in result.reason
    assert 'a callback failed' not in node.output
    assert_trustworthy(heard)
