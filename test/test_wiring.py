# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What belongs to one topic shares one subscription; what cannot be wired leaves nothing."""

from time import time_ns
from typing import Any, List, Optional, Tuple

from dg_pytorch_ros.ages import AgeClock
from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.config.input_config import HistoryConfig, InputConfig
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.scaling_config import ScalingConfig
from dg_pytorch_ros.config.topic_config import QosConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig, TrustConfig
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.offline.node import OfflineNode
from dg_pytorch_ros.wiring import Wiring
from evaluation_rig import Doubler
from evaluation_rig import Time as RigTime
from messages_at_random import import_class
import numpy as np
import pytest
from rclpy.clock import ROSClock
from rclpy.serialization import deserialize_message, serialize_message

JOINTS = 'sensor_msgs/msg/JointState'
TWIST = 'geometry_msgs/msg/Twist'
FLOATS = 'std_msgs/msg/Float64MultiArray'


def joints(name: str, topic: str = 'joint_states', **fields: Any) -> InputConfig:
    return InputConfig(name, topic=topic, message_type=JOINTS, **{
        'field': ('position',), 'select': ('hip', 'knee'), **fields})


def observation(*parts: InputConfig, **fields: Any) -> InputConfig:
    return InputConfig('obs', parts=parts, **fields)


def output(name: str = 'action', **fields: Any) -> OutputConfig:
    return OutputConfig(name, topic=name, **fields)


class Bench:
    """The wiring of a configuration, on a node whose topics end there."""

    def __init__(
        self, *inputs: InputConfig, outputs: Optional[Tuple[OutputConfig, ...]] = None,
        trust: TrustConfig = TrustConfig()
    ) -> None:
        self.node = OfflineNode()
        self.drops: List[str] = []
        self.wiring = Wiring(
            self.node, NodeConfig(inputs, outputs or (output(),), 'timer', trust=trust),
            Doubler([], RigTime()), ages=AgeClock(ROSClock()),
            on_drop=lambda name, error: self.drops.append(f'{name}: {error.cause}'))

    def take(self, message: Any) -> None:
        """Have a message arrive on the first topic."""
        inlet = self.wiring.inlets[0]
        inlet.subscription.receive(bytes(serialize_message(message)), time_ns())
        inlet.take_newest()

    @property
    def subscribed(self) -> List[str]:
        """The topics of all subscriptions."""
        return [subscription.topic_name for subscription in self.node.subscriptions]


def refusal(*inputs: InputConfig, **options: Any) -> str:
    """Return why a configuration cannot be wired; nothing may be left of the attempt."""
    nodes: List[OfflineNode] = []

    def make() -> None:
        bench = Bench.__new__(Bench)
        try:
            bench.__init__(*inputs, **options)  # type: ignore[misc]
        finally:
            nodes.append(bench.node)
    with pytest.raises(ConfigError) as caught:
        make()
    assert (nodes[0].subscriptions, nodes[0].publishers) == ([], [])
    return str(caught.value)


def test_parts_of_one_topic_share_one_subscription_and_one_message() -> None:
    bench = Bench(observation(
        joints('obs.q'), InputConfig('obs.command', topic='cmd_vel', message_type=TWIST),
        joints('obs.dq', field=('velocity',), conversion=ConversionConfig(scale=(0.5,)))))
    assert bench.subscribed == ['/joint_states', '/cmd_vel']
    assert [inlet.names for inlet in bench.wiring.inlets] == [
        ['obs.q', 'obs.dq'], ['obs.command']]
    bench.take(import_class(JOINTS)(
        name=['knee', 'hip'], position=[1.0, 2.0], velocity=[3.0, 4.0]))
    values = [slot.value for slot in bench.wiring.slots]
    assert [None if value is None else value.tolist() for value in values] == [
        [2.0, 1.0], None, [2.0, 1.5]]
    assert bench.drops == []


def test_inputs_of_one_topic_share_one_subscription_where_type_and_qos_agree() -> None:
    bench = Bench(
        joints('x'), joints('y', field=('velocity',)))
    assert bench.subscribed == ['/joint_states']
    bench = Bench(
        joints('x'), joints('y', field=('velocity',), qos=QosConfig('reliable')))
    assert bench.subscribed == ['/joint_states'] * 2


def test_a_topic_is_the_same_however_it_is_written() -> None:
    bench = Bench(observation(
        joints('obs.q'), joints('obs.dq', '/joint_states', field=('velocity',))))
    assert bench.subscribed == ['/joint_states']
    assert refusal(
        observation(joints('obs.q'), joints('obs.dq', '/joint_states', qos=QosConfig('reliable')))
    ).startswith("input 'obs': obs.q and obs.dq are both from /joint_states, but their")


def test_two_outputs_on_one_topic_are_refused_however_it_is_written() -> None:
    outputs = output('first'), OutputConfig('second', topic='/first')
    assert refusal(joints('x'), outputs=outputs) == (
        "outputs 'first' and 'second' have the same topic, '/first'; give one of them another "
        'outputs.NAME.topic')


def test_a_fade_in_begins_from_the_joints_of_the_same_names() -> None:
    bench = Bench(
        joints('q', initial=(1.0, 2.0)),
        outputs=(output(
            message_type=JOINTS, field=('position',), names=('knee', 'hip'), fade_in_from='q'),),
        trust=TrustConfig(fade_in_s=1.0))
    outlet = bench.wiring.outlets[0]
    outlet.fit(np.zeros(2))
    outlet.note_start()
    outlet.load(np.array([9.0, 9.0]), progress=0.0, elapsed_s=0.1)
    outlet.send()
    message = heard(bench, JOINTS)
    assert (list(message.name), list(message.position)) == (['knee', 'hip'], [2.0, 1.0])
    assert refusal(
        joints('q'), outputs=(output(
            message_type=JOINTS, field=('position',), names=('knee', 'ankle'),
            fade_in_from='q'),), trust=TrustConfig(fade_in_s=1.0)
    ) == ("output 'action': fade_in_from is 'q': the output names 'ankle', which the input does "
          'not select; it selects hip, knee')


def test_what_has_no_topic_is_not_subscribed() -> None:
    bench = Bench(observation(
        InputConfig('obs.k', constant=(1.0,)),
        InputConfig('obs.last', feedback='action', initial=(0.0, 0.0))))
    assert (bench.subscribed, bench.wiring.inlets) == ([], [])
    assert [slot.name for slot in bench.wiring.slots] == ['obs.k', 'obs.last']


@pytest.mark.parametrize('fields, complaint', [
    ({'message_type': TWIST, 'field': (), 'select': ()},
     "input 'obs': obs.q and obs.dq are both from joint_states, but their type "
     f'differs: {JOINTS} and {TWIST}'),
    ({'qos': QosConfig('reliable', depth=5)},
     "input 'obs': obs.q and obs.dq are both from joint_states, but their qos differs: "
     'best_effort, volatile, depth 1 and reliable, volatile, depth 5')])
def test_parts_of_one_topic_must_agree_on_it(fields: Any, complaint: str) -> None:
    other = InputConfig('obs.dq', topic='joint_states', **{
        'message_type': JOINTS, 'field': ('velocity',), 'select': ('hip',), **fields})
    assert refusal(observation(joints('obs.q'), other)) == complaint


def test_parts_of_different_topics_need_not_agree() -> None:
    bench = Bench(observation(
        joints('obs.q'), joints('obs.dq', 'others', qos=QosConfig('reliable')),
        InputConfig('obs.k', constant=(1.0,))))
    assert bench.subscribed == ['/joint_states', '/others']


def test_an_output_is_fed_back_to_the_part_that_names_it() -> None:
    bench = Bench(
        joints('x'), observation(
            joints('obs.q'), InputConfig('obs.last', feedback='torque', initial=(0.0,)),
            InputConfig('obs.before', feedback='action', initial=(0.0,))),
        outputs=(output('action'), output('torque')))
    assert [(slot.name, index) for slot, index in bench.wiring.feedback()] == [
        ('obs.last', 1), ('obs.before', 0)]


def test_what_ages_remembers_and_is_sampled_is_known() -> None:
    bench = Bench(
        joints('x', max_age_ms=5.0, history=HistoryConfig(3)),
        observation(joints('obs.q', max_age_ms=7.0), InputConfig('obs.k', constant=(1.0,))))
    wiring = bench.wiring
    assert [slot.name for slot in wiring.aging_slots] == ['x', 'obs.q']
    assert [history.name for history in wiring.histories] == ['x']
    samples = wiring.samples()
    assert samples is not None
    assert [sample.shape for sample in samples] == [(3, 2), (3,)]
    assert Bench(joints('x', select=())).wiring.samples() is None
    assert wiring.slot('obs.k').value is not None
    with pytest.raises(ConfigError, match="there is no input 'obs' at present"):
        wiring.slot('obs')


def heard(bench: Bench, type_name: str) -> Any:
    return deserialize_message(bench.node.published[-1].data, import_class(type_name))


def emit(bench: Bench, *numbers: float) -> None:
    outlet, = bench.wiring.outlets
    outlet.fit(np.array(numbers))
    outlet.note_start()
    outlet.load(np.array(numbers), progress=1.0, elapsed_s=0.1)
    outlet.send()


def test_an_output_has_names_a_scale_and_the_stamp_of_a_part() -> None:
    bench = Bench(
        observation(joints('obs.q'), InputConfig('obs.k', constant=(1.0,))),
        outputs=(output(
            message_type=JOINTS, field=('position',), names=('hip', 'knee'), stamp_from='obs.q',
            scaling=ScalingConfig(scale=(2.0,), offset=(1.0, 0.0))),))
    message = import_class(JOINTS)(name=['hip', 'knee'], position=[1.0, 2.0])
    message.header.stamp.sec = 17
    bench.take(message)
    emit(bench, 1.0, 2.0)
    published = heard(bench, JOINTS)
    assert (published.name, published.position.tolist()) == (['hip', 'knee'], [3.0, 4.0])
    assert (published.header.stamp.sec, published.header.stamp.nanosec) == (17, 0)


def test_only_the_source_of_a_stamp_is_read_for_one() -> None:
    bench = Bench(
        joints('x'), joints('y', 'others', age_from='stamp'),
        outputs=(output(message_type=JOINTS, field=('position',)),))
    assert [[reader.read_stamp_ns is not None for reader in inlet.readers]
            for inlet in bench.wiring.inlets] == [[False], [True]]


def test_a_message_with_a_header_is_stamped_with_the_present_time() -> None:
    bench = Bench(joints('x'), outputs=(output(message_type=JOINTS, field=('position',)),))
    emit(bench, 1.0)
    first = heard(bench, JOINTS).header.stamp
    emit(bench, 1.0)
    second = heard(bench, JOINTS).header.stamp
    assert 1_600_000_000 < first.sec
    assert (first.sec, first.nanosec) < (second.sec, second.nanosec)


@pytest.mark.parametrize('inputs, outputs, complaint', [
    ((InputConfig('x', topic='x', message_type=TWIST),),
     (output(message_type=JOINTS, field=('position',), stamp_from='x'),),
     f"output 'action': stamp_from is 'x', but {TWIST} does not begin with a header"),
    ((joints('x'),), (output(stamp_from='x'),),
     f"output 'action': stamp_from is 'x', but {FLOATS} does not begin with a header"),
    ((joints('x'),), (output('first'), output(frame_id='base')),
     f"output 'action': frame_id is 'base', but {FLOATS} does not begin with a header"),
    ((joints('x'), InputConfig('y', topic='not a topic')), None,
     "input 'y' has the topic 'not a topic', which is no valid name: "),
])
def test_what_cannot_be_wired_is_refused_by_name(
        inputs: Any, outputs: Any, complaint: str) -> None:
    assert refusal(*inputs, outputs=outputs).startswith(complaint)


def test_all_that_cannot_be_wired_is_said_at_once() -> None:
    first = refusal(
        joints('y', initial=(1.0,)),
        observation(
            joints('obs.q', field=('positon',)), joints('obs.dq'),
            InputConfig('obs.v', topic='joint_states', message_type='Twist')),
        outputs=(output(field=('x',)), output('b', message_type=JOINTS), OutputConfig(
            'c', topic='/action')))
    for words in (
            "input 'y': initial is [1.0]", "input 'obs': part 'q': field is 'positon'",
            "input 'obs': part 'v': type is 'Twist'",
            'obs.q and obs.v are both from joint_states', "output 'action': field is 'x'",
            "output 'b': sensor_msgs/msg/JointState does not say",
            "outputs 'action' and 'c' have the same topic"):
        assert words in first
    second = refusal(
        joints('x'), outputs=(
            output(stamp_from='x', message_type=JOINTS, field=('position',), names=('hip', 'a'),
                   fade_in_from='x'),
            output('b', message_type=JOINTS, field=('position',), names=('b',), fade_in_from='x')),
        trust=TrustConfig(fade_in_s=1.0))
    assert "output 'action': fade_in_from is 'x'" in second
    assert "output 'b': fade_in_from is 'x'" in second


def test_a_fade_in_begins_from_the_field_of_a_part() -> None:
    bench = Bench(
        observation(joints('obs.q', conversion=ConversionConfig(offset=(-1.0,)))),
        outputs=(output(fade_in_from='obs.q'),), trust=TrustConfig(fade_in_s=1.0))
    bench.take(import_class(JOINTS)(name=['hip', 'knee'], position=[5.0, 6.0]))
    outlet, = bench.wiring.outlets
    outlet.fit(np.zeros(2))
    outlet.note_start()
    outlet.load(np.zeros(2), progress=0.0, elapsed_s=0.1)
    outlet.send()
    assert heard(bench, FLOATS).data.tolist() == [5.0, 6.0]


def test_the_permission_to_act_has_a_subscription_of_its_own() -> None:
    limits = LimitsConfig(fallback=(0.0,))
    bench = Bench(
        joints('x'), outputs=(output(limits=limits),), trust=TrustConfig(enable_topic='enable'))
    assert bench.subscribed == ['/joint_states', '/enable']
    assert bench.wiring.enable is not None
    assert [subscriber.names for subscriber in bench.wiring.subscribers] == [
        ['x'], ['enable topic']]
    bench.wiring.close()
    assert (bench.node.subscriptions, bench.node.publishers) == ([], [])
