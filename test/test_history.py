# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A history holds the frames that evaluations were done on, and the present one."""

from typing import Any, List, Optional, Tuple

from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.values.assembly import Assembly
from dg_pytorch_ros.values.history import History
from dg_pytorch_ros.values.slots import Slot
from hypothesis import given, settings, strategies
import numpy as np
import pytest

ORDERS = ('newest_first', 'oldest_first')
FILLS = ('repeat', 'zeros')


def slot(shape: Any = None, *, dtype: str = 'float64') -> Slot:
    return Slot('q', dtype=dtype, shape=shape)


def history(
    source: Any, *, length: int = 3, order: Any = 'newest_first', fill: Any = 'repeat',
    dtype: str = 'float64', shape: Any = None
) -> History:
    return History('obs', source, length=length, order=order, fill=fill, dtype=np.dtype(dtype),
                   shape=shape)


def known(value: Optional[Array]) -> Array:
    assert value is not None
    return value


def offer(source: Slot, *numbers: float) -> None:
    source.offer(np.array(numbers))


def numbers_of(frames: History) -> List[float]:
    """Return the first number of each frame."""
    value = known(frames.value)
    return [float(frame.ravel()[0]) for frame in value]


def evaluate(source: Slot, frames: History, *numbers: float) -> List[float]:
    """Do what a good evaluation on a new frame does; return the first number of each frame."""
    offer(source, *numbers)
    result = numbers_of(frames)
    frames.advance()
    return result


@pytest.mark.parametrize('order, fill, expected', [
    ('newest_first', 'repeat', [[1, 1, 1], [2, 1, 1], [3, 2, 1], [4, 3, 2]]),
    ('newest_first', 'zeros', [[1, 0, 0], [2, 1, 0], [3, 2, 1], [4, 3, 2]]),
    ('oldest_first', 'repeat', [[1, 1, 1], [1, 1, 2], [1, 2, 3], [2, 3, 4]]),
    ('oldest_first', 'zeros', [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4]])])
def test_frames_come_in_the_order_asked_for(order: str, fill: str, expected: Any) -> None:
    source = slot()
    frames = history(source, order=order, fill=fill)
    assert [evaluate(source, frames, number) for number in (1.0, 2.0, 3.0, 4.0)] == expected


@pytest.mark.parametrize('order', ORDERS)
def test_history_goes_on_for_long(order: str) -> None:
    source = slot()
    frames = history(source, length=4, order=order)
    for number in range(100):
        got = evaluate(source, frames, number)
        expected = [max(0, number - age) for age in range(4)]
        assert got == (expected if order == 'newest_first' else expected[::-1])


def test_there_is_no_value_until_there_is_a_frame() -> None:
    source = slot()
    frames = history(source)
    assert frames.value is None
    frames.advance()
    assert evaluate(source, frames, 1.0) == [1.0, 1.0, 1.0]
    source.forget()
    assert frames.value is None


@pytest.mark.parametrize('frame, shape, expected', [
    ((45,), None, (6, 45)), ((45,), (1, 270), (1, 270)), ((45,), (1, 6, 45), (1, 6, 45)),
    ((45,), (-1,), (270,)), ((2, 3), None, (6, 2, 3)), ((2, 3), (6, 2, 3), (6, 2, 3)),
    ((2, 3), (6, -1, -1), (6, 2, 3)), ((2, 3), (1, -1, 6), (1, 6, 6)), ((), None, (6,))])
def test_stack_gets_the_given_shape(frame: Any, shape: Any, expected: Any) -> None:
    source = slot(frame)
    frames = history(source, length=6, shape=shape, fill='zeros')
    value = np.arange(1.0, 1.0 + np.prod(frame)).reshape(frame)
    source.offer(value)
    stack = known(frames.value)
    assert stack.shape == expected
    assert np.array_equal(
        stack.ravel(), np.concatenate([value.ravel(), np.zeros(5 * value.size)]))


@pytest.mark.parametrize('shape', [(1, 300), (-1, 7), (-1, -1, -1)])
def test_stack_that_does_not_fit_the_shape_is_refused(shape: Any) -> None:
    source = slot()
    frames = history(source, length=6, shape=shape)
    source.offer(np.zeros(45))
    with pytest.raises(MessageError, match=r'its 6 frames of \[45\] have 270 numbers, which do '
                                           r'not fit its shape \[') as refusal:
        frames.value
    assert refusal.value.cause == 'size'


# Only a good evaluation makes history.

def test_reading_changes_nothing() -> None:
    source = slot()
    frames = history(source)
    evaluate(source, frames, 1.0)
    offer(source, 2.0)
    assert [numbers_of(frames) for _ in range(20)] == [[2.0, 1.0, 1.0]] * 20


def test_frames_of_refused_evaluations_are_not_remembered() -> None:
    source = slot()
    frames = history(source)
    evaluate(source, frames, 1.0)
    for number in range(2, 30):
        offer(source, number)
        assert numbers_of(frames) == [number, 1.0, 1.0]
    frames.advance()
    assert evaluate(source, frames, 50.0) == [50.0, 29.0, 1.0]


def test_frame_that_was_read_is_remembered_and_not_a_newer_one() -> None:
    """A message may come while the module runs."""
    source = slot()
    frames = history(source)
    offer(source, 1.0)
    numbers_of(frames)
    offer(source, 2.0)
    frames.advance()
    assert evaluate(source, frames, 3.0) == [3.0, 1.0, 1.0]


def test_frame_is_remembered_once() -> None:
    source = slot()
    frames = history(source)
    evaluate(source, frames, 1.0)
    evaluate(source, frames, 2.0)
    frames.advance()
    assert numbers_of(frames) == [2.0, 2.0, 1.0]


def test_same_frame_again_counts_again() -> None:
    """Each evaluation is one frame, whether a message has come in between or not."""
    source = slot()
    frames = history(source)
    offer(source, 1.0)
    numbers_of(frames)
    frames.advance()
    offer(source, 2.0)
    for expected in ([2.0, 1.0, 1.0], [2.0, 2.0, 1.0], [2.0, 2.0, 2.0]):
        assert numbers_of(frames) == expected
        frames.advance()


def test_frames_are_copies_of_memory_that_changes_later() -> None:
    source = slot()
    frames = history(source)
    memory = np.array([1.0])
    for number in (1.0, 2.0, 3.0):
        memory[0] = number  # as a module does with what is fed back
        source.offer(memory)
        got = numbers_of(frames)
        frames.advance()
    assert got == [3.0, 2.0, 1.0]


@pytest.mark.parametrize('order', ORDERS)
def test_returned_value_does_not_change_under_its_reader(order: str) -> None:
    source = slot()
    frames = history(source, order=order)
    for number in range(30):
        evaluate(source, frames, number)
        offer(source, 100.0 + number)
        first = known(frames.value)
        before = first.copy()
        offer(source, 200.0 + number)
        frames.value
        assert np.array_equal(first, before)


@pytest.mark.parametrize('fill, expected', [('repeat', [9, 9, 9]), ('zeros', [9, 0, 0])])
def test_forgotten_frames_are_gone(fill: str, expected: Any) -> None:
    source = slot()
    frames = history(source, fill=fill)
    for number in range(1, 6):
        evaluate(source, frames, number)
    frames.forget()
    offer(source, 9.0)
    assert numbers_of(frames) == expected


def test_frame_read_before_forgetting_is_not_remembered_after() -> None:
    source = slot()
    frames = history(source)
    offer(source, 1.0)
    numbers_of(frames)
    frames.forget()
    frames.advance()
    assert evaluate(source, frames, 2.0) == [2.0, 2.0, 2.0]


# Layouts and dtypes

def test_frame_of_another_layout_is_refused() -> None:
    source = slot((-1, 2))
    frames = history(source)
    source.offer(np.zeros((3, 2)))
    frames.value
    frames.advance()
    source.offer(np.zeros((4, 2)))
    complaint = r'its layout is \[4, 2\], but that of the frames before is \[3, 2\]'
    with pytest.raises(MessageError, match=complaint) as refusal:
        frames.value
    assert refusal.value.cause == 'layout'
    with pytest.raises(MessageError, match=complaint):
        frames.sample()
    source.offer(np.ones((3, 2)))
    assert known(frames.value).shape == (3, 3, 2)


def test_first_frame_that_was_used_decides_the_layout() -> None:
    source = slot((-1, 2))
    frames = history(source)
    for count in (3, 4):
        source.offer(np.zeros((count, 2)))
        assert known(frames.value).shape == (3, count, 2)
    frames.advance()
    frames.forget()
    source.offer(np.zeros((5, 2)))
    assert known(frames.value).shape == (3, 5, 2)


def test_forgetting_the_shape_forgets_the_frames_and_reaches_the_source() -> None:
    source = slot()
    frames = history(source)
    evaluate(source, frames, 1.0)
    frames.forget_shape()
    assert source.shape is None
    source.offer(np.array([2.0, 3.0]))
    assert known(frames.value).tolist() == [[2.0, 3.0]] * 3


@pytest.mark.parametrize('dtype', ['float32', 'float64', 'int64', 'uint8', 'bool'])
@pytest.mark.parametrize('fill', FILLS)
def test_stack_is_in_the_dtype_of_the_tensor(dtype: str, fill: str) -> None:
    source = slot(dtype=dtype)
    frames = history(source, dtype=dtype, fill=fill)
    for sent in ('float64', '>f4', 'int32', 'bool'):
        source.offer(np.array([1], sent))
        assert known(frames.value).dtype == np.dtype(dtype)
        frames.advance()
    assert known(frames.value).ravel().tolist() == [1, 1, 1]


def test_large_whole_numbers_stay_exact() -> None:
    source = slot(dtype='int64')
    frames = history(source, dtype='int64')
    source.offer(np.array([1.0]))
    frames.value
    frames.advance()
    source.offer(np.array([2 ** 53 + 1]))
    assert known(frames.value).ravel().tolist() == [2 ** 53 + 1, 1, 1]


def test_frames_of_several_parts_are_remembered_together() -> None:
    gyro, q = slot(), slot()
    frames = history(Assembly('obs', [gyro, q], dtype=np.dtype('float64'), shape=None), length=2)
    for number in (1.0, 2.0):
        offer(gyro, number)
        offer(q, 10 * number)
        stack = known(frames.value)
        frames.advance()
    assert stack.tolist() == [[2.0, 20.0], [1.0, 10.0]]


# Samples

@pytest.mark.parametrize('order', ORDERS)
@pytest.mark.parametrize('fill', FILLS)
def test_sample_is_what_the_value_will_look_like(order: str, fill: str) -> None:
    source = slot((2,))
    frames = history(source, order=order, fill=fill, shape=(1, 6))
    sample = known(frames.sample())
    assert frames.value is None
    source.offer(known(source.sample()))
    assert np.array_equal(sample, known(frames.value))


def test_no_sample_while_the_source_is_unknown() -> None:
    assert history(slot()).sample() is None


def test_sample_is_not_remembered() -> None:
    source = slot((1,))
    frames = history(source)
    evaluate(source, frames, 1.0)
    source.forget()
    frames.sample()
    frames.advance()
    assert evaluate(source, frames, 2.0) == [2.0, 1.0, 1.0]


# Any sequence

class ListModel:
    """The same rules, told with a list."""

    def __init__(self, length: int, *, is_newest_first: bool, repeats: bool) -> None:
        self._length = length
        self._is_newest_first = is_newest_first
        self._repeats = repeats
        self._frames: List[List[float]] = []
        self._read: Optional[List[float]] = None

    def value(self, frame: List[float]) -> List[List[float]]:
        self._read = frame
        return self.stack(frame)

    def stack(self, frame: List[float]) -> List[List[float]]:
        frames = [frame, *self._frames][:self._length]
        filler = frames[-1] if self._repeats else [0.0] * len(frame)
        frames += [filler] * (self._length - len(frames))
        return frames if self._is_newest_first else frames[::-1]

    def advance(self) -> None:
        if self._read is not None:
            self._frames = [self._read, *self._frames]
            self._read = None

    def forget(self) -> None:
        self._frames = []
        self._read = None


ACTIONS = strategies.lists(strategies.sampled_from(
    ['offer', 'offer', 'value', 'value', 'value', 'advance', 'advance', 'forget', 'sample']),
    max_size=60)


@settings(max_examples=300)
@given(
    ACTIONS, strategies.integers(1, 5), strategies.booleans(), strategies.booleans(),
    strategies.booleans())
def test_history_does_what_a_list_would(
    actions: List[str], length: int, is_newest_first: bool, repeats: bool, is_joined: bool
) -> None:
    source = slot((2,))
    inner = Assembly('obs', [source], dtype=np.dtype('float64'), shape=None)
    frames = history(
        inner if is_joined else source, length=length, order=ORDERS[0 if is_newest_first else 1],
        fill=FILLS[0 if repeats else 1])
    model = ListModel(length, is_newest_first=is_newest_first, repeats=repeats)
    returned: List[Tuple[Array, Array]] = []
    frame = [1.0, -1.0]
    offer(source, *frame)
    for count, action in enumerate(actions, 2):
        if action == 'offer':
            frame = [float(count), -float(count)]
            offer(source, *frame)
        elif action == 'value':
            value = known(frames.value)
            assert value.tolist() == model.value(frame)
            returned = [*returned[-1:], (value, value.copy())]
        elif action == 'sample':
            assert known(frames.sample()).tolist() == model.stack(frame)
        else:
            getattr(frames, action)()
            getattr(model, action)()
        if action == 'forget':
            returned = returned[-1:]
        for value, then in returned:
            assert np.array_equal(value, then)
