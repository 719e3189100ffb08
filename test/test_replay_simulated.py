# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Replays in simulated time do what the node itself does when it hears the same."""

from pathlib import Path
from random import Random
from typing import Any, Callable, Dict, List, Tuple

from dg_pytorch_ros.config.trust_config import TrustConfig
from dg_pytorch_ros.errors import BagError
from dg_pytorch_ros.loading import load_model_of
from dg_pytorch_ros.offline.node import OfflineNode
from dg_pytorch_ros.parameters.file_declarations import FileDeclarations
from dg_pytorch_ros.parameters.node_parameters import Parameters
from dg_pytorch_ros.replay.replay import Recorded, Replay
from messages_at_random import import_class
import pytest
from rclpy.serialization import deserialize_message
from replay_rig import (
    at, Bench, CLOCK, clock, in_ms, T0_NS, tick_of_clock, TWIST, x_input, y_output)
from small_models import save
from std_msgs.msg import Float64MultiArray
import torch
from torch import Tensor

SECOND_NS = 10 ** 9


def double(x: Any) -> Any:
    return 2 * x


def simulated(**settings: Any) -> Bench:
    return Bench(double, x_input(), options={'use_sim_time': True}, **settings)


def test_ticks_come_with_the_steps_of_the_clock_that_pass_a_deadline() -> None:
    bench = simulated(rate_hz=10.0)
    steps = {1: 5.0, 2: 5.06, 3: 5.1, 4: 5.18, 5: 5.21, 6: 5.55, 7: 5.6}
    published = bench.run(
        at(0, '/x', 1.0), *(tick_of_clock(time, seconds) for time, seconds in steps.items()))
    assert [time for time, _ in published] == [3.0, 5.0, 6.0, 7.0]
    assert bench.counters.missed_ticks == 2  # at 5.4 and 5.5
    assert bench.replay.topics['/clock'] == {CLOCK}


def test_deadlines_begin_anew_with_the_first_outputs() -> None:
    bench = simulated(rate_hz=10.0)
    steps = {1: 5.0, 2: 5.13, 3: 5.2, 4: 5.23, 5: 5.3, 6: 5.33}
    published = bench.run(
        at(0, '/x', 1.0), *(tick_of_clock(time, seconds) for time, seconds in steps.items()))
    assert [time for time, _ in published] == [2.0, 4.0, 6.0]


def test_the_clock_may_have_another_name() -> None:
    node = OfflineNode(remaps=[('/clock', '/sim/clock')])
    bench = Bench(double, x_input(), rate_hz=10.0, options={'use_sim_time': True, 'node': node})
    assert bench.replay.topics['/sim/clock'] == {CLOCK}
    published = bench.run(
        at(0, '/x', 1.0), *(tick_of_clock(time, 5.0 + 0.1 * time)._replace(topic='/sim/clock')
                            for time in range(1, 4)))
    assert [time for time, _ in published] == [2.0, 3.0]


def test_times_of_outputs_are_those_of_the_bag_and_stamps_those_of_the_simulation() -> None:
    bench = simulated(rate_hz=10.0, output=y_output(message_type=TWIST, field=('twist.linear.x',)))
    published, = bench.published([
        at(0, '/x', 1.0), tick_of_clock(1, 7.0), tick_of_clock(2, 7.1)])
    assert in_ms(published.time_ns) == 2.0
    stamp = bench.deserialize(published).header.stamp
    assert (stamp.sec, stamp.nanosec) == (7, 100_000_000)


def test_ages_are_those_of_the_simulation_and_count_from_the_tick_that_took_the_message() -> None:
    bench = Bench(
        double, x_input(max_age_ms=150.0), output=y_output(fallback=-1.0), rate_hz=10.0,
        trust=TrustConfig(on_stale='fallback'), options={'use_sim_time': True})
    published = bench.run(tick_of_clock(0, 3.0), at(500, '/x', 1.0), *(
        tick_of_clock(1000 + number, 3.0 + 0.1 * number) for number in range(5)))
    assert published == [(1001.0, [2.0]), (1002.0, [2.0]), (1003.0, [-1.0]), (1004.0, [-1.0])]


def test_the_first_time_that_is_heard_makes_nothing_old() -> None:
    bench = Bench(
        double, x_input(max_age_ms=10.0), output=y_output(fallback=-1.0), trigger='message',
        trust=TrustConfig(on_stale='fallback'), options={'use_sim_time': True})
    assert bench.run(
        at(0, '/x', 1.0), tick_of_clock(1, 1000.0), tick_of_clock(2, 1000.01),
        tick_of_clock(3, 1000.02)) == [(0.0, [2.0]), (3.0, [-1.0])]


def test_a_clock_that_goes_back_makes_the_model_forget() -> None:
    bench = simulated(rate_hz=10.0)
    bench.run(
        at(0, '/x', 1.0), tick_of_clock(1, 100.0), tick_of_clock(2, 100.1), tick_of_clock(3, 50.0),
        tick_of_clock(4, 50.05), tick_of_clock(5, 50.1), tick_of_clock(6, 70.0))
    assert (bench.model.resets, bench.counters.evaluations) == (2, 2)
    assert [text for _, text in bench.said if 'ROS time' in text] == [
        'ROS time jumped by -50.100 s; deadlines begin anew, and the module forgets what it has '
        'seen', 'ROS time jumped by 19.900 s; deadlines begin anew']


def test_a_bag_without_a_clock_is_refused() -> None:
    with pytest.raises(BagError, match='use_sim_time is set, but no time has come on /clock'):
        simulated(rate_hz=10.0).run(at(0, '/x', 1.0), at(1000, '/x', 1.0))


class Leaky(torch.nn.Module):
    """Adds what it gets to half of what it gave before."""

    state: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('state', torch.zeros(1, dtype=torch.float64))

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        self.state = 0.5 * self.state + x + 10 * z
        return self.state


PARAMETERS: Dict[str, Any] = {
    'use_sim_time': True, 'on_stale': 'fallback', 'inputs.x.topic': 'x',
    'inputs.x.max_age_ms': 30.0, 'inputs.x.qos.reliability': 'reliable', 'inputs.x.qos.depth': 3,
    'inputs.z.topic': 'z', 'inputs.z.qos.reliability': 'reliable',
    'outputs.output.topic': 'output', 'outputs.output.type': TWIST,
    'outputs.output.field': ['twist.linear.x'], 'outputs.output.fallback': [-1.0],
    'outputs.output.qos.depth': 1000}
SHAPES = {'inputs.x.shape': [1], 'inputs.z.shape': [1]}
WAYS: Dict[str, Dict[str, Any]] = {
    'timer': {'trigger': 'timer', 'rate_hz': 100.0},
    'one trigger': {**SHAPES, 'trigger_inputs': ['x'], 'outputs.output.max_rate': [200.0]},
    'two triggers': {'fade_in_s': 0.02}}


class Robot:
    """The node itself, which hears a message only when it has done all with the one before."""

    def __init__(self, running: Any, peer: Any) -> None:
        self.running = running
        self._peer = peer
        self._clock = peer.publisher('/clock', import_class(CLOCK))
        self.heard = peer.listen('output', import_class(TWIST))

    def send(self, topic: str, number: float) -> None:
        publisher = self._peer.publisher(topic)
        publisher.publish(Float64MultiArray(data=[number]))
        assert publisher.wait_for_all_acked()
        self._settle()

    def set_clock(self, time_ns: int) -> None:
        message = deserialize_message(clock(time_ns), import_class(CLOCK))
        ros_clock = self.running.node.get_clock()

        def is_heard() -> bool:
            self._clock.publish(message)  # again, as nodes hear the clock by best effort
            return bool(ros_clock.now().nanoseconds == time_ns)
        self._peer.wait_until(is_heard)
        self._settle()

    def _settle(self) -> None:
        """Wait for some rounds of the evaluation thread, in which it comes to rest."""
        for _ in range(8):
            self.running.node.deployment._loop.call(lambda: None)


def steps_at_random(random: Random) -> List[Tuple[str, float]]:
    """Return what happens: a step of the clock in milliseconds, or a number on a topic."""
    steps: List[Tuple[str, float]] = [('x', 1.0), ('clock', 20_000.0)]
    for jump_ms in (20_000.0, -500.0, 1.0):
        for kind in random.choices(('clock', 'x', 'z'), (6, 4, 3), k=27):
            wait_ms = random.choice((1.0, 4.0, 4.0, 10.0, 10.0, 23.0, 47.0))
            steps.append((kind, wait_ms if kind == 'clock' else float(len(steps))))
        steps.append(('clock', jump_ms))
    # Something that surely comes last.
    return [*steps, ('z', 1000.0), ('x', 1000.0), ('clock', 10.0), ('clock', 10.0)]


@pytest.mark.parametrize('way', WAYS)
def test_a_replay_publishes_what_the_node_publishes(
        run_node: Callable[..., Any], peer: Any, tmp_path: Path, way: str) -> None:
    given = {**PARAMETERS, **WAYS[way], 'model_path': save(Leaky(), tmp_path)}
    robot = Robot(run_node(**given), peer)
    recording, now_ns = [], 0
    for number, (kind, value) in enumerate(steps_at_random(Random(2))):
        time_ns = T0_NS + number
        if kind == 'clock':
            now_ns += round(1e6 * value)
            robot.set_clock(now_ns)
            recording.append(Recorded('/clock', CLOCK, time_ns, clock(now_ns)))
        else:
            robot.send(kind, value)
            recording.append(at(1e-6 * number, f'/{kind}', value))
    parameters = Parameters(FileDeclarations(
        {name: value for name, value in given.items() if name != 'use_sim_time'}))
    model = load_model_of(parameters.read_model())
    replay = Replay(parameters.read_node(model.signature), model, use_sim_time=True)
    expected = [
        deserialize_message(published.data, import_class(TWIST))
        for published in replay.run(recording)]
    assert len(expected) > 15
    peer.wait_until(lambda: len(robot.heard) >= len(expected), lambda: f'{len(robot.heard)}')
    assert robot.heard == expected
    node_counters, counters = robot.running.counters, replay.circuit.counters
    assert (counters.evaluations, counters.refusals, counters.dropped_messages) == (
        node_counters.evaluations, node_counters.refusals, node_counters.dropped_messages)
