# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Replays in which messages cause evaluations, and silence is noticed between them."""

from typing import Any, Dict, List, Optional, Set, Tuple

from dg_pytorch_ros.config.trust_config import TrustConfig
from dg_pytorch_ros.errors import ConfigError
from hypothesis import given, strategies
import pytest
from replay_rig import at, Bench, enable, MS_NS, T0_NS, x_input, y_output

AGE_MS = 10.0
AGE_NS = 10 * MS_NS


def add(x: Any, z: Any) -> Any:
    return x + z


def double(x: Any) -> Any:
    return 2 * x


def aging(reaction: str = 'fallback', **settings: Any) -> Bench:
    return Bench(
        double, x_input(max_age_ms=AGE_MS), output=y_output(fallback=-1.0), trigger='message',
        trust=TrustConfig(on_stale=reaction, **settings))


def test_every_message_of_a_trigger_is_an_evaluation_at_its_time() -> None:
    bench = Bench(double, x_input(), trigger='message')
    assert bench.run(at(0, '/x', 1.0), at(0, '/x', 2.0), at(3.25, '/x', 3.0)) == [
        (0.0, [2.0]), (0.0, [4.0]), (3.25, [6.0])]


def test_what_is_no_trigger_is_taken_when_an_evaluation_is_due() -> None:
    bench = Bench(
        add, x_input('x'), x_input('z'), trigger='message', trigger_inputs=('x',))
    assert bench.run(
        at(0, '/x', 1.0), at(1, '/z', 10.0), at(2, '/z', 20.0), at(3, '/x', 2.0),
        at(4, '/z', 30.0), at(5, '/x', 3.0)) == [(3.0, [22.0]), (5.0, [33.0])]


def test_an_evaluation_waits_for_all_triggers_and_takes_the_newest_of_each() -> None:
    bench = Bench(add, x_input('x'), x_input('z'), trigger='message')
    assert bench.run(
        at(0, '/x', 1.0), at(1, '/x', 2.0), at(2, '/z', 10.0), at(3, '/z', 20.0),
        at(4, '/z', 30.0), at(5, '/x', 3.0)) == [(2.0, [12.0]), (5.0, [33.0])]


def test_a_queue_is_worked_off_in_order_and_keeps_so_many_messages() -> None:
    bench = Bench(add, x_input('x', depth=3), x_input('z'), trigger='message')
    # The first is taken at once; of the four behind it, the queue has lost one.
    assert bench.run(
        *(at(number, '/x', float(number)) for number in range(5)),
        *(at(time, '/z', 10.0 * time) for time in (10, 11, 12, 13, 14))) == [
        (10.0, [100.0]), (11.0, [112.0]), (12.0, [123.0]), (13.0, [134.0])]


def test_a_queue_gives_way_to_its_newest_when_it_is_too_old() -> None:
    bench = Bench(
        add, x_input('x', depth=3, max_age_ms=AGE_MS), x_input('z'), trigger='message')
    assert bench.run(
        at(0, '/x', 1.0), at(1, '/x', 2.0), at(11, '/x', 3.0), at(12, '/z', 10.0)) == [
        (12.0, [13.0])]
    assert bench.counters.dropped_messages == {('x', 'age'): 2}


@pytest.mark.parametrize('reaction, value', [('fallback', -1.0), ('hold', 2.0)])
def test_silence_is_reacted_to_when_it_begins_and_again_after_every_such_age(
        reaction: str, value: float) -> None:
    bench = aging(reaction)
    published = bench.published([at(0, '/x', 1.0), at(35, '/x', 3.0)])
    assert [each.time_ns - T0_NS for each in published] == [
        0, 10 * MS_NS + 1, 20 * MS_NS + 1, 30 * MS_NS + 1, 35 * MS_NS]
    assert [bench.deserialize(each).data[0] for each in published] == [
        2.0, value, value, value, 6.0]
    assert bench.said[-1] == (35.0, 'outputs are published again, after 3 times without')


def test_a_message_in_the_moment_of_expiry_is_in_time() -> None:
    bench = aging()
    late_ns = T0_NS + 10 * MS_NS + 1
    published = bench.published([at(0, '/x', 1.0), at(0, '/x', 2.0)._replace(time_ns=late_ns)])
    assert [bench.deserialize(each).data[0] for each in published] == [2.0, 4.0]


def test_silence_until_the_end_of_the_bag_is_noticed() -> None:
    bench = aging('deactivate')
    published = bench.published([at(0, '/x', 1.0)], end_ns=T0_NS + 99 * MS_NS)
    assert [each.time_ns - T0_NS for each in published] == [0, 10 * MS_NS + 1]
    assert bench.replay.ended is not None
    assert bench.replay.ended.time_ns == T0_NS + 10 * MS_NS + 1
    assert 'above max_age_ms 10' in bench.replay.ended.reason


def test_who_has_not_acted_yet_waits() -> None:
    bench = aging('deactivate')
    assert bench.run(at(50, '/x', 1.0), begin_ns=T0_NS) == [(50.0, [2.0])]
    assert bench.replay.ended is None
    assert bench.counters.refusals == {'stale x': 4}  # 10, 20, 30 and 40 ms after the beginning


def test_a_tiny_age_does_not_stop_time() -> None:
    bench = Bench(
        double, x_input(max_age_ms=1e-9), output=y_output(fallback=-1.0), trigger='message',
        trust=TrustConfig(on_stale='fallback'))
    assert len(bench.run(at(0, '/x', 1.0), at(0.01, '/z'))) == 11


def guarded(**trust: Any) -> Bench:
    return Bench(
        double, x_input(), output=y_output(fallback=-1.0), trigger='message',
        trust=TrustConfig(enable_topic='enable', **trust))


def test_a_permission_that_is_withdrawn_is_reacted_to_at_once() -> None:
    bench = guarded()
    assert bench.run(
        enable(0, True), at(1, '/x', 1.0), enable(2, False), at(3, '/x', 2.0), enable(4, True),
        at(5, '/x', 3.0)) == [(1.0, [2.0]), (2.0, [-1.0]), (3.0, [-1.0]), (5.0, [6.0])]
    assert bench.replay.topics == {
        '/x': frozenset({'std_msgs/msg/Float64MultiArray'}),
        '/enable': frozenset({'std_msgs/msg/Bool'})}


def test_without_a_permission_nothing_is_done_from_the_beginning_on() -> None:
    bench = guarded()
    assert bench.run(at(1, '/x', 1.0), begin_ns=T0_NS) == [(1.0, [-1.0])]
    assert [time for time, text in bench.said if 'not enabled' in text] == [0.0]


def test_a_permission_runs_out_where_it_has_an_age() -> None:
    bench = guarded(enable_max_age_ms=5.0)
    published = bench.published([enable(0, True), at(1, '/x', 1.0), at(8, '/x', 1.0)])
    assert [each.time_ns - T0_NS for each in published] == [
        MS_NS, 5 * MS_NS + 1, 8 * MS_NS]
    assert [bench.deserialize(each).data[0] for each in published] == [2.0, -1.0, -1.0]


def test_a_rate_counts_the_time_of_the_recording() -> None:
    bench = Bench(
        double, x_input(shape=(1,)), output=y_output(max_rate=1.0), trigger='message')
    published = bench.run(
        at(0, '/x', 1.0), at(100, '/x', 5.0), at(350, '/x', 5.0), at(5000, '/x', 5.0))
    assert published == [
        (0.0, [2.0]), (100.0, [pytest.approx(2.1)]), (350.0, [pytest.approx(2.35)]),
        (5000.0, [pytest.approx(3.35)])]  # no more than in a second


def test_too_many_failures_end_the_replay() -> None:
    def fail(x: Any) -> Any:
        if x[0] > 1.0:
            raise ValueError('no')
        return x
    bench = Bench(
        fail, x_input(shape=(1,)), output=y_output(fallback=-1.0), trigger='message',
        trust=TrustConfig(max_failures=2))
    assert bench.run(*(at(time, '/x', float(time)) for time in range(1, 9))) == [
        (1.0, [1.0]), (3.0, [-1.0])]
    assert bench.counters.refusals == {'failed evaluation': 2}
    assert bench.replay.ended is not None and bench.replay.ended.time_ns == T0_NS + 3 * MS_NS


def test_latched_triggers_from_before_the_beginning_cause_an_evaluation_then() -> None:
    bench = Bench(double, x_input(durability='transient_local'), trigger='message')
    assert bench.run(at(-5, '/x', 1.0), at(5, '/x', 2.0), begin_ns=T0_NS) == [
        (0.0, [2.0]), (5.0, [4.0])]


def test_ticks_cannot_be_given() -> None:
    with pytest.raises(ConfigError, match="times of ticks are given, but trigger is 'message'"):
        Bench(double, x_input(), trigger='message', options={'tick_times_ns': [T0_NS]})


Arrival = Tuple[str, int]  # the topic, and how many milliseconds after the message before


class Rules:
    """Says in plain words what two triggers without queues bring about; x must not be too old."""

    def __init__(self) -> None:
        self.published: List[Tuple[int, float]] = []
        self._values: Dict[str, float] = {}
        self._news: Set[str] = set()
        self._since_ns = 0
        self._refused_ns: Optional[int] = None
        self._is_prepared = False

    def pass_until(self, time_ns: int) -> None:
        """React to silence when it begins, and whenever it has lasted as long again."""
        while True:
            due_ns = self._since_ns + AGE_NS + 1
            if self._refused_ns is not None:
                due_ns = max(due_ns, self._refused_ns + AGE_NS)
            if due_ns >= time_ns:
                return
            self._refuse(due_ns)

    def receive(self, topic: str, number: float, time_ns: int) -> None:
        self._values[topic] = number
        self._news.add(topic)
        if topic == 'x':
            self._since_ns = time_ns
        if len(self._news) < 2:
            return
        self._news.clear()
        self._is_prepared = True
        if time_ns - self._since_ns > AGE_NS:
            self._refuse(time_ns)
        else:
            self._refused_ns = None
            self.published.append((time_ns, sum(self._values.values())))

    def _refuse(self, now_ns: int) -> None:
        self._refused_ns = now_ns
        if self._is_prepared:
            self.published.append((now_ns, -1.0))


@given(strategies.lists(
    strategies.tuples(strategies.sampled_from('xz'), strategies.integers(0, 25)), max_size=20))
def test_any_arrivals_bring_what_the_rules_say(arrivals: List[Arrival]) -> None:
    bench = Bench(
        add, x_input('x', max_age_ms=AGE_MS), x_input('z'), trigger='message',
        output=y_output(fallback=-1.0), trust=TrustConfig(on_stale='fallback'))
    rules = Rules()
    now_ms, messages = 0, []
    for number, (topic, wait_ms) in enumerate(arrivals):
        now_ms += wait_ms
        messages.append(at(now_ms, f'/{topic}', float(number)))
        rules.pass_until(now_ms * MS_NS)
        rules.receive(topic, float(number), now_ms * MS_NS)
    published = bench.published(messages, begin_ns=T0_NS)
    assert [
        (each.time_ns - T0_NS, bench.deserialize(each).data[0]) for each in published
    ] == rules.published
