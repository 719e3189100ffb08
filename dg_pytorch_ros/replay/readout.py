# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The numbers in an output's messages, in the order in which the output writes them."""

from typing import List, Optional

from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.decoding import choose_decoding
from dg_pytorch_ros.messages.kinds import ImportClass
from dg_pytorch_ros.messages.stamps import read_stamp_ns
from dg_pytorch_ros.model import Array


class Readout:
    """
    Reads messages of an output's type as an input with the same fields would.

    An output with names is read by its names, so that whoever recorded it may have another order.
    """

    def __init__(self, config: OutputConfig, import_class: ImportClass) -> None:
        self._config = config
        decoding = choose_decoding(InputConfig(
            config.name, message_type=config.message_type, field=config.field,
            select=config.names, name_field=config.name_field,
            image=ImageConfig(layout=config.layout)), import_class)
        self._decode = decoding.decoder.decode
        self._has_stamp = decoding.has_stamp

    def values(self, data: bytes) -> Array:
        """Return the numbers; raise MessageError if they are not there."""
        return self._decode(data)

    def stamp_ns(self, data: bytes) -> Optional[int]:
        """Return the stamp, if the message begins with one."""
        return read_stamp_ns(data) if self._has_stamp else None

    def columns(self, count: int) -> List[str]:
        """Return a name for each of so many numbers."""
        names = self._names()
        if len(names) == count:
            return names
        return [f'{self._config.name}[{index}]' for index in range(count)]

    def _names(self) -> List[str]:
        fields, names = self._config.field, self._config.names
        if not names:
            return list(fields)
        if len(fields) < 2:
            return list(names)
        return [f'{field}.{name}' for field in fields for name in names]
