# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The controller and the joints, watched from the first output to the last."""

import math
from threading import Event
from time import monotonic
from typing import Iterator, Protocol, Sequence

from dg_pytorch_ros.demo.child import Child
from dg_pytorch_ros.demo.recording import Evaluation, Pose, Recording
from dg_pytorch_ros.errors import PytorchRosError

_POLL_S = 0.05
_LONGEST_SILENCE_S = 2.0
_PATIENCE_S = 60.0


class DemoError(PytorchRosError):
    """A demo that did not work out."""


class Interrupted(Exception):
    """The user has seen enough."""


class Listener(Protocol):
    """What hears the controller and the joints."""

    def take_evaluations(self) -> Sequence[Evaluation]:
        """Return the evaluations since the last call."""

    def pose(self) -> 'Pose | None':
        """Return where the joints are; None while that is not known."""


class Display(Protocol):
    """What shows the user how it goes."""

    @property
    def period_s(self) -> float:
        """How often it wants to be called."""

    def begin(self) -> None:
        """Get ready."""

    def show(self, recording: Recording) -> None:
        """Show how it goes now."""


class Demo:
    """Watches, records, and has it shown."""

    def __init__(
        self, listener: Listener, children: Sequence[Child], stop: Event, recording: Recording
    ) -> None:
        self._listener = listener
        self._children = children
        self._stop = stop
        self._recording = recording
        self._begin_s = math.inf
        self._heard_s = math.inf

    def wait_for_outputs(self) -> None:
        """Return when the controller and the joints can be heard."""
        deadline_s = monotonic() + _PATIENCE_S
        while not (self._listener.take_evaluations() and self._listener.pose()):
            if monotonic() > deadline_s:
                raise DemoError(
                    f'pytorch_node and the plant did not find each other within '
                    f'{_PATIENCE_S:.0f} s; what they said is above')
            self._pause(_POLL_S)

    def run(self, seconds: float, display: Display) -> None:
        """Record so many seconds, and show them meanwhile."""
        display.begin()
        self._begin_s = self._heard_s = monotonic()
        for end_s in _ends(seconds, display.period_s):
            self._listen(self._begin_s + end_s)
            display.show(self._recording)

    def _listen(self, until_s: float) -> None:
        while True:
            evaluations = self._listener.take_evaluations()
            pose = self._listener.pose()
            now_s = monotonic()
            if pose:
                self._recording.add(now_s - self._begin_s, evaluations, pose)
            if evaluations:
                self._heard_s = now_s
            elif now_s > self._heard_s + _LONGEST_SILENCE_S:
                raise DemoError(
                    f'pytorch_node runs, but has published nothing for {_LONGEST_SILENCE_S:.0f} s')
            if now_s >= until_s:
                return
            self._pause(min(_POLL_S, until_s - now_s))

    def _pause(self, duration_s: float) -> None:
        if self._stop.wait(duration_s):
            raise Interrupted
        for child in self._children:
            child.check()


def _ends(seconds: float, period_s: float) -> Iterator[float]:
    for number in range(1, math.ceil(seconds / period_s)):
        yield number * period_s
    yield seconds
