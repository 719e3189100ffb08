# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What leaves the limits is within them, and is otherwise what came, bit for bit."""

from fractions import Fraction
import math
from typing import Any, Dict, Iterator, NamedTuple, Tuple

from dg_pytorch_ros.config.trust_config import LimitsConfig
from dg_pytorch_ros.errors import ContractError, EvaluationError
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.values.limits import Limits
from hypothesis import assume, example, given, settings, strategies
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

# No intermediate result may overflow with a warning either.
pytestmark = pytest.mark.filterwarnings('error')

LARGEST = float(np.finfo(np.float64).max)
SMALLEST = 5e-324
SHAPES = ((), (1,), (3,), (1, 3), (2, 3), (2, 1, 2))

finite = strategies.floats(allow_nan=False, allow_infinity=False)
moderate = strategies.floats(-1e3, 1e3)
progress_strategy = strategies.floats(0.0, 1.0)


def fitted(value: Any, *, fade_in: bool = False, **fields: Any) -> Limits:
    limits = Limits(LimitsConfig(**fields), fade_in=fade_in)
    limits.fit(np.asarray(value))
    return limits


def apply(
    limits: Limits, value: Any, *, start: Any = None, progress: float = 1.0,
    elapsed_s: float = 0.0
) -> Array:
    return limits.apply(
        np.asarray(value), start=None if start is None else np.asarray(start),
        progress=progress, elapsed_s=elapsed_s)


def bits(numbers: Any) -> bytes:
    return np.asarray(numbers, np.float64).tobytes()


class Element(NamedTuple):
    """One number, and its own limits."""

    value: float
    last: float
    start: float
    low: float
    high: float
    step: float


class Scene(NamedTuple):
    """Limits, and what they are given."""

    fields: Dict[str, Any]
    value: Array
    last: Array
    start: Array
    progress: float
    elapsed_s: float

    def limits(self) -> Limits:
        return fitted(self.value, fade_in=True, **self.fields)

    def apply(self, limits: Limits) -> Array:
        return apply(
            limits, self.value, start=self.start, progress=self.progress,
            elapsed_s=self.elapsed_s)

    def within_bounds(self) -> 'Scene':
        """Return a scene in which what was published last was within min and max."""
        last = [cut(element.last, element.low, element.high) for element in self.elements()]
        return self._replace(last=np.array(last).reshape(self.value.shape))

    def elements(self) -> Iterator[Element]:
        steps = self._spread('max_rate', math.inf) * np.ones(self.value.shape)
        lows, highs = self._spread('minimum', -math.inf), self._spread('maximum', math.inf)
        for row in zip(self.value.flat, self.last.flat, self.start.flat, lows.flat, highs.flat,
                       steps.flat):
            value, last, start, low, high, rate = map(float, row)
            step = rate if math.isinf(rate) else rate * self.elapsed_s
            yield Element(value, last, start, low, high, step)

    def _spread(self, name: str, missing: float) -> Array:
        numbers = np.array(self.fields.get(name, (missing,)), np.float64)
        return np.resize(numbers, self.value.shape)  # which repeats a row


def cut(number: float, low: float, high: float) -> float:
    return low if number < low else high if number > high else number


def tuples(numbers: Any, count: int) -> Any:
    return strategies.lists(numbers, min_size=count, max_size=count).map(tuple)


def values(dtype: str, shape: Tuple[int, ...], numbers: Any) -> Any:
    width = 8 * np.dtype(dtype).itemsize
    limited = {} if numbers is finite else {'min_value': -1e3, 'max_value': 1e3}
    return arrays(dtype, shape, elements=strategies.floats(
        allow_nan=False, allow_infinity=False, width=width, **limited))  # type: ignore[arg-type]


@strategies.composite
def scenes(draw: Any, numbers: Any) -> Scene:
    shape = draw(strategies.sampled_from(SHAPES))
    count = draw(strategies.sampled_from([math.prod(shape), math.prod(shape[1:])]))
    fields: Dict[str, Any] = {}
    pairs = draw(tuples(strategies.tuples(numbers, numbers), draw(
        strategies.sampled_from([1, count]))))
    if draw(strategies.booleans()):
        fields['minimum'] = tuple(min(pair) for pair in pairs)
    if draw(strategies.booleans()):
        fields['maximum'] = tuple(max(pair) for pair in pairs)
    rates = strategies.floats(1.0, 1e5) if numbers is moderate else (
        strategies.floats(SMALLEST, LARGEST))
    if draw(strategies.booleans()):
        fields['max_rate'] = draw(tuples(rates, draw(strategies.sampled_from([1, count]))))
    elapsed = strategies.floats(0.0, 0.1 if numbers is moderate else LARGEST)
    dtype = draw(strategies.sampled_from(['float64', 'float32', 'float16']))
    return Scene(
        fields, draw(values(dtype, shape, numbers)), draw(values('float64', shape, numbers)),
        draw(values('float64', shape, numbers)),
        draw(strategies.one_of(strategies.just(1.0), progress_strategy)), draw(elapsed))


any_scene = strategies.one_of(scenes(finite), scenes(moderate))


@given(any_scene)
def test_result_is_finite_float64_of_the_shape_that_came(scene: Scene) -> None:
    limits = scene.limits()
    for _ in range(2):
        result = scene.apply(limits)
        assert isinstance(result, np.ndarray)
        assert result.dtype == np.float64
        assert result.shape == scene.value.shape
        assert np.isfinite(result).all()
        limits.remember(scene.last)


@given(any_scene)
def test_result_is_from_min_to_max(scene: Scene) -> None:
    scene = scene.within_bounds()
    limits = scene.limits()
    for _ in range(2):
        result = scene.apply(limits)
        for number, element in zip(result.flat, scene.elements()):
            assert element.low <= number <= element.high
        limits.remember(scene.last)


@given(any_scene)
def test_result_is_no_further_from_the_last_than_max_rate_allows(scene: Scene) -> None:
    assume('max_rate' in scene.fields)
    limits = scene.limits()
    limits.remember(scene.last)
    for number, element in zip(map(float, scene.apply(limits).flat), scene.elements()):
        if math.isfinite(element.step):
            # The sum was rounded: by half of the last place of the result, at most.
            rounding = Fraction(math.ulp(number)) / 2
            distance = abs(Fraction(number) - Fraction(element.last))
            assert distance <= Fraction(element.step) + rounding


@given(any_scene)
def test_each_element_is_cut_to_its_bounds_then_held_back(scene: Scene) -> None:
    scene = scene._replace(progress=1.0)
    limits = scene.limits()
    bounded = [cut(element.value, element.low, element.high) for element in scene.elements()]
    assert bits(scene.apply(limits)) == bits(bounded)
    limits.remember(scene.last)
    slow = [
        cut(number, element.last - element.step, element.last + element.step)
        for number, element in zip(bounded, scene.elements())]
    assert bits(scene.apply(limits)) == bits(slow)


@given(any_scene)
def test_element_within_its_limits_comes_out_bit_for_bit(scene: Scene) -> None:
    scene = scene._replace(progress=1.0)
    limits = scene.limits()
    limits.remember(scene.last)
    for number, element in zip(scene.apply(limits).flat, scene.elements()):
        nearest = cut(element.value, element.last - element.step, element.last + element.step)
        if element.low <= element.value <= element.high and nearest == element.value:
            assert bits(number) == bits(element.value)


@given(any_scene)
def test_limited_value_is_left_alone_by_the_same_limits(scene: Scene) -> None:
    limits = scene.limits()
    limits.remember(scene.last)
    once = scene.apply(limits)
    assert bits(apply(limits, once, elapsed_s=scene.elapsed_s)) == bits(once)


@given(any_scene)
def test_counters_count_the_values_that_were_changed(scene: Scene) -> None:
    scene = scene._replace(progress=1.0)
    limits = scene.limits()
    limits.remember(scene.last)
    bounded = [cut(element.value, element.low, element.high) for element in scene.elements()]
    is_clamped = bounded != [element.value for element in scene.elements()]
    is_slowed = scene.apply(limits).ravel().tolist() != bounded
    for applied in (1, 2):
        assert limits.clamped == applied * is_clamped
        assert limits.slowed == applied * is_slowed
        scene.apply(limits)


@given(any_scene)
def test_nothing_that_is_given_is_written_to(scene: Scene) -> None:
    limits = scene.limits()
    limits.remember(scene.last)
    given_arrays = (scene.value, scene.last, scene.start)
    for array in given_arrays:
        array.setflags(write=False)
    before = [array.tobytes() for array in given_arrays]
    scene.apply(limits)
    assert [array.tobytes() for array in given_arrays] == before


@settings(max_examples=200)
@given(finite, finite, progress_strategy, progress_strategy)
@example(-LARGEST, LARGEST, 0.5, 0.75)
@example(LARGEST, LARGEST, 0.1, 0.3)
@example(LARGEST, math.nextafter(LARGEST, 0.0), 0.1, 0.9)
@example(SMALLEST, SMALLEST, 0.1, 0.9)
@example(1.0, 1.0 + 2**-51, 0.3, 0.7)
def test_fade_in_never_goes_back_nor_leaves_what_is_between(
    start: float, value: float, one: float, other: float
) -> None:
    limits = fitted([value], fade_in=True)
    earlier, later = (
        float(apply(limits, [value], start=[start], progress=progress)[0])
        for progress in (min(one, other), max(one, other)))
    for number in (earlier, later):
        assert min(start, value) <= number <= max(start, value)
    assert earlier <= later if start <= value else earlier >= later


@settings(max_examples=200)
@given(finite, finite, progress_strategy)
@example(-LARGEST, LARGEST, 0.25)
@example(LARGEST, -1e307, 0.5)
def test_fade_in_is_as_far_on_as_its_progress(
    start: float, value: float, progress: float
) -> None:
    result = float(apply(
        fitted([value], fade_in=True), [value], start=[start], progress=progress)[0])
    exact = Fraction(start) + Fraction(progress) * (Fraction(value) - Fraction(start))
    # The difference, its part and the sum are rounded.
    rounding = 3 * math.ulp(max(abs(start), abs(value)))
    assert abs(Fraction(result) - exact) <= rounding


@given(moderate, moderate, progress_strategy)
def test_fade_in_of_ordinary_numbers_is_the_plain_formula(
    start: float, value: float, progress: float
) -> None:
    assume(abs(start) > 1e-100 and abs(value) > 1e-100 and progress > 1e-100)
    result = apply(fitted([value], fade_in=True), [value], start=[start], progress=progress)
    plain = start + progress * (value - start) if progress < 1.0 else value
    assert result.tolist() == [cut(plain, min(start, value), max(start, value))]


@pytest.mark.parametrize('progress', [0.0, -1.0])
@given(value=finite, start=finite)
@example(value=1.0, start=-0.0)
@example(value=0.0, start=SMALLEST)
def test_fade_in_begins_exactly_at_its_start(
    progress: float, value: float, start: float
) -> None:
    limits = fitted([value], fade_in=True)
    assert bits(apply(limits, [value], start=[start], progress=progress)) == bits([start])


def test_fade_in_is_over_at_a_progress_of_one_and_without_a_start() -> None:
    limits = fitted([5.0], fade_in=True)
    assert apply(limits, [5.0], start=[1.0], progress=1.0).tolist() == [5.0]
    assert apply(limits, [5.0], start=[1.0], progress=1.5).tolist() == [5.0]
    assert apply(limits, [5.0], start=None, progress=0.5).tolist() == [5.0]


def test_limits_hold_while_fading_in() -> None:
    limits = fitted([5.0], fade_in=True, minimum=(-1.0,), maximum=(4.0,), max_rate=(1.0,))
    assert apply(limits, [5.0], start=[-3.0], progress=0.0).tolist() == [-1.0]
    limits.remember(np.array([-1.0]))
    assert apply(limits, [5.0], start=[-3.0], progress=0.5, elapsed_s=0.5).tolist() == [-0.5]
    assert (limits.clamped, limits.slowed) == (1, 1)


@pytest.mark.parametrize('start, expected', [
    (np.array([2.0]), [[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]]),
    (np.array(2, np.int32), [[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]]),
    (np.array([1.0, 2.0, 3.0], np.float32), [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]),
    (np.arange(6.0), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
    (np.arange(6.0).reshape(3, 2), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
])
def test_start_gets_the_values_shape(start: Array, expected: Any) -> None:
    value = np.zeros((2, 3), np.float32)
    limits = fitted(value, fade_in=True)
    assert apply(limits, value, start=start, progress=0.0).tolist() == expected
    assert apply(limits, value, start=start, progress=0.5).tolist() == (
        0.5 * np.array(expected)).tolist()


def test_start_of_another_size_is_refused() -> None:
    value = np.zeros((2, 3), np.float32)
    with pytest.raises(EvaluationError) as caught:
        apply(fitted(value, fade_in=True), value, start=np.zeros(4), progress=0.5)
    assert str(caught.value) == (
        'the start of its fade-in has 4 numbers, but the output has 6 elements '
        '(float32[2, 3]); give 1, 3 or 6')


def test_start_of_a_fade_in_is_given_as_a_copy() -> None:
    start = np.zeros(2)
    apply(fitted(np.ones(2), fade_in=True), np.ones(2), start=start, progress=0.0)[:] = 7.0
    assert start.tolist() == [0.0, 0.0]


def test_speed_is_free_until_something_was_published() -> None:
    limits = fitted([0.0], max_rate=(1.0,))
    assert apply(limits, [100.0], elapsed_s=0.001).tolist() == [100.0]
    limits.remember(np.array([0.0]))
    assert apply(limits, [100.0], elapsed_s=0.5).tolist() == [0.5]
    assert apply(limits, [-100.0], elapsed_s=0.5).tolist() == [-0.5]
    assert limits.slowed == 2


@pytest.mark.parametrize('shape', [(2, 2), (0, 2)])
def test_what_changes_its_size_has_no_speed(shape: Tuple[int, ...]) -> None:
    limits = fitted(np.zeros((1, 2)), max_rate=(1.0,))
    limits.remember(np.zeros(shape))
    with pytest.raises(EvaluationError, match='has max_rate, and cannot change from'):
        apply(limits, [[9.0, 9.0]], elapsed_s=0.1)


def test_speed_counts_from_what_was_published_not_from_what_its_memory_holds_now() -> None:
    limits = fitted([0.0], max_rate=(1.0,))
    published = np.array([1.0])
    limits.remember(published)
    published[:] = 50.0
    assert apply(limits, [100.0], elapsed_s=0.5).tolist() == [1.5]


def test_slow_value_goes_on_from_each_value_that_was_published() -> None:
    limits = fitted(np.zeros(2), max_rate=(1.0, 2.0))
    limits.remember(np.zeros(2))
    for expected in ([0.5, 1.0], [1.0, 2.0], [1.5, 2.5]):
        result = apply(limits, [9.0, 2.5], elapsed_s=0.5)
        assert result.tolist() == expected
        limits.remember(result)


@pytest.mark.parametrize('elapsed_s', [0.0, -1.0, math.nan])
def test_nothing_moves_while_no_time_passes(elapsed_s: float) -> None:
    limits = fitted([0.0], max_rate=(1.0,))
    limits.remember(np.array([3.0]))
    assert apply(limits, [4.0], elapsed_s=elapsed_s).tolist() == [3.0]


@pytest.mark.parametrize('max_rate, elapsed_s', [
    (LARGEST, 10.0), (LARGEST, 1.0), (1.0, math.inf), (1e292, 1.0)])
def test_endless_reach_is_no_limit_and_one_element_does_not_free_another(
    max_rate: float, elapsed_s: float
) -> None:
    limits = fitted(np.zeros(2), max_rate=(max_rate, 1e-300))
    for sign in (1.0, -1.0):
        limits.remember(np.array([sign * LARGEST, 0.0]))
        result = apply(limits, [sign * 1e307, 1e300], elapsed_s=elapsed_s)
        assert np.isfinite(result).all()
        assert result[1] == min(1e300, 1e-300 * elapsed_s)
        if max_rate * elapsed_s >= LARGEST:
            assert result[0] == sign * 1e307


def test_last_value_beyond_the_bounds_is_left_at_no_more_than_max_rate() -> None:
    limits = fitted([0.0], maximum=(1.0,), max_rate=(1.0,))
    limits.remember(np.array([3.0]))
    assert apply(limits, [0.0], elapsed_s=0.5).tolist() == [2.5]


@pytest.mark.parametrize('fields', [
    {'minimum': (0.0,)}, {'maximum': (0.0,)}, {'minimum': (-0.0,), 'maximum': (0.0,)},
    {'max_rate': (1.0,)}])
@pytest.mark.parametrize('zero', [0.0, -0.0])
def test_sign_of_a_zero_on_a_bound_stays(fields: Any, zero: float) -> None:
    limits = fitted([zero], **fields)
    limits.remember(np.array([-zero]))
    assert bits(apply(limits, [zero])) == bits([zero])
    assert (limits.clamped, limits.slowed) == (0, 0)


@pytest.mark.parametrize('zero', [0.0, -0.0])
def test_sign_of_a_zero_on_a_bound_stays_when_other_elements_are_cut(zero: float) -> None:
    value = [zero] * 9 + [5.0, -5.0]
    assert bits(apply(fitted(value, minimum=(0.0,), maximum=(1.0,)), value)) == bits(
        [zero] * 9 + [1.0, 0.0])
    assert bits(apply(fitted(value, minimum=(-1.0,), maximum=(-0.0,)), value)) == bits(
        [zero] * 9 + [-0.0, -1.0])


def test_bounds_are_not_rounded_to_the_dtype_of_the_output() -> None:
    above = np.array([0.1], np.float32)  # 0.10000000149
    limits = fitted(above, maximum=(0.1,))
    assert apply(limits, above).tolist() == [0.1]
    assert limits.clamped == 1


def test_whole_numbers_may_be_given_as_limits() -> None:
    limits = fitted([0.5, 0.5], minimum=(-1, 0), maximum=(1,), max_rate=(True,))
    assert apply(limits, [-5.0, -5.0]).tolist() == [-1.0, 0.0]


@pytest.mark.parametrize('fields, fade_in, is_idle', [
    ({}, False, True),
    ({'fallback': (0.0,)}, False, True),
    ({}, True, False),
    ({'minimum': (0.0,)}, False, False),
    ({'maximum': (0.0,)}, False, False),
    ({'max_rate': (1.0,)}, False, False),
])
def test_limits_are_idle_when_nothing_would_be_changed(
    fields: Any, fade_in: bool, is_idle: bool
) -> None:
    assert Limits(LimitsConfig(**fields), fade_in=fade_in).is_idle == is_idle


@pytest.mark.parametrize('shape, numbers, expected', [
    ((), (2.0,), 2.0),
    ((2,), (2.0,), [2.0, 2.0]),
    ((2,), (2.0, 3.0), [2.0, 3.0]),
    ((1, 2), (2.0, 3.0), [[2.0, 3.0]]),
    ((2, 1), (2.0, 3.0), [[2.0], [3.0]]),
    ((2, 2), (2.0,), [[2.0, 2.0], [2.0, 2.0]]),
    ((2, 2), (2.0, 3.0), [[2.0, 3.0], [2.0, 3.0]]),
    ((2, 2), (2.0, 3.0, 4.0, 5.0), [[2.0, 3.0], [4.0, 5.0]]),
    ((1, 2, 2), (2.0, 3.0, 4.0, 5.0), [[[2.0, 3.0], [4.0, 5.0]]]),
    ((0, 2), (2.0, 3.0), []),
    ((0,), (2.0,), []),
])
def test_list_has_one_number_for_all_or_one_an_element_or_one_an_element_of_a_row(
    shape: Tuple[int, ...], numbers: Any, expected: Any
) -> None:
    value = np.zeros(shape)
    limits = fitted(value, minimum=numbers, max_rate=numbers, fallback=numbers)
    assert apply(limits, value).tolist() == expected
    limits.remember(value)
    assert apply(limits, value + 100.0, elapsed_s=1.0).tolist() == expected
    fallback = limits.fallback()
    assert fallback is not None and fallback.tolist() == expected


@pytest.mark.parametrize('shape, count, complaint', [
    ((1, 6), 5, 'has 5 numbers, but the output has 6 elements (float32[1, 6]); give 1 or 6'),
    ((2, 3), 2, 'has 2 numbers, but the output has 6 elements (float32[2, 3]); give 1, 3 or 6'),
    ((6,), 3, 'has 3 numbers, but the output has 6 elements (float32[6]); give 1 or 6'),
    ((6, 1), 3, 'has 3 numbers, but the output has 6 elements (float32[6, 1]); give 1 or 6'),
    ((), 2, 'has 2 numbers, but the output has 1 elements (float32[]); give 1'),
    ((0,), 2, 'has 2 numbers, but the output has 0 elements (float32[0]); give 1'),
    ((0, 3), 2, 'has 2 numbers, but the output has 0 elements (float32[0, 3]); give 1 or 3'),
])
@pytest.mark.parametrize('field, parameter', [
    ('minimum', 'min'), ('maximum', 'max'), ('max_rate', 'max_rate'), ('fallback', 'fallback')])
def test_list_of_another_length_is_refused(
    shape: Any, count: int, complaint: str, field: str, parameter: str
) -> None:
    fields: Dict[str, Any] = {field: (1.0,) * count}
    with pytest.raises(ContractError) as caught:
        fitted(np.zeros(shape, np.float32), **fields)
    assert str(caught.value) == f'{parameter} {complaint}'


def test_number_for_all_and_numbers_of_a_row_hold_for_any_number_of_rows() -> None:
    limits = fitted(np.zeros((1, 2)), minimum=(0.0,), maximum=(1.0, 2.0), max_rate=(1.0, 2.0))
    for rows in (3, 0, 1):
        value = np.full((rows, 2), 5.0)
        limits.last = None
        assert apply(limits, value).tolist() == [[1.0, 2.0]] * rows
        limits.remember(np.zeros((rows, 2)))
        assert apply(limits, value, elapsed_s=0.5).tolist() == [[0.5, 1.0]] * rows
    limits = fitted(np.zeros(2), maximum=(1.0,))
    assert apply(limits, np.full(4, 5.0)).tolist() == [1.0] * 4


@pytest.mark.parametrize('shape, later, complaint', [
    ((6,), (4,), 'max has 6 numbers, but the output has 4 elements (float64[4]), as its first '
                 'size varies; give 1'),
    ((2, 3), (3, 3), 'max has 6 numbers, but the output has 9 elements (float64[3, 3]), as its '
                     'first size varies; give 1 or 3'),
    ((2, 3), (1, 3), 'max has 6 numbers, but the output has 3 elements (float64[1, 3]), as its '
                     'first size varies; give 1 or 3'),
])
def test_numbers_for_each_element_hold_for_their_own_size_only(
    shape: Any, later: Any, complaint: str
) -> None:
    limits = fitted(np.zeros(shape), minimum=(0.0,), maximum=(1.0,) * 6)
    with pytest.raises(EvaluationError) as caught:
        apply(limits, np.zeros(later))
    assert str(caught.value) == complaint
    assert apply(limits, np.full(shape, 5.0)).max() == 1.0


def test_numbers_of_a_row_do_not_spread_over_rows_of_another_size() -> None:
    limits = fitted(np.zeros((1, 3)), maximum=(1.0, 2.0, 3.0))
    with pytest.raises(EvaluationError, match='max has 3 numbers'):
        apply(limits, np.zeros((3, 1)).reshape(1, 3, 1))
    with pytest.raises(EvaluationError, match='max has 3 numbers'):
        apply(limits, np.zeros((2, 1)))


def test_nothing_passes_limits_that_are_not_fitted() -> None:
    limits = Limits(LimitsConfig(maximum=(1.0,)), fade_in=False)
    with pytest.raises(EvaluationError, match='has limits that are not fitted to a run yet'):
        apply(limits, [5.0])


@pytest.mark.parametrize('dtype', ['int64', 'uint8', 'bool'])
@pytest.mark.parametrize('fields, fade_in, parameter', [
    ({'minimum': (0,)}, False, 'min'),
    ({'maximum': (1,)}, False, 'max'),
    ({'max_rate': (1,)}, False, 'max_rate'),
    ({}, True, 'fade_in_s'),
])
def test_only_a_floating_output_has_limits(
    dtype: str, fields: Any, fade_in: bool, parameter: str
) -> None:
    with pytest.raises(ContractError) as caught:
        fitted(np.zeros((1, 6), dtype), fade_in=fade_in, **fields)
    assert str(caught.value) == (
        f'{parameter} is set, but the output is {dtype}[1, 6]; only floating outputs have limits')


def test_there_is_no_fallback_without_one_nor_before_the_shape_is_known() -> None:
    assert fitted([0.0]).fallback() is None
    limits = Limits(LimitsConfig(fallback=(1.0,)), fade_in=False)
    assert limits.fallback() is None
    limits.fit(np.zeros((1, 2), np.float32))
    assert limits.fallback() is not None


@pytest.mark.parametrize('dtype, numbers', [
    ('float64', (0.1, -2.5)), ('float32', (0.5, -2.5)), ('float16', (0.5, 65504.0)),
    ('float32', (1, 2)), ('float64', (True, False)),
    ('int64', (2**62 + 1, -1)), ('int8', (127.0, -128)), ('uint64', (2**63 - 1, 0)),
    ('bool', (True, False)), ('bool', (1, 0)), ('bool', (1.0, 0.0)), ('uint8', (True, False)),
])
def test_fallback_has_the_shape_and_dtype_of_the_output(dtype: str, numbers: Any) -> None:
    fallback = fitted(np.zeros((1, 2), dtype), fallback=numbers).fallback()
    assert fallback is not None
    assert fallback.dtype == np.dtype(dtype)
    assert fallback.tolist() == [list(numbers)]


@pytest.mark.parametrize('dtype, numbers', [
    ('int64', (0.5,)), ('int64', (1e300,)), ('int64', (2.0**63,)), ('int64', (2**63,)),
    ('int64', (2**70,)), ('int8', (128,)), ('uint8', (-1,)), ('uint64', (-1.0,)),
    ('bool', (2,)), ('bool', (0.5,)), ('float16', (1e5,)), ('float32', (-1e300,)),
])
def test_fallback_that_the_output_does_not_hold_is_refused(dtype: str, numbers: Any) -> None:
    with pytest.raises(ContractError) as caught:
        fitted(np.zeros((1, 2), dtype), fallback=numbers)
    assert str(caught.value) == (
        f'fallback is {list(numbers)}, but the output is {dtype}; give numbers that it holds')


@given(strategies.floats(-1e4, 1e4), strategies.sampled_from(['float64', 'float32', 'float16']))
@example(0.1, 'float32')
@example(0.3, 'float32')
def test_rounding_takes_no_fallback_beyond_its_bound(bound: float, dtype: str) -> None:
    value = np.zeros(1, dtype)
    on_top = fitted(value, maximum=(bound,), fallback=(bound,)).fallback()
    below = fitted(value, minimum=(bound,), fallback=(bound,)).fallback()
    assert on_top is not None and below is not None
    assert on_top.dtype == below.dtype == value.dtype
    assert float(below[0]) >= bound >= float(on_top[0])
    spacing = float(np.spacing(np.abs(value.dtype.type(bound))))
    assert float(below[0]) - float(on_top[0]) <= spacing


def test_fallback_cannot_be_written_to() -> None:
    fallback = fitted([0.0, 0.0], fallback=(1.0,)).fallback()
    assert fallback is not None and not fallback.flags.writeable


def test_another_run_of_another_shape_gives_another_fallback() -> None:
    limits = fitted(np.zeros(2), fallback=(1.0,))
    limits.fit(np.zeros((3, 1), np.float32))
    fallback = limits.fallback()
    assert fallback is not None
    assert fallback.tolist() == [[1.0]] * 3
    assert fallback.dtype == np.float32


@pytest.mark.parametrize('other', [np.zeros(3), np.zeros(2, np.int64)])
def test_run_that_does_not_fit_leaves_everything_as_it_was(other: Array) -> None:
    limits = fitted(np.zeros(2), maximum=(1.0, 2.0), max_rate=(1.0,), fallback=(0.0, 1.0))
    limits.remember(np.zeros(2))
    with pytest.raises(ContractError):
        limits.fit(other)
    fallback = limits.fallback()
    assert fallback is not None and fallback.tolist() == [0.0, 1.0]
    assert apply(limits, [5.0, 5.0], elapsed_s=9.0).tolist() == [1.0, 2.0]


def test_run_that_only_the_fallback_does_not_fit_leaves_the_limits_as_they_were() -> None:
    limits = fitted(np.zeros((2, 3)), maximum=(1e5,) * 6, fallback=(1e5,))
    with pytest.raises(ContractError, match='fallback'):
        limits.fit(np.zeros((3, 2), np.float16))
    assert apply(limits, np.full((2, 3), 2e5)).tolist() == [[1e5] * 3] * 2


def test_counters_and_the_last_value_outlast_another_fit() -> None:
    limits = fitted(np.zeros(2), maximum=(1.0,), max_rate=(1.0,))
    limits.remember(np.zeros(2))
    apply(limits, [5.0, 5.0], elapsed_s=0.5)
    limits.fit(np.zeros(2, np.float32))
    assert apply(limits, [5.0, 0.0], elapsed_s=0.5).tolist() == [0.5, 0.0]
    assert (limits.clamped, limits.slowed) == (2, 2)


def test_value_that_is_no_contiguous_memory_is_cut_too() -> None:
    value = np.arange(12.0).reshape(3, 4).T[::2]
    limits = fitted(value, maximum=(5.0,))
    assert apply(limits, value).tolist() == np.minimum(value, 5.0).tolist()
