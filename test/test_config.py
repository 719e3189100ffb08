# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A configuration that exists can run; one that cannot says what is wrong and what is allowed."""

from dataclasses import FrozenInstanceError
import math
from typing import Any, Optional

from dg_pytorch_ros.checks import check_names, check_rate, enumeration
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.node_config import ModelConfig, NodeConfig, RealtimeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.scaling_config import ScalingConfig
from dg_pytorch_ros.config.topic_config import INPUT_QOS, OUTPUT_QOS, QosConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig, TrustConfig
from dg_pytorch_ros.errors import ConfigError
import pytest

FLOATS = 'std_msgs/msg/Float64MultiArray'


def subscribed(name: str, **fields: Any) -> InputConfig:
    return InputConfig(name, topic=name, message_type=FLOATS, **fields)


def constant(name: str) -> InputConfig:
    return subscribed(name, constant=(5.0,))


def published(name: str, topic: str = '', **fields: Any) -> OutputConfig:
    return OutputConfig(name, topic=topic or name, message_type=FLOATS, **fields)


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


@pytest.mark.parametrize('fields, complaint', [
    ({'path': ''}, 'model_path is not set'),
    ({'sha256': 'abc'}, "model_sha256 is 'abc'; expected the 64 hexadecimal digits"),
    ({'sha256': 'g' * 64}, 'model_sha256'),
    ({'device': 'gpu'}, "device is 'gpu'; expected 'cpu', 'cuda' or 'cuda:N'"),
    ({'imports': ('os', '3d.nms')}, "model_imports holds '3d.nms'; expected the name of a Python"),
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


def test_input_with_parts_stands_for_those_of_them_that_are_subscribed() -> None:
    inputs = (subscribed('a'), OBSERVATION)
    assert node(inputs=inputs).trigger_inputs == ('a', 'obs.q', 'obs.dq')
    assert node(inputs=inputs, trigger_inputs=('obs',)).trigger_inputs == ('obs.q', 'obs.dq')
    assert node(inputs=inputs, trigger_inputs=('obs.dq',)).trigger_inputs == ('obs.dq',)
    both = node(inputs=inputs, trigger_inputs=('obs.dq', 'obs'))
    assert both.trigger_inputs == ('obs.dq', 'obs.q')


def test_leaves_are_the_inputs_and_the_parts_of_those_that_have_some() -> None:
    config = node(inputs=(subscribed('a'), OBSERVATION))
    assert [leaf.name for leaf in config.leaves] == ['a', 'obs.q', 'obs.k', 'obs.dq']


def test_timer_has_no_trigger_inputs_and_needs_no_subscribed_ones() -> None:
    assert node(trigger='timer', inputs=(constant('kp'),)).trigger_inputs == ()
    assert node(trigger='timer', inputs=()).inputs == ()


@pytest.mark.parametrize('fields, complaint', [
    ({'trigger': 'event'}, "trigger is 'event'; expected one of timer, message"),
    ({'outputs': ()}, 'output_names is empty'),
    ({'inputs': (subscribed('x'), constant('x'))}, "input_names holds 'x' more than once"),
    ({'outputs': (published('y'), published('y', 'other'))},
     "output_names holds 'y' more than once"),
    ({'trigger_inputs': ('kp',)},
     "trigger_inputs names 'kp', which is not a subscribed input; subscribed: position"),
    ({'trigger_inputs': ('typo',)}, "trigger_inputs names 'typo'"),
    ({'trigger': 'timer', 'trigger_inputs': ('position',)},
     "trigger_inputs is set, but trigger is 'timer'"),
    ({'inputs': (constant('kp'),)}, "trigger is 'message', but no input is subscribed"),
    ({'inputs': ()}, "trigger is 'message', but no input is subscribed"),
    ({'spin_us': 50}, "realtime.spin_us is set, but trigger is 'message'"),
    ({'trigger': 'timer', 'rate_hz': 1000.0, 'spin_us': 501},
     'realtime.spin_us is 501, but rate_hz is 1000; expected 0 to half of the period, which is '
     '1000 us'),
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


@pytest.mark.parametrize('fields, complaint', [
    ({'minimum': (0.0, math.nan)}, 'min is [0.0, nan]; expected finite numbers'),
    ({'maximum': (math.inf,)}, 'max is [inf]; expected finite numbers'),
    ({'max_rate': (math.inf,)}, 'max_rate is [inf]; expected finite numbers'),
    ({'fallback': (-math.inf,)}, 'fallback is [-inf]; expected finite numbers'),
    ({'maximum': ()}, 'max is []; expected one number for all elements, or one an element'),
    ({'fallback': ()}, 'fallback is []; expected one number for all elements, or one an element'),
    ({'minimum': (0.0, 0.0), 'max_rate': (1.0, 1.0, 1.0)},
     'max_rate is [1.0, 1.0, 1.0], but min is [0.0, 0.0]; expected one number for all elements, '
     'or 2'),
    ({'minimum': (0.0,), 'maximum': (1.0, 1.0), 'fallback': (0.0,) * 3},
     'fallback is [0.0, 0.0, 0.0], but max is [1.0, 1.0]; expected one number for all elements, '
     'or 2'),
    ({'max_rate': (1.0, 0.0)},
     'max_rate is [1.0, 0.0]; expected a change per second above 0'),
    ({'max_rate': (-1.0,)}, 'max_rate is [-1.0]; expected a change per second above 0'),
    ({'minimum': (2.0,), 'maximum': (1.0,)},
     'max is [1.0], but min is [2.0]; expected min <= max in every element'),
    ({'minimum': (0.0, 2.0), 'maximum': (1.0,)},
     'max is [1.0], but min is [0.0, 2.0]; expected min <= max in every element'),
    ({'minimum': (0.0,), 'maximum': (1.0, -1.0)},
     'max is [1.0, -1.0], but min is [0.0]; expected min <= max in every element'),
    ({'minimum': (0.0,), 'fallback': (0.0, -0.5)},
     'fallback is [0.0, -0.5], but min is [0.0]; expected min <= fallback in every element'),
    ({'maximum': (1.0, 2.0), 'fallback': (1.5,)},
     'fallback is [1.5], but max is [1.0, 2.0]; expected fallback <= max in every element'),
])
def test_limits_that_cannot_be_kept_are_refused(fields: Any, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LimitsConfig(**fields)
    assert str(caught.value) == complaint


@pytest.mark.parametrize('fields', [
    {},
    {'minimum': (-1.0,), 'maximum': (1.0,), 'max_rate': (1e-9,), 'fallback': (0.0,)},
    {'minimum': (-1.0,), 'maximum': (1.0, 2.0), 'max_rate': (3,), 'fallback': (1.0, 2.0)},
    {'minimum': (1.0, 2.0), 'maximum': (1.0, 2.0), 'fallback': (1.0, 2.0)},
    {'minimum': (5.0,), 'fallback': (5.0, 6.0)},
    {'fallback': (True, False)},
])
def test_limits_that_can_be_kept_are_accepted(fields: Any) -> None:
    config = LimitsConfig(**fields)
    for name, value in fields.items():
        assert getattr(config, name) == value


@pytest.mark.parametrize('fields, complaint', [
    ({'on_stale': 'stop'},
     "on_stale is 'stop'; expected one of skip, hold, fallback, deactivate"),
    ({'on_nonfinite': 'publish'},
     "on_nonfinite is 'publish'; expected one of skip, hold, fallback, deactivate"),
    ({'on_error': ''}, "on_error is ''; expected one of skip, hold, fallback, deactivate"),
    ({'on_overrun': 'warn', 'deadline_ms': 1.0},
     "on_overrun is 'warn'; expected one of publish, skip, hold, fallback, deactivate"),
    ({'on_overrun': 'skip'},
     "on_overrun is 'skip', but deadline_ms is not set, so nothing would ever be an overrun"),
    ({'deadline_ms': 0.0}, 'deadline_ms is 0.0; expected a time above 0, up to 1e+09'),
    ({'enable_max_age_ms': -1.0, 'enable_topic': 'enable'},
     'enable_max_age_ms is -1.0; expected a time above 0, up to 1e+09'),
    ({'enable_max_age_ms': 100.0},
     'enable_max_age_ms is set, but enable_topic is not; set both'),
    ({'max_failures': -1}, 'max_failures is -1; expected a count, or 0 for no limit'),
    ({'fade_in_s': -0.5}, 'fade_in_s is -0.5; expected seconds, 0 for none'),
    ({'fade_in_s': math.nan}, 'fade_in_s is nan; expected seconds, 0 for none'),
    ({'fade_in_s': math.inf}, 'fade_in_s is inf; expected seconds, 0 for none'),
])
def test_trust_that_means_nothing_is_refused(fields: Any, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TrustConfig(**fields)
    assert str(caught.value) == complaint


def test_by_default_nothing_that_is_wrong_is_published_and_the_rest_is() -> None:
    trust = node().trust
    assert (trust.on_stale, trust.on_nonfinite, trust.on_error) == ('skip',) * 3
    assert (trust.on_overrun, trust.max_failures, trust.fade_in_s) == ('publish', 100, 0.0)
    assert trust.falling_back == ()


@pytest.mark.parametrize('fields', [
    {'max_failures': 0}, {'fade_in_s': 0.0}, {'deadline_ms': 0.1}, {'enable_topic': 'enable'},
    {'on_overrun': 'deactivate', 'deadline_ms': 5.0},
    {'enable_topic': 'enable', 'enable_max_age_ms': 0.1}])
def test_trust_that_means_something_is_accepted(fields: Any) -> None:
    TrustConfig(**fields)


def in_parts(*parts: InputConfig) -> InputConfig:
    return InputConfig('obs', parts=parts)


AGING = (subscribed('position', max_age_ms=10.0),)
OBSERVATION = in_parts(
    subscribed('obs.q', max_age_ms=10.0), constant('obs.k'), subscribed('obs.dq'))
BOUNDED = published('torque', limits=LimitsConfig(fallback=(0.0,)))


@pytest.mark.parametrize('fields, complaint', [
    ({'inputs': (subscribed('x'), subscribed('z', feedback='effort', initial=(0.0,)))},
     "inputs.z.feedback is 'effort', which is no output; outputs: torque"),
    ({'inputs': (subscribed('x'), subscribed('z', feedback='torque'))},
     "input 'z': feedback is 'torque', but initial is not set; give what the first evaluation "
     'gets (one number fills a given shape)'),
    ({'trust': TrustConfig(on_stale='hold')},
     "on_stale is 'hold', but no input has max_age_ms, so nothing would ever be stale"),
    ({'trust': TrustConfig(fade_in_s=0.5)},
     "fade_in_s is 0.5, but output 'torque' has nothing to begin from; set "
     'outputs.torque.fallback or outputs.torque.fade_in_from'),
    ({'outputs': (published('torque', fade_in_from='position'),)},
     'outputs.torque.fade_in_from is set, but fade_in_s is not; set both'),
    ({'outputs': (published('torque', fade_in_from='joints'),),
      'trust': TrustConfig(fade_in_s=0.5)},
     "outputs.torque.fade_in_from is 'joints', which is no input; inputs: position, kp"),
    ({'trigger_inputs': ('z',), 'inputs': (
        subscribed('x'), subscribed('z', feedback='torque', initial=(0.0,)))},
     "trigger_inputs names 'z', which is not a subscribed input; subscribed: x"),
    ({'trigger_inputs': ('obs.k',), 'inputs': (subscribed('x'), OBSERVATION)},
     "trigger_inputs names 'obs.k', which is not a subscribed input; subscribed: x, obs, obs.q, "
     'obs.dq'),
    ({'inputs': (in_parts(subscribed('obs.q'), subscribed('obs.last', feedback='effort')),)},
     "inputs.obs.parts.last.feedback is 'effort', which is no output; outputs: torque"),
    ({'outputs': (published('torque', stamp_from='joints'),)},
     "outputs.torque.stamp_from is 'joints', which is no subscribed input; subscribed: "
     'position'),
    ({'outputs': (published('torque', stamp_from='kp'),)},
     "outputs.torque.stamp_from is 'kp', which is no subscribed input; subscribed: position"),
    ({'outputs': (published('torque', stamp_from='obs'),), 'inputs': (OBSERVATION,)},
     "outputs.torque.stamp_from is 'obs', which is no subscribed input; subscribed: obs.q, "
     'obs.dq'),
    ({'inputs': (subscribed('x'), subscribed('z', feedback='torque', initial=(0.0,))),
      'outputs': (published(
          'torque', fade_in_from='z', scaling=ScalingConfig(scale=(2.0,))),),
      'trust': TrustConfig(fade_in_s=0.5)},
     "outputs.torque.fade_in_from is 'z', which is fed back in the module's own unit, but the "
     'output has a scale or offset; name an input in the unit of what is published'),
    ({'outputs': (published('torque', fade_in_from='obs'),), 'inputs': (OBSERVATION,),
      'trust': TrustConfig(fade_in_s=0.5)},
     "outputs.torque.fade_in_from is 'obs', which is no input; inputs: obs.q, obs.k, obs.dq"),
])
def test_trust_that_does_not_fit_the_inputs_or_outputs_is_refused(
        fields: Any, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        node(**fields)
    assert str(caught.value) == complaint


@pytest.mark.parametrize('fields', [
    {'on_stale': 'fallback'}, {'on_nonfinite': 'fallback'}, {'on_error': 'fallback'},
    {'on_overrun': 'fallback', 'deadline_ms': 1.0}])
def test_who_falls_back_needs_something_to_fall_back_on_for_each_output(fields: Any) -> None:
    trust = TrustConfig(**fields)
    assert trust.falling_back == (next(iter(fields)),)
    with pytest.raises(ConfigError) as caught:
        node(inputs=AGING, trust=trust, outputs=(BOUNDED, published('effort')))
    assert str(caught.value) == (
        f"{trust.falling_back[0]} is 'fallback', but outputs.effort.fallback is not set; give "
        'what to publish then')
    node(inputs=AGING, trust=trust, outputs=(BOUNDED,))


@pytest.mark.parametrize('fields', [
    {'inputs': AGING, 'trust': TrustConfig(on_stale='hold')},
    {'inputs': (subscribed('x'), subscribed('z', feedback='torque', initial=(0.0,)))},
    {'outputs': (BOUNDED,), 'trust': TrustConfig(fade_in_s=0.5)},
    {'outputs': (published('torque', fade_in_from='kp'),), 'trust': TrustConfig(fade_in_s=0.5)},
    {'inputs': (OBSERVATION,), 'trust': TrustConfig(on_stale='hold')},
    {'inputs': (in_parts(subscribed('obs.q'), subscribed('obs.last', feedback='torque')),)},
    {'inputs': (OBSERVATION,), 'trust': TrustConfig(fade_in_s=0.5),
     'outputs': (published('torque', fade_in_from='obs.q', stamp_from='obs.dq'),)},
    {'outputs': (published('torque', stamp_from='position'),)},
    {'inputs': (subscribed('x'), subscribed('z', feedback='torque', initial=(0.0,))),
     'outputs': (published('torque', fade_in_from='z'),), 'trust': TrustConfig(fade_in_s=0.5)},
    {'outputs': (published(
        'torque', fade_in_from='kp', scaling=ScalingConfig(scale=(2.0,))),),
     'trust': TrustConfig(fade_in_s=0.5)},
])
def test_trust_that_fits_is_accepted(fields: Any) -> None:
    node(**fields)


def test_period_is_known_where_a_timer_sets_it() -> None:
    assert node(trigger='timer', rate_hz=200.0).period_s == 0.005
    assert node().period_s is None


@pytest.mark.parametrize('make, words', [
    (lambda: ModelConfig('', 'abc', 'gpu', 0, 1),
     ['model_path is not', 'model_sha256 is', 'device is', 'num_threads is', 'warmup_runs is']),
    (lambda: RealtimeConfig(0, (-1, 2, -3)),
     ['realtime.priority is 0', 'holds -1', 'holds -3']),
    (lambda: QosConfig('a', 'b', 0), ['qos.reliability is', 'qos.durability is', 'qos.depth is']),
    (lambda: ScalingConfig((0.0,), (math.nan,)), ['offset is', 'scale is']),
    (lambda: LimitsConfig((), (math.inf,), ()), ['min is []', 'max is [inf]', 'max_rate is []']),
    (lambda: LimitsConfig((2.0,), (1.0,), (0.0,), (0.0,)),
     ['max_rate is', 'max is', 'fallback is [0.0], but min']),
    (lambda: LimitsConfig((1.0, 2.0), (3.0,) * 3, (1.0,) * 4), ['max is', 'max_rate is']),
    (lambda: TrustConfig('a', 'b', 'c', 'd', -1.0, -1, -1.0, '', 5.0),
     ['on_stale is', 'on_nonfinite is', 'on_error is', 'on_overrun is', 'deadline_ms is',
      'max_failures is', 'fade_in_s is', 'enable_max_age_ms is set']),
    (lambda: published('y', names=('a', 'a'), layout='x', time_from_start_ms=-1.0),
     ['names holds', 'time_from_start_ms is', 'layout is']),
    (lambda: published('y', name_field='x', layout='x'), ['layout is', 'name_field is']),
    (lambda: subscribed(
        'x', age_from='x', max_age_ms=-1.0, dtype='x', initial=(math.nan,), constant=(math.inf,),
        select=('a', 'a'), shape=(0,)),
     ['age_from is', 'max_age_ms is', 'dtype is', 'initial is', 'constant is', 'select holds',
      'shape is']),
    (lambda: node(trigger='tick', rate_hz=0.0, outputs=()),
     ['trigger is', 'rate_hz is', 'output_names is empty']),
    (lambda: node(
        trigger='timer', trigger_inputs=('a', 'b'), spin_us=-1, trust=TrustConfig('fallback'),
        inputs=(subscribed('x', feedback='z'), subscribed('y', feedback='z')),
        outputs=(published('u', stamp_from='q'), published('v', fade_in_from='q'))),
     ["trigger_inputs names 'a'", "trigger_inputs names 'b'", 'trigger_inputs is set',
      'realtime.spin_us is', "inputs.x.feedback is 'z'", "inputs.y.feedback is 'z'",
      "input 'x': feedback is", "input 'y': feedback is", "on_stale is 'fallback', but no input",
      'outputs.u.fallback is not set', 'outputs.v.fallback is not set', 'outputs.u.stamp_from is',
      'outputs.v.fade_in_from is']),
])
def test_all_that_is_wrong_is_said_at_once(make: Any, words: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        make()
    problems = list(map(str, caught.value.problems))
    assert len(problems) == len(words)
    for problem, word in zip(problems, words):
        assert word in problem
