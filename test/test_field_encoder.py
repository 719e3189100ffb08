# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Numbers are written into fields so that rclpy reads them there, and nothing else changes."""

from typing import Any, Callable, List, Optional, Sequence

from dg_pytorch_ros.errors import ConfigError, ContractError, EvaluationError
from dg_pytorch_ros.messages.field_encoder import FieldEncoder, Pattern
from dg_pytorch_ros.messages.fields import choose_fields
from dg_pytorch_ros.messages.stamps import with_stamp
from messages_at_random import import_class, strict_message, struct_of
import numpy as np
import pytest

serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')
for package in (
        'geometry_msgs', 'nav_msgs', 'sensor_msgs', 'shape_msgs', 'trajectory_msgs'):
    pytest.importorskip(f'{package}.msg', reason=f'{package} is not installed')

JOINT_STATE = 'sensor_msgs/msg/JointState'
TRAJECTORY = 'trajectory_msgs/msg/JointTrajectory'
POSES = 'geometry_msgs/msg/PoseArray'
TWIST = 'geometry_msgs/msg/Twist'
FLOATS = (0.5, -1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.5)


def nothing(message: Any) -> None:
    """Leave a message as it is."""


def encoder_of(
    type_name: str, *paths: str, elements: Optional[int] = None,
    furnish: Callable[[Any], None] = nothing
) -> FieldEncoder:
    struct = struct_of(type_name)
    return FieldEncoder(struct, choose_fields(struct, paths), Pattern(
        strict_message, furnish, serialization.serialize_message, elements))


def heard(type_name: str, data: bytes) -> Any:
    return serialization.deserialize_message(data, import_class(type_name))


def sent(
    type_name: str, paths: Sequence[str], value: Any, *, elements: Optional[int] = None
) -> Any:
    """Return the message that others read."""
    encoder = encoder_of(type_name, *paths, elements=elements)
    encoder.check(np.asarray(value))
    return heard(type_name, encoder.encode(np.asarray(value)))


def values_of(*shape: int) -> Any:
    return np.array(FLOATS[:int(np.prod(shape))]).reshape(shape)


@pytest.mark.parametrize('shape', [(3,), (1, 3), (3, 1), (1, 1, 3)])
def test_array_gets_as_many_elements_as_there_are_values(shape: Any) -> None:
    message = sent(JOINT_STATE, ['position'], values_of(*shape))
    assert message.position.tolist() == list(FLOATS[:3])
    assert (message.name, list(message.velocity), list(message.effort)) == ([], [], [])


def test_numbers_of_a_message_are_filled_in_their_order() -> None:
    message = sent(TWIST, [], values_of(1, 6))
    assert (message.linear.x, message.linear.z, message.angular.z) == (0.5, 2.5, 5.5)
    message = sent('geometry_msgs/msg/TwistStamped', [
        'twist.angular.z', 'twist.linear.x'], values_of(2))
    assert (message.twist.angular.z, message.twist.linear.x) == (0.5, -1.5)
    assert (message.twist.linear.y, message.header.frame_id) == (0.0, '')
    message = sent('nav_msgs/msg/Odometry', ['pose.covariance[7]', 'pose.covariance[0]'], [
        1.0, 2.0])
    assert message.pose.covariance.tolist() == [2.0, *[0.0] * 6, 1.0, *[0.0] * 28]


def test_what_is_not_written_stays_as_a_new_message_has_it() -> None:
    message = sent(POSES, ['poses[].position'], values_of(2, 3))
    assert [(pose.position.x, pose.orientation.w) for pose in message.poses] == [
        (0.5, 1.0), (3.5, 1.0)]


@pytest.mark.parametrize('shape', [(4, 3), (12,), (1, 4, 3), (2, 2, 3)])
def test_rows_go_to_the_elements(shape: Any) -> None:
    poses = sent(POSES, ['poses[].position'], values_of(*shape)).poses
    assert [(pose.position.x, pose.position.y, pose.position.z) for pose in poses] == [
        FLOATS[0:3], FLOATS[3:6], FLOATS[6:9], FLOATS[9:12]]


def test_one_element_of_an_array_is_made_with_those_before_it() -> None:
    message = sent(TRAJECTORY, ['points[0].positions'], values_of(1, 2))
    assert [point.positions.tolist() for point in message.points] == [[0.5, -1.5]]
    message = sent(POSES, ['poses[1].position', 'poses[0].position.y'], values_of(4))
    assert [pose.position.y for pose in message.poses] == [3.5, -1.5]
    message = sent(JOINT_STATE, ['effort[2]'], values_of(1))
    assert message.effort.tolist() == [0.0, 0.0, 0.5]


@pytest.mark.parametrize('count', [0, 1, 3, 5])
def test_values_take_the_place_of_what_a_new_message_has(count: int) -> None:
    def new(type_name: str) -> Any:
        message = strict_message(type_name)
        message.position = [7.0, 8.0, 9.0]  # as types of one's own may have it by default
        return message
    struct = struct_of(JOINT_STATE)
    encoder = FieldEncoder(struct, choose_fields(struct, ['position']), Pattern(
        new, nothing, serialization.serialize_message))
    encoder.check(values_of(count))
    message = heard(JOINT_STATE, encoder.encode(values_of(count)))
    assert message.position.tolist() == list(FLOATS[:count])


@pytest.mark.parametrize('paths', [
    ['poses[2].position.x', 'poses[].position.y'], ['poses[].position.y', 'poses[2].position.x']])
def test_fields_that_want_an_array_in_two_sizes_are_refused(paths: Sequence[str]) -> None:
    with pytest.raises(ContractError, match='cannot share them evenly|is too large'):
        encoder_of(POSES, *paths).check(values_of(3))
    assert [pose.position.y for pose in sent(POSES, paths, values_of(4)).poses] == (
        [-1.5, 2.5, 3.5] if '2' in paths[0] else [0.5, -1.5, 2.5])


def test_array_of_arrays_takes_the_shape_of_the_values() -> None:
    message = sent(TRAJECTORY, ['points[].positions'], values_of(1, 3, 2))
    assert [point.positions.tolist() for point in message.points] == [
        [0.5, -1.5], [2.5, 3.5], [4.5, 5.5]]
    message = sent('trajectory_msgs/msg/MultiDOFJointTrajectory', [
        'points[].transforms[].translation'], values_of(2, 2, 3))
    assert [len(point.transforms) for point in message.points] == [2, 2]
    assert message.points[1].transforms[0].translation.y == 7.5
    assert sent(TRAJECTORY, ['points[].positions'], values_of(0, 2)).points == []


def test_number_of_elements_tells_how_long_the_innermost_arrays_are() -> None:
    message = sent(TRAJECTORY, ['points[].positions'], values_of(12), elements=4)
    assert [point.positions.tolist() for point in message.points] == [
        list(FLOATS[0:4]), list(FLOATS[4:8]), list(FLOATS[8:12])]
    message = sent(
        TRAJECTORY, ['points[].positions', 'points[].velocities'], values_of(12), elements=2)
    assert [point.velocities.tolist() for point in message.points] == [
        list(FLOATS[6:8]), list(FLOATS[8:10]), list(FLOATS[10:12])]
    assert len(sent(POSES, ['poses[].position'], values_of(6), elements=2).poses) == 2


@pytest.mark.parametrize('elements', [3, None])
def test_fields_share_the_values(elements: Optional[int]) -> None:
    message = sent(
        TRAJECTORY, ['points[0].positions', 'points[0].velocities'], values_of(2, 3),
        elements=elements)
    assert message.points[0].positions.tolist() == list(FLOATS[:3])
    assert message.points[0].velocities.tolist() == list(FLOATS[3:6])
    message = sent(
        JOINT_STATE, ['header.stamp.sec', 'position', 'effort'], np.arange(7), elements=elements)
    assert (message.header.stamp.sec, message.position.tolist(), message.effort.tolist()) == (
        0, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0])


def test_truth_values_and_whole_numbers() -> None:
    assert sent('std_msgs/msg/Bool', [], np.array([[True]])).data is True
    assert sent('std_msgs/msg/UInt8', [], np.array([255])).data == 255
    joy = sent('sensor_msgs/msg/Joy', ['axes', 'buttons'], np.array([1, -2]))
    assert (joy.axes.tolist(), joy.buttons.tolist()) == ([1.0], [-2])
    assert sent('nav_msgs/msg/OccupancyGrid', ['data'], np.array([-1, 100])).data.tolist() == [
        -1, 100]
    assert sent('std_msgs/msg/ByteMultiArray', ['data'], np.array([1, 255])).data == [
        b'\1', b'\xff']
    assert sent('sensor_msgs/msg/BatteryState', ['present'], np.array(True)).present is True


@pytest.mark.parametrize('type_name, paths, value, reason', [
    ('std_msgs/msg/Bool', ['data'], np.array([1.0]), 'would cut down; use a floating'),
    ('std_msgs/msg/Bool', ['data'], np.array([1]), 'would cut down; use a floating'),
    ('sensor_msgs/msg/Joy', ['buttons'], values_of(2), 'would cut down; use a floating'),
    ('sensor_msgs/msg/Joy', ['axes', 'buttons'], values_of(2), 'would cut down; use a floating'),
    (TWIST, ['linear'], np.array([1j, 0, 0]), 'is complex128, which no message holds')])
def test_numbers_that_a_field_cannot_hold_are_refused(
    type_name: str, paths: Sequence[str], value: Any, reason: str
) -> None:
    with pytest.raises(ContractError, match=reason):
        encoder_of(type_name, *paths).check(value)


@pytest.mark.parametrize('type_name, paths, value', [
    ('std_msgs/msg/UInt8', ['data'], [256]), ('sensor_msgs/msg/Joy', ['buttons'], [0, 2 ** 40]),
    ('sensor_msgs/msg/Joy', ['axes', 'buttons'], [0, 2 ** 31]),
    ('std_msgs/msg/Float32', ['data'], [1e39])])
def test_number_that_is_too_large_for_a_field_is_refused(
    type_name: str, paths: Sequence[str], value: Any
) -> None:
    encoder = encoder_of(type_name, *paths)
    encoder.check(np.array(value))
    with pytest.raises(EvaluationError, match=f'which do not fit {type_name}'):
        encoder.encode(np.array(value))


@pytest.mark.parametrize('type_name, paths, elements, value, why', [
    ('std_msgs/msg/Float64', [], None, values_of(2),
     'std_msgs/msg/Float64 holds one element; use a MultiArray'),
    ('std_msgs/msg/Float64', [], None, values_of(0),
     'std_msgs/msg/Float64 holds one element; use a MultiArray'),
    (TWIST, ['linear.x'], None, values_of(1, 2),
     'linear.x of geometry_msgs/msg/Twist holds one element'),
    (TWIST, [], None, values_of(3), 'linear, angular of geometry_msgs/msg/Twist holds 6 elements'),
    (POSES, ['poses[].position'], None, values_of(4),
     'poses[].position of geometry_msgs/msg/PoseArray takes multiples of 3 elements'),
    (JOINT_STATE, ['position', 'velocity'], None, values_of(3),
     'position, velocity of sensor_msgs/msg/JointState cannot share them evenly'),
    (JOINT_STATE, ['header.stamp', 'velocity'], None, values_of(1),
     'header.stamp, velocity of sensor_msgs/msg/JointState cannot share them evenly'),
    (POSES, ['poses[].position', 'poses[].orientation.w'], None, values_of(8),
     'poses[].position, poses[].orientation.w of geometry_msgs/msg/PoseArray cannot share them '
     'evenly'),
    (JOINT_STATE, ['position'], 4, values_of(3),
     'position of sensor_msgs/msg/JointState holds 4 elements, as there are 4 names'),
    (JOINT_STATE, ['position', 'effort'], 2, values_of(6),
     'position, effort of sensor_msgs/msg/JointState holds 4 elements, as there are 2 names'),
    (TRAJECTORY, ['points[].positions'], None, values_of(6),
     'points[].positions of trajectory_msgs/msg/JointTrajectory is an array of arrays, whose '
     'sizes such a shape does not tell'),
    (TRAJECTORY, ['points[].positions'], 4, values_of(6),
     'points[].positions of trajectory_msgs/msg/JointTrajectory takes multiples of 4 elements')])
def test_values_that_the_fields_have_no_room_for_are_refused(
    type_name: str, paths: Sequence[str], elements: Optional[int], value: Any, why: str
) -> None:
    encoder = encoder_of(type_name, *paths, elements=elements)
    for _ in range(2):
        with pytest.raises(ContractError) as refused:
            encoder.check(value)
        assert str(refused.value) == f'is float64{list(value.shape)}, but {why}'
        with pytest.raises(EvaluationError) as failed:
            encoder.encode(value)
        assert str(failed.value) == f'has {value.size} elements, but {why}'


def test_array_with_a_bound_takes_no_more() -> None:
    encoder = encoder_of('shape_msgs/msg/SolidPrimitive', 'dimensions')
    encoder.check(values_of(3))
    data = encoder.encode(values_of(3))
    assert heard('shape_msgs/msg/SolidPrimitive', data).dimensions.tolist() == list(FLOATS[:3])
    with pytest.raises(ContractError) as caught:
        encoder.check(values_of(4))
    assert str(caught.value) == (
        'has 4 elements for dimensions of shape_msgs/msg/SolidPrimitive, which takes up to 3')


@pytest.mark.parametrize('path', ['points', 'points[]', 'points[0]'])
def test_field_that_holds_arrays_of_any_length_is_refused(path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        encoder_of(TRAJECTORY, path)
    assert str(caught.value) == (
        f'field is {path!r}, which holds arrays of any length in {TRAJECTORY}; an output needs '
        'the fields of numbers themselves')


def test_names_for_an_array_of_another_length_are_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        encoder_of('sensor_msgs/msg/CameraInfo', 'k', elements=8)
    assert str(caught.value) == (
        'names holds 8 names, but k of sensor_msgs/msg/CameraInfo has 9 elements')
    encoder_of('sensor_msgs/msg/CameraInfo', 'k', elements=9)


def test_message_is_furnished_when_its_arrays_have_their_sizes() -> None:
    lengths = []

    def furnish(message: Any) -> None:
        lengths.append(len(message.points))
        message.joint_names = ['a', 'b']
        message.header.frame_id = 'base'
    encoder = encoder_of(TRAJECTORY, 'points[].positions', furnish=furnish)
    for shape in (2, 2), (3, 2), (3, 2), (2, 2):
        message = heard(TRAJECTORY, encoder.encode(values_of(*shape)))
        assert (message.joint_names, message.header.frame_id) == (['a', 'b'], 'base')
        assert [point.positions.tolist() for point in message.points] == (
            values_of(*shape).tolist())
    assert lengths == [2, 3, 2]


def test_messages_that_went_out_stay_as_they_are() -> None:
    encoder = encoder_of(JOINT_STATE, 'position', 'effort')
    first = encoder.encode(values_of(4))
    kept = bytes(bytearray(first))
    second = encoder.encode(-values_of(4))
    assert first == kept
    assert heard(JOINT_STATE, second).effort.tolist() == [-2.5, -3.5]


def test_value_may_be_of_any_dtype_order_and_stride() -> None:
    for value in (
            values_of(2, 3).astype('float32'), values_of(2, 3).astype('>f8'),
            np.asfortranarray(values_of(2, 3)), values_of(2, 3, 2)[:, :, 0]):
        message = sent(JOINT_STATE, ['position'], value)
        assert message.position.tolist() == value.ravel().tolist()


def test_stamp_goes_into_a_written_message() -> None:
    data = encoder_of(JOINT_STATE, 'position').encode(values_of(3))
    message = heard(JOINT_STATE, with_stamp(data, 5_000_000_007))
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (5, 7)
    assert message.position.tolist() == list(FLOATS[:3])


@pytest.mark.parametrize('paths', [
    ['linear', 'linear.x'], ['linear.y', 'linear'], ['angular.z', 'linear', 'angular'],
    ['linear', 'linear']])
def test_fields_that_share_numbers_are_refused(paths: List[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        encoder_of(TWIST, *paths)
    one, other = [path for path in paths if path[0] == paths[-1][0]]
    assert str(caught.value) == (
        f'field holds {one!r} and {other!r}, which have numbers of {TWIST} in common; an output '
        'writes each one once')


@pytest.mark.parametrize('type_name, paths', [
    (POSES, ['poses[].position', 'poses[1].position.y']),
    (POSES, ['poses[0]', 'poses[].orientation.w']), (JOINT_STATE, ['position', 'position[2]']),
    ('nav_msgs/msg/Odometry', ['pose.covariance[]', 'pose.covariance[35]'])])
def test_an_element_shares_numbers_with_all_elements(type_name: str, paths: List[str]) -> None:
    with pytest.raises(ConfigError, match='numbers of .* in common'):
        encoder_of(type_name, *paths)


@pytest.mark.parametrize('use', ['check', 'encode'])
def test_another_shape_meanwhile_changes_nothing(use: str) -> None:
    """As when a file is checked that is to be loaded, while the one before is evaluated."""
    written: List[bytes] = []

    def furnish(message: Any) -> None:
        if len(message.position) == 5:  # in the middle of the other's work
            written.append(encoder.encode(values_of(3)))
    encoder = encoder_of(JOINT_STATE, 'position', furnish=furnish)
    before = encoder.encode(values_of(3))
    getattr(encoder, use)(values_of(5))
    assert [*written, encoder.encode(values_of(3))] == [before, before]
    assert heard(JOINT_STATE, encoder.encode(values_of(5))).position.tolist() == list(FLOATS[:5])


def test_what_is_checked_does_not_replace_what_is_encoded() -> None:
    made: List[int] = []
    encoder = encoder_of(
        JOINT_STATE, 'position', furnish=lambda message: made.append(len(message.position)))
    encoder.encode(values_of(3))
    for _ in range(2):
        encoder.check(values_of(5))
        encoder.encode(values_of(3))
    assert made == [3, 5, 5]


def test_message_that_would_take_long_to_go_over_is_not_written_either() -> None:
    encoder = encoder_of('nav_msgs/msg/Path', 'poses[].pose.position')
    with pytest.raises(ContractError, match='nav_msgs/msg/Path is too large: its arrays hold'):
        encoder.check(np.zeros((5001, 3)))
    with pytest.raises(EvaluationError, match='nav_msgs/msg/Path is too large: its arrays hold'):
        encoder.encode(np.zeros((5001, 3)))
    assert encoder.encode(np.zeros((5000, 3)))
