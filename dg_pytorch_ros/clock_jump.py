# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A clock that does not merely go on."""

from typing import NamedTuple

# A step of simulated time that nobody takes for the passing of time.
JUMP_FORWARD_NS = 10_000_000_000


class ClockJump(NamedTuple):
    """A large step of ROS time, up to now, or another source of it."""

    step_ns: int
    now_ns: int
    has_other_source: bool = False

    @property
    def is_beginning(self) -> bool:
        """Whether this is the first message on /clock, before which simulated time is 0."""
        return self.step_ns == self.now_ns and not self.has_other_source

    @property
    def is_break(self) -> bool:
        """Whether what was before has nothing to do with what comes."""
        return self.has_other_source or self.step_ns < 0

    def __str__(self) -> str:
        what = 'has another source' if self.has_other_source else (
            f'jumped by {1e-9 * self.step_ns:.3f} s')
        and_so = ', and the module forgets what it has seen' if self.is_break else ''
        return f'ROS time {what}; deadlines begin anew{and_so}'
