# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A problem's text tells which parameters it is about."""

from typing import List

from dg_pytorch_ros.parameters.mentions import claimed, mentions, subject
import pytest

NAMES = {
    'trigger', 'rate_hz', 'fade_in_s', 'enable_topic', 'inputs.obs', 'inputs.obs.shape',
    'inputs.obs.topic', 'inputs.obs.parts', 'inputs.obs.parts.q', 'inputs.obs.parts.q.scale',
    'outputs.y', 'outputs.y.topic', 'outputs.y.fallback', 'outputs.z.topic', 'realtime.spin_us'}


@pytest.mark.parametrize('problem, expected', [
    ("trigger is 'tick'; expected one of timer, message", ['trigger']),
    ('realtime.spin_us is 9, but rate_hz is 5; expected less', ['realtime.spin_us', 'rate_hz']),
    ("inputs.obs.topic is set beside inputs.obs.shape; one of 'trigger'", [
        'inputs.obs.topic', 'inputs.obs.shape']),
    ("input 'obs': shape is [0]; each size must be positive", ['inputs.obs.shape']),
    ("input 'obs': part 'q': scale is [0.0]; rate_hz", ['inputs.obs.parts.q.scale']),
    ("input 'obs.q' has the topic '1st', which is no valid name", []),
    ("input 'obs' has the topic 'rate_hz', which is no valid name", ['inputs.obs.topic']),
    ("input 'obs': obs.q and obs.dq are both from a", ['inputs.obs.parts.q']),
    ("input 'enable topic' has the topic 'no good', which is", ['enable_topic']),
    ("output 'y': fallback is [1.0], but max is [0.0]", ['outputs.y.fallback']),
    ("outputs 'y' and 'z' have the same topic, '/a'; give", ['outputs.z.topic']),
    ("fade_in_s is 1, but output 'y' has nothing; set outputs.y.fallback", ['fade_in_s']),
    ('outputs.y.fallback.', ['outputs.y.fallback']),
    ('the rate_hzs and my_trigger', []),
])
def test_the_parameters_of_a_claim_are_found_in_their_order(
    problem: str, expected: List[str]
) -> None:
    assert claimed(problem, NAMES) == expected


@pytest.mark.parametrize('problem, name', [
    ("fade_in_s is 1, but 'x' has nothing; set outputs.y.fallback", 'outputs.y.fallback'),
    ("input 'obs': parts do not fit; set shape", 'inputs.obs.shape'),
    ("on_stale is 'hold', but no input has shape", 'inputs.obs.shape')])
def test_advice_mentions_parameters_too(problem: str, name: str) -> None:
    assert claimed(problem, {name}) == [] or 'no input' in problem
    assert mentions(problem, {'other', name})
    assert not mentions(problem, {'other', 'inputs.other.scale'})


@pytest.mark.parametrize('problem', [
    'inputs.obs.x is not known; known under inputs.obs: topic, shape',
    'realtime.x is not known; known: realtime.spin_us', "input 'x': shape is [0]",
    "the word 'trigger'"])
def test_what_there_is_besides_is_not_mentioned(problem: str) -> None:
    assert not mentions(problem, NAMES - {'inputs.obs'})


@pytest.mark.parametrize('problem, expected', [
    ("input 'obs': part 'q': scale is", 'inputs.obs.parts.q'),
    ("input 'obs.q' has the topic", 'inputs.obs.parts.q'),
    ("output 'y' is float64[3], but", 'outputs.y'),
    ("outputs 'y' and 'z' have", 'outputs.z'), ('trigger is', ''), ('', '')])
def test_the_group_that_a_problem_is_about_is_known(problem: str, expected: str) -> None:
    assert subject(problem) == expected
