# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Bags as a recorder writes them, of messages that rclpy serializes."""

from pathlib import Path
from typing import Any, Dict, Iterable, List, Tuple

from dg_pytorch_ros.replay.replay import Recorded
import pytest
from rclpy.serialization import serialize_message
import yaml

rosbag2 = pytest.importorskip('rosbags.rosbag2', reason='rosbags is not installed')
typesys = pytest.importorskip('rosbags.typesys', reason='rosbags is not installed')

STORAGES = ('sqlite3', 'mcap')

MS = 10 ** 6
S = 10 ** 9
# As if it had been recorded in 2026.
BEGIN = 1_780_000_000 * S

Timed = Tuple[str, int, Any]


def write_bag(path: Path, messages: Iterable[Timed], **options: str) -> Path:
    """Record messages (topic, nanoseconds after BEGIN, message) into a new folder."""
    return write_raw(path, [
        Recorded(topic, type_name(message), BEGIN + time_ns, bytes(serialize_message(message)))
        for topic, time_ns, message in messages], **options)


def write_raw(
    path: Path, messages: Iterable[Recorded], *, storage: str = 'sqlite3',
    compression: str = 'none'
) -> Path:
    """Record messages, in this order, into a new folder."""
    store = typesys.get_typestore(typesys.Stores.ROS2_JAZZY)
    connections: Dict[Tuple[str, str], Any] = {}
    writer = rosbag2.Writer(
        path, version=9, storage_plugin=rosbag2.StoragePlugin[storage.upper()])
    writer.set_compression(
        rosbag2.CompressionMode[compression.upper()], rosbag2.CompressionFormat.ZSTD)
    with writer:
        for topic, kind, time_ns, data in messages:
            if (topic, kind) not in connections:
                connections[topic, kind] = writer.add_connection(topic, kind, typestore=store)
            writer.write(connections[topic, kind], time_ns, data)
    return path


def read_raw(path: Path) -> List[Recorded]:
    """Return all messages of a bag as rosbags itself reads them."""
    with rosbag2.Reader(path) as reader:
        return [
            Recorded(connection.topic, connection.msgtype, time_ns, data)
            for connection, time_ns, data in reader.messages()]


def join_bags(path: Path, *bags: Path) -> Path:
    """Make one bag of several files, as a recorder does that begins a new one now and then."""
    path.mkdir()
    infos = [
        yaml.safe_load((bag / 'metadata.yaml').read_text())['rosbag2_bagfile_information']
        for bag in bags]
    joined = dict(infos[0])
    joined['relative_file_paths'] = [info['relative_file_paths'][0] for info in infos]
    joined['files'] = [info['files'][0] for info in infos]
    joined['message_count'] = sum(info['message_count'] for info in infos)
    for bag, name in zip(bags, joined['relative_file_paths']):
        (bag / name).rename(path / name)
    (path / 'metadata.yaml').write_text(
        yaml.safe_dump({'rosbag2_bagfile_information': joined}))
    return path


def type_name(message: Any) -> str:
    """Return a message's type as ROS writes it."""
    package, kind, _ = type(message).__module__.split('.', 2)
    return f'{package}/{kind}/{type(message).__name__}'
