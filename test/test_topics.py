# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a subscription forgets and takes, and when that which is published was said to be."""

from typing import Any, Iterator, List, Optional

from dg_pytorch_ros.ages import AgeClock
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.topic_config import QosConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig
from dg_pytorch_ros.emission import Outlet
from dg_pytorch_ros.encoding import choose_encoding
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages.multi_arrays import ArrayDecoder
from dg_pytorch_ros.offline.node import OfflineNode
from dg_pytorch_ros.topics import Output, Reader, Subscriber
from dg_pytorch_ros.values.limits import Limits
from dg_pytorch_ros.values.slots import Slot
from messages_at_random import import_class
import numpy as np
import pytest
from rclpy.clock import ClockType, ROSClock
from rclpy.node import Node
from rclpy.serialization import deserialize_message, serialize_message
from rclpy.time import Time
from std_msgs.msg import Float64MultiArray

MAX_AGE_NS = 100


def array_decoder() -> ArrayDecoder:
    return ArrayDecoder(np.dtype('float64'))


@pytest.mark.parametrize('durability', ['volatile', 'transient_local'])
def test_age_counts_from_activation_until_the_first_message(context: Any, durability: str) -> None:
    node = Node('subscribing', context=context)
    ages = AgeClock(node.get_clock())
    slot = Slot('x', dtype='float64', max_age_ns=3600 * 10 ** 9)
    config = InputConfig('x', topic='x', qos=QosConfig('reliable', durability))
    subscriber = Subscriber(
        node, [Reader(config, slot, array_decoder())], Float64MultiArray, ages=ages,
        on_drop=lambda *drop: None)
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
        config = InputConfig('x', topic='x', qos=QosConfig('reliable', depth=depth))
        self.subscriber = Subscriber(
            node, [Reader(config, self.slot, array_decoder())], Float64MultiArray,
            ages=self.clock, on_drop=lambda name, error: self.drops.append(error))

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


# Stamps of what is published

TWIST = 'geometry_msgs/msg/TwistStamped'
FALLBACK = 7.0


class Voice:
    """An output with a header, or without, and what is heard of it."""

    def __init__(self, type_name: str = TWIST, source: Optional[Slot] = None) -> None:
        self.time_ns = 1_000_000_000
        self.node = OfflineNode()
        config = OutputConfig('y', topic='y', message_type=type_name)
        encoding = choose_encoding(config, import_class, serialize_message)
        self.kind = import_class(type_name)
        self.output = Output(
            self.node, config, self.kind, encoding.encoder, stamp_source=source,
            now_ns=(lambda: self.time_ns) if encoding.has_stamp else None)
        limits = LimitsConfig(fallback=(FALLBACK,))
        self.outlet = Outlet(self.output, Limits(limits, fade_in=False))
        self.outlet.fit(np.zeros(6))

    def say(self, number: float) -> None:
        self.outlet.load(np.full(6, number), progress=1.0, elapsed_s=0.1)
        self.outlet.send()

    @property
    def heard(self) -> List[Any]:
        """The number and the stamp of each message."""
        messages = [deserialize_message(sent.data, self.kind) for sent in self.node.published]
        return [(message.twist.linear.x, message.header.stamp.sec * 10 ** 9
                 + message.header.stamp.nanosec) for message in messages]


def stamped_slot(stamp_ns: Optional[int] = None) -> Slot:
    slot = Slot('imu', dtype='float64')
    if stamp_ns is not None:
        slot.receive(np.zeros(1), 0, stamp_ns)
    return slot


def test_a_message_is_stamped_with_the_time_at_which_it_is_published() -> None:
    voice = Voice()
    voice.outlet.load(np.full(6, 1.0), progress=1.0, elapsed_s=0.1)
    voice.time_ns = 2_000_000_003
    voice.outlet.send()
    voice.time_ns = 3_000_000_004
    voice.say(2.0)
    assert voice.heard == [(1.0, 2_000_000_003), (2.0, 3_000_000_004)]


def test_a_message_that_is_held_or_falls_back_is_stamped_anew() -> None:
    voice = Voice()
    voice.say(1.0)
    voice.time_ns = 2_000_000_000
    assert voice.outlet.repeat()
    voice.time_ns = 3_000_000_000
    assert voice.outlet.fall_back()
    voice.time_ns = 4_000_000_000
    assert voice.outlet.repeat()
    assert voice.heard == [
        (1.0, 1_000_000_000), (1.0, 2_000_000_000), (FALLBACK, 3_000_000_000),
        (FALLBACK, 4_000_000_000)]


def test_a_message_gets_the_stamp_of_what_it_was_made_from_and_keeps_it() -> None:
    source = stamped_slot(17)
    voice = Voice(source=source)
    voice.say(1.0)
    source.receive(np.zeros(1), 0, 18)
    voice.outlet.repeat()
    voice.say(2.0)
    assert voice.heard == [(1.0, 17), (1.0, 17), (2.0, 18)]


def test_a_source_that_moves_on_between_making_and_publishing_changes_nothing() -> None:
    source = stamped_slot(17)
    voice = Voice(source=source)
    voice.outlet.load(np.full(6, 1.0), progress=1.0, elapsed_s=0.1)
    source.receive(np.zeros(1), 0, 18)
    voice.outlet.send()
    assert voice.heard == [(1.0, 17)]


def test_a_fallback_was_made_from_nothing_and_gets_the_present_time() -> None:
    voice = Voice(source=stamped_slot(17))
    voice.say(1.0)
    voice.outlet.fall_back()
    voice.time_ns = 2_000_000_000
    voice.outlet.repeat()
    assert voice.heard == [(1.0, 17), (FALLBACK, 1_000_000_000), (FALLBACK, 2_000_000_000)]


def test_a_source_that_had_no_message_leaves_the_present_time() -> None:
    source = stamped_slot()
    voice = Voice(source=source)
    voice.say(1.0)
    source.receive(np.zeros(1), 0, 17)
    source.forget()
    voice.say(2.0)
    assert voice.heard == [(1.0, 1_000_000_000), (2.0, 1_000_000_000)]


def test_a_message_without_a_header_goes_out_as_it_is() -> None:
    voice = Voice('geometry_msgs/msg/Twist')
    voice.say(1.5)
    sent, = voice.node.published
    assert sent.data[4:] == np.full(6, 1.5).tobytes()


def test_in_simulated_time_stamps_are_those_of_the_simulation() -> None:
    voice, clock = Voice(), ROSClock()
    ages = AgeClock(clock)
    clock._set_ros_time_is_active(True)
    ages.refresh()
    voice.output._now_ns = ages.stamp_now_ns
    for time_ns in 5_000_000_006, 7_000_000_008:
        clock.set_ros_time_override(Time(nanoseconds=time_ns, clock_type=ClockType.ROS_TIME))
        voice.say(1.0)
    assert voice.heard == [(1.0, 5_000_000_006), (1.0, 7_000_000_008)]
