# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The time in which the ages of messages are counted."""

from time import monotonic_ns, time_ns
from typing import Any, Dict, Protocol

from rclpy.clock import ROSClock


class Ages(Protocol):
    """A clock for ages; all its times can be compared with each other."""

    is_simulated: bool

    def refresh(self) -> None:
        """Find out again whether time is simulated."""

    def now_ns(self) -> int:
        """Return the present time."""

    def arrival_ns(self, info: Dict[str, Any]) -> int:
        """Return when a message that was just taken had arrived."""

    def stamp_now_ns(self) -> int:
        """Return the present ROS time, for a stamp."""

    def stamped_ns(self, stamp_ns: int) -> int:
        """Return when a time stamp in ROS time was."""


class AgeClock:
    """
    A steady clock, or the simulated one where the node's time is simulated.

    The system's clock may be set; an age must not depend on that.
    """

    def __init__(self, clock: ROSClock) -> None:
        self._clock = clock
        self.is_simulated = False
        self.refresh()

    def refresh(self) -> None:
        """Find out again whether time is simulated."""
        self.is_simulated = self._clock.ros_time_is_active

    def now_ns(self) -> int:
        """Return the present time."""
        return int(self._clock.now().nanoseconds) if self.is_simulated else monotonic_ns()

    def arrival_ns(self, info: Dict[str, Any]) -> int:
        """
        Return when a message that was just taken had arrived.

        Simulated time stands still between two messages on /clock: there, it arrives when it is
        taken.
        """
        if self.is_simulated:
            return self.now_ns()
        received_ns = info['received_timestamp']
        waited_ns = time_ns() - received_ns if received_ns else 0
        return monotonic_ns() - waited_ns if waited_ns > 0 else monotonic_ns()

    def stamp_now_ns(self) -> int:
        """Return the present ROS time, for a stamp."""
        return int(self._clock.now().nanoseconds) if self.is_simulated else time_ns()

    def stamped_ns(self, stamp_ns: int) -> int:
        """Return when a time stamp in ROS time was."""
        return stamp_ns if self.is_simulated else monotonic_ns() - (time_ns() - stamp_ns)
