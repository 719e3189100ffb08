# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a message does not say is cleared, and what it says stays."""

from random import Random
from types import SimpleNamespace
from typing import Any

from by_hand import BIG_ENDIAN, Encoding
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.encoding import choose_encoding
from dg_pytorch_ros.messages.kinds import read_struct
from dg_pytorch_ros.messages.padding import clear_padding
from dg_pytorch_ros.replay import clean_bytes
from messages_at_random import import_class, random_message, struct_of, write_by_hand
import numpy as np
import pytest

TYPES = [
    'diagnostic_msgs/msg/DiagnosticArray', 'geometry_msgs/msg/PoseArray',
    'sensor_msgs/msg/CameraInfo', 'sensor_msgs/msg/Imu', 'sensor_msgs/msg/JointState',
    'sensor_msgs/msg/Joy', 'sensor_msgs/msg/MultiDOFJointState', 'std_msgs/msg/Bool',
    'std_msgs/msg/Empty', 'trajectory_msgs/msg/JointTrajectory']
for package in {name.split('/')[0] for name in TYPES}:
    pytest.importorskip(f'{package}.msg', reason=f'{package} is not installed')
serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')

GARBAGE = b'\xaa'


@pytest.mark.parametrize('byte_order', ['<', '>'])
@pytest.mark.parametrize('type_name', TYPES)
def test_nothing_but_the_message_is_left(type_name: str, byte_order: str) -> None:
    struct = struct_of(type_name)
    for seed in range(20):
        message = random_message(struct, Random(seed))
        dirty = write_by_hand(message, struct, Encoding(byte_order, pad=GARBAGE)) + 9 * GARBAGE
        clean = write_by_hand(message, struct, Encoding(byte_order)) + bytes(9)
        assert clear_padding(struct, dirty) == clean


def test_wide_texts_keep_all_their_letters() -> None:
    struct = read_struct('m/msg/Wide', lambda name: SimpleNamespace(
        get_fields_and_field_types=lambda: {'a': 'boolean', 'b': 'wstring', 'c': 'uint64[2]'}))
    message = SimpleNamespace(a=True, b='xä', c=np.array([2 ** 40, 1], 'uint64'))
    dirty = write_by_hand(message, struct, Encoding(pad=GARBAGE))
    assert clear_padding(struct, dirty) == write_by_hand(message, struct)
    assert clear_padding(struct, write_by_hand(message, struct, BIG_ENDIAN)) == (
        write_by_hand(message, struct, BIG_ENDIAN))


def test_messages_without_fields_are_a_byte_of_others() -> None:
    kinds = {
        'm/msg/Outer': {
            'mode': 'm/Empty', 'frame': 'string', 'value': 'double', 'more': 'sequence<m/Empty>',
            'last': 'double'},
        'm/msg/Empty': {}}
    struct = read_struct('m/msg/Outer', lambda name: SimpleNamespace(
        get_fields_and_field_types=lambda: kinds[name]))
    # A byte, a text behind its length, a number, two bytes behind their count, a number.
    dirty = (
        b'\0\1\0\0' + b'\7\xaa\xaa\xaa' + b'\5\0\0\0base\0' + 3 * GARBAGE
        + np.float64(2.5).tobytes() + b'\2\0\0\0\7\7\xaa\xaa' + np.float64(3.5).tobytes())
    assert clear_padding(struct, dirty) == dirty.replace(GARBAGE, b'\0')


def test_a_replay_publishes_nothing_that_the_middleware_had_in_its_memory(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    config = OutputConfig(
        'y', topic='y', message_type='sensor_msgs/msg/JointState', field=('position',),
        names=('a', 'bcd'), frame_id='b')

    def serialize(message: Any) -> bytes:
        return write_by_hand(
            message, struct_of(config.message_type), Encoding(pad=GARBAGE)) + 4 * GARBAGE
    monkeypatch.setattr(clean_bytes, 'serialize_message', serialize)
    encoder = choose_encoding(config, import_class, clean_bytes.serialize_cleanly).encoder
    data = encoder.encode(np.array([1.0, 2.0]))
    assert GARBAGE not in data
    heard = serialization.deserialize_message(data, import_class(config.message_type))
    assert (heard.name, list(heard.position), heard.header.frame_id) == (
        ['a', 'bcd'], [1.0, 2.0], 'b')
