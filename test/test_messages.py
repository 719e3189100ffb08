# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What goes into a message comes out again; what does not fit is refused, never cut down."""

from itertools import product
from typing import Any, List, Sequence

from dg_pytorch_ros.errors import ConfigError, ContractError, EvaluationError, MessageError
from dg_pytorch_ros.messages import (
    ArrayDecoder, ArrayEncoder, message_format, MessageFormat, ScalarDecoder, ScalarEncoder)
import numpy as np
import pytest

std_msgs = pytest.importorskip('std_msgs.msg', reason='std_msgs is not installed')

INTEGERS = [f'{sign}{bits}' for sign in ('Int', 'UInt') for bits in (8, 16, 32, 64)]
NUMBERS = ['Float64', 'Float32', *INTEGERS]
EVERY_DTYPE = (
    'float64', 'float32', 'float16', 'int64', 'int32', 'int16', 'int8', 'uint64', 'uint32',
    'uint16', 'uint8', 'bool')


def form_of(name: str) -> MessageFormat:
    return message_format(getattr(std_msgs, name), f'std_msgs/msg/{name}')


def array_encoder(name: str) -> ArrayEncoder:
    return ArrayEncoder(form_of(f'{name}MultiArray'), std_msgs.MultiArrayDimension)


def array_decoder(name: str) -> ArrayDecoder:
    return ArrayDecoder(form_of(f'{name}MultiArray'))


def scalar_encoder(name: str) -> ScalarEncoder:
    return ScalarEncoder(form_of(name))


def through_the_wire(message: Any) -> Any:
    """Return the message as a subscription gives it, a new object with the same content."""
    serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')
    return serialization.deserialize_message(
        serialization.serialize_message(message), type(message))


def laid_out(
    data: Sequence[float], sizes: Sequence[int], strides: Sequence[int], offset: int = 0
) -> Any:
    message = std_msgs.Float64MultiArray(data=data)
    message.layout.data_offset = offset
    message.layout.dim = [
        std_msgs.MultiArrayDimension(size=size, stride=stride)
        for size, stride in zip(sizes, strides)]
    return message


def numbers(random: np.random.Generator, shape: Sequence[int], dtype: 'np.dtype[Any]') -> Any:
    """Return random values that use a dtype's whole range."""
    if dtype.kind == 'f':
        return random.standard_normal(shape).astype(dtype)
    limits = np.iinfo(dtype)
    values = random.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    values.flat[:2] = limits.min, limits.max
    return values


@pytest.mark.parametrize('name, dtype', [
    *((name, name.lower()) for name in NUMBERS), ('Bool', 'bool')])
def test_format_of_a_scalar(name: str, dtype: str) -> None:
    form = form_of(name)
    assert (form.dtype, form.is_array) == (np.dtype(dtype), False)


@pytest.mark.parametrize('name', NUMBERS)
def test_format_of_an_array(name: str) -> None:
    form = form_of(f'{name}MultiArray')
    assert (form.dtype, form.is_array) == (np.dtype(name.lower()), True)


@pytest.mark.parametrize('name', [
    'String', 'Header', 'Empty', 'ByteMultiArray', 'Byte', 'ColorRGBA', 'MultiArrayLayout'])
def test_type_that_holds_no_numbers_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigError, match=f"'std_msgs/msg/{name}' is not supported; expected"):
        form_of(name)


@pytest.mark.parametrize('name', NUMBERS)
def test_array_comes_out_as_it_went_in(name: str) -> None:
    """Values, dtype and shape, for many shapes through one encoder, as a node uses it."""
    random = np.random.default_rng(7)
    encoder, decoder = array_encoder(name), array_decoder(name)
    for _ in range(40):
        shape = random.integers(1, 6, random.integers(0, 5))
        value = numbers(random, shape, np.dtype(name.lower()))
        if value.ndim:
            value = value[::random.choice([-1, 1])].transpose(random.permutation(value.ndim))
        message = through_the_wire(encoder.encode(value))
        decoded = decoder.decode(message)
        assert decoded.dtype == value.dtype
        assert decoded.shape == (value.shape if value.ndim > 1 else (value.size,))
        assert np.array_equal(decoded.reshape(value.shape), value)
        assert [dim.size for dim in message.layout.dim] == list(value.shape)


@pytest.mark.parametrize('shape, strides', [
    ((), []), ((3,), [3]), ((2, 3), [6, 3]), ((4, 2, 3), [24, 6, 3]), ((0, 3), [0, 3])])
def test_shape_is_laid_out_by_the_convention_of_std_msgs(
    shape: Sequence[int], strides: List[int]
) -> None:
    message = array_encoder('Float64').encode(np.zeros(shape))
    assert [dim.size for dim in message.layout.dim] == list(shape)
    assert [dim.stride for dim in message.layout.dim] == strides
    assert [dim.label for dim in message.layout.dim] == [f'dim_{i}' for i in range(len(shape))]


def test_layout_follows_a_shape_that_changes() -> None:
    encoder = array_encoder('Float64')
    for shape in [(2, 3), (3, 2), (6,), (), (2, 3)]:
        message = encoder.encode(np.zeros(shape))
        assert tuple(dim.size for dim in message.layout.dim) == shape


def test_message_does_not_change_with_the_array_that_it_was_made_of() -> None:
    value = np.zeros(3)
    message = array_encoder('Float64').encode(value)
    value[:] = 1.0
    assert list(message.data) == [0.0, 0.0, 0.0]


def test_layouts_with_gaps_and_offsets_are_honoured() -> None:
    """Against the formula in MultiArrayLayout's own documentation."""
    random = np.random.default_rng(11)
    decoder = array_decoder('Float64')
    for _ in range(100):
        rows, columns, channels = (int(size) for size in random.integers(1, 5, 3))
        offset = int(random.integers(0, 4))
        inner = channels + int(random.integers(0, 3))
        outer = columns * inner + int(random.integers(0, 3))
        data = random.standard_normal(offset + rows * outer)
        message = laid_out(
            data, (rows, columns, channels), (rows * outer, outer, inner), offset)
        decoded = decoder.decode(message)
        assert decoded.shape == (rows, columns, channels)
        for i, j, k in product(range(rows), range(columns), range(channels)):
            assert decoded[i, j, k] == data[offset + outer * i + inner * j + k]


@pytest.mark.parametrize('strides', [(0, 0, 0), (24, 12, 4), (0, 12, 4)])
def test_strides_left_at_zero_mean_no_gaps(strides: Sequence[int]) -> None:
    decoded = array_decoder('Float64').decode(laid_out(np.arange(24.0), (2, 3, 4), strides))
    assert np.array_equal(decoded, np.arange(24.0).reshape(2, 3, 4))


def test_data_is_flat_where_the_layout_says_nothing_more() -> None:
    decoder = array_decoder('Float64')
    assert decoder.decode(laid_out([1.0, 2.0, 3.0], [], [])).tolist() == [1.0, 2.0, 3.0]
    assert decoder.decode(laid_out([1.0, 2.0, 3.0], [], [], 1)).tolist() == [2.0, 3.0]
    assert decoder.decode(laid_out([1.0, 2.0, 3.0], [3], [3])).tolist() == [1.0, 2.0, 3.0]
    assert decoder.decode(laid_out([1.0, 2.0, 3.0], [2], [2], 1)).tolist() == [2.0, 3.0]
    assert decoder.decode(laid_out([], [], [])).size == 0


@pytest.mark.parametrize('sizes, strides, offset', [
    ((2, 3), (6, 3), 1), ((2, 3), (0, 0), 1), ((3, 3), (9, 3), 0), ((2, 3), (8, 4), 0),
    ((2, 0), (0, 0), 0), ((), (), 7), ((4294967295, 4294967295), (0, 4294967295), 0)])
def test_layout_that_reaches_beyond_the_data_is_refused(
    sizes: Sequence[int], strides: Sequence[int], offset: int
) -> None:
    with pytest.raises(MessageError, match='but it holds 6 elements'):
        array_decoder('Float64').decode(laid_out(np.zeros(6), sizes, strides, offset))


@pytest.mark.parametrize('sizes, strides', [
    ((2, 3), (3, 1)), ((2, 3), (6, 1)), ((2, 2, 2), (8, 2, 2)), ((1000,) * 9, (1,) * 9)])
def test_strides_that_overlap_are_refused(sizes: Sequence[int], strides: Sequence[int]) -> None:
    """Strides as numpy counts them would mix up the elements without a word."""
    with pytest.raises(MessageError, match='strides that overlap'):
        array_decoder('Float64').decode(laid_out(np.arange(10000.0), sizes, strides))


@pytest.mark.parametrize('name', NUMBERS)
def test_scalar_comes_out_as_it_went_in(name: str) -> None:
    random = np.random.default_rng(13)
    encoder, decoder = scalar_encoder(name), ScalarDecoder(form_of(name))
    for shape in [(), (1,), (1, 1)]:
        value = numbers(random, shape, np.dtype(name.lower()))
        decoded = decoder.decode(through_the_wire(encoder.encode(value)))
        assert decoded.dtype == value.dtype
        assert decoded.tolist() == [value.item()]


@pytest.mark.parametrize('truth', [True, False])
def test_truth_value_comes_out_as_it_went_in(truth: bool) -> None:
    message = through_the_wire(scalar_encoder('Bool').encode(np.array([truth])))
    assert message.data is truth
    assert ScalarDecoder(form_of('Bool')).decode(message).tolist() == [truth]


@pytest.mark.parametrize('size', [0, 2])
def test_more_or_less_than_one_element_is_no_scalar(size: int) -> None:
    encoder = scalar_encoder('Float64')
    with pytest.raises(ContractError, match=rf'float64\[{size}\], but std_msgs/msg/Float64 holds'):
        encoder.check(np.zeros(size))
    with pytest.raises(EvaluationError, match=f'has {size} elements'):
        encoder.encode(np.zeros(size))


@pytest.mark.parametrize('encoder', [
    *map(array_encoder, NUMBERS), *map(scalar_encoder, NUMBERS), scalar_encoder('Bool')],
    ids=lambda encoder: encoder._form.type_name)
def test_dtype_that_would_be_cut_down_is_refused_at_configure(encoder: Any) -> None:
    target = encoder._form.dtype
    for dtype in EVERY_DTYPE:
        value = np.ones(1, dtype)
        cut_down = target.kind != 'f' and value.dtype.kind == 'f' or (
            target.kind == 'b' and value.dtype.kind != 'b')
        if cut_down:
            with pytest.raises(ContractError, match=rf'is {dtype}\[1\], which .* would cut down'):
                encoder.check(value)
        else:
            encoder.check(value)


def test_complex_output_is_held_by_no_message() -> None:
    with pytest.raises(ContractError, match='is complex64, which no message holds'):
        array_encoder('Float64').check(np.zeros(1, np.complex64))


@pytest.mark.parametrize('name, value', [
    ('UInt8', np.array([300])), ('UInt8', np.array([-1])), ('Int8', np.array([128])),
    ('Int32', np.array([2 ** 31])), ('UInt64', np.array([-1])),
    ('Int64', np.array([2 ** 63], np.uint64)), ('Int32', np.array([0.5])),
    ('Float32', np.array([1e300])), ('Float32', np.array([-1e39]))])
@pytest.mark.parametrize('make_encoder', [array_encoder, scalar_encoder])
@pytest.mark.filterwarnings('error')
def test_value_that_does_not_fit_is_refused_when_it_comes(
    make_encoder: Any, name: str, value: Any
) -> None:
    with pytest.raises(EvaluationError, match=rf'do not fit std_msgs/msg/{name}'):
        make_encoder(name).encode(value)


@pytest.mark.parametrize('name, value', [
    ('UInt8', np.array([0, 255])), ('Int8', np.array([-128, 127])),
    ('Int64', np.array([2 ** 63 - 1], np.uint64)), ('Int8', np.array([True, False])),
    ('Float32', np.array([0.1, 1e-300])), ('Float64', np.array([2 ** 62 + 1]))])
def test_value_that_fits_is_taken_whatever_its_dtype(name: str, value: Any) -> None:
    data = array_encoder(name).encode(value).data
    assert np.array_equal(np.asarray(data), value.astype(name.lower()))
