# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Those who share a subscription get the same message, or none of them gets it."""

from typing import Any, List, NamedTuple, Optional, Sequence

from by_hand import Encoding, multi_array, XCDR2
from dg_pytorch_ros.ages import AgeClock
from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.topic_config import QosConfig
from dg_pytorch_ros.decoding import choose_decoding
from dg_pytorch_ros.messages.stamps import read_stamp_ns
from dg_pytorch_ros.offline.node import OfflineNode
from dg_pytorch_ros.topics import Reader, Subscriber
from dg_pytorch_ros.values.conversion import Conversion
from dg_pytorch_ros.values.slots import Slot
from messages_at_random import import_class
import numpy as np
import pytest
from rclpy.clock import ROSClock
from rclpy.serialization import serialize_message

JOINT_STATE = 'sensor_msgs/msg/JointState'
FLOATS = 'std_msgs/msg/Float64MultiArray'
NOW_NS = 10_000_000_000
ARRIVAL_NS = 9_000_000_000


class Clock(AgeClock):
    """Stands still; stamps are times of its own."""

    def now_ns(self) -> int:
        return NOW_NS

    def arrival_ns(self, info: Any) -> int:
        return ARRIVAL_NS

    def stamped_ns(self, stamp_ns: int) -> int:
        return stamp_ns


class Drop(NamedTuple):
    """A message that was refused, and for whom."""

    name: str
    cause: str


class Topic:
    """A topic with several readers; each message goes through the whole subscription."""

    def __init__(self, *configs: InputConfig, **slot_options: Any) -> None:
        self.drops: List[Drop] = []
        self.subscriber = Subscriber(
            OfflineNode(), [reader(config, **slot_options) for config in configs],
            import_class(configs[0].message_type), ages=Clock(ROSClock()),
            on_drop=lambda name, error: self.drops.append(Drop(name, error.cause)))

    def take(self, *messages: bytes) -> Any:
        """Have messages arrive; return what the slots hold then."""
        self.arrive(*messages)
        self.subscriber.take_newest()
        return self.values

    def arrive(self, *messages: bytes) -> None:
        """Have messages wait until they are taken."""
        for message in messages:
            self.subscriber.subscription.receive(message, ARRIVAL_NS)

    @property
    def values(self) -> List[Any]:
        """What is in the slots."""
        return [
            None if slot.value is None else slot.value.tolist() for slot in self.subscriber.slots]

    @property
    def contents(self) -> List[Any]:
        """All that the slots hold, and how they stand."""
        return [slot.content for slot in self.subscriber.slots]


def reader(config: InputConfig, **slot_options: Any) -> Reader:
    decoding = choose_decoding(config, import_class)
    conversion = None if config.conversion.is_idle else Conversion(config.conversion)
    return Reader(
        config, Slot(config.name, dtype='float64', conversion=conversion, **slot_options),
        decoding.decoder, read_stamp_ns if decoding.has_stamp else None)


def joints(field: str, name: str = '', **fields: Any) -> InputConfig:
    return InputConfig(
        f'obs.{name or field}', topic='joints', message_type=JOINT_STATE, field=(field,),
        **fields)


def joint_state(
    names: Sequence[str] = ('a', 'b'), position: Sequence[float] = (1.0, 2.0),
    velocity: Optional[Sequence[float]] = None, stamp_ns: int = 0
) -> bytes:
    message = import_class(JOINT_STATE)(
        name=list(names), position=list(position),
        velocity=[10.0 + number for number in position] if velocity is None else list(velocity))
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10 ** 9)
    return bytes(serialize_message(message))


def test_each_reader_gets_its_own_of_the_same_message() -> None:
    topic = Topic(
        joints('position', select=('b', 'a')),
        joints('velocity', conversion=ConversionConfig(scale=(2.0,))))
    assert topic.take(joint_state()) == [[2.0, 1.0], [22.0, 24.0]]
    assert topic.take(joint_state(['b', 'a'])) == [[1.0, 2.0], [22.0, 24.0]]
    assert topic.subscriber.has_news and topic.drops == []


REFUSED = {
    'the first': (joint_state(['a', 'c']), 'obs.position', 'name'),
    'the second': (joint_state(velocity=[]), 'obs.velocity', 'size'),
    'another size': (joint_state(velocity=[1.0, 2.0, 3.0]), 'obs.velocity', 'size'),
    'all': (joint_state()[:-9], 'obs.position', 'bytes')}


@pytest.mark.parametrize('message, name, cause', REFUSED.values(), ids=REFUSED)
def test_what_one_of_them_refuses_changes_none_of_them(
    message: bytes, name: str, cause: str
) -> None:
    topic = Topic(joints('position', select=('a', 'b')), joints('velocity'))
    topic.take(joint_state(stamp_ns=5))
    topic.subscriber.has_news = False
    before = topic.contents
    topic.take(message)
    assert topic.drops == [Drop(name, cause)]
    assert not topic.subscriber.has_news
    for slot, content in zip(topic.subscriber.slots, before):
        assert all(map(lambda one, other: one is other or one == other, slot.content, content))
    assert topic.take(joint_state(position=[3.0, 4.0])) == [[3.0, 4.0], [13.0, 14.0]]
    assert topic.subscriber.has_news


@pytest.mark.parametrize('configs', [
    (joints('position'), joints('velocity', select=('a',))),
    (joints('velocity', select=('a',)), joints('position'))])
def test_a_first_message_that_one_of_them_refuses_decides_no_shape(configs: Any) -> None:
    topic = Topic(*configs)
    assert topic.take(joint_state(['c'], [1.0])) == [None, None]
    assert [slot.shape for slot in topic.subscriber.slots] == [None, None]
    assert not topic.subscriber.slots[0].has_received
    assert sorted(topic.take(joint_state())) == [[1.0, 2.0], [11.0]]
    assert len(topic.drops) == 1
    topic.take(joint_state(['a', 'b', 'c'], [1.0, 2.0, 3.0]))
    assert topic.drops[1:] == [Drop('obs.position', 'size')]


def test_a_good_message_after_a_refused_one_of_the_same_size_decides_the_shape() -> None:
    """What was learned of a refused value must not be taken for what was decided."""
    topic = Topic(joints('position'), joints('velocity', select=('a',)))
    for names in ['c', 'd'], ['a', 'b']:
        topic.take(joint_state(names))
    assert [slot.shape for slot in topic.subscriber.slots] == [(2,), (1,)]
    assert topic.take(joint_state(['a'], [1.0])) == [[1.0, 2.0], [11.0]]
    assert topic.drops[-1] == Drop('obs.position', 'size')


def test_the_initial_values_stay_until_a_message_fits_all_of_them() -> None:
    topic = Topic(
        joints('position', select=('a', 'b')), joints('velocity', select=('a', 'b')),
        initial=np.array([0.25, 0.5]))
    assert topic.take(joint_state(velocity=[])) == [[0.25, 0.5]] * 2
    assert topic.take(joint_state()) == [[1.0, 2.0], [11.0, 12.0]]


def test_an_error_that_nobody_thought_of_changes_none_of_them(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = Topic(joints('position'), joints('velocity'))
    monkeypatch.setattr(topic.subscriber.readers[1].decoder, 'decode', lambda data: 1 / 0)
    assert topic.take(joint_state()) == [None, None]
    assert topic.drops == [Drop('obs.velocity', 'other')]


def numbers(name: str, **fields: Any) -> InputConfig:
    return InputConfig(name, topic='x', message_type=FLOATS, **fields)


@pytest.mark.parametrize('encoding', [Encoding(), XCDR2, Encoding('>', 4)])
def test_an_unknown_encoding_is_translated_for_all_of_them(encoding: Encoding) -> None:
    data = multi_array([], 0, np.array([1.0, 2.0]), encoding)
    try:
        from rclpy.serialization import deserialize_message
        deserialize_message(data, import_class(FLOATS))
    except Exception as error:
        pytest.skip(f'the middleware does not know this encoding: {error}')
    topic = Topic(numbers('x'), numbers('y', field=('data',)), numbers('z', field=('data[1]',)))
    assert topic.take(data) == [[1.0, 2.0], [1.0, 2.0], [2.0]]
    assert topic.drops == []


def test_a_message_that_cannot_be_translated_is_dropped_once() -> None:
    topic = Topic(numbers('x'), numbers('y', field=('data',)))
    assert topic.take(b'\0\x63\0\0' + bytes(8)) == [None, None]
    assert topic.drops == [Drop('x', 'bytes')]


# Ages and stamps

@pytest.mark.parametrize('stamp_ns, stamped_since_ns', [
    (8_500_000_000, 8_500_000_000), (0, 0), (9_000_000_001, ARRIVAL_NS),
    (11_000_000_000, ARRIVAL_NS)])
def test_each_of_them_ages_as_it_was_asked_to(stamp_ns: int, stamped_since_ns: int) -> None:
    """A stamp of the future makes nothing younger than its arrival."""
    topic = Topic(joints('position', age_from='stamp'), joints('velocity'))
    topic.take(joint_state(stamp_ns=stamp_ns))
    assert [slot.since_ns for slot in topic.subscriber.slots] == [stamped_since_ns, ARRIVAL_NS]
    assert [slot.stamp_ns for slot in topic.subscriber.slots] == [stamp_ns] * 2
    assert all(slot.has_received for slot in topic.subscriber.slots)


def test_without_a_header_there_is_no_stamp() -> None:
    topic = Topic(numbers('x'))
    topic.take(multi_array([], 0, np.array([1.0])))
    assert topic.subscriber.slots[0].stamp_ns is None


def test_a_queue_gives_way_when_one_of_them_is_too_old() -> None:
    config = joints('position', age_from='stamp', qos=QosConfig('reliable', depth=5))
    topic = Topic(config, joints('velocity'), max_age_ns=1_500_000_000)
    topic.arrive(
        joint_state(stamp_ns=1_000_000_000), joint_state(position=[3.0, 4.0], stamp_ns=NOW_NS))
    assert topic.subscriber.take_next()
    assert topic.values == [[3.0, 4.0], [13.0, 14.0]]
    assert topic.drops == [Drop('obs.position', 'age')]


# What is said of them

def test_names_are_those_of_all_readers() -> None:
    subscriber = Topic(joints('position'), joints('velocity')).subscriber
    assert subscriber.names == ['obs.position', 'obs.velocity']
    assert subscriber.is_one_of(['obs.velocity']) and subscriber.is_one_of(['obs.position', 'x'])
    assert not subscriber.is_one_of(['obs', 'position']) and not subscriber.is_one_of([])


def test_there_is_a_value_when_all_of_them_have_one() -> None:
    topic = Topic(joints('position'), joints('velocity'))
    first, second = topic.subscriber.slots
    assert not topic.subscriber.has_value
    first.offer(np.ones(2))
    assert not topic.subscriber.has_value
    second.offer(np.ones(2))
    assert topic.subscriber.has_value


def forgotten(subscriber: Subscriber) -> bool:
    return not any(slot.has_received for slot in subscriber.slots)


@pytest.mark.parametrize('durability, expected', [
    ('volatile', [None, None]), ('transient_local', [[1.0, 2.0], [11.0, 12.0]])])
def test_what_is_forgotten_is_forgotten_by_all_of_them(durability: str, expected: Any) -> None:
    qos = QosConfig('reliable', durability)
    topic = Topic(joints('position', qos=qos), joints('velocity', qos=qos))
    topic.take(joint_state())
    topic.arrive(joint_state(position=[3.0, 4.0]))
    topic.subscriber.forget()
    assert topic.values == expected
    assert {slot.since_ns for slot in topic.subscriber.slots} == {NOW_NS}
    assert forgotten(topic.subscriber) is (durability == 'volatile')
    assert topic.subscriber.has_news is (durability == 'transient_local')
    assert len(topic.subscriber.subscription.waiting) == (durability == 'transient_local')


def test_a_latched_topic_has_news_only_if_something_came() -> None:
    topic = Topic(joints('position', qos=QosConfig('reliable', 'transient_local')))
    topic.subscriber.has_news = True
    topic.subscriber.forget()
    assert not topic.subscriber.has_news
