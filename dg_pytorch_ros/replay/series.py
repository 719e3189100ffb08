# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What an output was over time."""

from typing import List, Optional

from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.replay.readout import Readout


class Series:
    """The numbers and times of an output's messages, recorded or replayed, in their order."""

    def __init__(self, readout: Readout) -> None:
        self.times_ns: List[int] = []
        self.stamps_ns: List[Optional[int]] = []
        self.values: List[Array] = []
        self.unreadable = 0
        self.complaint = ''
        self._readout = readout

    def __len__(self) -> int:
        return len(self.times_ns)

    def add(self, time_ns: int, data: bytes) -> None:
        """Take a message; count it if it cannot be read, and keep the first complaint."""
        try:
            values, stamp_ns = self._readout.values(data), self._readout.stamp_ns(data)
        except MessageError as error:
            self.unreadable += 1
            self.complaint = self.complaint or str(error)
            return
        self.times_ns.append(time_ns)
        self.stamps_ns.append(stamp_ns)
        self.values.append(values)
