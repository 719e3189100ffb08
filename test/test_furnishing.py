# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Names, frames and times get into messages where others look for them."""

from typing import Any, Sequence

from dg_pytorch_ros.errors import ConfigError, EvaluationError
from dg_pytorch_ros.messages.field_path import parse
from dg_pytorch_ros.messages.fields import name_steps
from dg_pytorch_ros.messages.furnishing import Furnishing
from dg_pytorch_ros.messages.kinds import Many, Struct, Text
from messages_at_random import import_class, strict_message, struct_of
import pytest

for package in 'diagnostic_msgs', 'geometry_msgs', 'sensor_msgs', 'trajectory_msgs':
    pytest.importorskip(f'{package}.msg', reason=f'{package} is not installed')

JOINT_STATE = 'sensor_msgs/msg/JointState'
TRAJECTORY = 'trajectory_msgs/msg/JointTrajectory'
DIAGNOSTICS = 'diagnostic_msgs/msg/DiagnosticArray'


def furnished(type_name: str, message: Any, **what: Any) -> Any:
    Furnishing(struct_of(type_name), **what)(message)
    return message


@pytest.mark.parametrize('type_name, field', [(JOINT_STATE, 'name'), (TRAJECTORY, 'joint_names')])
def test_names_are_listed(type_name: str, field: str) -> None:
    steps = name_steps(struct_of(type_name))
    message = furnished(
        type_name, strict_message(type_name), names=('a', 'b'), name_steps=steps)
    assert getattr(message, field) == ['a', 'b']
    assert message.header.frame_id == ''


def test_list_of_names_may_be_within_a_message() -> None:
    struct = Struct('m/msg/Outer', {
        'inner': Struct('m/msg/Inner', {'name': Many(Text())}), 'header': Text()})
    message = strict_message(JOINT_STATE)
    holder = type('Outer', (), {'inner': message})()
    for path in 'inner.name', 'inner.name[]':
        message.name = []
        Furnishing(struct, names=['a', 'b'], name_steps=parse(path))(holder)
        assert message.name == ['a', 'b']


def test_each_element_gets_its_name() -> None:
    message = strict_message(DIAGNOSTICS)
    message.status = [import_class('diagnostic_msgs/msg/DiagnosticStatus')() for _ in range(2)]
    names = {'names': ('a', 'b'), 'name_steps': parse('status[].name')}
    furnished(DIAGNOSTICS, message, **names)
    assert [status.name for status in message.status] == ['a', 'b']
    message.status.pop()
    with pytest.raises(EvaluationError, match='has 1 elements for 2 names'):
        furnished(DIAGNOSTICS, message, **names)


@pytest.mark.parametrize('kind, allowed', [
    (Many(Text(), 3), 'but m/msg/X has 3'), (Many(Text(), most=1), 'but m/msg/X takes up to 1')])
def test_more_names_than_a_message_takes_are_refused(kind: Any, allowed: str) -> None:
    with pytest.raises(ConfigError, match=f'names holds 2 names, {allowed}'):
        Furnishing(
            Struct('m/msg/X', {'name': kind}), names=['a', 'b'], name_steps=parse('name'))


def test_names_of_one_element_are_refused() -> None:
    struct = Struct('m/msg/X', {'groups': Many(Struct('m/msg/Group', {'name': Many(Text())}))})
    with pytest.raises(ConfigError, match='name_field leads to one element of an array'):
        Furnishing(struct, names=['a'], name_steps=parse('groups[0].name'))


def test_frame_gets_into_the_header() -> None:
    message = furnished(JOINT_STATE, strict_message(JOINT_STATE), frame_id='base')
    assert (message.header.frame_id, message.name) == ('base', [])
    with pytest.raises(ConfigError) as caught:
        Furnishing(struct_of('geometry_msgs/msg/Twist'), frame_id='base')
    assert str(caught.value) == (
        "frame_id is 'base', but geometry_msgs/msg/Twist does not begin with a header")


@pytest.mark.parametrize('time_ns, times', [
    (0, [(0, 0), (0, 0)]), (20_000_000, [(0, 20_000_000), (0, 40_000_000)]),
    (1_600_000_000, [(1, 600_000_000), (3, 200_000_000)])])
def test_points_of_a_trajectory_come_one_after_the_other(
    time_ns: int, times: Sequence[Any]
) -> None:
    message = strict_message(TRAJECTORY)
    message.points = [
        import_class('trajectory_msgs/msg/JointTrajectoryPoint')() for _ in range(2)]
    furnished(TRAJECTORY, message, time_from_start_ns=time_ns)
    assert [
        (point.time_from_start.sec, point.time_from_start.nanosec)
        for point in message.points] == times


def test_time_for_what_is_no_trajectory_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        Furnishing(struct_of(JOINT_STATE), time_from_start_ns=1)
    assert str(caught.value) == (
        'time_from_start_ms is set, but sensor_msgs/msg/JointState has no '
        'points[].time_from_start')


def test_nothing_is_furnished_unless_it_is_asked_for() -> None:
    assert furnished(JOINT_STATE, strict_message(JOINT_STATE)) == strict_message(JOINT_STATE)
