# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""When evaluations happen in a replay: the rules of `pacing`, without waiting."""

from typing import Callable, Optional, Protocol, Sequence

from dg_pytorch_ros.arrivals import Arrivals
from dg_pytorch_ros.circuit import Circuit
from dg_pytorch_ros.deadlines import Deadlines
from dg_pytorch_ros.offline.clock import OfflineClock

# On a robot each look takes time, so that time goes on between two of them.
_SHORTEST_LOOK_NS = 1000


class Pace(Protocol):
    """Calls for evaluations as time goes on and messages come."""

    def start(self) -> None:
        """Begin anew, from now."""

    def due_ns(self) -> Optional[int]:
        """Return when to wake up if no message comes before that; None if never."""

    def wake(self) -> None:
        """Do what was due."""

    def hear(self) -> bool:
        """Do one thing that the messages which have come ask for; return whether there was any."""

    def step(self) -> None:
        """Do what simulated time asks for, after a step of it or a message."""


class TimerPace:
    """Evaluations at the deadlines of a timer; simulated time may pass over some of them."""

    def __init__(
        self, clock: OfflineClock, rate_hz: float, *, tick: Callable[[], None],
        on_missed: Callable[[int], None]
    ) -> None:
        self._clock = clock
        self._deadlines = Deadlines(rate_hz, on_missed=on_missed)
        self._tick = tick

    def start(self) -> None:
        """Put the first deadline one period from now."""
        self._deadlines.start(self._clock.time_ns)

    def due_ns(self) -> Optional[int]:
        """Return the next deadline; nobody knows when simulated time reaches it."""
        if self._clock.is_simulated:
            return None
        return self._deadlines.next_ns(self._clock.time_ns)

    def wake(self) -> None:
        """Evaluate, and wait for the next deadline from now on."""
        now_ns = self._clock.time_ns
        self._deadlines.keep(now_ns)
        self._tick()
        self._deadlines.next_ns(now_ns)

    def hear(self) -> bool:
        """Leave messages where they are until the next deadline."""
        return False

    def step(self) -> None:
        """Evaluate if the next deadline has been reached."""
        now_ns = self._clock.time_ns
        if self._deadlines.start_ns == 0:
            self.start()  # simulated time was 0 until now
        if now_ns >= self._deadlines.next_ns(now_ns):
            self.wake()


class ListedPace:
    """Evaluations at given times of the recording."""

    def __init__(
        self, times_ns: Sequence[int], *, now_ns: Callable[[], int], tick: Callable[[], None]
    ) -> None:
        self._left_ns = sorted(times_ns, reverse=True)
        self._now_ns = now_ns
        self._tick = tick

    def start(self) -> None:
        """Leave out what has passed."""
        while self._left_ns and self._left_ns[-1] < self._now_ns():
            self._left_ns.pop()

    def due_ns(self) -> Optional[int]:
        """Return the next time."""
        return self._left_ns[-1] if self._left_ns else None

    def wake(self) -> None:
        """Evaluate."""
        self._left_ns.pop()
        self._tick()

    def hear(self) -> bool:
        """Leave messages where they are until the next time."""
        return False

    def step(self) -> None:
        """Let time pass."""


class ArrivalPace:
    """Evaluations when every trigger has had a message, and looks when patience ends."""

    def __init__(
        self, clock: OfflineClock, circuit: Circuit, *, tick: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._patience_ns = circuit.evaluation.patience_ns
        self._arrivals = Arrivals(circuit.triggers, look=circuit.evaluation.look)
        self._watched = circuit.watched
        self._tick = tick
        self._earliest_ns = 0

    def start(self) -> None:
        """Go on with the news that there are."""

    def due_ns(self) -> Optional[int]:
        """Return the end of patience; nobody knows when simulated time reaches it."""
        patience_ns = self._patience_ns()
        if patience_ns is None or self._clock.is_simulated:
            return None
        return max(self._clock.time_ns + patience_ns, self._earliest_ns)

    def wake(self) -> None:
        """Look, because patience has ended."""
        self._earliest_ns = self._clock.time_ns + _SHORTEST_LOOK_NS
        self._take()

    def hear(self) -> bool:
        """Take what has come, if something is awaited, or watched."""
        for source in (*self._arrivals.awaited, *self._watched):
            if source.subscription.waiting:
                self._take()
                return True
        return False

    def step(self) -> None:
        """Look: in simulated time, whoever has patience does so again and again."""
        if self._patience_ns() is not None:
            self._take()

    def _take(self) -> None:
        if self._arrivals.take():
            self._tick()
