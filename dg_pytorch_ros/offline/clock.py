# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A clock that is told what time it is."""

from typing import Any, Dict


class OfflineClock:
    """
    Time that stands still until its owner sets it.

    It stands for both of the node's clocks: the steady one of ages, and the ROS time of stamps.
    """

    def __init__(self, time_ns: int = 0, *, is_simulated: bool = False) -> None:
        self.time_ns = time_ns
        self.is_simulated = is_simulated

    def refresh(self) -> None:
        """Stay what it is: nobody changes the source of time."""

    def now_ns(self) -> int:
        """Return the present time."""
        return self.time_ns

    def arrival_ns(self, info: Dict[str, Any]) -> int:
        """Return when a message that was just taken had arrived: in simulated time, now."""
        return self.time_ns if self.is_simulated else int(info['received_timestamp'])

    def stamp_now_ns(self) -> int:
        """Return the present ROS time, for a stamp."""
        return self.time_ns

    def stamped_ns(self, stamp_ns: int) -> int:
        """Return when a time stamp in ROS time was."""
        return stamp_ns
