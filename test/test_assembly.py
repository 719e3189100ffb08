# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Several parts make one tensor, in their order."""

from typing import Any, List, Optional

from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.values.assembly import Assembly
from dg_pytorch_ros.values.slots import Slot
from hypothesis import given, strategies
import numpy as np
import pytest

FLOAT32: 'np.dtype[Any]' = np.dtype('float32')


def slot(name: str, value: Any = None, *, dtype: str = 'float32', shape: Any = None) -> Slot:
    held = Slot(name, dtype=dtype, shape=shape)
    if value is not None:
        held.offer(np.array(value))
    return held


def assembly(*parts: Slot, shape: Any = None, dtype: str = 'float32') -> Assembly:
    return Assembly('obs', parts, dtype=np.dtype(dtype), shape=shape)


def known(value: Optional[Array]) -> Array:
    assert value is not None
    return value


def test_parts_are_joined_in_their_order() -> None:
    joined = assembly(slot('gyro', [1.0, 2.0]), slot('points', [[3.0, 4.0], [5.0, 6.0]]),
                      slot('mode', [7]))
    assert known(joined.value).tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


@pytest.mark.parametrize('shape, expected', [
    (None, (6,)), ((6,), (6,)), ((1, 6), (1, 6)), ((2, 3), (2, 3)), ((-1, 2), (3, 2)),
    ((-1,), (6,)), ((1, -1), (1, 6))])
def test_joined_value_gets_the_given_shape(shape: Any, expected: Any) -> None:
    joined = assembly(slot('gyro', [0.0, 1.0]), slot('q', [2.0, 3.0, 4.0, 5.0]), shape=shape)
    assert known(joined.value).shape == expected
    assert known(joined.value).ravel().tolist() == list(range(6))


def test_there_is_no_value_until_all_parts_have_one() -> None:
    gyro, q = slot('gyro'), slot('q', [1.0])
    joined = assembly(gyro, q, shape=(3,))
    assert joined.value is None
    gyro.offer(np.zeros(2))
    assert known(joined.value).tolist() == [0.0, 0.0, 1.0]
    q.forget()
    assert joined.value is None


def test_newest_values_of_the_parts_count_and_older_results_stay() -> None:
    gyro, q = slot('gyro', [1.0]), slot('q', [2.0])
    joined = assembly(gyro, q)
    before = known(joined.value)
    q.offer(np.array([3.0]))
    assert known(joined.value).tolist() == [1.0, 3.0]
    assert before.tolist() == [1.0, 2.0]


def test_sizes_that_do_not_fit_the_shape_are_listed() -> None:
    joined = assembly(slot('gyro', [0.0] * 3), slot('q', [0.0] * 12), shape=(1, 45))
    with pytest.raises(MessageError, match=r'its parts have 15 numbers together \(gyro 3, q 12\), '
                                           r'which do not fit its shape \[1, 45\]') as refusal:
        joined.value
    assert refusal.value.cause == 'size'
    with pytest.raises(MessageError, match='gyro 3, q 12'):
        joined.sample()


def test_only_one_size_can_be_open() -> None:
    with pytest.raises(ConfigError, match=r'shape is \[-1, -1\]; expected one -1 at most'):
        assembly(slot('gyro'), shape=(-1, -1))


@pytest.mark.parametrize('dtype', ['float32', 'float64', 'int64', 'uint8', 'bool'])
@pytest.mark.parametrize('sent', ['float64', '>f4', 'int32', 'bool'])
def test_joined_value_is_in_the_dtype_of_the_tensor(dtype: str, sent: str) -> None:
    joined = assembly(slot('a', np.array([0, 1], sent), dtype=dtype),
                      slot('b', np.array([1.0]), dtype=dtype), dtype=dtype)
    assert known(joined.value).dtype == np.dtype(dtype)
    assert known(joined.value).tolist() == [0, 1, 1]


def test_large_whole_numbers_next_to_floating_ones_stay_exact() -> None:
    """In a dtype common to both they would be rounded."""
    large = 2 ** 53 + 1
    joined = assembly(
        slot('stamp', [large], dtype='int64'), slot('mode', [2.0], dtype='int64'), dtype='int64')
    assert known(joined.value).tolist() == [large, 2]


def test_sample_is_made_of_the_values_and_samples_of_the_parts() -> None:
    q = slot('q', shape=(3,))
    joined = assembly(slot('gyro', [1.0, 2.0]), q, shape=(1, 5))
    expected = [1.0, 2.0, *known(q.sample()).tolist()]
    assert known(joined.sample()).tolist() == [expected]
    assert joined.value is None


def test_no_sample_while_a_part_is_unknown() -> None:
    joined = assembly(slot('gyro', [1.0, 2.0]), slot('q'))
    assert joined.sample() is None


def test_forgetting_the_shape_reaches_all_parts() -> None:
    parts = [slot('gyro', [1.0, 2.0]), slot('q', [3.0])]
    joined = assembly(*parts)
    joined.forget_shape()
    for part, size in zip(parts, (4, 5)):
        part.offer(np.zeros(size))
    assert known(joined.value).shape == (9,)


def test_assembly_can_be_a_part_itself() -> None:
    inner = assembly(slot('gyro', [1.0]), slot('q', [2.0]))
    outer = Assembly('all', [inner, slot('mode', [3.0])], dtype=FLOAT32, shape=None)
    assert known(outer.value).tolist() == [1.0, 2.0, 3.0]


@given(strategies.lists(
    strategies.lists(strategies.floats(width=32), min_size=1, max_size=5), min_size=1, max_size=6))
def test_any_numbers_are_joined_as_they_are(values: List[List[float]]) -> None:
    joined = assembly(*(slot(f'part_{index}', np.array(value, np.float32))
                        for index, value in enumerate(values)))
    expected = np.array([number for value in values for number in value], np.float32)
    assert known(joined.value).tobytes() == expected.tobytes()
