# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the node does when robots' messages are not what they were: docs/reliability.md."""

from io import BytesIO
from random import Random
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence

from builtin_interfaces.msg import Time
from domains import own_domain
from fault_rig import assert_trustworthy, ERROR, FALLBACK, OK, STALE, wait_for_line, WARN
from geometry_msgs.msg import Vector3
import numpy as np
import pytest
from sensor_msgs.msg import (
    CompressedImage, Image, Imu, JointState, PointCloud2, PointField)
from std_msgs.msg import Float64MultiArray, Header
import torch
from torch import Tensor
from wards import Plan, runs_on, Ward

NAN, INFINITY = float('nan'), float('inf')
HUGE = 1e308
# As often as each kind of bad message is sent.
TIMES = 5
FOUR_FALLBACKS = 2 * FALLBACK
MAX_AGE_MS, STAMP_AGE_MS = 100.0, 500.0
# The numbers of a sender that comes after another one.
SECOND = 100_000

Array = Any


class Identity(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x


class Flat(torch.nn.Module):
    """Gives all numbers in a row, as floating ones."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten().to(torch.float64)


class Outputs(NamedTuple):

    output: Tensor
    narrow: Tensor


class Both(torch.nn.Module):
    """Gives its input as two outputs."""

    def forward(self, x: Tensor) -> Outputs:
        return Outputs(output=x + 0.0, narrow=x + 0.0)


class Positive(torch.nn.Module):
    """Fails where the newest number is negative."""

    def forward(self, x: Tensor) -> Tensor:
        assert bool(x.flatten()[0] >= 0), 'no negative numbers, please'
        return x.flatten()


RELIABLE = {'qos__reliability': 'reliable', 'qos__depth': 500}
POSITIONS = {
    'type': 'sensor_msgs/msg/JointState', 'field': 'position', 'select': '[a, b]', **RELIABLE}
VELOCITIES = {**POSITIONS, 'field': 'velocity'}
TIMER = {'trigger': 'timer', 'rate_hz': 100.0}
FALLING_BACK = {'on_stale': 'fallback', 'outputs__output__fallback': FALLBACK[0]}
KEPT = {'outputs__output__qos__depth': 500}


def source(**values: Any) -> Dict[str, Any]:
    """Return the parameters of the input x."""
    return {f'inputs__x__{name}': value for name, value in values.items()}


def parts(**values: Dict[str, Any]) -> Dict[str, Any]:
    """Return the parameters of the parts of x."""
    named = {
        f'parts__{name}__{field}': value
        for name, fields in values.items() for field, value in fields.items()}
    return source(part_names=list(values), **named)


PLANS = {
    'joints': Plan(Identity, {
        **source(**POSITIONS, max_age_ms=MAX_AGE_MS), **TIMER, **FALLING_BACK}),
    'queued': Plan(Identity, {**source(**POSITIONS), **KEPT}),
    'clipped': Plan(Identity, {
        **source(**POSITIONS, scale=10.0, clip=[-50.0, 50.0]), **KEPT,
        'on_nonfinite': 'fallback', 'outputs__output__fallback': FALLBACK}),
    'parts': Plan(Identity, {
        **parts(q={**POSITIONS, 'topic': 'x'}, dq={**VELOCITIES, 'topic': 'x'}), **TIMER}),
    'image': Plan(Flat, {
        **source(type='sensor_msgs/msg/Image', shape=[2, 2, 3], color='rgb', **RELIABLE), **KEPT}),
    'compressed': Plan(Flat, {
        **source(type='sensor_msgs/msg/CompressedImage', shape=[2, 2, 3], **RELIABLE), **KEPT}),
    'cloud': Plan(Flat, {
        **source(type='sensor_msgs/msg/PointCloud2', shape=[-1, 3], **RELIABLE), **KEPT}),
    'stamped': Plan(Identity, {
        **parts(
            gyro={'topic': 'x', 'type': 'sensor_msgs/msg/Imu', 'field': 'angular_velocity',
                  'age_from': 'stamp', 'max_age_ms': STAMP_AGE_MS, **RELIABLE},
            gain={'constant': [0.5]}), **TIMER, **FALLING_BACK}),
    'two': Plan(Identity, {
        **parts(
            a={'max_age_ms': 10 * MAX_AGE_MS, 'initial': [0.0, 0.0]},
            b={'max_age_ms': MAX_AGE_MS, 'initial': [0.0, 0.0]}), **TIMER, **FALLING_BACK}),
    'scaled': Plan(Both, {
        **source(shape=[2], **RELIABLE), **KEPT, 'output_names': '[output, narrow]',
        'outputs__output__scale': 1e100, 'outputs__narrow__scale': 1e30,
        'outputs__narrow__type': 'std_msgs/msg/Float32MultiArray'}),
    'history': Plan(Positive, {
        **source(shape=[3], history=3, scale=2.0, **RELIABLE), **KEPT}),
}


@pytest.fixture(scope='module')
def domain() -> Iterator[int]:
    """Reserve a domain id for all tests of this module."""
    with own_domain() as domain_id:
        yield domain_id


def send(ward: Ward, messages: Sequence[Any]) -> None:
    """Publish messages on the topic of x."""
    for message in messages:
        ward.peer.publisher(f'{ward.prefix}x', type(message)).publish(message)


def send_and_wait(ward: Ward, heard: Any, messages: Sequence[Any], count: int) -> None:
    """Send messages and wait until there were so many outputs in all."""
    send(ward, messages)
    ward.peer.wait_until(lambda: len(heard) >= count, lambda: f'{count} outputs; {heard[:]}')


def send_until(ward: Ward, make: Callable[[], Any], condition: Callable[[], Any]) -> int:
    """Publish a message again and again until something comes of it; return how often."""
    count = 0

    def send_and_check() -> Any:
        nonlocal count
        send(ward, [make()])
        count += 1
        return condition()
    ward.peer.wait_until(send_and_check, 'a reaction')
    return count


def drops(ward: Ward) -> Dict[str, str]:
    """Return the counters of dropped messages."""
    return {
        key: value for key, value in ward.values().items() if key.startswith('dropped: ')}


def refusals(ward: Ward) -> Dict[str, str]:
    """Return the counters of the guard."""
    return {key: value for key, value in ward.values().items() if key.startswith('guard: ')}


def joints(
    names: str, positions: Sequence[float], velocities: Sequence[float] = ()
) -> JointState:
    """Make the state of joints with names of one letter."""
    return JointState(name=list(names), position=positions, velocity=velocities)


# Joints.


@runs_on('joints')
def test_a_joint_that_the_sender_leaves_out_brings_the_fallback_until_it_is_there_again(
        ward: Ward) -> None:
    heard = ward.begin()
    send_until(
        ward, lambda: joints('abc', [1.0, 2.0, 9.0]), lambda: heard and heard[-1] == [1.0, 2.0])
    count = send_until(
        ward, lambda: joints('ca', [9.0, 3.0]), lambda: heard[-1] == FALLBACK)
    left_out = len(heard) - 1
    count += send_until(
        ward, lambda: joints('ca', [9.0, 3.0]), lambda: len(heard) > left_out + 10)
    assert set(map(tuple, heard[left_out:])) == {tuple(FALLBACK)}
    ward.wait_for_value('dropped: x, name', str(count))
    ward.wait_for_new_status(STALE, 'stale x: ')
    assert float(ward.values()['age_ms: x']) > MAX_AGE_MS
    send_until(
        ward, lambda: joints('bca', [6.0, 9.0, 5.0]), lambda: heard[-1] == [5.0, 6.0])
    assert set(map(tuple, heard)) == {(1.0, 2.0), tuple(FALLBACK), (5.0, 6.0)}
    wait_for_line(
        "input 'x': message dropped, it names no 'b'; it names 'c', 'a'", lambda: ward.log)
    wait_for_line("fallback published: input 'x' ", lambda: ward.log)
    wait_for_line('outputs are published again', lambda: ward.log)


@runs_on('queued')
def test_joints_in_another_order_in_each_message_never_get_mixed_up(ward: Ward) -> None:
    heard = ward.begin()
    orders = Random(1)
    messages, wanted = [], []
    for number in range(200):
        state = {'a': float(number), 'b': -float(number), 'c': NAN, 'd': INFINITY}
        names = orders.sample(sorted(state), orders.choice([3, 4]))
        if {'a', 'b'} <= set(names):
            messages.append(joints(''.join(names), [state[name] for name in names]))
            wanted.append([float(number), -float(number)])
    assert len({tuple(message.name) for message in messages}) > 20
    send_and_wait(ward, heard, messages, len(wanted))
    ward.wait_for_value('evaluations', str(len(wanted)))
    assert heard[:] == wanted
    assert (drops(ward), refusals(ward)) == ({}, {})
    assert not {status.level for status in ward.statuses()} & {WARN, ERROR}
    assert 'message dropped' not in ward.log


@runs_on('clipped')
def test_a_joint_that_is_not_finite_is_refused_and_not_clipped(ward: Ward) -> None:
    heard = ward.begin()
    poisons = [NAN, INFINITY, -INFINITY, HUGE]  # the last becomes infinity by its scale
    bad = [joints('cab', [0.0, 1.0, poison]) for poison in poisons]
    unselected = [joints('bac', [9.0, -9.0, poison]) for poison in poisons]
    fallbacks, clipped = [FALLBACK] * len(poisons), [[-50.0, 50.0]] * len(poisons)
    send_and_wait(ward, heard, [joints('ab', [1.0, 2.0]), *bad, *unselected], 9)
    ward.wait_for_any_status(ERROR, 'not finite: input x: ')
    ward.wait_for_value('guard: not finite: input x', str(len(poisons)))
    assert heard[:] == [[10.0, 20.0], *fallbacks, *clipped]
    assert ward.values()['evaluations'] == '5'
    assert drops(ward) == {}
    wait_for_line("fallback published: input 'x' is not finite", lambda: ward.log)


def assert_dropped(ward: Ward, **counts: int) -> None:
    """Assert how many messages were dropped, by input and cause, and that nothing was refused."""
    wanted = {f'dropped: {key}': str(count) for key, count in counts.items()}
    ward.peer.wait_until(
        lambda: drops(ward) == wanted, lambda: f'{wanted}; last: {drops(ward)}')
    for key in counts:
        ward.wait_for_any_status(WARN, f' messages dropped ({key})')
    assert refusals(ward) == {}


@runs_on('parts')
def test_a_message_that_does_not_fit_one_of_two_parts_changes_neither(ward: Ward) -> None:
    heard = ward.begin()
    bad = [
        joints('ab', [8.0, 8.0]), joints('ab', [8.0, 8.0], [8.0]),
        joints('ab', [8.0, 8.0, 8.0], [8.0, 8.0]),
        joints('ac', [8.0, 8.0], [8.0, 8.0]), joints('aab', [8.0] * 3, [8.0] * 3),
        joints('', [])]
    first, second = (
        joints('abc', [number, 2.0, 9.0], [3.0, 4.0, 9.0]) for number in (1.0, 5.0))
    send_and_wait(ward, heard, [first, *TIMES * bad], 1)
    assert_dropped(ward, **{
        'x.dq, size': 2 * TIMES, 'x.q, size': TIMES, 'x.q, name': 3 * TIMES})
    count = len(heard)
    ward.peer.wait_until(lambda: len(heard) > count + 2, 'outputs of the last good message')
    send_until(ward, lambda: second, lambda: heard[-1][0] == 5.0)
    assert set(map(tuple, heard)) == {(1.0, 2.0, 3.0, 4.0), (5.0, 2.0, 3.0, 4.0)}
    for complaint in (
            "'x.dq': message dropped, its velocity has 0 elements, but it has 2 names",
            "'x.q': message dropped, its position has 3 elements, but it has 2 names",
            "'x.q': message dropped, it names no 'b'; it names 'a', 'c'"):
        wait_for_line(f'input {complaint}', lambda: ward.log)


# Pictures and clouds.


PIXELS = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
OTHERS = np.arange(18, dtype=np.uint8).reshape(3, 2, 3)


def image(pixels: Array, *, encoding: str = 'rgb8', step: int = 6) -> Image:
    return Image(
        height=pixels.shape[0], width=pixels.shape[1], encoding=encoding, step=step,
        data=pixels.tobytes())


@runs_on('image')
def test_an_image_that_is_not_like_the_others_is_dropped(ward: Ward) -> None:
    heard = ward.begin()
    bad = [
        image(OTHERS), image(PIXELS, encoding='yuv422'), image(PIXELS, step=7),
        image(PIXELS, step=5), image(PIXELS[:0])]
    send_and_wait(ward, heard, [image(PIXELS), *TIMES * bad, image(PIXELS + 9)], 2)
    assert_dropped(ward, **{'x, layout': TIMES, 'x, encoding': TIMES, 'x, size': 3 * TIMES})
    pixels = PIXELS.flatten().tolist()
    assert heard[:] == [pixels, [value + 9 for value in pixels]]
    for complaint in (
            'its size is 3x2; expected 2x2',
            "its encoding 'yuv422' is not supported; expected one of rgb8, ",
            'its image is 2 x 2 rgb8 with a step of 7, which makes 14 bytes, but it holds 12'):
        wait_for_line(f"input 'x': message dropped, {complaint}", lambda: ward.log)


@runs_on('compressed')
def test_a_picture_that_is_broken_is_dropped(ward: Ward) -> None:
    pytest.importorskip('PIL', reason='Pillow is an extra')
    heard = ward.begin()
    good = jpeg(PIXELS)
    bad = [good[:-len(good) // 4], jpeg(OTHERS), b'a text', b'']
    send_and_wait(ward, heard, [
        CompressedImage(format='jpeg', data=data) for data in (good, *TIMES * bad, good)], 2)
    assert_dropped(ward, **{'x, bytes': TIMES, 'x, layout': TIMES, 'x, encoding': 2 * TIMES})
    assert heard[:] == 2 * [decoded(good)]
    for complaint in (
            'its data are no whole picture: ', 'its size is 3x2; expected 2x2',
            "its data are no JPEG or PNG; its format is 'jpeg'"):
        wait_for_line(f"input 'x': message dropped, {complaint}", lambda: ward.log)


def jpeg(pixels: Array) -> bytes:
    from PIL import Image as pillow
    file = BytesIO()
    pillow.fromarray(pixels).save(file, 'jpeg')
    return file.getvalue()


def decoded(file: bytes) -> List[float]:
    from PIL import Image as pillow
    values: List[float] = np.asarray(pillow.open(BytesIO(file))).flatten().tolist()
    return values


def cloud(points: Array, **lies: Any) -> PointCloud2:
    """Make a cloud of x, y and z that may say of itself what is not true."""
    said = {
        'height': 1, 'width': len(points), 'point_step': 12, 'row_step': 12 * len(points),
        'fields': fields(), **lies}
    return PointCloud2(data=points.astype('<f4').tobytes(), **said)


def fields(*, names: str = 'xyz', step: int = 4) -> List[PointField]:
    return [
        PointField(name=name, offset=step * index, datatype=7, count=1)
        for index, name in enumerate(names)]


POINTS = np.arange(9.0).reshape(3, 3)


@runs_on('cloud')
def test_a_cloud_that_lies_about_itself_is_dropped(ward: Ward) -> None:
    heard = ward.begin()
    lies: List[Dict[str, Any]] = [
        {'point_step': 16, 'row_step': 48}, {'point_step': 8}, {'width': 4},
        {'fields': fields(step=6)}, {'fields': fields(names='xyi')}]
    bad = [cloud(POINTS, **lie) for lie in lies]
    send_and_wait(ward, heard, [cloud(POINTS), *TIMES * bad, cloud(POINTS[1:])], 2)
    assert_dropped(ward, **{'x, size': 2 * TIMES, 'x, layout': 2 * TIMES, 'x, name': TIMES})
    assert heard[:] == [POINTS.flatten().tolist(), POINTS[1:].flatten().tolist()]
    for complaint in (
            'its cloud is 1 x 3 points of 16 bytes, which makes 48 bytes with its row_step of '
            '48, but it holds 36',
            "the field 'z' of its points has 1 float32 from byte 8 on, but points have 8 bytes",
            "its points have no field 'z'; they have 'x', 'y', 'i'"):
        wait_for_line(f"input 'x': message dropped, {complaint}", lambda: ward.log)


# Ages.


@runs_on('stamped')
def test_a_part_with_old_stamps_brings_the_fallback_though_its_messages_keep_coming(
        ward: Ward) -> None:
    clock = ward.peer.node.get_clock()

    def imu(first: float, age_s: int) -> Imu:
        seconds, nanoseconds = clock.now().seconds_nanoseconds()
        return Imu(
            header=Header(stamp=Time(sec=seconds - age_s, nanosec=nanoseconds)),
            angular_velocity=Vector3(x=first, y=2.0, z=3.0))
    heard = ward.begin()
    fresh, again = [1.0, 2.0, 3.0, 0.5], [7.0, 2.0, 3.0, 0.5]
    send_until(ward, lambda: imu(1.0, 0), lambda: heard and heard[-1] == fresh)
    send_until(ward, lambda: imu(5.0, 10), lambda: heard[-1] == FOUR_FALLBACKS)
    old = len(heard) - 1
    known = len(ward.statuses())
    send_until(ward, lambda: imu(5.0, 10), lambda: len(ward.statuses()) > known + 1)
    assert ward.status().level == STALE and 'stale x.gyro: ' in ward.status().message
    assert float(ward.values()['age_ms: x.gyro']) > 9000
    assert set(map(tuple, heard[old:])) == {tuple(FOUR_FALLBACKS)}
    assert drops(ward) == {}
    send_until(ward, lambda: imu(7.0, 0), lambda: heard[-1] == again)
    assert set(map(tuple, heard)) == {tuple(fresh), tuple(FOUR_FALLBACKS), tuple(again)}
    wait_for_line("fallback published: input 'x.gyro' ", lambda: ward.log)
    wait_for_line('outputs are published again', lambda: ward.log)


@runs_on('two')
def test_a_part_that_falls_silent_beside_a_living_one_is_named_and_brings_the_fallback(
        ward: Ward) -> None:
    ward.sender('a')
    sender = ward.sender('b')
    heard = ward.begin('a', 'b')
    ward.peer.wait_until(lambda: outputs(heard) and min(outputs(heard)[-1][::2]) >= 5, 'outputs')
    sender.kill()
    ward.peer.wait_until(lambda: heard[-1] == FOUR_FALLBACKS, 'the fallback')
    ward.wait_for_new_status(STALE, 'stale x.b: ')
    silent = len(heard)
    ward.peer.wait_until(
        lambda: 'stale x.b: ' in ward.status().message
        and 'stale x.a' not in ward.status().message, 'a second in which only x.b is stale')
    assert float(ward.values()['age_ms: x.b']) > MAX_AGE_MS
    ward.peer.wait_until(lambda: len(heard) >= silent + 3, 'more fallbacks')
    assert set(map(tuple, heard[silent:])) == {tuple(FOUR_FALLBACKS)}
    ward.sender('b', '--first', str(SECOND))
    ward.peer.wait_until(lambda: heard[-1][0] >= 0 and heard[-1][2] >= SECOND, 'outputs again')
    ward.wait_for_new_status(OK)
    for column in (0, 2):
        numbers = [values[column] for values in outputs(heard)]
        assert numbers == sorted(numbers)
    assert_trustworthy(heard)
    wait_for_line("fallback published: input 'x.b' ", lambda: ward.log)
    wait_for_line('outputs are published again', lambda: ward.log)


def outputs(heard: Any) -> List[List[float]]:
    """Return what is no fallback."""
    return [values for values in heard if values != FOUR_FALLBACKS]


# Outputs and memory.


@runs_on('scaled')
@pytest.mark.parametrize('value, guard, complaint', [
    (1e250, 'not finite: output output', "output 'output' is not finite after scale"),
    (1e10, 'failed evaluation', "output 'narrow' has values from"),
], ids=['infinity', 'too large for the message'])
def test_an_output_whose_scale_is_too_much_for_it_is_not_published(
        value: float, guard: str, complaint: str, ward: Ward) -> None:
    heard = ward.begin()
    bad = Float64MultiArray(data=[1.0, value])
    good = Float64MultiArray(data=[1.0, 2.0])
    send_and_wait(ward, heard, [good, *[bad] * TIMES, good], 2)
    ward.wait_for_any_status(ERROR, f'{guard}: ')
    ward.wait_for_value(f'guard: {guard}', str(TIMES))
    assert refusals(ward) == {f'guard: {guard}': str(TIMES)}
    assert heard[:] == 2 * [[1e100, 2e100]]
    wait_for_line(f'nothing published: {complaint}', lambda: ward.log)


@runs_on('history')
@pytest.mark.parametrize('poison, guard', [
    (NAN, 'not finite: input x'), (-1.0, 'failed evaluation')])
def test_an_evaluation_that_fails_leaves_the_history_as_it_was(
        poison: float, guard: str, ward: Ward) -> None:
    heard = ward.begin()
    values = [1.0, 2.0, *[poison] * TIMES, 3.0, poison, 4.0]
    send_and_wait(ward, heard, [Float64MultiArray(data=[value]) for value in values], 4)
    ward.wait_for_value(f'guard: {guard}', str(TIMES + 1))
    ward.wait_for_any_status(ERROR, f'{guard}: ')
    assert heard[:] == [[2.0, 2.0, 2.0], [4.0, 2.0, 2.0], [6.0, 4.0, 2.0], [8.0, 6.0, 4.0]]
    wait_for_line('nothing published: ', lambda: ward.log)
