# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A configuration that exists can run; one that cannot says what is wrong and what is allowed."""

from dataclasses import FrozenInstanceError
import math
from typing import Any, Optional

from dg_pytorch_ros.config import (
    check_names, check_rate, enumeration, INPUT_QOS, InputConfig, ModelConfig, NodeConfig,
    OUTPUT_QOS, OutputConfig, QosConfig, RealtimeConfig)
from dg_pytorch_ros.errors import ConfigError
import pytest

FLOATS = 'std_msgs/msg/Float64MultiArray'


def subscribed(name: str, **fields: Any) -> InputConfig:
    return InputConfig(name, topic=name, message_type=FLOATS, **fields)


def constant(name: str) -> InputConfig:
    return subscribed(name, constant=(5.0,))


def published(name: str, topic: str = '') -> OutputConfig:
    return OutputConfig(name, topic=topic or name, message_type=FLOATS)


def node(**fields: Any) -> NodeConfig:
    return NodeConfig(**{
        'inputs': (subscribed('position'), constant('kp')), 'outputs': (published('torque'),),
        'trigger': 'message', **fields})


@pytest.mark.parametrize('rate_hz', [0.0, -1.0, math.nan, math.inf, -math.inf, 1.1e6])
def test_rate_at_which_no_timer_runs_is_refused(rate_hz: float) -> None:
    with pytest.raises(ConfigError, match=rf'rate_hz is {rate_hz}; expected .*above 0'):
        check_rate(rate_hz)
    with pytest.raises(ConfigError, match='rate_hz'):
        node(trigger='timer', rate_hz=rate_hz)


@pytest.mark.parametrize('rate_hz', [1e-3, 1.0, 1000.0, 1e6])
def test_rate_at_which_a_timer_runs_is_accepted(rate_hz: float) -> None:
    check_rate(rate_hz)


@pytest.mark.parametrize('name', ['', ' ', 'a b', 'a.b', 'a/b', '1st', 'größe', 'a\n'])
def test_name_that_cannot_be_part_of_a_parameter_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match='input_names holds') as caught:
        check_names('input_names', ['kp', name])
    assert repr(name) in str(caught.value)


def test_name_given_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="output_names holds 'b' more than once"):
        check_names('output_names', ['a', 'b', 'c', 'b'])


def test_good_names_are_accepted_from_any_iterable() -> None:
    check_names('input_names', (name for name in ('kp', '_x', 'Des_position_2')))


@pytest.mark.parametrize('names, written', [((), 'none'), (('a',), 'a'), (('a', 'b'), 'a, b')])
def test_enumeration_says_when_there_is_nothing(names: Any, written: str) -> None:
    assert enumeration(names) == written


@pytest.mark.parametrize('fields, complaint', [
    ({'reliability': 'sure'}, "qos.reliability is 'sure'; expected one of reliable, best_effort"),
    ({'durability': 'latched'},
     "qos.durability is 'latched'; expected one of volatile, transient_local"),
    ({'depth': 0}, 'qos.depth is 0; it must be at least 1'),
])
def test_quality_of_service_that_ros_does_not_know_is_refused(
    fields: Any, complaint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        QosConfig(**{'reliability': 'reliable', **fields})
    assert str(caught.value) == complaint


def test_default_qualities_of_service_match_every_publisher_and_subscription() -> None:
    assert str(INPUT_QOS) == 'best_effort, volatile, depth 1'
    assert str(OUTPUT_QOS) == 'reliable, volatile, depth 1'


def test_unknown_dtype_of_an_input_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="dtype is 'double'; expected one of float64, float32"):
        subscribed('position', dtype='double')


@pytest.mark.parametrize('shape', [(0,), (2, 0), (-2,), (-1, -3)])
def test_impossible_size_is_refused(shape: Any) -> None:
    with pytest.raises(ConfigError, match='must be positive, or -1') as caught:
        subscribed('position', shape=shape)
    assert str(list(shape)) in str(caught.value)


@pytest.mark.parametrize('shape', [(), (1, 48), (-1, 3), (-1, -1)])
def test_possible_shape_is_accepted(shape: Any) -> None:
    assert subscribed('position', shape=shape).shape == shape


def test_input_is_subscribed_unless_it_is_constant() -> None:
    assert subscribed('position', initial=(0.0,)).subscribed
    assert not constant('kp').subscribed


@pytest.mark.parametrize('fields, complaint', [
    ({'path': ''}, 'model_path is not set'),
    ({'sha256': 'abc'}, "model_sha256 is 'abc'; expected the 64 hexadecimal digits"),
    ({'sha256': 'g' * 64}, 'model_sha256'),
    ({'device': 'cuda'}, "device is 'cuda'; .*'cpu' only"),
    ({'num_threads': 0}, 'num_threads is 0; it must be at least 1'),
    ({'warmup_runs': 2}, 'warmup_runs is 2; it must be at least 3'),
])
def test_model_that_cannot_be_run_as_asked_is_refused(fields: Any, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        ModelConfig(**{'path': 'model.pt', **fields})


def test_digest_may_be_in_either_case() -> None:
    ModelConfig('model.pt', sha256='0123456789abcdefABCDEF' + '0' * 42)


def test_message_trigger_waits_for_all_subscribed_inputs_unless_told_otherwise() -> None:
    inputs = (subscribed('a'), constant('k'), subscribed('b'))
    assert node(inputs=inputs).trigger_inputs == ('a', 'b')
    assert node(inputs=inputs, trigger_inputs=('b',)).trigger_inputs == ('b',)


def test_timer_has_no_trigger_inputs_and_needs_no_subscribed_ones() -> None:
    assert node(trigger='timer', inputs=(constant('kp'),)).trigger_inputs == ()
    assert node(trigger='timer', inputs=()).inputs == ()


@pytest.mark.parametrize('fields, complaint', [
    ({'trigger': 'event'}, "trigger is 'event'; expected one of timer, message"),
    ({'outputs': ()}, 'output_names is empty'),
    ({'inputs': (subscribed('x'), constant('x'))}, "input_names holds 'x' more than once"),
    ({'outputs': (published('y'), published('y', 'other'))},
     "output_names holds 'y' more than once"),
    ({'outputs': (published('y', 'cmd'), published('z', 'cmd'))},
     "outputs 'y' and 'z' are both published on 'cmd'"),
    ({'trigger_inputs': ('kp',)},
     "trigger_inputs names 'kp', which is not a subscribed input; subscribed: position"),
    ({'trigger_inputs': ('typo',)}, "trigger_inputs names 'typo'"),
    ({'trigger': 'timer', 'trigger_inputs': ('position',)},
     "trigger_inputs is set, but trigger is 'timer'"),
    ({'inputs': (constant('kp'),)}, "trigger is 'message', but no input is subscribed"),
    ({'inputs': ()}, "trigger is 'message', but no input is subscribed"),
    ({'spin_us': 50}, "realtime.spin_us is set, but trigger is 'message'"),
    ({'trigger': 'timer', 'rate_hz': 1000.0, 'spin_us': 501},
     'realtime.spin_us is 501; expected 0 to half of the period, which is 1000 us at 1000 Hz'),
    ({'trigger': 'timer', 'spin_us': -1}, 'realtime.spin_us is -1'),
])
def test_combination_that_cannot_run_is_refused(fields: Any, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        node(**fields)


def test_configuration_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        node().rate_hz = 1.0  # type: ignore[misc]


@pytest.mark.parametrize('priority', [-1, 0, 100, 200])
def test_priority_that_no_machine_has_is_refused(priority: int) -> None:
    with pytest.raises(ConfigError, match=f'realtime.priority is {priority}; expected 1 to 99'):
        RealtimeConfig(priority=priority)


@pytest.mark.parametrize('priority', [None, 1, 99])
def test_priority_that_linux_has_is_accepted(priority: Optional[int]) -> None:
    assert RealtimeConfig(priority=priority).priority == priority


def test_negative_core_is_refused() -> None:
    with pytest.raises(ConfigError, match='realtime.cpu_affinity holds -1; .* from 0'):
        RealtimeConfig(cpu_affinity=(0, -1))


def test_half_of_the_period_may_be_spent_awake() -> None:
    assert node(trigger='timer', rate_hz=1000.0, spin_us=500).spin_us == 500
    assert node(trigger='timer', rate_hz=1000.0).spin_us == 0


def test_nothing_is_asked_of_the_operating_system_unless_told_to() -> None:
    assert node().realtime == RealtimeConfig(priority=None, cpu_affinity=(), lock_memory=False)
