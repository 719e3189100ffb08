# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A conversion is its formula, bit for bit, and hides nothing that is not finite."""

import math
from typing import Any, Dict, NamedTuple, Optional, Tuple

from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.values.conversion import Conversion
from dg_pytorch_ros.values.slots import Slot
from hypothesis import example, given, settings, strategies
import numpy as np
import pytest

# No intermediate result may overflow with a warning either.
pytestmark = pytest.mark.filterwarnings('error')

NOT_FINITE = [math.nan, math.inf, -math.inf]


def converted(value: Any, *, channel_axis: Optional[int] = None, **fields: Any) -> Array:
    conversion = Conversion(ConversionConfig(**fields), channel_axis=channel_axis)
    return conversion.apply(np.asarray(value))


# What is refused

@pytest.mark.parametrize('fields, complaint', [
    ({'scale': ()}, r'scale is \[\]; expected one number for all elements, or one an element'),
    ({'offset': ()}, r'offset is \[\]; expected one number'),
    ({'mean': ()}, r'mean is \[\]; expected one number'),
    ({'std': ()}, r'std is \[\]; expected one number'),
    ({'scale': (1.0, math.inf)}, r'scale is \[1.0, inf\]; expected finite numbers'),
    ({'offset': (math.nan,)}, r'offset is \[nan\]; expected finite numbers'),
    ({'mean': (-math.inf,)}, r'mean is \[-inf\]; expected finite numbers'),
    ({'std': (math.nan,)}, r'std is \[nan\]; expected finite numbers'),
    ({'scale': (0.0, -0.0)}, r'scale is \[0.0, -0.0\]; expected a number other than 0'),
    ({'scale': (0,)}, r'scale is \[0\]; expected a number other than 0'),
    ({'std': (1.0, -0.0)}, r'std is \[1.0, -0.0\]; expected no 0 to divide by'),
    ({'clip': ()}, r'clip is \[\]; expected \[low, high\], with low <= high'),
    ({'clip': (1.0,)}, r'clip is \[1.0\]; expected \[low, high\]'),
    ({'clip': (1.0, 2.0, 3.0)}, r'clip is \[1.0, 2.0, 3.0\]; expected \[low, high\]'),
    ({'clip': (1.0, -1.0)}, r'clip is \[1.0, -1.0\]; expected \[low, high\], with low <= high'),
    ({'clip': (0.0, math.inf)}, r'clip is \[0.0, inf\]; expected finite numbers'),
    ({'clip': (math.nan, 1.0)}, r'clip is \[nan, 1.0\]; expected finite numbers'),
    ({'nan': math.nan}, r'replace.nan is \[nan\]; expected finite numbers'),
    ({'posinf': math.inf}, r'replace.posinf is \[inf\]; expected finite numbers'),
    ({'neginf': math.nan}, r'replace.neginf is \[nan\]; expected finite numbers')])
def test_numbers_that_make_no_sense_are_refused(fields: Any, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        ConversionConfig(**fields)


@pytest.mark.parametrize('fields', [
    {'offset': (0.0,)}, {'mean': (0.0, 0.0)}, {'clip': (1.0, 1.0)}, {'clip': (-2, -1)},
    {'nan': 0.0}, {'std': (-1.0,)}, {'scale': (-1.0,)}])
def test_unusual_numbers_that_make_sense_are_taken(fields: Any) -> None:
    assert not ConversionConfig(**fields).is_idle


@pytest.mark.parametrize('fields, size', [
    ({'offset': (1.0, 2.0)}, 3), ({'scale': (1.0, 2.0)}, 1), ({'mean': (1.0, 2.0)}, 12),
    ({'std': (1.0, 2.0)}, 0)])
def test_list_that_fits_no_value_of_the_message_is_refused(fields: Any, size: int) -> None:
    name = next(iter(fields))
    with pytest.raises(MessageError, match=f'it has {size} elements, but {name} has 2 numbers; '
                                           f'give 1') as refusal:
        converted(np.zeros(size), **fields)
    assert refusal.value.cause == 'size'


def test_complaint_says_how_many_numbers_there_may_be() -> None:
    with pytest.raises(MessageError, match='it has 15 elements, but scale has 2 numbers; give '
                                           '1, 3 or 15'):
        converted(np.zeros((5, 3)), scale=(1.0, 2.0))
    with pytest.raises(MessageError, match='it has 3 channels, but std has 2 numbers; give 1 or '
                                           '3'):
        converted(np.zeros((4, 5, 3)), std=(1.0, 2.0), channel_axis=-1)


@pytest.mark.parametrize('fields', [
    {'offset': (1e39,)}, {'scale': (1.0, 1e-60)}, {'std': (1e-60,)}, {'clip': (-1e39, 1.0)},
    {'nan': 1e39}, {'posinf': -1e39}])
def test_numbers_beyond_the_arithmetic_are_refused(fields: Any) -> None:
    name = next(iter(fields))
    with pytest.raises(MessageError, match=f'its numbers are float32, in which .*{name}.* cannot '
                                           'be written') as refusal:
        converted(np.zeros(2, np.float32), **fields)
    assert refusal.value.cause == 'value'
    converted(np.zeros(2), **fields)


def test_misfit_leaves_no_trace() -> None:
    conversion = Conversion(ConversionConfig(scale=(2.0, 3.0)))
    assert conversion.apply(np.ones(2)).tolist() == [2.0, 3.0]
    for _ in range(2):
        with pytest.raises(MessageError):
            conversion.apply(np.ones(3))
    assert conversion.apply(np.ones(2)).tolist() == [2.0, 3.0]


@pytest.mark.parametrize('value, fields, is_known', [
    (np.array([0, 255], 'uint8'), {'scale': (1 / 255,), 'mean': (0.5,), 'std': (0.2,)}, True),
    (np.array([True]), {'offset': (1.0,)}, True),
    # What may become too large must be looked at, and so must what may not be finite before.
    (np.array([0, 255], 'uint8'), {'scale': (1e38,)}, False),
    (np.array([1.0, 2.0]), {'scale': (2.0,)}, False)])
def test_whole_numbers_that_cannot_become_infinite_are_known_to_be_finite(
    value: Array, fields: Any, is_known: bool
) -> None:
    conversion = Conversion(ConversionConfig(**fields))
    conversion.apply(value)
    assert conversion.keeps_finite(value) is is_known


def test_refused_dtype_leaves_no_trace() -> None:
    conversion = Conversion(ConversionConfig(clip=(0.0, 0.1), posinf=1e39))
    for _ in range(2):
        assert conversion.apply(np.ones(2)).tolist() == [0.1, 0.1]
        with pytest.raises(MessageError):
            conversion.apply(np.ones(2, np.float32))


# What becomes of numbers

@pytest.mark.parametrize('fields, given, expected', [
    ({'scale': (0.25,)}, [4.0, 8.0], [1.0, 2.0]),
    ({'offset': (-1.0, 1.0), 'scale': (2.0,)}, [4.0, 8.0], [6.0, 18.0]),
    ({'offset': (1.0,), 'scale': (1.0, 10.0)}, [4.0, 8.0], [5.0, 90.0]),
    ({'mean': (1.0,), 'std': (0.5,)}, [4.0, 8.0], [6.0, 14.0]),
    ({'scale': (0.5,), 'mean': (1.0,), 'std': (2.0, 4.0)}, [4.0, 8.0], [0.5, 0.75]),
    ({'offset': (1.0,), 'scale': (2.0,), 'clip': (-1.0, 11.0)}, [4.0, 8.0, -9.0],
     [10.0, 11.0, -1.0]),
    ({'mean': (1.0,), 'clip': (0.0, 2.0)}, [0.5, 2.5, 4.0], [0.0, 1.5, 2.0]),
    ({'nan': 7.0, 'posinf': 8.0, 'neginf': 9.0}, [1.0, *NOT_FINITE], [1.0, 7.0, 8.0, 9.0]),
    ({'posinf': 30.0, 'scale': (0.1,), 'clip': (0.0, 2.0)}, [10.0, math.inf], [1.0, 2.0]),
    ({'nan': 1.0, 'offset': (1.0,), 'scale': (2.0,)}, [math.nan, 0.0], [4.0, 2.0])])
def test_each_number_is_converted(fields: Any, given: Any, expected: Any) -> None:
    assert converted(given, **fields).tolist() == expected


def test_without_anything_to_do_the_value_itself_comes_back() -> None:
    value = np.array([1, 2])
    conversion = Conversion(ConversionConfig())
    assert conversion.is_idle
    assert conversion.apply(value) is value


def test_rows_get_one_number_a_column() -> None:
    points = np.arange(6.0).reshape(2, 3)
    assert converted(points, scale=(1.0, 10.0, 100.0)).tolist() == [
        [0.0, 10.0, 200.0], [3.0, 40.0, 500.0]]


def test_rows_get_one_number_an_element() -> None:
    points = np.arange(4.0).reshape(2, 2)
    assert converted(points, offset=(1.0, 2.0, 3.0, 4.0)).tolist() == [[1.0, 3.0], [5.0, 7.0]]


def test_no_points_are_converted_to_none() -> None:
    assert converted(np.zeros((0, 3)), scale=(1.0, 10.0, 100.0)).shape == (0, 3)


@pytest.mark.parametrize('axis, to_axis', [(-1, lambda pixels: pixels),
                                           (0, lambda pixels: pixels.transpose(2, 0, 1)),
                                           (0, lambda pixels: np.ascontiguousarray(
                                               pixels.transpose(2, 0, 1)))])
@pytest.mark.parametrize('size', [(4, 5), (3, 3), (1, 1), (4, 1), (1, 4)])
def test_images_get_one_number_a_channel(axis: int, to_axis: Any, size: Any) -> None:
    pixels = np.arange(size[0] * size[1] * 3, dtype=np.uint8).reshape(*size, 3)
    result = converted(
        to_axis(pixels), channel_axis=axis, scale=(0.5,), mean=(1.0, 2.0, 3.0),
        std=(2.0, 4.0, 8.0))
    for channel, (mean, std) in enumerate([(1.0, 2.0), (2.0, 4.0), (3.0, 8.0)]):
        expected = (pixels[..., channel] * np.float32(0.5) - np.float32(mean)) / np.float32(std)
        got = np.moveaxis(result, axis, -1)[..., channel]
        assert got.dtype == np.float32
        assert np.array_equal(got, expected)


@pytest.mark.parametrize('given, expected', [
    ('float64', 'float64'), ('float32', 'float32'), ('>f8', 'float64'), ('>f4', 'float32'),
    ('int8', 'float32'), ('uint8', 'float32'), ('int16', 'float32'), ('>u2', 'float32'),
    ('int32', 'float64'), ('uint32', 'float64'), ('int64', 'float64'), ('uint64', 'float64'),
    ('bool', 'float32')])
@pytest.mark.parametrize('shape', [(), (1,), (2, 3)])
def test_arithmetic_is_in_a_dtype_that_holds_the_field(
    given: str, expected: str, shape: Any
) -> None:
    result = converted(np.ones(shape, given), offset=(0.1,), scale=(3.0,))
    kind = np.dtype(expected).type
    assert (result.dtype, result.shape) == (np.dtype(expected), shape)
    assert result.dtype.isnative
    assert result.ravel()[0] == (kind(1) + kind(0.1)) * kind(3)


def test_single_elements_can_be_masked_out() -> None:
    assert converted(np.array([3.0, 4.0]), scale=(2.0, 0.0)).tolist() == [6.0, 0.0]


def test_truth_values_are_zero_and_one() -> None:
    assert converted([False, True], offset=(-0.5,), scale=(2.0,)).tolist() == [-1.0, 1.0]


def test_message_is_never_written_into() -> None:
    message = np.array([1.0, math.nan]).tobytes()
    value = np.frombuffer(message)
    for fields in ({'nan': 2.0}, {'clip': (0.0, 0.5)}, {'nan': 1.0, 'scale': (3.0,)}):
        result = converted(value, **fields)
        assert not np.shares_memory(result, value)
    assert message == np.array([1.0, math.nan]).tobytes()


def test_next_value_leaves_the_last_result_alone() -> None:
    conversion = Conversion(ConversionConfig(scale=(2.0,)))
    first = conversion.apply(np.ones(3))
    conversion.apply(np.zeros(3))
    assert first.tolist() == [2.0, 2.0, 2.0]


# What is not finite must be seen by the guards.

@pytest.mark.parametrize('number', NOT_FINITE)
@pytest.mark.parametrize('fields', [
    {'clip': (-1.0, 1.0)}, {'scale': (0.5,), 'clip': (-1.0, 1.0)},
    {'mean': (1.0,), 'std': (2.0, 3.0), 'clip': (-1.0, 1.0)}, {'offset': (1e30,)}])
@pytest.mark.parametrize('dtype', ['float64', 'float32'])
@pytest.mark.parametrize('count', [2, 6000])
def test_clip_hides_nothing_that_is_not_finite(
    number: float, fields: Dict[str, Any], dtype: str, count: int
) -> None:
    value = np.ones((count // 2, 2), dtype)
    value[-1, -1] = number
    slot = Slot('ranges', dtype='float64')
    slot.offer(converted(value, **fields))
    assert not slot.is_finite


@pytest.mark.parametrize('dtype, number', [('float64', 1e308), ('float32', 3e38)])
@pytest.mark.parametrize('count', [1, 6000])
def test_what_becomes_too_large_is_not_clipped_to_something_that_looks_good(
    dtype: str, number: float, count: int
) -> None:
    result = converted(np.full(count, number, dtype), scale=(10.0,), clip=(-1.0, 1.0))
    assert np.isposinf(result).all()


def test_only_what_is_named_is_replaced() -> None:
    result = converted([1.0, *NOT_FINITE], posinf=9.0, clip=(0.0, 2.0))
    assert np.array_equal(result, [1.0, math.nan, 9.0, -math.inf], equal_nan=True)


@pytest.mark.parametrize('bits', ['0x7ff0000000000001', '0x7ff8000000000000'])
def test_every_kind_of_nan_is_replaced(bits: str) -> None:
    value = np.array([int(bits, 16)], np.uint64).view(np.float64)
    assert converted(value, nan=5.0, scale=(2.0,)).tolist() == [10.0]


# Any numbers

class Scene(NamedTuple):
    """Numbers, and what is to become of them."""

    fields: Dict[str, Any]
    values: Tuple[Array, ...]
    channel_axis: Optional[int]


def numbers(dtype: str, *, not_zero: bool = False) -> Any:
    largest = float(np.finfo(dtype).max)
    special = [1.0, -2.0, 0.1, 1e-30, 3e19, -1e19, largest, -largest, largest / 4, largest / 16]
    return strategies.one_of(
        strategies.sampled_from(special),
        strategies.floats(0.1, 1e3).map(lambda number: -number),
        strategies.floats(1.0, 1e3) if not_zero else strategies.floats(-1.0, 1e3))


def elements(dtype: str) -> Any:
    return strategies.one_of(
        numbers('float32' if dtype.endswith('4') else 'float64'), numbers('float32'),
        strategies.sampled_from(NOT_FINITE), strategies.just(0.0))


SHAPES = [(), (1,), (3,), (3,), (12,), (0,), (5, 3), (1, 4), (0, 3), (2, 3, 2), (3, 3, 3),
          (3000, 2)]


@strategies.composite
def scenes(draw: Any) -> Scene:
    shape = draw(strategies.sampled_from(SHAPES))
    axis = draw(strategies.sampled_from([None, 0, -1])) if len(shape) == 3 else None
    row = shape[axis] if axis is not None else math.prod(shape[1:])
    counts = [1, row] if axis is not None else [1, row, math.prod(shape)]
    fields: Dict[str, Any] = {}
    for name in ('offset', 'scale', 'mean', 'std'):
        if draw(strategies.booleans()):
            count = draw(strategies.sampled_from([count for count in counts if count < 100]))
            number = numbers('float32', not_zero=name in ('scale', 'std'))
            fields[name] = tuple(draw(strategies.lists(
                number, min_size=max(1, count), max_size=max(1, count))))
    for name in ('nan', 'posinf', 'neginf'):
        if draw(strategies.booleans()):
            fields[name] = draw(numbers('float32'))
    if draw(strategies.booleans()):
        fields['clip'] = tuple(sorted(draw(
            strategies.tuples(numbers('float32'), numbers('float32')))))
    dtype = draw(strategies.sampled_from(
        ['float64', 'float32', '>f8', '>f4', 'int64', 'uint64', 'int32', 'uint8', 'bool']))
    values = tuple(
        message_of(draw(strategies.lists(elements(dtype), min_size=1, max_size=4)), dtype, shape)
        for _ in range(3))
    return Scene(fields, values, axis)


def message_of(given: Any, dtype: str, shape: Tuple[int, ...]) -> Array:
    with np.errstate(all='ignore'):
        result = np.resize(np.array(given).astype(dtype), shape)
    result.setflags(write=False)
    return result


def formula(value: Array, fields: Dict[str, Any], axis: Optional[int]) -> Array:
    """Return what the documentation says, done as plainly as it can be said."""
    dtype = np.result_type(value.dtype, np.float32)
    result = np.array(value, dtype)
    for name, number in (('nan', math.nan), ('posinf', math.inf), ('neginf', -math.inf)):
        if name in fields:
            matches = np.isnan(value) if name == 'nan' else value == number
            result[matches] = fields[name]
    full = {name: laid_out(fields[name], value.shape, axis).astype(dtype)
            for name in ('offset', 'scale', 'mean', 'std') if name in fields}
    with np.errstate(all='ignore'):
        result = np.asarray((result + full.get('offset', dtype.type(0))) if 'offset' in full
                            else result)
        result = np.asarray(result * full['scale'] if 'scale' in full else result)
        result = np.asarray(result - full['mean'] if 'mean' in full else result)
        result = np.asarray(result / full['std'] if 'std' in full else result)
    if 'clip' in fields and np.isfinite(result).all():
        low, high = np.array(fields['clip'], dtype)
        result = np.asarray(np.clip(result, low, high))
    return result


def laid_out(given: Tuple[float, ...], shape: Tuple[int, ...], axis: Optional[int]) -> Array:
    array = np.array(given, np.float64)
    if len(given) == 1:
        return np.broadcast_to(array.reshape(()), shape)
    if axis == 0:
        return np.broadcast_to(array.reshape(-1, 1, 1), shape)
    if axis == -1:
        return np.broadcast_to(array, shape)
    if len(given) == math.prod(shape):
        return array.reshape(shape)
    return np.broadcast_to(array.reshape(shape[1:]), shape)


@settings(max_examples=600)
@given(scenes())
@example(Scene({'scale': (1e-30,), 'std': (1e-38,)}, (np.array([1e30], 'f4'),) * 2, None))
@example(Scene({'std': (1e-45,), 'clip': (0.0, 1.0)}, (np.array([1e-23], 'f4'),) * 2, None))
@example(Scene(
    {'scale': (3e38,), 'std': (1e-45,), 'clip': (0.0, 1.0)}, (np.array([1e-23], 'f4'),) * 2,
    None))
@example(Scene({'scale': (1e-3, 1.0), 'offset': (1e300, 1e308)}, (np.full(2, 1.7e308),) * 2, None))
@example(Scene({'scale': (1e300,)}, (np.array([2 ** 63], np.uint64),), None))
def test_conversion_equals_the_formula(scene: Scene) -> None:
    conversion = Conversion(ConversionConfig(**scene.fields), channel_axis=scene.channel_axis)
    for value in scene.values:
        result = conversion.apply(value)
        if not scene.fields:
            assert result is value
            continue
        expected = formula(value, scene.fields, scene.channel_axis)
        assert (result.dtype, result.shape) == (expected.dtype, expected.shape)
        assert np.array_equal(result, expected, equal_nan=True)
        assert np.array_equal(
            np.signbit(result[~np.isnan(result)]), np.signbit(expected[~np.isnan(expected)]))


@settings(max_examples=100)
@given(strategies.lists(scenes(), min_size=2, max_size=4))
def test_values_of_other_shapes_and_dtypes_take_turns(many: Any) -> None:
    """What was made ready for one shape and dtype must not be used on another."""
    fields: Dict[str, Any] = {
        'nan': 1.0, 'scale': (0.1,), 'offset': (0.3,), 'clip': (-3.0, 30.0)}
    conversion = Conversion(ConversionConfig(**fields))
    for scene in many:
        for value in scene.values:
            result = conversion.apply(value)
            expected = formula(value, fields, None)
            assert result.dtype == expected.dtype
            assert np.array_equal(result, expected, equal_nan=True)
