# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A slot keeps the newest value that fits, and says why one does not."""

from typing import Any, List, Optional, Tuple

from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.values.conversion import Conversion
from dg_pytorch_ros.values.slots import Slot
from hypothesis import example, given, settings, strategies
import numpy as np
import pytest

Shape = Optional[Tuple[int, ...]]


def slot(shape: Shape = None, *, dtype: str = 'float64', initial: Any = None) -> Slot:
    return Slot(
        'position', dtype=dtype, shape=shape,
        initial=None if initial is None else np.array(initial))


def test_slot_is_empty_until_a_value_comes() -> None:
    empty = slot()
    assert empty.value is None
    assert empty.shape is None


def test_newest_value_counts() -> None:
    held = slot()
    for number in (1.0, 2.0):
        held.offer(np.array([number, number]))
    assert held.value is not None
    assert held.value.tolist() == [2.0, 2.0]


@pytest.mark.parametrize('given, value, held', [
    (None, (6,), (6,)),
    (None, (2, 3), (2, 3)),
    ((6,), (6,), (6,)),
    ((2, 3), (6,), (2, 3)),
    ((1, 6), (6,), (1, 6)),
    ((-1, 3), (6,), (2, 3)),
    ((2, -1), (6,), (2, 3)),
    ((-1,), (6,), (6,)),
    ((-1, -1), (2, 3), (2, 3)),
    ((1, 2, 3), (2, 3), (1, 2, 3)),
    ((2, 3), (1, 2, 1, 3), (2, 3)),
    ((), (1,), ()),
])
def test_value_gets_the_given_shape(given: Shape, value: Any, held: Any) -> None:
    taking = slot(given)
    taking.offer(np.arange(float(np.prod(value))).reshape(value))
    assert taking.value is not None
    assert taking.value.shape == held
    assert taking.value.ravel().tolist() == list(range(int(np.prod(value))))


@pytest.mark.parametrize('given, value, complaint', [
    ((6,), (5,), r'it has 5 elements; expected 6 for its shape \[6\]'),
    ((2, 3), (5,), r'it has 5 elements; expected 6 for its shape \[2, 3\]'),
    ((-1, 3), (5,), r'it has 5 elements; expected 3 or a multiple for its shape \[-1, 3\]'),
    ((-1, -1), (6,), r'it has 6 elements; expected a layout, because its shape \[-1, -1\]'),
    ((2, 3), (3, 2), r'its layout is \[3, 2\]; expected \[2, 3\]'),
    ((6,), (2, 3), r'its layout is \[2, 3\]; expected \[6\]'),
    ((6,), (0,), 'it has 0 elements; expected 6'),
    (None, (0,), 'it is empty, and so cannot decide the shape'),
])
def test_value_of_another_size_is_refused_and_the_good_one_stays(
    given: Shape, value: Any, complaint: str
) -> None:
    held = slot(given)
    good = np.ones([2 if size == -1 else size for size in given or (6,)])
    if given is not None:
        held.offer(good)
    with pytest.raises(MessageError, match=complaint):
        held.offer(np.zeros(value))
    assert given is None or held.value is not None and np.array_equal(held.value, good)


def test_first_value_decides_the_shape_and_later_ones_must_agree() -> None:
    held = slot()
    held.offer(np.zeros((2, 3)))
    assert held.shape == (2, 3)
    held.offer(np.ones(6))
    assert held.value is not None and held.value.shape == (2, 3)
    with pytest.raises(MessageError, match='expected 6 for its shape'):
        held.offer(np.ones(4))


def test_open_size_may_vary_from_value_to_value() -> None:
    held = slot((-1, 3))
    for size in (6, 3, 9, 0):
        held.offer(np.zeros(size))
        assert held.value is not None and held.value.shape == (size // 3, 3)


@pytest.mark.parametrize('dtype, value', [
    ('int64', [0.5]), ('int64', [np.nan]), ('int64', [1e30]), ('uint8', [300]), ('uint8', [-1]),
    ('bool', [2]), ('bool', [0.5]), ('float32', [1e300]), ('float16', [70000])])
@pytest.mark.filterwarnings('error')
def test_value_that_the_dtype_cannot_hold_is_refused(dtype: str, value: Any) -> None:
    with pytest.raises(MessageError, match=f'it holds values that are no {dtype}'):
        slot(dtype=dtype).offer(np.array(value))


@pytest.mark.parametrize('dtype, value', [
    ('int64', [2.0]), ('uint8', [255.0]), ('bool', [0.0, 1.0]), ('float32', [0.1]),
    ('float32', [np.nan, np.inf]), ('float32', [2 ** 24 + 1]), ('bfloat16', [0.1, 1e30]),
    ('float64', [True])])
def test_value_that_is_only_rounded_is_taken(dtype: str, value: Any) -> None:
    slot(dtype=dtype).offer(np.array(value))


@pytest.mark.parametrize('dtype', ['float64', 'float32'])
@pytest.mark.parametrize('is_used', [False, True])
def test_what_would_be_infinite_as_bfloat16_is_refused(dtype: str, is_used: bool) -> None:
    slot = Slot('x', dtype='bfloat16')
    if is_used:
        slot.offer(np.ones(2, dtype))
    with pytest.raises(MessageError, match='no bfloat16'):
        slot.offer(np.array([1.0, 3.4e38], dtype))
    slot.offer(np.array([1.0, 3.38e38], dtype))
    slot.offer(np.array([1.0, np.inf], dtype))
    assert not slot.is_finite


@pytest.mark.parametrize('value, is_finite', [
    ([1.0, 2.0], True), ([1.0, np.nan], False), ([np.inf, 1.0], False), ([-np.inf], False),
    ([1, 2], True), ([True], True)])
def test_slot_knows_whether_its_value_is_finite(value: Any, is_finite: bool) -> None:
    held = slot()
    held.offer(np.array(value))
    assert held.is_finite is is_finite
    held.forget_shape()
    held.offer(np.array([1.0]))
    assert held.is_finite


def test_initial_value_counts_until_a_value_comes_and_decides_the_shape() -> None:
    held = slot(initial=[1.0, 2.0])
    assert held.value is not None and held.value.tolist() == [1.0, 2.0]
    assert held.shape == (2,)
    held.offer(np.array([3.0, 4.0]))
    assert held.value.tolist() == [3.0, 4.0]
    with pytest.raises(MessageError):
        held.offer(np.zeros(3))


def test_initial_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(MessageError, match='it has 2 elements; expected 3'):
        slot((3,), initial=[1.0, 2.0])


@pytest.mark.parametrize('given, initial, shape, value', [
    (None, None, None, None), ((2,), None, (2,), None), (None, [5.0, 6.0], (2,), [5.0, 6.0])])
def test_forgetting_goes_back_to_the_beginning(
    given: Shape, initial: Any, shape: Shape, value: Any
) -> None:
    held = slot(given, initial=initial)
    held.offer(np.array([np.nan, 1.0]))
    held.forget_shape()
    assert held.shape == shape
    assert held.value is None if value is None else held.value.tolist() == value
    assert value is None or held.is_finite


def test_forgotten_value_leaves_its_shape_behind() -> None:
    held = slot((-1, 2))
    held.offer(np.ones((3, 2)))
    held.forget()
    assert held.value is None
    sample = held.sample()
    assert sample is not None and sample.shape == (3, 2)
    free = slot()
    free.offer(np.ones(3))
    free.forget()
    with pytest.raises(MessageError, match='expected 3'):
        free.offer(np.ones(4))


def test_retuned_value_counts_at_once_and_for_good() -> None:
    held = slot(initial=[5.0])
    held.retune(np.array([6.0]))
    assert held.value is not None and held.value.tolist() == [6.0]
    held.forget()
    assert held.value.tolist() == [6.0]


def test_retuning_to_a_value_that_does_not_fit_changes_nothing() -> None:
    held = slot(initial=[5.0])
    with pytest.raises(MessageError, match='it has 2 elements; expected 1'):
        held.retune(np.array([6.0, 7.0]))
    held.forget()
    assert held.value is not None and held.value.tolist() == [5.0]


def test_check_alone_changes_nothing() -> None:
    held = slot(initial=[5.0])
    assert held.check(np.array([6.0])).tolist() == [6.0]
    assert held.value is not None and held.value.tolist() == [5.0]


def test_sample_is_the_value_where_there_is_one() -> None:
    sample = slot((-1,), initial=[5.0]).sample()
    assert sample is not None and sample.tolist() == [5.0]


@pytest.mark.parametrize('shape', [None, (-1,), (2, -1)])
def test_no_sample_without_a_shape(shape: Shape) -> None:
    assert slot(shape).sample() is None


def test_samples_of_a_known_shape_differ_from_zero_and_are_always_the_same() -> None:
    sample, again = slot((2, 3)).sample(), slot((2, 3)).sample()
    assert sample is not None and again is not None
    assert sample.shape == (2, 3)
    assert (sample > 0.0).all()
    assert np.array_equal(sample, again)


@pytest.mark.parametrize('dtype', ['int32', 'uint8', 'bool'])
def test_samples_of_whole_numbers_are_zero(dtype: str) -> None:
    """A module that takes an index or a switch refuses most other values."""
    sample = slot((2,), dtype=dtype).sample()
    assert sample is not None
    assert (sample.dtype, sample.tolist()) == (np.dtype(dtype), [0, 0])


# Ages

def aging(**fields: Any) -> Slot:
    return Slot('position', dtype='float64', max_age_ns=100, **fields)


@pytest.mark.parametrize('age_ns, is_stale', [(-50, False), (0, False), (100, False), (101, True)])
def test_value_is_stale_when_it_is_older_than_it_may_be(age_ns: int, is_stale: bool) -> None:
    held = aging()
    held.receive(np.array([1.0]), 5000)
    assert held.is_stale(5000 + age_ns) == is_stale


def test_value_without_a_largest_age_is_never_stale() -> None:
    held = slot()
    held.receive(np.array([1.0]), 0)
    assert not held.is_stale(10 ** 18)


def test_age_counts_from_the_last_message_that_fits() -> None:
    held = aging()
    for since_ns in (1000, 2000):
        held.receive(np.array([1.0]), since_ns)
    with pytest.raises(MessageError):
        held.receive(np.array([1.0, 2.0]), 3000)
    assert (held.since_ns, held.has_received) == (2000, True)


def test_message_that_does_not_fit_is_none() -> None:
    held = aging(shape=(3,))
    with pytest.raises(MessageError):
        held.receive(np.array([1.0]), 3000)
    assert (held.since_ns, held.has_received) == (0, False)


@pytest.mark.parametrize('initial', [None, [1.0]])
def test_until_there_is_a_message_age_counts_from_when_all_was_forgotten(initial: Any) -> None:
    held = aging(initial=None if initial is None else np.array(initial))
    held.receive(np.array([2.0]), 1000)
    held.forget(7000)
    assert (held.since_ns, held.has_received) == (7000, False)
    assert held.is_stale(7101) and not held.is_stale(7100)
    if initial is not None:
        held.retune(np.array([3.0]))  # is no message
        assert (held.since_ns, held.has_received) == (7000, False)


def test_forgetting_the_shape_makes_nothing_younger() -> None:
    held = aging()
    held.receive(np.array([2.0]), 1000)
    held.forget_shape()
    assert held.since_ns == 1000


# What a slot knows from the value before must not decide over the next one.

def around(limit: float) -> List[float]:
    """Return numbers close to a limit, in float64 and in the steps of the smaller dtypes."""
    return [sign * limit * (1 + step) for sign in (1, -1) for step in (
        0.0, 2.0 ** -53, 2.0 ** -25, 2.0 ** -24, 2.0 ** -23, 2.0 ** -12, 2.0 ** -11, -2.0 ** -11,
        -2.0 ** -12, -2.0 ** -24)]


LARGEST = {dtype: float(np.finfo(dtype).max) for dtype in ('float16', 'float32', 'float64')}
NUMBERS = strategies.one_of(
    strategies.sampled_from([0.0, -0.0, 1.0, -2.0, 0.5, 1e-300, 5e-324, 300.0, 2.0 ** 62, 4e9]),
    strategies.sampled_from([np.nan, np.inf, -np.inf]),
    *(strategies.sampled_from(around(LARGEST[dtype])) for dtype in ('float16', 'float32')),
    # Where the squares are too large, and the numbers are not.
    *(strategies.sampled_from(around(LARGEST[dtype] ** 0.5)) for dtype in LARGEST),
    strategies.sampled_from([LARGEST['float64'], -LARGEST['float64']]))
SIZES = strategies.sampled_from([(6,), (6,), (6,), (2, 3), (1, 6), (3,), (0,), (1,), (6000,)])
SENT_DTYPES = ('float64', 'float32', '>f8', '>f4', 'int64', 'int8', 'uint8', 'bool')


@strategies.composite
def offers(draw: Any) -> Any:
    """Draw a value as it comes in a message; most have nothing special about them."""
    shape = draw(SIZES)
    numbers = draw(strategies.one_of(
        strategies.just([0.5, 2.0]), strategies.lists(NUMBERS, min_size=1, max_size=3)))
    dtype = draw(strategies.sampled_from(SENT_DTYPES))
    with np.errstate(all='ignore'):
        return np.resize(np.array(numbers).astype(dtype), shape)


def offer_and_compare(held: Slot, value: Any, dtype: str) -> None:
    """Offer a value to a slot, which must do what a new one of its shape does."""
    fresh, before = slot(held.shape, dtype=dtype), (held.value, held.is_finite)
    try:
        expected = fresh.check(value)
    except MessageError as error:
        with pytest.raises(MessageError) as refusal:
            held.offer(value)
        assert str(refusal.value) == str(error)
        assert held.value is before[0] and held.is_finite == before[1]
        return
    held.offer(value)
    assert held.value is not None
    assert (held.value.dtype, held.value.shape) == (expected.dtype, expected.shape)
    assert held.value.tobytes() == expected.tobytes()
    assert held.is_finite == bool(np.isfinite(expected).all())


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('shape', [None, (6,), (2, 3), (-1, 3)])
@pytest.mark.parametrize('dtype', [
    'float64', 'float32', 'float16', 'bfloat16', 'int64', 'int8', 'uint8', 'bool'])
@settings(max_examples=25)
@given(strategies.lists(offers(), min_size=2, max_size=10))
@example([np.array([1.0, number]) for number in around(LARGEST['float32'])])
@example([np.array([1.0, number]) for number in around(LARGEST['float16'])])
@example([np.array([1.0, number], 'float32') for number in around(LARGEST['float16'])])
@example([np.array([1, number]) for number in (1, 4_000_000_000, -4_000_000_000)])
@example([np.array([1.0, number]) for number in (1.0, np.nan, 2.0, np.inf, -np.inf, 3.0)])
def test_slot_in_use_takes_what_a_new_one_takes(
    dtype: str, shape: Shape, values: List[Any]
) -> None:
    held = slot(shape, dtype=dtype)
    for value in values:
        offer_and_compare(held, value, dtype)


@pytest.mark.parametrize('sent', ['float64', 'float32'])
@pytest.mark.parametrize('dtype', ['float64', 'float32', 'float16', 'bfloat16'])
@pytest.mark.filterwarnings('error')
def test_ordinary_values_are_taken_without_a_warning(dtype: str, sent: str) -> None:
    held = slot(dtype=dtype)
    for number in (1.0, 2.0, 3.0):
        held.offer(np.array([number, -number], sent))
        assert held.value is not None and held.value.tolist() == [number, -number]


@pytest.mark.filterwarnings('error')
@settings(max_examples=25)
@given(strategies.lists(offers(), max_size=4), strategies.lists(offers(), max_size=4))
def test_slot_that_forgot_its_shape_takes_what_a_new_one_takes(
    before: List[Any], after: List[Any]
) -> None:
    held = slot(dtype='float32')
    for value in before:
        offer_and_compare(held, value, 'float32')
    held.forget_shape()
    assert (held.shape, held.value) == (None, None)
    for value in after:
        offer_and_compare(held, value, 'float32')


@pytest.mark.parametrize('shape, given, held', [
    ((1, 3, -1, -1), (3, 4, 5), (1, 3, 4, 5)), ((1, 3, -1, -1), (3, 1, 5), (1, 3, 1, 5)),
    ((1, 1, -1, -1), (4, 5), (1, 1, 4, 5)), ((1, 3, -1, -1), (1, 3, 4, 5), (1, 3, 4, 5))])
def test_several_open_sizes_are_those_of_the_layout(shape: Any, given: Any, held: Any) -> None:
    taking = slot(shape)
    taking.offer(np.zeros(given))
    assert taking.value is not None and taking.value.shape == held
    with pytest.raises(MessageError, match='its layout is'):
        taking.offer(np.zeros((4, 4, 5)))


# Conversion and layout

def converting(
    *, shape: Shape = None, dtype: str = 'float64', is_flat: bool = False, initial: Any = None,
    **fields: Any
) -> Slot:
    return Slot(
        'position', dtype=dtype, shape=shape, is_flat=is_flat,
        conversion=Conversion(ConversionConfig(**fields)) if fields else None,
        initial=None if initial is None else np.array(initial))


def test_values_are_converted_and_known_as_they_came() -> None:
    held = converting(offset=(1.0,), scale=(2.0, 3.0), initial=[0.0, 1.0])
    for numbers, expected in ([0.0, 1.0], [2.0, 6.0]), ([4.0, 5.0], [10.0, 18.0]):
        assert held.value is not None and held.unconverted is not None
        assert (held.value.tolist(), held.unconverted.tolist()) == (expected, numbers)
        held.offer(np.array([4.0, 5.0]))


@pytest.mark.parametrize('number, is_finite', [(1.0, True), (np.nan, False), (1e308, False)])
def test_what_counts_is_whether_the_converted_value_is_finite(
    number: float, is_finite: bool
) -> None:
    held = converting(scale=(10.0,))
    for _ in range(3):
        held.offer(np.array([1.0, number]))
        assert held.is_finite is is_finite
        held.offer(np.array([1.0, 2.0]))
        assert held.is_finite


def test_replaced_infinities_are_no_reason_to_stop() -> None:
    held = converting(posinf=30.0, nan=0.0)
    held.offer(np.array([np.inf, np.nan, 1.0]))
    assert held.value is not None and held.value.tolist() == [30.0, 0.0, 1.0]
    assert held.is_finite
    held.offer(np.array([-np.inf, np.nan, 1.0]))
    assert not held.is_finite


def test_it_is_the_converted_value_that_must_fit_the_dtype() -> None:
    held = converting(dtype='uint8', scale=(0.5,))
    held.offer(np.array([300, 2]))
    assert held.value is not None and held.value.tolist() == [150.0, 1.0]
    with pytest.raises(MessageError, match='it holds values that are no uint8'):
        held.offer(np.array([301, 2]))
    with pytest.raises(MessageError, match='it has 3 elements; expected 2'):
        held.offer(np.array([2, 2, 2]))
    assert held.unconverted is not None and held.unconverted.tolist() == [300, 2]


def test_a_list_that_misfits_refuses_the_value() -> None:
    held = converting(scale=(1.0, 2.0))
    with pytest.raises(MessageError, match='it has 3 elements, but scale has 2 numbers'):
        held.offer(np.zeros(3))
    assert (held.value, held.unconverted, held.shape) == (None, None, None)


def test_a_retuned_value_is_converted_too() -> None:
    held = converting(scale=(2.0,), initial=[1.0])
    held.retune(np.array([3.0]))
    for _ in range(2):
        assert held.value is not None and held.value.tolist() == [6.0]
        held.offer(np.array([9.0]))
        held.forget()
    assert held.check(np.array([4.0])).tolist() == [8.0]


def test_numbers_in_a_row_are_converted_in_the_shape_that_is_given() -> None:
    held = converting(shape=(2, 3), scale=(1.0, 2.0, 3.0))
    held.offer(np.ones(6))
    assert held.value is not None and held.value.tolist() == [[1.0, 2.0, 3.0]] * 2


def test_whole_numbers_that_become_infinite_are_not_finite() -> None:
    held = converting(dtype='float32', scale=(3e38,))
    for numbers, is_finite in ([0, 1], True), ([0, 255], False), ([1, 1], True):
        held.offer(np.array(numbers, 'uint8'))
        assert held.is_finite is is_finite


@pytest.mark.parametrize('is_flat', [True, False])
def test_what_does_not_fit_is_refused_before_it_is_converted(
    is_flat: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = converting(shape=(6,), is_flat=is_flat, scale=(2.0,))

    def convert(self: Conversion, value: Any) -> Any:
        raise AssertionError('this may take any time')
    monkeypatch.setattr(Conversion, 'apply', convert)
    with pytest.raises(MessageError, match='it has 7 elements; expected 6'):
        held.offer(np.zeros(7))


@pytest.mark.parametrize('shape, value, held', [
    (None, (2, 3), (6,)), ((6,), (2, 3), (6,)), ((6,), (1, 6, 1), (6,)), (None, (6,), (6,)),
    ((-1,), (2, 3), (6,)), (None, (1, 1), (1,))])
def test_a_flat_slot_makes_one_row_of_each_value(shape: Shape, value: Any, held: Any) -> None:
    taking = converting(shape=shape, is_flat=True)
    given = np.arange(float(np.prod(value))).reshape(value)
    for _ in range(3):
        taking.offer(given)
        assert taking.value is not None
        assert taking.value.shape == held
        assert taking.value.tolist() == given.ravel().tolist()
        assert taking.unconverted is given


def test_rows_are_converted_before_they_become_one() -> None:
    held = converting(is_flat=True, scale=(1.0, 2.0, 3.0))
    held.offer(np.ones((2, 3)))
    assert held.value is not None and held.value.tolist() == [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]


def test_what_is_only_checked_leaves_nothing_behind() -> None:
    held = converting(scale=(2.0,), is_flat=True)
    assert held.check(np.ones((1, 2))).tolist() == [2.0, 2.0]
    assert (held.value, held.unconverted, held.shape) == (None, None, None)


# Going back to what was before

@pytest.mark.parametrize('given', [None, (2,), (-1,)])
@pytest.mark.parametrize('before', [[], [[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0], [5.0, np.nan]]])
@pytest.mark.parametrize('between', [[[7.0, 8.0]], [[7.0, 8.0], [9.0, np.inf], [9.0, 1.0]]])
def test_what_was_put_back_is_held_as_before(given: Shape, before: Any, between: Any) -> None:
    held, like = (converting(shape=given, scale=(2.0,)) for _ in range(2))
    for number, value in enumerate(before):
        for slot_of_the_two in held, like:
            slot_of_the_two.receive(np.array(value), number, 100 + number)
    content = held.content
    for value in between:
        held.receive(np.array(value), 50, 60)
    held.put_back(content)
    for name in ('shape', 'since_ns', 'stamp_ns', 'has_received', 'is_finite'):
        assert getattr(held, name) == getattr(like, name), name
    for name in ('value', 'unconverted'):
        one, other = getattr(held, name), getattr(like, name)
        assert one is other is None or np.array_equal(one, other, equal_nan=True)
    for value in np.ones(2), np.ones(3), np.ones(2):
        offer_alike(held, like, value)


def offer_alike(held: Slot, like: Slot, value: Any) -> None:
    """Offer a value to two slots, which must do the same with it."""
    outcomes = []
    for one in held, like:
        try:
            one.offer(value)
            outcomes.append('')
        except MessageError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]
    assert (held.shape, held.is_finite) == (like.shape, like.is_finite)
    assert held.value is not None and like.value is not None
    assert held.value.tolist() == like.value.tolist()


def test_stamps_are_those_of_the_last_message_that_fits() -> None:
    held = slot()
    assert held.stamp_ns is None
    held.receive(np.ones(2), 1, 17)
    with pytest.raises(MessageError):
        held.receive(np.ones(3), 2, 18)
    assert held.stamp_ns == 17
    held.receive(np.ones(2), 3)
    assert held.stamp_ns is None
    held.receive(np.ones(2), 3, 19)
    held.forget()
    assert held.stamp_ns is None
