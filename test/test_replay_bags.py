# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is in a bag comes out of it, in the order of time, or it is said why it does not."""

from pathlib import Path
import sys
from typing import Any, List

from dg_pytorch_ros.errors import BagError
from dg_pytorch_ros.replay.bags import Bag
import pytest
from rclpy.serialization import deserialize_message
from recordings import BEGIN, join_bags, MS, STORAGES, write_bag
from std_msgs.msg import Float64, String

FLOAT = 'std_msgs/msg/Float64'


def number(value: float) -> Any:
    return Float64(data=float(value))


def values(bag: Bag, *topics: str, **limits: int) -> List[float]:
    return [
        deserialize_message(message.data, Float64).data
        for message in bag.messages(topics, **limits)]


def refusal(path: Path) -> str:
    with pytest.raises(BagError) as caught:
        with Bag(path) as bag:
            list(bag.messages(bag.topics))
    return str(caught.value)


@pytest.mark.parametrize('storage', STORAGES)
def test_messages_of_wanted_topics_come_as_they_were_recorded(
    storage: str, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', [
        ('/a', 0, number(1)), ('/b', 5, number(2)), ('/text', 6, String(data='x')),
        ('/a', 7, number(3))], storage=storage)
    with Bag(path) as bag:
        assert bag.storage == storage
        assert [tuple(topic)[:3] for topic in bag.topics.values()] == [
            ('/a', (FLOAT,), 2), ('/b', (FLOAT,), 1), ('/text', ('std_msgs/msg/String',), 1)]
        assert len(bag.topics['/a'].hashes | bag.topics['/b'].hashes) == 1
        assert min(bag.topics['/a'].hashes).startswith('RIHS01_')
        assert (bag.begin_ns, bag.end_ns) == (BEGIN, BEGIN + 8)
        found = list(bag.messages(['/a', '/b']))
    assert [(each.topic, each.message_type, each.time_ns) for each in found] == [
        ('/a', FLOAT, BEGIN), ('/b', FLOAT, BEGIN + 5), ('/a', FLOAT, BEGIN + 7)]
    assert [deserialize_message(each.data, Float64).data for each in found] == [1, 2, 3]


@pytest.mark.parametrize('storage', STORAGES)
def test_messages_come_in_the_order_of_time_and_then_of_recording(
    storage: str, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', [
        ('/a', 9, number(4)), ('/b', 3, number(0)), ('/a', 3, number(1)), ('/b', 3, number(2)),
        ('/a', 3, number(3))], storage=storage)
    with Bag(path) as bag:
        assert values(bag, '/a', '/b') == [0, 1, 2, 3, 4]


@pytest.mark.parametrize('storage, compression', [
    ('sqlite3', 'file'), ('sqlite3', 'message'), ('mcap', 'file'), ('mcap', 'message'),
    ('mcap', 'storage')])
def test_compressed_bags_are_read(storage: str, compression: str, tmp_path: Path) -> None:
    path = write_bag(
        tmp_path / 'bag', [('/a', index, number(index)) for index in range(20)], storage=storage,
        compression=compression)
    with Bag(path) as bag:
        assert bag.storage == storage
        assert values(bag, '/a') == list(range(20))


@pytest.mark.parametrize('storage', STORAGES)
def test_one_file_of_a_bag_is_enough(storage: str, tmp_path: Path) -> None:
    path = write_bag(tmp_path / 'bag', [('/a', 0, number(1))], storage=storage)
    (file,) = [file for file in path.iterdir() if file.name != 'metadata.yaml']
    (path / 'metadata.yaml').unlink()
    with Bag(file) as bag:
        assert bag.storage == storage
        assert values(bag, '/a') == [1]


@pytest.mark.parametrize('storage', STORAGES)
def test_files_that_overlap_are_read_in_the_order_of_time(storage: str, tmp_path: Path) -> None:
    parts = [
        write_bag(
            tmp_path / name, [('/a', time, number(time)) for time in times], storage=storage)
        for name, times in (('one', (0, 1, 4, 6)), ('two', (2, 3, 5, 7)))]
    with Bag(join_bags(tmp_path / 'bag', *parts)) as bag:
        assert values(bag, '/a') == list(range(8))


@pytest.mark.parametrize('storage', STORAGES)
def test_a_stretch_begins_with_its_beginning_and_ends_before_its_end(
    storage: str, tmp_path: Path
) -> None:
    path = write_bag(
        tmp_path / 'bag', [('/a', time * MS, number(time)) for time in range(6)],
        storage=storage)
    with Bag(path) as bag:
        assert values(bag, '/a', begin_ns=BEGIN + 2 * MS, end_ns=BEGIN + 4 * MS) == [2, 3]
        assert values(bag, '/a', end_ns=BEGIN + 2 * MS) == [0, 1]


def test_a_topic_may_have_two_types(tmp_path: Path) -> None:
    path = write_bag(tmp_path / 'bag', [('/a', 0, number(1)), ('/a', 1, String(data='x'))])
    with Bag(path) as bag:
        (topic,) = bag.topics.values()
        assert topic[:3] == ('/a', (FLOAT, 'std_msgs/msg/String'), 2)
        assert len(topic.hashes) == 2
        assert [each.message_type for each in bag.messages(['/a'])] == [
            FLOAT, 'std_msgs/msg/String']


def test_of_no_topic_there_are_no_messages(tmp_path: Path) -> None:
    with Bag(write_bag(tmp_path / 'bag', [('/a', 0, number(1))])) as bag:
        assert list(bag.messages([])) == []
        assert list(bag.messages(['/b'])) == []


@pytest.mark.parametrize('storage', STORAGES)
@pytest.mark.parametrize('share', [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_bag_is_one_clear_error(
    storage: str, share: float, tmp_path: Path
) -> None:
    path = write_bag(
        tmp_path / 'bag', [('/a', time, number(time)) for time in range(3000)], storage=storage)
    file = path / f'bag.{"mcap" if storage == "mcap" else "db3"}'
    content = file.read_bytes()
    file.write_bytes(content[:int(share * len(content))])
    text = refusal(path)
    assert text.startswith(f'the bag {path} cannot be read: ')
    assert 'ros2 bag reindex' in text
    assert '\n' not in text


def test_a_recorder_that_was_killed_leaves_no_metadata(tmp_path: Path) -> None:
    path = write_bag(tmp_path / 'bag', [('/a', 0, number(1))])
    (path / 'metadata.yaml').unlink()
    assert refusal(path).startswith(f'{path} is no bag: it has no metadata.yaml; ')
    assert 'ros2 bag reindex' in refusal(path)


def test_a_database_that_was_not_closed_is_not_read_in_part(tmp_path: Path) -> None:
    path = write_bag(tmp_path / 'bag', [('/a', 0, number(1))])
    (path / 'bag.db3-wal').write_bytes(b'more')
    assert 'was not closed: a part of it is still in bag.db3-wal' in refusal(path)


def test_broken_metadata_are_said_to_be(tmp_path: Path) -> None:
    path = write_bag(tmp_path / 'bag', [('/a', 0, number(1))])
    (path / 'metadata.yaml').write_text('rosbag2_bagfile_information: {version: 9}\n')
    assert refusal(path).startswith(f'the bag {path} cannot be read: A metadata key is missing')


def test_what_is_no_bag_is_said_to_be_none(tmp_path: Path) -> None:
    assert refusal(tmp_path / 'none') == f'there is no bag {tmp_path / "none"}'
    assert refusal(tmp_path) == (
        f'{tmp_path} is no bag: it holds neither metadata.yaml nor messages')
    old = tmp_path / 'old.bag'
    old.touch()
    assert refusal(old).startswith(f'{old} is no bag; expected a folder')
    assert 'rosbags-convert' in refusal(old)


@pytest.mark.parametrize('storage', STORAGES)
def test_a_bag_without_messages_is_refused(storage: str, tmp_path: Path) -> None:
    path = write_bag(tmp_path / 'bag', [], storage=storage)
    assert refusal(path) == f'the bag {path} holds no messages'


def test_without_rosbags_it_is_said_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'rosbags', None)
    assert 'pip install "dg_pytorch_ros[replay]"' in refusal(tmp_path)
