# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Recordings of rosbag2: which topics they hold, and their messages in order of time."""

from copy import copy
from heapq import merge
from pathlib import Path
from types import TracebackType
from typing import (
    Any, ContextManager, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional,
    Sequence, Tuple, Type)

from dg_pytorch_ros.errors import BagError
from dg_pytorch_ros.replay.replay import Recorded
from dg_pytorch_ros.replay.rosbags_library import handling, require_rosbags

_SUFFIXES = ('.mcap', '.db3')
_MENDING = (
    'if the recorder was cut short, `ros2 bag reindex` mends a folder, and `mcap recover` a '
    'file of MCAP')


class BagTopic(NamedTuple):
    """
    A topic of a bag: its types, of which there mostly is one, and how many messages it has.

    `hashes` are those of the types' definitions, as far as the bag tells them.
    """

    name: str
    message_types: Tuple[str, ...]
    messages: int
    hashes: FrozenSet[str] = frozenset()


class Bag:
    """A folder of rosbag2, or one file of such a folder, open for reading."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = _make_reader(path)

    def __str__(self) -> str:
        return str(self.path)

    def __enter__(self) -> 'Bag':
        """Open it; raise BagError if it is damaged, or empty."""
        with self._handling():
            self._reader.open()
            if not self._reader.message_count:
                raise BagError(f'the bag {self.path} holds no messages')
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        """Close it."""
        self._reader.close()

    @property
    def storage(self) -> str:
        """How it is stored: mcap or sqlite3."""
        files = [self.path] if self.path.is_file() else self.path.iterdir()
        return 'mcap' if any('.mcap' in file.suffixes for file in files) else 'sqlite3'

    @property
    def topics(self) -> Dict[str, BagTopic]:
        """What it holds, by name."""
        found: Dict[str, BagTopic] = {}
        for connection in sorted(self._reader.connections, key=lambda each: str(each.topic)):
            name = str(connection.topic)
            _, types, count, hashes = found.get(name, BagTopic(name, (), 0))
            types = tuple(dict.fromkeys((*types, str(connection.msgtype))))
            found[name] = BagTopic(
                name, types, count + connection.msgcount,
                hashes.union(filter(None, [str(connection.digest)])))
        return found

    @property
    def begin_ns(self) -> int:
        """When its first message was recorded."""
        return int(self._reader.start_time)

    @property
    def end_ns(self) -> int:
        """When its last message had been recorded."""
        return int(self._reader.end_time)

    def messages(
        self, topics: Iterable[str], *, begin_ns: Optional[int] = None,
        end_ns: Optional[int] = None
    ) -> Iterator[Recorded]:
        """
        Read the messages of some topics, from the beginning up to before the end.

        They come in the order of their times; those of the same time as they were recorded. Let
        one such reading end before the next begins.
        """
        names = frozenset(topics)
        connections = [each for each in self._reader.connections if each.topic in names]
        if not connections:
            return
        with self._handling():
            sources = [
                source.messages(connections, begin_ns, end_ns) for source in self._sources()]
            for connection, time_ns, data in merge(*sources, key=_time_ns):
                yield Recorded(connection.topic, connection.msgtype, time_ns, data)

    def _sources(self) -> List[Any]:
        """
        Return a reader for each of the files.

        rosbags goes through files one after the other, but where a recorder begins a new one
        they overlap a little.
        """
        whole = self._reader.storage
        storages = getattr(whole, 'storages', [])
        if len(storages) < 2:
            return [self._reader]
        sources = []
        for storage in storages:
            source = copy(whole)
            source.storages = [storage]
            sources.append(source)
        return sources

    def _handling(self) -> ContextManager[None]:
        return handling(self.path, 'read', hint=_MENDING)


def _time_ns(message: Sequence[Any]) -> int:
    return int(message[1])


def _make_reader(path: Path) -> Any:
    rosbag2 = require_rosbags()
    if not path.exists():
        raise BagError(f'there is no bag {path}')
    if path.is_dir() and not (path / 'metadata.yaml').exists():
        raise BagError(
            f'{path} is no bag: it has no metadata.yaml; {_MENDING}'
            if _files(path) else f'{path} is no bag: it holds neither metadata.yaml nor messages')
    if path.is_file() and path.suffix not in _SUFFIXES:
        raise BagError(
            f'{path} is no bag; expected a folder with metadata.yaml, or a file that ends in '
            f'{" or ".join(_SUFFIXES)} (rosbags-convert makes one of a .bag of ROS 1)')
    for file in _files(path):
        _check_journal(file)
    with handling(path, 'read', hint=_MENDING):
        return rosbag2.Reader(path)


def _files(path: Path) -> List[Path]:
    if path.is_file():
        return [path]
    return sorted(file for file in path.iterdir() if set(_SUFFIXES) & set(file.suffixes))


def _check_journal(file: Path) -> None:
    """Refuse a database of which a part is still in the journal, where rosbags does not look."""
    journal = file.with_name(f'{file.name}-wal')
    if journal.exists() and journal.stat().st_size:
        raise BagError(
            f'the bag {file} was not closed: a part of it is still in {journal.name}; is it '
            f'being recorded? Else `sqlite3 {file} "PRAGMA journal_mode=DELETE"` puts it together')
