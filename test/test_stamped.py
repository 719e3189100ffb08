# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Of a header and numbers, the numbers and the time come out, or the bytes are refused."""

from itertools import product
from pathlib import Path
import struct
from typing import Any, Callable, Dict, List, NamedTuple

from by_hand import BIG_ENDIAN, Bytes, Encoding
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages import message_format, MessageFormat, UnknownEncoding
from dg_pytorch_ros.stamped import StampedDecoder
from hypothesis import given, strategies
import numpy as np
import pytest

geometry_msgs = pytest.importorskip('geometry_msgs.msg', reason='geometry_msgs is not installed')
serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')

STAMPED = {
    'Vector3Stamped': 3, 'PointStamped': 3, 'QuaternionStamped': 4, 'PoseStamped': 7,
    'TwistStamped': 6, 'WrenchStamped': 6, 'AccelStamped': 6}

ANYWAY = strategies.data()
ENCODINGS = strategies.builds(
    Encoding, strategies.sampled_from('<>'), strategies.just(8),
    strategies.sampled_from([b'\0', b'\xff']))
LIES = (0, 1, 2, 3, 5, 9, 2 ** 16, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 16, 2 ** 32 - 1)


class Sent(NamedTuple):
    """What a sender puts into a message."""

    seconds: int
    nanoseconds: int
    frame: str
    numbers: List[float]

    @property
    def stamp_ns(self) -> int:
        return self.seconds * 1_000_000_000 + self.nanoseconds

    def by_hand(self, encoding: Encoding = Encoding(), dtype: Any = 'float64') -> bytes:
        data = Bytes(encoding)
        data.uint32(self.seconds % 2 ** 32)
        data.uint32(self.nanoseconds)
        data.string(self.frame)
        data.numbers(np.array(self.numbers, dtype))
        return data.message()


def form_of(name: str) -> MessageFormat:
    from dg_pytorch_ros.topics import import_message_class
    type_name = f'geometry_msgs/msg/{name}'
    return message_format(import_message_class(type_name), type_name, import_message_class)


def decoder_of(name: str) -> StampedDecoder:
    return StampedDecoder(form_of(name))


def decoder_of_many(dtype: Any, count: int) -> StampedDecoder:
    return StampedDecoder(
        MessageFormat(None, 'X', np.dtype(dtype), is_array=True, has_stamp=True, count=count))


def sendings(count: int) -> Any:
    return strategies.builds(
        Sent, strategies.integers(-2 ** 31, 2 ** 31 - 1), strategies.integers(0, 2 ** 32 - 1),
        strategies.text(
            strategies.characters(codec='utf-8', exclude_characters='\0'), max_size=12),
        strategies.lists(
            strategies.floats(allow_nan=False), min_size=count, max_size=count))


def fill(message: Any, numbers: List[float]) -> None:
    """Set the fields to the numbers from the front, and take these away."""
    for field, kind in message.get_fields_and_field_types().items():
        if kind == 'double':
            setattr(message, field, numbers.pop(0))
        elif kind != 'std_msgs/Header':
            fill(getattr(message, field), numbers)


def flatten(message: Any) -> List[float]:
    flat: List[float] = []
    for field, kind in message.get_fields_and_field_types().items():
        if kind == 'double':
            flat.append(getattr(message, field))
        elif kind != 'std_msgs/Header':
            flat += flatten(getattr(message, field))
    return flat


def as_others_send_it(sent: Sent, name: str) -> bytes:
    """Return the bytes that other nodes make of it."""
    message = getattr(geometry_msgs, name)()
    message.header.stamp.sec = sent.seconds
    message.header.stamp.nanosec = sent.nanoseconds
    message.header.frame_id = sent.frame
    fill(message, list(sent.numbers))
    return bytes(serialization.serialize_message(message))


def bits(numbers: Any) -> bytes:
    return np.array(numbers, 'float64').tobytes()


def check_as_object(decoder: StampedDecoder, data: bytes, name: str) -> None:
    """Compare with the message object that other nodes make of the bytes."""
    message = serialization.deserialize_message(data, getattr(geometry_msgs, name))
    stamp = message.header.stamp
    assert bits(decoder.decode(data)) == bits(flatten(message))
    assert decoder.stamp_ns(data) == stamp.sec * 1_000_000_000 + stamp.nanosec


def outcome(decoder: StampedDecoder, data: bytes) -> Any:
    """Return dtype, bits and time, or why the bytes were refused."""
    try:
        values = decoder.decode(data)
    except MessageError as error:
        with pytest.raises(MessageError):
            decoder.stamp_ns(data)
        return repr(error)
    assert lies_within(values, data)
    return values.dtype.str, values.tobytes(), decoder.stamp_ns(data)


def lies_within(values: Any, data: bytes) -> bool:
    begin = np.frombuffer(data, 'uint8').__array_interface__['data'][0]
    first = values.__array_interface__['data'][0]
    return bool(begin + 4 <= first <= first + values.nbytes <= begin + len(data))


@pytest.mark.parametrize('name', STAMPED)
@given(ANYWAY)
def test_messages_are_read_as_their_message_objects(name: str, data: Any) -> None:
    decoder = decoder_of(name)
    for sent in data.draw(strategies.lists(sendings(STAMPED[name]), min_size=1, max_size=4)):
        by_hand = sent.by_hand(data.draw(ENCODINGS))
        for message in as_others_send_it(sent, name), by_hand, by_hand + b'\xff\xff\xff':
            check_as_object(decoder, message, name)
            assert bits(decoder.decode(message)) == bits(sent.numbers)
            assert decoder.stamp_ns(message) == sent.stamp_ns


@pytest.mark.parametrize('data', [
    b'\0\1\0\0' b'\xfe\xff\xff\xff' b'\5\0\0\0' b'\4\0\0\0' b'map\0'
    b'\0\0\0\0\0\0\xf0\x3f' b'\0\0\0\0\0\0\0\xc0' b'\0\0\0\0\0\0\xe0\x3f',
    b'\0\0\0\0' b'\xff\xff\xff\xfe' b'\0\0\0\5' b'\0\0\0\4' b'map\0'
    b'\x3f\xf0\0\0\0\0\0\0' b'\xc0\0\0\0\0\0\0\0' b'\x3f\xe0\0\0\0\0\0\0'], ids=['<', '>'])
def test_both_byte_orders_are_read(data: bytes) -> None:
    decoder = decoder_of('PointStamped')
    values = decoder.decode(data)
    assert (values.tolist(), values.shape) == ([1.0, -2.0, 0.5], (3,))
    assert decoder.stamp_ns(data) == -1_999_999_995


def test_byte_order_may_change_from_message_to_message() -> None:
    """Of a name of 0 bytes, the length reads the same either way."""
    decoder = decoder_of('PointStamped')
    for order in '<>><':
        data = bytes([0, order == '<', 0, 0]) + struct.pack(
            f'{order}iII4xddd', 7, 8, 0, 1.0, 2.0, 3.0)
        assert decoder.decode(data).tolist() == [1.0, 2.0, 3.0]
        assert decoder.stamp_ns(data) == 7_000_000_008


@pytest.mark.parametrize('dtype, count', [
    ('float32', 1), ('float32', 3), ('float64', 1), ('float64', 3)])
@pytest.mark.parametrize('encoding', [Encoding(), BIG_ENDIAN])
def test_numbers_stand_at_a_multiple_of_their_size(
    encoding: Encoding, dtype: str, count: int
) -> None:
    decoder = decoder_of_many(dtype, count)
    for length in [*range(18), 1000, 3]:
        sent = Sent(1, 2, 'f' * length, [0.5 + index for index in range(count)])
        data = sent.by_hand(encoding._replace(pad=b'\xff'), dtype)
        assert decoder.decode(data).tolist() == sent.numbers
        assert decoder.decode(data).dtype == np.dtype(dtype).newbyteorder(encoding.byte_order)
        assert decoder.stamp_ns(data) == 1_000_000_002


@pytest.mark.parametrize('seconds, nanoseconds, stamp_ns', [
    (0, 0, 0), (0, 999_999_999, 999_999_999), (-1, 999_999_999, -1),
    (2 ** 31 - 1, 999_999_999, 2_147_483_647_999_999_999),
    (-2 ** 31, 0, -2_147_483_648_000_000_000), (0, 2 ** 32 - 1, 4_294_967_295)])
@pytest.mark.parametrize('encoding', [Encoding(), BIG_ENDIAN])
def test_stamp_is_exact(
    encoding: Encoding, seconds: int, nanoseconds: int, stamp_ns: int
) -> None:
    data = Sent(seconds, nanoseconds, '', [0.0] * 3).by_hand(encoding)
    assert decoder_of('PointStamped').stamp_ns(data) == stamp_ns


def test_numbers_are_a_view_of_the_message() -> None:
    data = Sent(1, 2, 'map', [1.0, 2.0, 3.0]).by_hand()
    values = decoder_of('PointStamped').decode(data)
    assert np.shares_memory(values, np.frombuffer(data, 'uint8'))
    assert not values.flags.writeable


def test_numbers_outlive_the_messages_after_them() -> None:
    decoder = decoder_of('PointStamped')
    first = decoder.decode(Sent(1, 2, 'map', [1.0, 2.0, 3.0]).by_hand())
    assert decoder.decode(Sent(1, 3, 'map', [4.0] * 3).by_hand()).tolist() == [4.0] * 3
    assert first.tolist() == [1.0, 2.0, 3.0]


def test_arrays_of_messages_have_one_dtype_object() -> None:
    """Slots know the usual value by its dtype, whatever the time and the frame."""
    decoder = decoder_of('PointStamped')
    first, second, third = (
        decoder.decode(Sent(seconds, 0, frame, [1.0] * 3).by_hand())
        for seconds, frame in [(1, 'map'), (2, 'map'), (3, 'odometry')])
    assert first.dtype is second.dtype is third.dtype


def test_head_is_worked_out_only_when_it_changes() -> None:
    """The time, the frame's name and what stands between the fields may differ."""
    decoder = decoder_of('PointStamped')
    decoder.decode(Sent(1, 2, 'base', [1.0] * 3).by_hand())
    plan = decoder._plan
    decoder.decode(Sent(3, 4, 'tool', [2.0] * 3).by_hand(Encoding(pad=b'\xff')))
    assert decoder._plan is plan
    decoder.decode(Sent(3, 4, 'gripper_tool', [2.0] * 3).by_hand())
    assert decoder._plan is not plan


@pytest.mark.parametrize('encoding', [Encoding(), BIG_ENDIAN])
@pytest.mark.parametrize('frame', ['', 'map', 'odometry'])
def test_message_that_is_cut_off_anywhere_is_refused(frame: str, encoding: Encoding) -> None:
    decoder = decoder_of('PoseStamped')
    data = Sent(1, 2, frame, [1.0] * 7).by_hand(encoding)
    for read, size in product((decoder.decode, decoder.stamp_ns), range(len(data))):
        with pytest.raises(MessageError, match='bytes are no such message|not known') as caught:
            read(data[:size])
        assert isinstance(caught.value, UnknownEncoding) == (size < 4)
        decoder.decode(data)


@pytest.mark.parametrize('byte_order', ['little', 'big'])
def test_length_that_lies_is_refused_or_read_within_its_bounds(byte_order: Any) -> None:
    encoding = Encoding() if byte_order == 'little' else BIG_ENDIAN
    data = Sent(1, 2, 'odometry', [1.0, 2.0, 3.0]).by_hand(encoding)
    decoder = decoder_of('PointStamped')
    for lie in LIES:
        lying = data[:12] + lie.to_bytes(4, byte_order) + data[16:]
        refused = isinstance(outcome(decoder, lying), str)
        assert refused == (lie > 2 ** 8)
        assert outcome(decoder, lying) == outcome(decoder_of('PointStamped'), lying)
        assert decoder.decode(data).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize('name', ['PointStamped', 'PoseStamped'])
@given(ANYWAY)
def test_bytes_at_random_are_refused_or_read_within_their_bounds(name: str, data: Any) -> None:
    header = data.draw(strategies.sampled_from([
        b'', b'\0\1\0\0', b'\0\0\0\0', b'\0\1\0\0\0\0\0\0\0\0\0\0\4\0\0\0',
        b'\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4']))
    decoder = decoder_of(name)
    for at_random in data.draw(strategies.lists(
            strategies.binary(max_size=96), min_size=1, max_size=3)):
        outcome(decoder, header + at_random)


@strategies.composite
def conversations(draw: Any) -> List[bytes]:
    """Draw messages that follow one another: alike, nearly alike, of the same length, broken."""
    said: List[bytes] = []
    for _ in range(draw(strategies.integers(2, 8))):
        frame = draw(strategies.sampled_from(['', 'map', 'mop', 'base', 'odometry']))
        data = Sent(
            draw(strategies.integers(-3, 3)), 2, frame, [1.0, 2.0, 3.0]).by_hand(draw(ENCODINGS))
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


@given(conversations())
def test_no_message_changes_how_the_next_one_is_read(said: List[bytes]) -> None:
    decoder = decoder_of('PointStamped')
    for message in said:
        assert outcome(decoder, message) == outcome(decoder_of('PointStamped'), message)


@pytest.mark.parametrize('header', [
    b'', b'\0', b'\0\1\0', b'\1\1\0\0',
    *(bytes([0, kind, 0, 0]) for kind in (2, 3, *range(6, 12)))])
def test_encoding_that_is_not_plain_is_told_from_a_broken_message(header: bytes) -> None:
    """So that the middleware is asked to translate it, even after plain ones of its size."""
    plain = Sent(1, 2, 'map', [1.0] * 3).by_hand()
    data = header + plain[4:] if len(header) == 4 else header
    decoder = decoder_of('PointStamped')
    for read in decoder.decode, decoder.stamp_ns:
        decoder.decode(plain)
        with pytest.raises(UnknownEncoding, match=f'its encoding {header[:2].hex()} is not known'):
            read(data)


def test_output_of_such_a_type_is_refused_by_name(
    run_node: Callable[..., Any], tmp_path: Path, capfd: Any
) -> None:
    import small_models
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path),
        outputs__output__type='geometry_msgs/msg/PoseStamped')
    assert running.started is False
    assert (
        "output 'output': type 'geometry_msgs/msg/PoseStamped' is for inputs only; "
        'expected one of std_msgs/msg/ Float64MultiArray, ') in capfd.readouterr().err


@pytest.mark.parametrize('parameters', [
    {}, {'inputs__x__dtype': 'float32', 'inputs__x__shape': [1, 7]}])
def test_input_of_such_a_type_is_flat_for_the_module(
    parameters: Dict[str, Any], run_node: Callable[..., Any], peer: Any, tmp_path: Path
) -> None:
    import small_models
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path),
        inputs__x__type='geometry_msgs/msg/PoseStamped', **parameters)
    assert running.started
    heard = peer.listen('output')
    publisher = peer.publisher('x', geometry_msgs.PoseStamped)
    message = geometry_msgs.PoseStamped()
    message.header.frame_id = 'map'
    fill(message, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])

    def published() -> bool:
        publisher.publish(message)
        return bool(heard)
    peer.wait_until(published, 'an output')
    assert heard[0].data.tolist() == [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0]
