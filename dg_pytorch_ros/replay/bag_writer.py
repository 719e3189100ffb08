# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A bag of what was replayed."""

from pathlib import Path
import shutil
from tempfile import mkdtemp
from types import TracebackType
from typing import Any, ContextManager, Dict, Mapping, Optional, Type

from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.topic_config import QosConfig
from dg_pytorch_ros.errors import BagError
from dg_pytorch_ros.messages.kinds import ImportClass
from dg_pytorch_ros.replay.definitions import type_store
from dg_pytorch_ros.replay.replay import Published
from dg_pytorch_ros.replay.rosbags_library import handling, require_rosbags

_VERSION = 9  # that of Jazzy
_FOREVER = (9223372036, 854775807)  # in seconds and nanoseconds, as rosbag2 writes it


def check_bag_path(path: Path, *, force: bool) -> None:
    """Raise BagError unless a bag can be written there; only bags are ever replaced."""
    if not path.exists() or path.is_dir() and not any(path.iterdir()):
        return
    if not (path / 'metadata.yaml').is_file():
        raise BagError(f'{path} exists, and is no bag that could be replaced; give another folder')
    if not force:
        raise BagError(f'the bag {path} exists; give another folder, or --force to replace it')


class BagWriter:
    """Writes a bag beside its place, and puts it there when it is complete."""

    def __init__(
        self, path: Path, storage: str, outputs: Mapping[str, OutputConfig],
        import_class: ImportClass
    ) -> None:
        self._rosbag2 = require_rosbags()
        self._path = path
        self._storage = storage
        self._outputs = outputs
        self._import_class = import_class
        self._connections: Dict[str, Any] = {}

    def __enter__(self) -> 'BagWriter':
        """Begin with a bag that has topics, but no messages."""
        with self._handling():
            folder = self._path.absolute().parent
            folder.mkdir(parents=True, exist_ok=True)
            self._workshop = Path(mkdtemp(prefix=f'.{self._path.name}.', dir=folder))
            try:
                self._begin()
            except BaseException:
                shutil.rmtree(self._workshop)
                raise
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        """Put the bag into its place, unless something went wrong."""
        try:
            with self._handling():
                if error is None:
                    self._writer.close()
                    self._put_into_place()
                else:
                    self._writer.abort()
        finally:
            shutil.rmtree(self._workshop)

    def write(self, published: Published) -> None:
        """Write a message."""
        with self._handling():
            self._writer.write(
                self._connections[published.output_name], published.time_ns, published.data)

    def _begin(self) -> None:
        # The names of its files are made from that of the folder.
        self._writer = self._rosbag2.Writer(
            self._workshop / self._path.name, version=_VERSION,
            storage_plugin=self._rosbag2.StoragePlugin[self._storage.upper()])
        self._writer.open()
        for topic, config in self._outputs.items():
            self._connections[config.name] = self._writer.add_connection(
                topic, config.message_type, offered_qos_profiles=[_qos(config.qos)],
                typestore=type_store(config.message_type, self._import_class))

    def _put_into_place(self) -> None:
        if self._path.exists():
            self._path.rename(self._workshop / 'replaced')
        (self._workshop / self._path.name).rename(self._path)

    def _handling(self) -> ContextManager[None]:
        return handling(self._path, 'written')


def _qos(config: QosConfig) -> Any:
    from rosbags import interfaces
    forever = interfaces.QosTime(*_FOREVER)
    return interfaces.Qos(
        interfaces.QosHistory.KEEP_LAST, config.depth,
        interfaces.QosReliability[config.reliability.upper()],
        interfaces.QosDurability[config.durability.upper()], forever, forever,
        interfaces.QosLiveliness.AUTOMATIC, forever, False)
