# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is published is the model's value times scale plus offset, in float64."""

import math
from typing import Any

from dg_pytorch_ros.config.scaling_config import ScalingConfig
from dg_pytorch_ros.errors import ConfigError, ContractError, EvaluationError, NotFinite
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.values.scaling import Scaling
from hypothesis import example, given, strategies
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

# No intermediate result may overflow with a warning either.
pytestmark = pytest.mark.filterwarnings('error')

LARGEST = float(np.finfo(np.float64).max)


def fitted(value: Any, **fields: Any) -> Scaling:
    scaling = Scaling(ScalingConfig(**fields))
    scaling.fit(np.asarray(value))
    return scaling


def scaled(value: Any, **fields: Any) -> Array:
    return fitted(value, **fields).apply(np.asarray(value))


@pytest.mark.parametrize('fields, complaint', [
    ({'scale': ()}, r'scale is \[\]; expected one number for all elements, or one an element'),
    ({'offset': ()}, r'offset is \[\]; expected one number'),
    ({'scale': (math.inf,)}, r'scale is \[inf\]; expected finite numbers'),
    ({'offset': (1.0, math.nan)}, r'offset is \[1.0, nan\]; expected finite numbers'),
    ({'scale': (0.0, 0.0)}, r'scale is \[0.0, 0.0\]; expected a number other than 0')])
def test_numbers_that_make_no_sense_are_refused(fields: Any, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        ScalingConfig(**fields)


def test_scaling_without_numbers_is_idle() -> None:
    assert ScalingConfig().is_idle and Scaling(ScalingConfig()).is_idle
    assert not ScalingConfig(offset=(0.0,)).is_idle
    assert not Scaling(ScalingConfig(scale=(1.0,))).is_idle


@pytest.mark.parametrize('value, fields, expected', [
    ([4.0, 8.0], {'scale': (0.25,)}, [1.0, 2.0]),
    ([4.0, 8.0], {'offset': (1.0, -1.0)}, [5.0, 7.0]),
    ([4.0, 8.0], {'scale': (0.5, 0.25), 'offset': (1.0,)}, [3.0, 3.0]),
    ([[4.0, 8.0]], {'scale': (0.5,), 'offset': (1.0, 2.0)}, [[3.0, 6.0]]),
    ([[1.0, 2.0], [3.0, 4.0]], {'scale': (1.0, 10.0)}, [[1.0, 20.0], [3.0, 40.0]]),
    ([[1.0, 2.0], [3.0, 4.0]], {'offset': (0.0, 1.0, 2.0, 3.0)}, [[1.0, 3.0], [5.0, 7.0]]),
    ([3, 4], {'scale': (0.5,)}, [1.5, 2.0]),
    ([False, True], {'scale': (2.0,), 'offset': (-1.0,)}, [-1.0, 1.0]),
    (2.0, {'scale': (3.0,), 'offset': (1.0,)}, 7.0)])
def test_published_is_the_value_times_scale_plus_offset(
    value: Any, fields: Any, expected: Any
) -> None:
    result = scaled(value, **fields)
    assert result.dtype == np.float64
    assert result.tolist() == expected


def test_arithmetic_is_in_float64() -> None:
    value = np.array([0.1, 1e30], np.float32)
    exact = value.astype(np.float64) * 0.3 + 0.7
    assert scaled(value, scale=(0.3,), offset=(0.7,)).tolist() == exact.tolist()


def test_value_of_the_model_is_not_written_into() -> None:
    value = np.array([1.0, 2.0])
    result = scaled(value, scale=(2.0,))
    assert value.tolist() == [1.0, 2.0]
    assert not np.shares_memory(result, value)


@pytest.mark.parametrize('fields, complaint', [
    ({'scale': (1.0, 2.0)}, r'scale has 2 numbers, but the output has 12 elements '
                            r'\(float32\[4, 3\]\); give 1, 3 or 12'),
    ({'scale': (1.0,), 'offset': (1.0,) * 4}, 'offset has 4 numbers, but the output has 12')])
def test_list_that_does_not_fit_the_output_is_refused(fields: Any, complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        fitted(np.zeros((4, 3), np.float32), **fields)


def test_output_whose_size_varies_is_scaled_or_refused_each_time() -> None:
    scaling = fitted(np.ones((2, 2)), scale=(1.0, 10.0))
    assert scaling.apply(np.ones((3, 2))).tolist() == [[1.0, 10.0]] * 3
    for _ in range(2):
        with pytest.raises(EvaluationError, match='scale has 2 numbers, but the output has 9'):
            scaling.apply(np.ones((3, 3)))
    assert scaling.apply(np.ones((1, 2))).tolist() == [[1.0, 10.0]]


@pytest.mark.parametrize('count', [2, 6000])
@pytest.mark.parametrize('fields', [
    {'scale': (1e300,)}, {'scale': (2.0,), 'offset': (LARGEST,)}, {'offset': (LARGEST,)}])
def test_what_becomes_too_large_is_not_finite(fields: Any, count: int) -> None:
    value = np.ones(count)
    value[-1] = 1e300
    with pytest.raises(NotFinite, match='is not finite after') as refusal:
        scaled(value, **fields)
    assert refusal.value.cause == 'not finite: scaled output'


@pytest.mark.parametrize('count', [2, 6000])
def test_large_values_that_stay_finite_are_published(count: int) -> None:
    assert scaled(np.full(count, LARGEST), scale=(0.5,))[-1] == LARGEST / 2
    assert scaled(np.full(count, 1e200), scale=(1e100,))[-1] == 1e200 * 1e100


finite = strategies.floats(allow_nan=False, allow_infinity=False)


@given(
    arrays(np.float64, 3, elements=finite),
    strategies.lists(finite.filter(bool), min_size=3, max_size=3),
    strategies.lists(finite, min_size=3, max_size=3))
@example(np.full(3, 1e-200), [1e300] * 3, [0.0] * 3)
@example(np.full(3, LARGEST / 4), [4.0] * 3, [0.0] * 3)
@example(np.full(3, LARGEST / 2), [1.0] * 3, [LARGEST / 2] * 3)
def test_scaling_equals_the_formula(value: Array, scale: Any, offset: Any) -> None:
    with np.errstate(over='ignore', invalid='ignore'):
        expected = value * np.array(scale) + np.array(offset)
    scaling = fitted(value, scale=tuple(scale), offset=tuple(offset))
    if np.isfinite(expected).all():
        assert np.array_equal(scaling.apply(value), expected)
    else:
        with pytest.raises(NotFinite):
            scaling.apply(value)
