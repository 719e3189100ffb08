# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A model between its inputs and outputs, without a thread, a pace or a middleware."""

from typing import Any, List

from dg_pytorch_ros.circuit import Circuit
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.topic_config import QosConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig, TrustConfig
from dg_pytorch_ros.errors import ConfigError, ContractError
from dg_pytorch_ros.offline.clock import OfflineClock
from dg_pytorch_ros.offline.node import OfflineNode
from evaluation_rig import Doubler, MS_NS, Observer, Time
import pytest
from replay_rig import floats


class Bench:
    """A circuit of the inputs x and y, and all that it touches."""

    def __init__(
        self, *, shape: Any = None, durability: str = 'volatile', **settings: Any
    ) -> None:
        self.node = OfflineNode()
        self.clock = OfflineClock(1000)
        self.drops: List[str] = []
        self.durations_ms: List[float] = []
        self.model = Doubler([], Time())
        inputs = (
            InputConfig('x', topic='x', shape=shape, max_age_ms=10.0,
                        qos=QosConfig('reliable', durability)),
            InputConfig('y', topic='y', shape=shape))
        self.config = NodeConfig(inputs, (
            OutputConfig('a', topic='a', limits=LimitsConfig(fallback=(0.0,))),), **{
                'trigger': 'message', **settings})
        self.circuit = Circuit(
            self.node, self.config, self.model, ages=self.clock, observer=Observer([]),
            on_drop=lambda name, error: self.drops.append(f'{name}: {error.cause}'),
            publish_duration_ms=self.durations_ms.append, duration_clock_ns=self.model._time)

    def receive(self, topic: str, *numbers: float) -> None:
        subscription, = (each for each in self.node.subscriptions if each.topic_name == topic)
        subscription.receive(floats(*numbers), self.clock.time_ns)


def names(subscribers: Any) -> List[List[str]]:
    return [subscriber.names for subscriber in subscribers]


def test_triggers_are_taken_by_the_pace_and_all_others_by_the_evaluation() -> None:
    bench = Bench(trigger_inputs=('y',), trust=TrustConfig(enable_topic='enable'))
    assert names(bench.circuit.triggers) == [['y']]
    assert names(bench.circuit.watched) == [['enable topic']]
    bench.circuit.begin()
    for topic in '/x', '/y':
        bench.receive(topic, 1.0)
    bench.circuit.evaluation.look()
    assert [len(each.waiting) for each in bench.node.subscriptions] == [0, 1, 0]
    assert names(Bench(trigger='timer').circuit.triggers) == []
    assert names(Bench().circuit.watched) == []


def test_it_is_prepared_when_all_shapes_are_known_and_not_before() -> None:
    assert Bench().circuit.prepare() is None
    outputs = Bench(shape=(2,)).circuit.prepare()
    assert outputs is not None and outputs[0].shape == (2,)


def test_what_is_dropped_is_counted_and_told() -> None:
    bench = Bench(shape=(2,), trigger='timer')
    bench.receive('/x', 1.0)
    bench.circuit.evaluation.tick()
    assert bench.drops == ['x: size']
    assert bench.circuit.counters.dropped_messages == {('x', 'size'): 1}


@pytest.mark.parametrize('durability, age_ms', [('volatile', None), ('transient_local', 0.0)])
def test_at_activation_only_latched_messages_are_there(durability: str, age_ms: Any) -> None:
    bench = Bench(durability=durability, trigger='timer')
    bench.receive('/x', 1.0)
    bench.circuit.begin()
    bench.circuit.evaluation.tick()
    assert bench.circuit.ages_ms() == {'x': age_ms, 'y': None}
    bench.clock.time_ns += 3 * MS_NS
    if age_ms is not None:
        assert bench.circuit.ages_ms()['x'] == 3.0


def test_how_long_a_run_takes_is_what_its_clock_says() -> None:
    bench = Bench(shape=(1,), trigger='timer')
    bench.circuit.begin()
    for topic in '/x', '/y':
        bench.receive(topic, 1.0)
    bench.model.takes_ms = 7.0
    bench.circuit.evaluation.tick()
    assert bench.durations_ms == [7.0]


def test_nothing_is_left_of_what_cannot_be_made_and_of_what_is_closed(
        monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    assert (len(bench.node.subscriptions), len(bench.node.publishers)) == (2, 1)
    bench.circuit.close()
    assert (bench.node.subscriptions, bench.node.publishers) == ([], [])

    def refuse(*names: Any) -> None:
        raise ContractError('no')
    monkeypatch.setattr(bench.model, 'bind', refuse)
    with pytest.raises((ConfigError, ContractError)):
        Circuit(
            bench.node, bench.config, bench.model, ages=bench.clock, observer=Observer([]),
            on_drop=lambda name, error: None)
    assert (bench.node.subscriptions, bench.node.publishers) == ([], [])
