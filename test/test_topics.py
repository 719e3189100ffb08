# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a subscription forgets at activation, and which of the waiting messages it takes."""

from typing import Any, Iterator, List

from dg_pytorch_ros.ages import AgeClock
from dg_pytorch_ros.config import InputConfig, QosConfig
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages import ArrayDecoder, message_format
from dg_pytorch_ros.slots import Slot
from dg_pytorch_ros.topics import Subscriber
import pytest
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray

MAX_AGE_NS = 100


@pytest.mark.parametrize('durability', ['volatile', 'transient_local'])
def test_age_counts_from_activation_until_the_first_message(context: Any, durability: str) -> None:
    node = Node('subscribing', context=context)
    ages = AgeClock(node.get_clock())
    slot = Slot('x', dtype='float64', max_age_ns=3600 * 10 ** 9)
    config = InputConfig('x', topic='x', qos=QosConfig('reliable', durability))
    subscriber = Subscriber(
        node, config, Float64MultiArray, None, slot, ages=ages, on_drop=lambda *drop: None)
    assert slot.is_stale(ages.now_ns())  # nobody was active yet
    subscriber.forget()
    assert not slot.is_stale(ages.now_ns())
    node.destroy_node()


class Clock(AgeClock):
    """Stands still, so that a message's age is told by hand: it arrived when it says."""

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.time_ns = 0
        self.arrivals_ns: List[int] = []

    def now_ns(self) -> int:
        return self.time_ns

    def arrival_ns(self, info: Any) -> int:
        return self.arrivals_ns.pop(0)


class Queue:
    """A subscription on which messages wait; the value of each is the time of its arrival."""

    def __init__(self, peer: Any, node: Node, depth: int) -> None:
        self._peer = peer
        self.clock = Clock(node.get_clock())
        self.slot = Slot('x', dtype='float64', max_age_ns=MAX_AGE_NS)
        self.drops: List[MessageError] = []
        kind = message_format(Float64MultiArray, 'std_msgs/msg/Float64MultiArray', lambda _: None)
        self.subscriber = Subscriber(
            node, InputConfig('x', topic='x', qos=QosConfig('reliable', depth=depth)),
            Float64MultiArray, ArrayDecoder(kind), self.slot, ages=self.clock,
            on_drop=lambda name, error: self.drops.append(error))

    def arrive(self, *arrivals_ns: int) -> None:
        """Let messages wait in the middleware until somebody takes them."""
        self.clock.arrivals_ns += arrivals_ns
        for arrival_ns in arrivals_ns:
            self._peer.send(x=[float(arrival_ns)])
        assert self._peer.publisher('x').wait_for_all_acked()

    @property
    def value(self) -> float:
        """What is in the slot."""
        assert self.slot.value is not None
        return float(self.slot.value[0])


@pytest.fixture
def queue(peer: Any, context: Any) -> Iterator[Queue]:
    node = Node('subscribing', context=context)
    yield Queue(peer, node, depth=10)
    node.destroy_node()


def test_a_queue_gives_what_is_young_enough_one_after_the_other(queue: Queue) -> None:
    queue.arrive(1, 2, 3)
    queue.clock.time_ns = MAX_AGE_NS + 1
    taken = [queue.value for _ in range(3) if queue.subscriber.take_next()]
    assert taken == [1.0, 2.0, 3.0]
    assert not queue.subscriber.take_next()
    assert queue.drops == []


def test_a_queue_that_lags_behind_gives_its_newest(queue: Queue) -> None:
    queue.arrive(1, 2, 3, 200)
    queue.clock.time_ns = MAX_AGE_NS + 2
    assert queue.subscriber.take_next()
    assert queue.value == 200.0
    assert [drop.cause for drop in queue.drops] == 3 * ['age']


def test_what_became_too_old_after_it_was_taken_gives_way_to_the_newest(queue: Queue) -> None:
    queue.arrive(1, 2, 200)
    queue.clock.time_ns = MAX_AGE_NS + 1
    assert queue.subscriber.take_next()
    queue.subscriber.refresh()
    assert queue.value == 1.0 and queue.drops == []  # it is young enough: the others wait
    queue.clock.time_ns = MAX_AGE_NS + 2
    queue.subscriber.refresh()
    assert queue.value == 200.0
    assert [drop.cause for drop in queue.drops] == 2 * ['age']


def test_the_newest_stays_however_old_it_is(queue: Queue) -> None:
    queue.arrive(1)
    queue.clock.time_ns = 1000
    assert queue.subscriber.take_next()
    queue.subscriber.refresh()
    assert queue.value == 1.0 and queue.drops == []


def test_without_a_queue_the_newest_counts(peer: Any, context: Any) -> None:
    node = Node('subscribing', context=context)
    single = Queue(peer, node, depth=1)
    single.arrive(1)
    assert single.subscriber.take_next()
    single.arrive(2)
    single.subscriber.refresh()
    assert single.value == 2.0 and single.drops == []
    node.destroy_node()
