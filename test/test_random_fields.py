# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Of any message of any type, each field is read as rclpy reads it, and written so that it can."""

from importlib import import_module
from importlib.util import find_spec
import math
from random import Random
import tracemalloc
from typing import Any, List, Optional, Sequence, Tuple

from by_hand import Encoding
from dg_pytorch_ros.errors import ConfigError, ContractError, MessageError
from dg_pytorch_ros.messages.field_decoder import FieldDecoder, Selection
from dg_pytorch_ros.messages.field_encoder import FieldEncoder, Pattern
from dg_pytorch_ros.messages.field_path import number_paths
from dg_pytorch_ros.messages.fields import choose_fields, Fields, name_steps
from dg_pytorch_ros.messages.kinds import Struct
from hypothesis import given, settings, strategies
from messages_at_random import (
    all_paths, import_class, random_message, read_field, strict_message,
    struct_of, write_by_hand)
import numpy as np
import pytest

PACKAGES = (
    'builtin_interfaces', 'diagnostic_msgs', 'geometry_msgs', 'nav_msgs', 'sensor_msgs',
    'shape_msgs', 'std_msgs', 'stereo_msgs', 'trajectory_msgs', 'visualization_msgs')

serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')


def type_names() -> List[str]:
    """Return all types of the packages that are here."""
    return [
        f'{package}/msg/{name}' for package in PACKAGES if find_spec(package)
        for name, value in sorted(vars(import_module(f'{package}.msg')).items())
        if hasattr(value, 'get_fields_and_field_types')]


TYPES = type_names()
# Whose bytes are tampered with: between them they have all that there is.
TANGLED = [type_name for type_name in (
    'sensor_msgs/msg/JointState', 'sensor_msgs/msg/PointCloud2', 'sensor_msgs/msg/CameraInfo',
    'nav_msgs/msg/Odometry', 'nav_msgs/msg/OccupancyGrid', 'trajectory_msgs/msg/JointTrajectory',
    'trajectory_msgs/msg/MultiDOFJointTrajectory', 'visualization_msgs/msg/MarkerArray',
    'diagnostic_msgs/msg/DiagnosticArray', 'shape_msgs/msg/SolidPrimitive',
    'std_msgs/msg/ByteMultiArray', 'geometry_msgs/msg/PolygonStamped', 'std_msgs/msg/Empty')
    if type_name in TYPES]
LIES = (0, 1, 2, 3, 7, 255, 2 ** 16, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 8, 2 ** 32 - 1)

ENCODINGS = strategies.builds(
    Encoding, strategies.sampled_from('<>'), strategies.just(8),
    strategies.sampled_from([b'\0', b'\xff']))
RANDOM = strategies.integers(0, 2 ** 32 - 1).map(Random)
NAMES = [f'{leg}_{joint}_joint' for leg in ('FL', 'FR', 'RL') for joint in ('hip', 'thigh')]


def some_paths(struct: Struct, random: Random, most: int = 25) -> List[str]:
    paths = list(all_paths(struct))
    return random.sample(paths, min(len(paths), most))


def fields_of(struct: Struct, paths: Sequence[str]) -> Optional[Fields]:
    """Return the fields; None if no dtype holds their numbers."""
    try:
        return choose_fields(struct, paths)
    except ConfigError as error:
        assert 'does not fit into float64 together' in str(error)
        return None


def expected(message: Any, struct: Struct, fields: Fields) -> Any:
    """Return what rclpy reads at the first path; None if the message has no such array there."""
    try:
        return np.array(read_field(message, struct, fields.steps[0]), fields.dtype)
    except (IndexError, ValueError):  # there is no such element; the elements' lengths differ
        return None


def outcome(decoder: FieldDecoder, data: bytes) -> Any:
    """Return what a decoder makes of bytes, or why it refuses them."""
    try:
        value = decoder.decode(data)
    except MessageError as error:
        return str(error)
    return value.dtype, value.shape, value.tobytes()


def check_equal(value: Any, wanted: Any, fields: Fields) -> None:
    assert value.dtype.newbyteorder('=') == fields.dtype
    assert fields.shape in (None, value.shape)
    if wanted.size or value.size:
        assert value.shape == (wanted.shape or (1,))
        assert value.astype(fields.dtype).tobytes() == wanted.tobytes()


def tampered(data: bytes, random: Random) -> bytes:
    """Return bytes as broken senders and networks make them."""
    way = random.choice(['cut', 'lie', 'lie', 'lie', 'lengthen', 'garbage'])
    place = random.randrange(4, len(data) + 1)
    if way == 'cut':
        return data[:place]
    if way == 'lengthen':
        return data + random.randbytes(place)
    if way == 'garbage':
        return data[:place] + random.randbytes(len(data) - place)
    place -= place % 4
    lie = random.choice(LIES).to_bytes(4, random.choice(['little', 'big']))
    return (data[:place] + lie + data[place + 4:])[:len(data)]


@pytest.mark.parametrize('type_name', TYPES)
@settings(max_examples=5)
@given(random=RANDOM, encoding=ENCODINGS)
def test_every_field_is_what_rclpy_reads(
    type_name: str, random: Random, encoding: Encoding
) -> None:
    struct = struct_of(type_name)
    data = write_by_hand(random_message(struct, random), struct, encoding)
    message = serialization.deserialize_message(data, import_class(type_name))
    for path in some_paths(struct, random):
        fields = fields_of(struct, [path])
        if fields is None:
            continue
        decoder, wanted = FieldDecoder(struct, fields), expected(message, struct, fields)
        if wanted is None:
            with pytest.raises(MessageError) as caught:
                decoder.decode(data)
            assert caught.value.cause == 'size'
        else:
            check_equal(decoder.decode(data), wanted, fields)


@pytest.mark.parametrize('type_name', TYPES)
@settings(max_examples=3)
@given(random=RANDOM)
def test_what_rclpy_writes_is_what_is_written_by_hand(type_name: str, random: Random) -> None:
    struct = struct_of(type_name)
    message = random_message(struct, random)
    as_rclpy = bytes(serialization.serialize_message(message))
    for path in some_paths(struct, random):
        fields = fields_of(struct, [path])
        if fields is not None:
            decoder = FieldDecoder(struct, fields)
            assert outcome(decoder, as_rclpy) == outcome(decoder, write_by_hand(message, struct))


@settings(max_examples=300)
@given(type_name=strategies.sampled_from(TYPES), random=RANDOM, encoding=ENCODINGS)
def test_several_fields_come_one_behind_the_other(
    type_name: str, random: Random, encoding: Encoding
) -> None:
    struct = struct_of(type_name)
    paths = list(all_paths(struct))
    if not paths:
        return
    chosen = random.choices(paths, k=random.randint(2, 4))
    fields = fields_of(struct, chosen)
    if fields is None:
        return
    data = write_by_hand(random_message(struct, random), struct, encoding)
    whole = outcome(FieldDecoder(struct, fields), data)
    parts: List[Any] = []
    for path in chosen:
        try:
            parts.append(FieldDecoder(struct, choose_fields(struct, [path])).decode(data))
        except MessageError as error:
            assert whole == str(error)
            return
    wanted = np.concatenate([part.ravel().astype(fields.dtype) for part in parts])
    check_equal(FieldDecoder(struct, fields).decode(data), wanted, fields)


def written(
    struct: Struct, paths: Sequence[str], random: Random, shape: Tuple[int, ...]
) -> Optional[Tuple[Fields, Any, bytes]]:
    """Return fields, random values for them, and the message; None if they do not go together."""
    fields = fields_of(struct, paths)
    if fields is None:
        return None
    pattern = Pattern(
        strict_message, lambda message: None, serialization.serialize_message)
    try:
        encoder = FieldEncoder(struct, fields, pattern)
        most = 1 if fields.dtype.kind == 'b' else 100
        numbers = [random.randint(0, most) for _ in range(math.prod(shape))]
        value = np.array(numbers, fields.dtype).reshape(shape)
        encoder.check(value)
    except (ConfigError, ContractError):
        return None
    return fields, value, encoder.encode(value)


@pytest.mark.parametrize('type_name', TYPES)
@settings(max_examples=3)
@given(random=RANDOM)
def test_rclpy_reads_what_is_written_into_any_field(type_name: str, random: Random) -> None:
    struct = struct_of(type_name)
    for path in some_paths(struct, random):
        static = fields_of(struct, [path])
        shapes = [static.shape] if static and static.shape else [
            (3,), (4,), (6,), (7,), (2, 3), (3, 2, 3), (2, 3, 7)]
        found = [written(struct, [path], random, shape) for shape in shapes]
        for fields, value, data in filter(None, found):
            message = serialization.deserialize_message(data, import_class(type_name))
            read = np.array(read_field(message, struct, fields.steps[0]), fields.dtype)
            assert read.ravel().tolist() == value.ravel().tolist()
        assert any(found) or path not in number_paths(struct) or path.count('[]') > 1


@pytest.mark.parametrize('type_name', TANGLED)
@settings(max_examples=40)
@given(random=RANDOM, encoding=ENCODINGS)
def test_broken_bytes_are_refused_or_read_within_their_bounds(
    type_name: str, random: Random, encoding: Encoding
) -> None:
    """And no message changes how the next one is read."""
    struct = struct_of(type_name)
    chosen = [fields_of(struct, [path]) for path in some_paths(struct, random, 6)]
    sound = write_by_hand(random_message(struct, random), struct, encoding)
    conversation = [sound]
    for _ in range(4):
        conversation += [tampered(sound, random), sound]
        conversation.append(write_by_hand(random_message(struct, random), struct, encoding))
    for fields in filter(None, chosen):
        decoder = FieldDecoder(struct, fields)
        for data in conversation:
            said = outcome(decoder, data)
            assert said == outcome(FieldDecoder(struct, fields), data)
            assert isinstance(said, str) or len(said[2]) <= 8 * len(data)


@pytest.mark.parametrize('type_name', TANGLED)
@settings(max_examples=5)
@given(random=RANDOM, encoding=ENCODINGS)
def test_message_that_is_cut_off_anywhere_is_refused(
    type_name: str, random: Random, encoding: Encoding
) -> None:
    struct = struct_of(type_name)
    data = write_by_hand(random_message(struct, random), struct, encoding)
    paths = some_paths(struct, random, 1)
    fields = fields_of(struct, paths) if paths else None
    if fields is None or isinstance(outcome(FieldDecoder(struct, fields), data), str):
        return
    decoder = FieldDecoder(struct, fields)
    for size in random.sample(range(len(data)), min(len(data), 60)):
        with pytest.raises(MessageError) as caught:
            decoder.decode(data[:size])
        assert caught.value.cause in ('bytes', 'size')
        decoder.decode(data)


@pytest.mark.parametrize('type_name', TANGLED)
@pytest.mark.parametrize('lie', [2 ** 32 - 1, 2 ** 31, 2 ** 20])
def test_count_that_lies_takes_no_memory(type_name: str, lie: int) -> None:
    struct = struct_of(type_name)
    data = write_by_hand(random_message(struct, Random(1)), struct)
    chosen = [fields_of(struct, [path]) for path in some_paths(struct, Random(2), 12)]
    decoders = [FieldDecoder(struct, fields) for fields in chosen if fields]
    tracemalloc.start()
    for place in range(4, len(data) - 3, 4):
        lying = data[:place] + lie.to_bytes(4, 'little') + data[place + 4:]
        for decoder in decoders:
            outcome(decoder, lying)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6


@given(random=RANDOM, encoding=ENCODINGS)
def test_elements_are_found_by_name_whatever_order_each_message_has(
    random: Random, encoding: Encoding
) -> None:
    struct = struct_of('sensor_msgs/msg/JointState')
    wanted = random.sample(NAMES, random.randint(1, len(NAMES)))
    fields = choose_fields(struct, ['velocity', 'position'], selected=len(wanted))
    decoder = FieldDecoder(struct, fields, Selection(tuple(wanted), name_steps(struct)))
    for _ in range(8):
        message = import_class(struct.type_name)()
        present = random.sample(NAMES, random.randint(len(NAMES) - 1, len(NAMES)))
        present += random.choices(NAMES, k=random.choice([0, 0, 0, 1]))
        message.name = present
        message.position = [random.gauss(0.0, 1.0) for _ in present]
        message.velocity = [random.gauss(0.0, 1.0) for _ in present]
        message.effort = [1.0] * random.choice([0, len(present)])
        data = write_by_hand(message, struct, encoding)
        missing = [name for name in wanted if name not in present]
        double = [name for name in wanted if present.count(name) > 1]
        if missing or double:
            with pytest.raises(MessageError, match=repr((missing or double)[0])) as caught:
                decoder.decode(data)
            assert caught.value.cause == 'name'
            continue
        numbers = {
            name: (velocity, position) for name, velocity, position
            in zip(present, message.velocity, message.position)}
        value = decoder.decode(data)
        assert value.shape == fields.shape
        assert value.tolist() == [
            *(numbers[name][0] for name in wanted), *(numbers[name][1] for name in wanted)]
