# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What goes into a message comes out again; what does not fit is refused, never cut down."""

from array import array
from itertools import product
import math
from types import SimpleNamespace
from typing import Any, Callable, List, Sequence, Tuple, Union

from by_hand import BIG_ENDIAN, Dimension, Encoding, multi_array, scalar, XCDR2
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.decoding import choose_decoding, Decoder
from dg_pytorch_ros.encoding import choose_encoding, Encoder
from dg_pytorch_ros.errors import ContractError, EvaluationError, MessageError
from dg_pytorch_ros.messages.multi_arrays import (
    ArrayDecoder, ArrayEncoder, float64_message, UnknownEncoding)
from dg_pytorch_ros.values.slots import Slot
from hypothesis import given, strategies
from messages_at_random import import_class
import numpy as np
import pytest

std_msgs = pytest.importorskip('std_msgs.msg', reason='std_msgs is not installed')
serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')

INTEGERS = [f'{sign}{bits}' for sign in ('Int', 'UInt') for bits in (8, 16, 32, 64)]
NUMBERS = ['Float64', 'Float32', *INTEGERS]
EVERY_DTYPE = (
    'float64', 'float32', 'float16', 'int64', 'int32', 'int16', 'int8', 'uint64', 'uint32',
    'uint16', 'uint8', 'bool')


def dtype_of(name: str) -> 'np.dtype[Any]':
    return np.dtype(name.lower())


def array_encoder(name: str) -> ArrayEncoder:
    return ArrayEncoder(dtype_of(name), f'std_msgs/msg/{name}MultiArray')


def array_decoder(name: str) -> ArrayDecoder:
    return ArrayDecoder(dtype_of(name))


def scalar_encoder(name: str) -> Encoder:
    config = OutputConfig('y', topic='y', message_type=f'std_msgs/msg/{name}')
    return choose_encoding(config, import_class, serialization.serialize_message).encoder


def scalar_decoder(name: str) -> Decoder:
    config = InputConfig('x', topic='x', message_type=f'std_msgs/msg/{name}')
    return choose_decoding(config, import_class).decoder


def as_others_see_it(data: bytes, name: str) -> Any:
    """Return the message object that other nodes make of the bytes."""
    return serialization.deserialize_message(data, getattr(std_msgs, name))


def as_others_send_it(message: Any) -> bytes:
    """Return the bytes that other nodes make of a message object."""
    return bytes(serialization.serialize_message(message))


def laid_out(
    data: Any, sizes: Sequence[int], strides: Sequence[int], offset: int = 0
) -> bytes:
    message = std_msgs.Float64MultiArray(data=data)
    message.layout.data_offset = offset
    message.layout.dim = [
        std_msgs.MultiArrayDimension(size=size, stride=stride)
        for size, stride in zip(sizes, strides)]
    return as_others_send_it(message)


def numbers(random: np.random.Generator, shape: Any, dtype: 'np.dtype[Any]') -> Any:
    """Return random values that use a dtype's whole range."""
    if dtype.kind == 'f':
        return random.standard_normal(shape).astype(dtype)
    limits = np.iinfo(dtype)
    values = random.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    values.flat[:2] = limits.min, limits.max
    return values


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
        data = encoder.encode(value)
        decoded = decoder.decode(data)
        message = as_others_see_it(data, f'{name}MultiArray')
        assert decoded.dtype == value.dtype
        assert decoded.shape == (value.shape if value.ndim > 1 else (value.size,))
        assert np.array_equal(decoded.reshape(value.shape), value)
        assert np.array_equal(message.data, value.ravel())
        assert [dim.size for dim in message.layout.dim] == list(value.shape)


@pytest.mark.parametrize('shape, strides', [
    ((), []), ((3,), [3]), ((2, 3), [6, 3]), ((4, 2, 3), [24, 6, 3]), ((0, 3), [0, 3])])
def test_shape_is_laid_out_by_the_convention_of_std_msgs(
    shape: Sequence[int], strides: List[int]
) -> None:
    message = as_others_see_it(
        array_encoder('Float64').encode(np.zeros(shape)), 'Float64MultiArray')
    assert [dim.size for dim in message.layout.dim] == list(shape)
    assert [dim.stride for dim in message.layout.dim] == strides
    assert [dim.label for dim in message.layout.dim] == [f'dim_{i}' for i in range(len(shape))]


def test_layout_follows_a_shape_that_changes() -> None:
    encoder = array_encoder('Float64')
    for shape in [(2, 3), (3, 2), (6,), (), (2, 3)]:
        message = as_others_see_it(encoder.encode(np.zeros(shape)), 'Float64MultiArray')
        assert tuple(dim.size for dim in message.layout.dim) == shape


def test_array_of_another_shape_meanwhile_changes_nothing() -> None:
    encoder = array_encoder('Float64')
    value = np.arange(6.0).reshape(2, 3)
    before = encoder.encode(value)

    class Shape(Tuple[int, ...]):
        """Which is compared while another array is written."""

        def __ne__(self, other: object) -> bool:
            encoder.encode(np.zeros(4))
            return tuple(self) != other
    late: Any = SimpleNamespace(shape=Shape((2, 3)), dtype=value.dtype, tobytes=value.tobytes)
    assert encoder.encode(late) == before


def test_little_of_a_large_message_does_not_keep_it_alive() -> None:
    decoder = array_decoder('Float64')
    for rows, is_view in (1000, True), (10, False):
        data = laid_out(np.arange(10_000.0), [rows, 10], [10_000, 10])
        values = decoder.decode(data)
        assert values.shape == (rows, 10) and values[-1, -1] == 10 * rows - 1
        assert np.shares_memory(values, np.frombuffer(data, 'uint8')) == is_view


def test_message_does_not_change_with_the_array_that_it_was_made_of() -> None:
    value = np.zeros(3)
    data = array_encoder('Float64').encode(value)
    value[:] = 1.0
    assert list(as_others_see_it(data, 'Float64MultiArray').data) == [0.0, 0.0, 0.0]


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
        decoded = decoder.decode(laid_out(
            data, (rows, columns, channels), (rows * outer, outer, inner), offset))
        assert decoded.shape == (rows, columns, channels)
        for i, j, k in product(range(rows), range(columns), range(channels)):
            assert decoded[i, j, k] == data[offset + outer * i + inner * j + k]


@pytest.mark.parametrize('strides', [
    (0, 0, 0), (24, 12, 4), (0, 12, 4), (24, 0, 4), (24, 12, 0)])
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
    encoder, decoder = scalar_encoder(name), scalar_decoder(name)
    for shape in [(), (1,), (1, 1)]:
        value = numbers(random, shape, np.dtype(name.lower()))
        data = encoder.encode(value)
        decoded = decoder.decode(data)
        assert decoded.dtype == value.dtype
        assert decoded.tolist() == [value.item()]
        assert as_others_see_it(data, name).data == value.item()


@pytest.mark.parametrize('truth', [True, False])
def test_truth_value_comes_out_as_it_went_in(truth: bool) -> None:
    data = scalar_encoder('Bool').encode(np.array([truth]))
    assert as_others_see_it(data, 'Bool').data is truth
    assert scalar_decoder('Bool').decode(data).tolist() == [truth]


@pytest.mark.parametrize('size', [0, 2])
def test_more_or_less_than_one_element_is_no_scalar(size: int) -> None:
    encoder = scalar_encoder('Float64')
    with pytest.raises(ContractError, match=rf'float64\[{size}\], but std_msgs/msg/Float64 holds'):
        encoder.check(np.zeros(size))
    with pytest.raises(EvaluationError, match=f'has {size} elements'):
        encoder.encode(np.zeros(size))


@pytest.mark.parametrize('make_encoder, name', [
    *product((array_encoder, scalar_encoder), NUMBERS), (scalar_encoder, 'Bool')])
def test_dtype_that_would_be_cut_down_is_refused_at_configure(
    make_encoder: Any, name: str
) -> None:
    encoder, target = make_encoder(name), dtype_of(name)
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
    message = as_others_see_it(array_encoder(name).encode(value), f'{name}MultiArray')
    assert np.array_equal(np.asarray(message.data), value.astype(name.lower()))


# Properties, over whatever senders may write. What a decoder must give is read from the message
# object in the plainest way; what an encoder must give is written by hand.

Outcome = Union[str, Tuple[str, Tuple[int, ...], bytes]]
ANYWAY = strategies.data()
ENCODINGS = strategies.builds(
    Encoding, strategies.sampled_from('<>'), strategies.just(8),
    strategies.sampled_from([b'\0', b'\xff']))
LABELS = strategies.text(
    strategies.characters(codec='utf-8', exclude_characters='\0'), max_size=6)
SIZES = strategies.sampled_from([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 0, 2 ** 32 - 1])
STRIDES = strategies.one_of(strategies.integers(0, 30), strategies.just(2 ** 32 - 1))


def special_values(dtype: 'np.dtype[Any]') -> List[Any]:
    if dtype.kind == 'b':
        return [False, True]
    if dtype.kind != 'f':
        limits = np.iinfo(dtype)
        return [0, 1, limits.min, limits.max]
    info = np.finfo(dtype)
    return [0.0, -0.0, np.nan, np.inf, -np.inf, info.smallest_subnormal, -info.tiny, info.max]


@strategies.composite
def values_of(draw: Any, dtype: 'np.dtype[Any]', shape: Sequence[int]) -> Any:
    """Draw numbers of any bits, every other one special."""
    random = np.random.default_rng(draw(strategies.integers(0, 999)))
    size = math.prod(shape)
    if dtype.kind == 'b':
        return random.integers(0, 2, shape).astype(bool)
    values = np.frombuffer(random.bytes(size * dtype.itemsize), dtype).copy()
    values[::2] = random.choice(np.array(special_values(dtype), dtype), len(values[::2]))
    return values.reshape(shape)


def conventional_strides(sizes: Sequence[int]) -> List[int]:
    return [min(math.prod(sizes[index:]), 2 ** 32 - 1) for index in range(len(sizes))]


@strategies.composite
def layouts(draw: Any) -> Tuple[List[Dimension], int, int]:
    """Draw dimensions, an offset, and how many numbers follow: often just enough of them."""
    sizes = draw(strategies.lists(SIZES, max_size=4))
    strides = draw(strategies.one_of(
        strategies.just(conventional_strides(sizes)), strategies.just([0] * len(sizes)),
        strategies.just(conventional_strides([size + 1 for size in sizes])),
        strategies.just([*conventional_strides(sizes)[:-1], 0][:len(sizes)]),
        strategies.lists(STRIDES, min_size=len(sizes), max_size=len(sizes))))
    dimensions = [
        Dimension(draw(LABELS), size, min(stride, 2 ** 32 - 1))
        for size, stride in zip(sizes, strides)]
    offset = draw(strategies.sampled_from([0, 0, 0, 1, 2, 3, 2 ** 32 - 1]))
    reach = last_position(sizes, steps_of(dimensions), offset) + 1
    count = reach + draw(strategies.integers(-2, 2))
    return dimensions, offset, count if 0 <= count <= 200 else draw(strategies.integers(0, 9))


def message_of(layout: Tuple[List[Dimension], int, int], name: str, values: Any) -> Any:
    dimensions, offset, _ = layout
    message = getattr(std_msgs, f'{name}MultiArray')()
    message.layout.dim = [
        std_msgs.MultiArrayDimension(**dimension._asdict()) for dimension in dimensions]
    message.layout.data_offset = offset
    message.data = array(message.data.typecode, values.tobytes())
    return message


def steps_of(dimensions: Sequence[Any]) -> List[int]:
    """Return how far apart the elements of each dimension are."""
    sizes = [dimension.size for dimension in dimensions]
    steps = [*(dimension.stride for dimension in dimensions[1:]), 1][:len(sizes) or 1]
    return [*conventional_strides(sizes)[1:], 1] if 0 in steps else steps


def last_position(sizes: Sequence[int], steps: Sequence[int], offset: int) -> int:
    return offset + sum((size - 1) * step for size, step in zip(sizes, steps))


def read_object(message: Any, dtype: 'np.dtype[Any]') -> Any:
    """Read a message object as the documentation says, element by element."""
    data = np.array(message.data, dtype)
    dimensions, offset = message.layout.dim, message.layout.data_offset
    if len(dimensions) < 2 and offset == 0:
        return data
    sizes = [dimension.size for dimension in dimensions] or [max(0, len(data) - offset)]
    steps = steps_of(dimensions)
    for outer in range(len(sizes) - 1):
        if steps[outer] < sizes[outer + 1] * steps[outer + 1]:
            raise MessageError('strides that overlap')
    if 0 in sizes or last_position(sizes, steps, offset) >= len(data):
        raise MessageError('more elements than there are')
    positions = [
        last_position([i + 1 for i in index], steps, offset) for index in np.ndindex(*sizes)]
    return data[positions].reshape(sizes)


def outcome(read: Callable[..., Any], *arguments: Any) -> Outcome:
    """Return an array's dtype, shape and bits, or that it was refused."""
    try:
        value = read(*arguments)
    except MessageError:
        return 'refused'
    native = value.astype(value.dtype.newbyteorder('='))
    return str(native.dtype), native.shape, native.tobytes()


def reason(read: Callable[..., Any], *arguments: Any) -> str:
    """Return why bytes were refused, if they were."""
    try:
        read(*arguments)
    except MessageError as error:
        return repr(error)
    return ''


def lies_within(value: Any, data: bytes) -> bool:
    if value.size == 0:
        return True
    begin = np.frombuffer(data, 'uint8').__array_interface__['data'][0]
    first = value.__array_interface__['data'][0]
    last = first + sum((size - 1) * step for size, step in zip(value.shape, value.strides))
    return bool(begin + 4 <= first <= last <= begin + len(data) - value.itemsize)


@pytest.mark.parametrize('name', NUMBERS)
@given(ANYWAY)
def test_bytes_are_read_as_their_message_object(name: str, data: Any) -> None:
    dtype = np.dtype(name.lower())
    layout = data.draw(layouts())
    values = data.draw(values_of(dtype, [layout[-1]]))
    message = message_of(layout, name, values)
    sent = as_others_send_it(message)
    expected = outcome(read_object, message, dtype)
    assert outcome(array_decoder(name).decode, sent) == expected
    dimensions, offset, _ = layout
    by_hand = multi_array(dimensions, offset, values, data.draw(ENCODINGS))
    assert outcome(array_decoder(name).decode, by_hand) == expected
    assert outcome(array_decoder(name).decode, by_hand + b'\xff\xff\xff') == expected


@pytest.mark.parametrize('name', [*NUMBERS, 'Bool'])
@given(ANYWAY)
def test_bytes_of_a_scalar_are_read_as_their_message_object(name: str, data: Any) -> None:
    dtype = np.dtype(name.lower())
    decoder = scalar_decoder(name)
    value = data.draw(values_of(dtype, [1]))
    message = as_others_see_it(scalar(value), name)
    expected = outcome(np.array, [message.data], dtype)
    assert outcome(decoder.decode, as_others_send_it(message)) == expected
    if not np.isnan(value):  # the bits of a NaN may change on the way through an object
        by_hand = scalar(value, data.draw(ENCODINGS))
        assert outcome(decoder.decode, by_hand) == expected
        assert outcome(decoder.decode, by_hand + b'\xff\xff\xff') == expected


@pytest.mark.parametrize('byte', [2, 128, 255])
def test_truth_value_of_a_careless_sender_is_read_as_by_the_middleware(byte: int) -> None:
    """Numpy and torch count on 0 and 1, and may take another byte for either."""
    data = b'\0\1\0\0' + bytes([byte])
    expected = [as_others_see_it(data, 'Bool').data]
    decoded = scalar_decoder('Bool').decode(data)
    assert decoded.view('uint8').tolist() == expected


@strategies.composite
def arrays_of(draw: Any, dtype: 'np.dtype[Any]') -> Any:
    """Draw arrays of up to three dimensions, some reversed, transposed, cut or byte-swapped."""
    value = draw(values_of(dtype, draw(strategies.lists(strategies.integers(0, 4), max_size=3))))
    if value.ndim:
        value = value[::draw(strategies.sampled_from([1, -1, 2]))]
        value = value.transpose(draw(strategies.permutations(range(value.ndim))))
    return value.astype(
        dtype.newbyteorder(draw(strategies.sampled_from('<>'))), order='K', subok=False)


@pytest.mark.parametrize('name', NUMBERS)
@given(ANYWAY)
def test_arrays_are_written_as_their_message_object(name: str, data: Any) -> None:
    """Byte for byte, except between the fields, where the middleware leaves what was there."""
    dtype = np.dtype(name.lower())
    value = data.draw(arrays_of(dtype))
    flat = value.astype(dtype).ravel()
    dimensions = [
        Dimension(f'dim_{index}', size, math.prod(value.shape[index:]))
        for index, size in enumerate(value.shape)]
    expected = multi_array(dimensions, 0, flat)
    padded = multi_array(dimensions, 0, flat, Encoding(pad=b'\xff'))
    sent = as_others_send_it(message_of((dimensions, 0, value.size), name, flat))
    encoded = array_encoder(name).encode(value)
    assert type(encoded) is bytes
    assert encoded == expected
    assert 0 <= len(sent) - len(encoded) < 8
    assert all(
        ours == theirs for ours, theirs, pad in zip(encoded, sent, padded) if ours == pad)
    assert as_others_see_it(encoded, f'{name}MultiArray').data.tobytes() == flat.tobytes()


@pytest.mark.parametrize('name', NUMBERS)
@given(ANYWAY)
def test_written_arrays_are_read_again(name: str, data: Any) -> None:
    dtype = np.dtype(name.lower())
    value = data.draw(arrays_of(dtype).filter(lambda value: value.size or value.ndim < 2))
    shape = value.shape if value.ndim > 1 else (value.size,)
    assert outcome(array_decoder(name).decode, array_encoder(name).encode(value)) == (
        str(dtype), shape, value.astype(dtype).tobytes())


@pytest.mark.parametrize('name', [*NUMBERS, 'Bool'])
@given(ANYWAY)
def test_scalars_are_written_as_their_message_object_and_read_again(name: str, data: Any) -> None:
    dtype = np.dtype(name.lower())
    value = data.draw(values_of(dtype, data.draw(strategies.sampled_from([(), (1,), (1, 1)]))))
    value = value.astype(dtype.newbyteorder(data.draw(strategies.sampled_from('<>'))))
    encoded = scalar_encoder(name).encode(value)
    by_hand = scalar(value.astype(dtype))
    assert type(encoded) is bytes
    assert encoded.startswith(by_hand)  # the middleware fills up to a multiple of 4 bytes
    assert outcome(scalar_decoder(name).decode, encoded) == (
        str(dtype), (1,), value.astype(dtype).tobytes())
    if not np.isnan(value):
        sent = as_others_send_it(getattr(std_msgs, name)(data=value.item()))
        assert sent.startswith(by_hand) and len(sent) == len(encoded)


@given(strategies.floats(allow_nan=False))
def test_float64_message_is_what_others_send(value: float) -> None:
    assert float64_message(value) == as_others_send_it(std_msgs.Float64(data=value))


MATRIX = [Dimension('rows', 2, 6), Dimension('columns', 3, 3)]


@pytest.mark.parametrize('encoding', [Encoding(), BIG_ENDIAN])
@pytest.mark.parametrize('name', NUMBERS)
def test_message_that_is_cut_off_anywhere_is_refused(name: str, encoding: Encoding) -> None:
    dtype = np.dtype(name.lower())
    whole: List[Tuple[Decoder, bytes]] = [
        (array_decoder(name), multi_array(MATRIX, 0, np.arange(6, dtype=dtype), encoding)),
        (array_decoder(name), multi_array([], 0, np.zeros(0, dtype), encoding)),
        (scalar_decoder(name), scalar(np.ones(1, dtype), encoding))]
    for decoder, data in whole:
        for size in range(len(data)):
            with pytest.raises(MessageError, match='its bytes are no such message|not known'):
                decoder.decode(data[:size])
            assert 'Unknown' not in reason(decoder.decode, data[:size]) or size < 4
        decoder.decode(data)


@pytest.mark.parametrize('name', ['Float64', 'Int16', 'UInt8'])
@given(ANYWAY)
def test_bytes_at_random_are_refused_or_read_within_their_bounds(name: str, data: Any) -> None:
    header = data.draw(strategies.sampled_from([
        b'', b'\0\1\0\0', b'\0\0\0\0', b'\0\1\0\0\0\0\0\0', b'\0\1\0\0\2\0\0\0']))
    at_random = header + data.draw(strategies.binary(max_size=64))
    for decoder in array_decoder(name), scalar_decoder(name):
        if not reason(decoder.decode, at_random):
            assert lies_within(decoder.decode(at_random), at_random)


LIES = (0, 1, 2, 3, 5, 6, 7, 65, 2 ** 16, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 8, 2 ** 32 - 1)


@pytest.mark.parametrize('byte_order', ['little', 'big'])
@pytest.mark.parametrize('name', ['Float64', 'Int16', 'UInt8'])
def test_lengths_that_lie_are_refused_or_read_within_their_bounds(
    name: str, byte_order: Any
) -> None:
    encoding = Encoding() if byte_order == 'little' else BIG_ENDIAN
    values = np.arange(8, dtype=name.lower())
    data = multi_array(MATRIX, 1, values, encoding)
    for position, lie in product(range(4, len(data) - values.nbytes, 4), LIES):
        lying = data[:position] + lie.to_bytes(4, byte_order) + data[position + 4:]
        decoder = array_decoder(name)
        if not reason(decoder.decode, lying):
            assert lies_within(decoder.decode(lying), lying)
        assert decoder.decode(data).tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize('dimensions', [32, 33, 64, 65, 100])
def test_more_dimensions_than_numpy_knows_are_refused(dimensions: int) -> None:
    data = multi_array([Dimension('', 1, 1)] * dimensions, 0, np.ones(1))
    decoder = array_decoder('Float64')
    if not reason(decoder.decode, data):
        assert decoder.decode(data).shape == (1,) * dimensions
    assert decoder.decode(multi_array([], 0, np.ones(2))).tolist() == [1.0, 1.0]


def test_dimensions_without_end_cost_neither_time_nor_lines_of_log() -> None:
    data = multi_array([Dimension('', 2 ** 32 - 1, 0)] * 1000, 0, np.ones(1))
    assert 0 < len(reason(array_decoder('Float64').decode, data)) < 500


@strategies.composite
def conversations(draw: Any, dtype: 'np.dtype[Any]') -> List[bytes]:
    """Draw messages that follow one another: alike, nearly alike, of the same length, broken."""
    bases = draw(strategies.lists(layouts(), min_size=1, max_size=2))
    said: List[bytes] = []
    for _ in range(draw(strategies.integers(2, 8))):
        dimensions, offset, count = draw(strategies.sampled_from(bases))
        data = multi_array(
            dimensions, offset, draw(values_of(dtype, [count])), draw(ENCODINGS))
        change = draw(strategies.sampled_from(['none', 'none', 'cut', 'lengthen', 'overwrite']))
        position = draw(strategies.integers(0, len(data) // 4)) * 4
        if change == 'cut':
            data = data[:position]
        elif change == 'lengthen':
            data += b'\7' * (1 + position)
        elif change == 'overwrite':
            lie = draw(strategies.sampled_from(LIES)).to_bytes(4, 'little')
            data = (data[:position] + lie + data[position + 4:])[:len(data)]
        said.append(data)
    return said


@pytest.mark.parametrize('name', ['Float64', 'Float32', 'UInt16', 'Int8'])
@given(ANYWAY)
def test_no_message_changes_how_the_next_one_is_read(name: str, data: Any) -> None:
    decoder = array_decoder(name)
    for message in data.draw(conversations(np.dtype(name.lower()))):
        assert outcome(decoder.decode, message) == outcome(array_decoder(name).decode, message)
        assert reason(decoder.decode, message) == reason(array_decoder(name).decode, message)


def test_arrays_of_like_messages_have_one_dtype_object() -> None:
    """What stands before the numbers is read once; slots know the usual value by its dtype."""
    decoder = array_decoder('Float64')
    first, second = (decoder.decode(laid_out([number], [], [])) for number in (1.0, 2.0))
    assert first.dtype is second.dtype


def test_array_outlives_the_messages_after_it() -> None:
    decoder = array_decoder('Float64')
    first = decoder.decode(laid_out([1.0, 2.0], [], []))
    assert decoder.decode(laid_out([3.0, 4.0], [], [])).tolist() == [3.0, 4.0]
    assert first.tolist() == [1.0, 2.0]
    assert not first.flags.writeable


@pytest.mark.parametrize('header', [
    b'', b'\0', b'\0\1\0', b'\1\1\0\0',
    *(bytes([0, kind, 0, 0]) for kind in (2, 3, *range(6, 12)))])
def test_encoding_that_is_not_plain_is_told_from_a_broken_message(header: bytes) -> None:
    data = multi_array([], 0, np.ones(3))[4:] if len(header) == 4 else b''
    for decoder in array_decoder('Float64'), scalar_decoder('Float64'):
        with pytest.raises(UnknownEncoding, match=f'its encoding {header[:2].hex()} is not known'):
            decoder.decode(header + data)


def skip_if_refused(data: bytes) -> Any:
    try:
        return as_others_see_it(data, 'Float64MultiArray')
    except Exception as error:
        pytest.skip(f'the middleware does not know this encoding: {error}')


def test_middleware_translates_newer_encodings() -> None:
    """Aligned to 4 bytes at most, the numbers stand elsewhere."""
    data = multi_array(MATRIX, 0, np.arange(6.0), XCDR2)
    plain = multi_array(MATRIX, 0, np.arange(6.0))
    assert len(plain) - len(data) == 4
    translated = as_others_send_it(skip_if_refused(data))
    assert array_decoder('Float64').decode(translated).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize('encoding', [Encoding(), BIG_ENDIAN, XCDR2], ids=['<', '>', 'XCDR2'])
def test_subscriber_reads_every_encoding(context: Any, peer: Any, encoding: Encoding) -> None:
    from dg_pytorch_ros.ages import AgeClock
    from dg_pytorch_ros.topics import Reader, Subscriber
    from rclpy.node import Node
    data = multi_array(MATRIX, 0, np.arange(6.0), encoding)
    skip_if_refused(data)
    node = Node('receiver', context=context)
    slot = Slot('position', dtype='float64')
    dropped: List[MessageError] = []
    reader = Reader(InputConfig('position', topic='position'), slot, array_decoder('Float64'))
    subscriber = Subscriber(
        node, [reader], std_msgs.Float64MultiArray, ages=AgeClock(node.get_clock()),
        on_drop=lambda name, error: dropped.append(error))
    publisher = peer.publisher('position')

    def received() -> bool:
        publisher.publish(data)
        subscriber.take_newest()
        return slot.value is not None or bool(dropped)
    peer.wait_until(received)
    node.destroy_node()
    assert dropped == []
    assert slot.value is not None and slot.value.tolist() == [[0, 1, 2], [3, 4, 5]]
