# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What nobody knows is refused where it must be a slip, with what it may have been meant for."""

from array import array
from typing import Any, Dict, Optional

import pytest

pytest.importorskip('rclpy', reason='rclpy is not installed')
from dg_pytorch_ros.errors import ConfigError  # noqa: E402, I100
from dg_pytorch_ros.parameters.slips import (  # noqa: E402
    refuse_unknown, refuse_unknown_in, suspicious_names)

KNOWN = {
    'inputs.obs.topic', 'inputs.obs.shape', 'inputs.obs.part_names', 'inputs.kp.constant',
    'inputs.kp.scale'}
OWNERS = ('obs', 'kp')


def complaint(given: Dict[str, Any]) -> Optional[str]:
    try:
        refuse_unknown(given, 'inputs', 'input', OWNERS, KNOWN)
    except ConfigError as error:
        return str(error)
    return None


@pytest.mark.parametrize('given, said', [
    ({'inputs.obs.topc': 'x'},
     "inputs.obs.topc is not known; did you mean 'topic'?; known under inputs.obs: part_names, "
     'shape, topic'),
    ({'inputs.obs.zzz': 'x'},
     'inputs.obs.zzz is not known; known under inputs.obs: part_names, shape, topic'),
    ({'inputs.obs': 1}, 'inputs.obs is not known; known under inputs.obs: part_names, shape, '
     'topic'),
    ({'inputs.osb.topic': 'x'},
     "inputs.osb is set, but there is no input 'osb'; did you mean 'obs'?; inputs: obs, "
     'kp'),
    ({'inputs': 1}, 'inputs is 1; expected a namespace for each input, for example inputs: {obs: '
     '{topic: chatter}}'),
    ({'inputs': array('d', [1.0])}, 'inputs is [1.0]; expected a namespace for each input, for '
     'example inputs: {obs: {topic: chatter}}'),
    ({'inputs.kp.constant': [1.0], 'inputs.kp.topic': 'x'},
     'inputs.kp.topic is set beside inputs.kp.constant; a constant has no such thing'),
    ({'inputs.obs.part_names': ['a'], 'inputs.obs.field': 'x'},
     'inputs.obs.field is set beside inputs.obs.part_names; an input with parts has no such '
     'thing'),
    # Close to what there is, but known elsewhere.
    ({'inputs.obs.part_names': ['a'], 'inputs.obs.scale': 2.0},
     'inputs.obs.scale is set beside inputs.obs.part_names; an input with parts has no such '
     'thing'),
    ({'inputs.obs.part_names': ['a'], 'inputs.obs.shpae': [1]},
     "inputs.obs.shpae is not known; did you mean 'shape'?; known under inputs.obs: part_names, "
     'shape, topic'),
    ({'inputs.obs.parts.a.topic': 'x'},
     'inputs.obs.parts is set, but inputs.obs.part_names is not; name the parts'),
])
def test_what_nobody_knows_is_refused_with_what_there_is(
    given: Dict[str, Any], said: str
) -> None:
    assert complaint(given) == said


@pytest.mark.parametrize('source', ['constant', 'feedback'])
def test_a_second_source_is_blamed_on_the_first_and_not_on_itself(source: str) -> None:
    given = {f'inputs.obs.{source}': 'y', 'inputs.obs.part_names': ['a']}
    assert complaint(given) == (
        f'inputs.obs.{source} is set beside inputs.obs.part_names; an input with parts has no '
        'such thing')


def test_what_is_known_is_taken_and_other_groups_are_none_of_its_business() -> None:
    assert complaint(dict.fromkeys([*KNOWN, 'outputs.x', 'topic', 'inputs_x', 'input'], 1)) is None


def test_parameters_of_a_group_without_owners_are_known_or_refused() -> None:
    known = ['realtime.priority', 'realtime.spin_us']
    refuse_unknown_in(['realtime.priority', 'real.x', 'x'], 'realtime', known)
    with pytest.raises(ConfigError) as caught:
        refuse_unknown_in(['realtime.prio'], 'realtime', known)
    assert str(caught.value) == (
        "realtime.prio is not known; did you mean 'realtime.priority'?; known: "
        'realtime.priority, realtime.spin_us')
    with pytest.raises(ConfigError, match='^realtime is not known; .*known: '):
        refuse_unknown_in(['realtime'], 'realtime', known)


def test_other_names_are_suspicious_if_they_are_like_a_known_one() -> None:
    assert suspicious_names(['on_stal', 'on_stale', 'unrelated', 'ouputs.x.topic'], [
        'on_stale', 'outputs']) == [
            "parameter 'on_stal' is not known and has no effect; did you mean 'on_stale'?",
            "parameter 'ouputs.x.topic' is not known and has no effect; did you mean 'outputs'?"]
