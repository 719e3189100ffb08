# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Replays at the deadlines of a timer: what is there at each of them, and nothing later."""

from time import sleep
from typing import Any

from dg_pytorch_ros.config.input_config import HistoryConfig, InputConfig
from dg_pytorch_ros.config.trust_config import TrustConfig
from dg_pytorch_ros.errors import BagError, EvaluationError
from dg_pytorch_ros.offline.node import OfflineNode
from dg_pytorch_ros.replay.replay import Recorded
from messages_at_random import import_class
import numpy as np
import pytest
from replay_rig import (
    at, Bench, FLOATS, floats, MS_NS, serialized, T0_NS, TWIST, twist, x_input, y_output)


def double(x: Any) -> Any:
    return 2 * x


def test_ticks_come_every_period_after_the_first_message_up_to_the_last() -> None:
    bench = Bench(double, x_input(), rate_hz=100.0)
    assert bench.run(at(0, '/x', 1.0), at(25, '/x', 2.0), at(40, '/x', 3.0)) == [
        (10.0, [2.0]), (20.0, [2.0]), (30.0, [4.0]), (40.0, [6.0])]
    assert (bench.counters.ticks, bench.counters.evaluations) == (4, 4)


def test_deadlines_do_not_drift() -> None:
    bench = Bench(double, x_input(shape=(1,)), rate_hz=60.0)
    times_ns = [
        published.time_ns - T0_NS for published in bench.published([
            at(0, '/x', 1.0), at(10_000, '/x', 1.0)])]
    assert times_ns == [round(index * 1e9 / 60.0) for index in range(1, 601)]


def test_a_message_counts_from_the_time_on_at_which_it_was_recorded() -> None:
    bench = Bench(double, x_input(), rate_hz=100.0)
    late = Recorded('/x', FLOATS, T0_NS + 20 * MS_NS + 1, floats(9.0))
    assert bench.run(at(0, '/x', 1.0), at(10, '/x', 2.0), at(10, '/x', 3.0), late) == [
        (10.0, [6.0]), (20.0, [6.0])]


def test_the_bag_may_begin_before_its_first_message_and_end_after_its_last() -> None:
    bench = Bench(
        double, x_input(max_age_ms=15.0), output=y_output(fallback=-1.0), rate_hz=100.0,
        trust=TrustConfig(on_stale='fallback'))
    published = bench.run(
        at(22, '/x', 1.0), at(999, '/x', 2.0), begin_ns=T0_NS, end_ns=T0_NS + 50 * MS_NS)
    # Nobody knows what a fallback looks like before the first output.
    assert published == [(30.0, [2.0]), (40.0, [-1.0]), (50.0, [-1.0])]
    assert bench.counters.refusals == {'stale x': 3}
    assert bench.said[0] == (
        20.0, "nothing published: input 'x' has had no message for 20.0 ms, above max_age_ms 15")


def test_a_bag_without_messages_has_ticks_without_values() -> None:
    bench = Bench(double, x_input(), rate_hz=100.0)
    assert bench.run(begin_ns=T0_NS, end_ns=T0_NS + 30 * MS_NS) == []
    assert bench.counters.ticks == 3
    assert Bench(double, x_input(), rate_hz=100.0).run() == []


def test_ticks_can_be_given_and_those_before_the_beginning_are_left_out() -> None:
    ticks_ns = [T0_NS + round(MS_NS * time) for time in (25, 0, 5, 12.5, 25, -1, 99)]
    bench = Bench(double, x_input(), rate_hz=100.0, options={'tick_times_ns': ticks_ns})
    assert bench.run(at(0, '/x', 1.0), at(25, '/x', 2.0), at(40, '/x', 3.0)) == [
        (0.0, [2.0]), (5.0, [2.0]), (12.5, [2.0]), (25.0, [4.0]), (25.0, [4.0])]


def test_of_what_came_since_the_last_tick_the_queue_keeps_the_newest() -> None:
    bad = Recorded('/x', FLOATS, T0_NS + 14 * MS_NS, floats(1.0, 2.0))
    messages = [at(0, '/x', 1.0), at(12, '/x', 2.0), at(13, '/x', 3.0), bad, at(20, '/z')]
    assert Bench(double, x_input(depth=1), rate_hz=100.0).run(*messages)[-1] == (20.0, [2.0])
    deep = Bench(double, x_input(depth=2), rate_hz=100.0)
    assert deep.run(*messages)[-1] == (20.0, [6.0])
    assert deep.counters.dropped_messages == {('x', 'size'): 1}
    time_ms, text = deep.said[-1]
    assert time_ms == 20.0 and text.startswith("input 'x': message dropped, ")


def test_a_message_is_as_old_as_the_recording_says() -> None:
    bench = Bench(
        double, x_input(max_age_ms=10.0), output=y_output(fallback=-1.0), rate_hz=1000.0,
        trust=TrustConfig(on_stale='fallback'))
    published = bench.run(at(0.5, '/x', 1.0), at(13.5, '/x', 1.0), begin_ns=T0_NS)
    assert published == [
        *((float(time), [2.0]) for time in range(1, 11)),
        *((float(time), [-1.0]) for time in range(11, 14))]
    assert bench.said == [
        (1.0, 'the first complete set of values fits'),
        (11.0, "fallback published: input 'x' is 10.5 ms old, above max_age_ms 10")]


def test_an_age_can_count_from_the_stamp() -> None:
    config = x_input(message_type=TWIST, field=('twist.linear.x',), max_age_ms=10.0,
                     age_from='stamp')
    bench = Bench(double, config, rate_hz=100.0)
    stamps_ms = {0: -1, 10: 1, 20: 9, 30: 50}  # an echo of the future makes nothing younger
    published = bench.run(*(
        Recorded('/x', TWIST, T0_NS + time * MS_NS, twist(1.0, T0_NS + stamp * MS_NS))
        for time, stamp in stamps_ms.items()), at(40, '/z'), at(50, '/z'))
    assert [time for time, _ in published] == [10.0, 30.0, 40.0]
    assert bench.counters.refusals == {'stale x': 2}


def test_outputs_are_stamped_with_the_time_of_the_recording_or_of_what_they_were_made_from(
) -> None:
    source = x_input('x', message_type=TWIST, field=('twist.linear.x',))
    for stamp_from, expected_ms in (('', 10.0), ('x', 3.0)):
        output = y_output(
            message_type=TWIST, field=('twist.linear.x',), frame_id='base', stamp_from=stamp_from)
        bench = Bench(double, source, output=output, rate_hz=100.0)
        published, = bench.published([
            Recorded('/x', TWIST, T0_NS, twist(1.0, T0_NS + 3 * MS_NS)), at(10, '/z')])
        stamp = bench.deserialize(published).header.stamp
        assert stamp.sec * 10 ** 9 + stamp.nanosec == T0_NS + round(expected_ms * MS_NS)
        assert published.time_ns == T0_NS + 10 * MS_NS


def test_inputs_of_one_topic_get_the_same_message() -> None:
    joints = 'sensor_msgs/msg/JointState'
    both: Any = {'topic': 'joints', 'message_type': joints, 'select': ('b', 'a')}
    bench = Bench(
        lambda q, dq: q - dq, x_input('q', field=('position',), **both),
        x_input('dq', field=('velocity',), **both), rate_hz=100.0)
    message = serialized(import_class(joints)(
        name=['a', 'b'], position=[5.0, 6.0], velocity=[1.0, 3.0]))
    assert bench.replay.topics == {'/joints': frozenset({joints})}
    assert bench.run(Recorded('/joints', joints, T0_NS, message), at(10, '/z')) == [
        (10.0, [3.0, 4.0])]


def test_a_message_of_another_type_never_arrives() -> None:
    bench = Bench(double, x_input(), rate_hz=100.0)
    assert bench.run(
        at(0, '/x', 1.0), at(5, '/x', 2.0)._replace(message_type='std_msgs/msg/Float32'),
        at(6, '/ns/x', 3.0), at(10, '/z')) == [(10.0, [2.0])]
    assert not bench.counters.dropped_messages


def test_feedback_and_history_go_on_from_tick_to_tick() -> None:
    bench = Bench(
        lambda x, last, gain: gain * x.reshape(2, -1)[1] + last,
        x_input(history=HistoryConfig(2, fill='zeros')),
        InputConfig('last', feedback='y', initial=(0.0,)),
        InputConfig('gain', constant=(10.0,)), rate_hz=100.0)
    assert bench.run(at(0, '/x', 1.0), at(15, '/x', 2.0), at(35, '/x', 3.0), at(50, '/z')) == [
        (10.0, [0.0]), (20.0, [10.0]), (30.0, [30.0]), (40.0, [50.0]), (50.0, [80.0])]


def test_a_fade_in_takes_its_time_of_the_recording() -> None:
    bench = Bench(
        double, x_input(), output=y_output(fallback=0.0), rate_hz=100.0,
        trust=TrustConfig(fade_in_s=0.04))
    published = bench.run(at(0, '/x', 8.0), at(70, '/z'))
    values = [value for _, (value,) in published]
    assert (values[0], values[4:]) == (0.0, [16.0] * 3)
    assert values[2] == pytest.approx(8.0)
    assert values == sorted(values)


def test_the_first_values_must_fit_the_module() -> None:
    def two(x: Any) -> Any:
        if x.size != 2:
            raise EvaluationError('forward takes two')
        return x
    bench = Bench(two, x_input(), rate_hz=100.0)
    assert bench.run(at(0, '/x', 1.0), at(15, '/x', 1.0, 2.0), at(30, '/z')) == [
        (20.0, [1.0, 2.0]), (30.0, [1.0, 2.0])]
    assert bench.said == [
        (10.0, 'nothing published: forward takes two'),
        (20.0, 'the first complete set of values fits'),
        (20.0, 'outputs are published again, after 1 times without')]


def number_below_five(x: Any) -> Any:
    return x[0] if x[0] < 5.0 else np.nan


def test_what_the_node_deactivates_for_ends_the_replay() -> None:
    bench = Bench(
        number_below_five, x_input(shape=(1,)), output=y_output(fallback=-1.0), rate_hz=100.0,
        trust=TrustConfig(on_nonfinite='deactivate'))
    published = bench.run(at(0, '/x', 1.0), at(15, '/x', 7.0), at(30, '/x', 1.0))
    assert published == [(10.0, [1.0]), (20.0, [-1.0])]
    assert bench.replay.ended == (T0_NS + 20 * MS_NS, "output 'y' is not finite")
    assert bench.model.undone == 1
    assert bench.said[-1] == (20.0, "the node deactivates: output 'y' is not finite")


def test_outputs_come_as_soon_as_they_can_and_a_deactivated_node_reads_no_further() -> None:
    bench = Bench(
        number_below_five, x_input(shape=(1,)), rate_hz=100.0,
        output=y_output(fallback=-1.0), trust=TrustConfig(on_nonfinite='deactivate'))
    read = []

    def messages() -> Any:
        for message in (at(0, '/x', 1.0), at(15, '/x', 7.0), at(30, '/x', 1.0), at(99, '/x', 1.0)):
            read.append(message)
            yield message
    replay = bench.replay.run(messages())
    assert next(replay).time_ns == T0_NS + 10 * MS_NS and len(read) == 2
    assert bench.model.modes == 0  # whoever reads the outputs is not in the model's mode
    assert next(replay).time_ns == T0_NS + 20 * MS_NS and len(read) == 3
    assert next(replay, None) is None and len(read) == 3


def test_how_long_an_evaluation_takes_decides_nothing() -> None:
    def take_long(x: Any) -> Any:
        sleep(0.002)
        return x
    bench = Bench(
        take_long, x_input(shape=(1,)), rate_hz=1000.0,
        trust=TrustConfig(deadline_ms=1e-6, on_overrun='skip'))
    assert len(bench.run(at(0, '/x', 1.0), at(3, '/z'))) == 3
    assert (bench.counters.overruns, bench.counters.refusals) == (0, {})
    assert bench.counters.durations_ns == []


def test_what_goes_on_happening_is_said_now_and_then_in_the_time_of_the_recording() -> None:
    bench = Bench(double, x_input(shape=(1,)), rate_hz=100.0)
    bench.run(at(0, '/x', np.nan), at(11_000, '/z'))
    assert [time for time, _ in bench.said] == [10.0, 5010.0, 10010.0]
    assert bench.said[1][1].endswith('(499 more since the last such line)')


def test_messages_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(BagError, match='comes after .* expected messages in the order of their'):
        Bench(double, x_input(), rate_hz=100.0).run(at(5, '/x', 1.0), at(4, '/x', 1.0))


@pytest.mark.parametrize('durability', ['volatile', 'transient_local'])
def test_of_what_came_before_the_beginning_only_latched_messages_count(durability: str) -> None:
    bench = Bench(
        lambda x, y: x + y, x_input('x', durability=durability), x_input('z'), rate_hz=100.0)
    published = bench.run(
        at(-50, '/x', 1.0), at(-40, '/x', 2.0), at(5, '/z', 1.0), at(20, '/z', 2.0),
        begin_ns=T0_NS)
    assert published == ([] if durability == 'volatile' else [(10.0, [3.0]), (20.0, [4.0])])


def test_names_are_resolved_and_remapped() -> None:
    node = OfflineNode('policy', 'robot', [('x', '/sensor'), ('y', '~/action')])
    bench = Bench(double, x_input(), rate_hz=100.0, options={'node': node})
    assert bench.replay.topics == {'/sensor': frozenset({FLOATS})}
    published, = bench.published([at(0, '/sensor', 1.0), at(10, '/robot/x', 2.0)])
    assert published[:3] == ('y', '/robot/policy/action', T0_NS + 10 * MS_NS)
