# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Wait until the next evaluation: for a deadline, or for what it needs to arrive."""

from threading import Lock
from time import time_ns
from typing import Any, Callable, Optional, Sequence

from dg_pytorch_ros.arrivals import Arrivals, Trigger
from dg_pytorch_ros.deadlines import Deadlines
from rclpy.clock import JumpThreshold, ROSClock
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.guard_condition import GuardCondition
from rclpy.impl.implementation_singleton import rclpy_implementation

# A sleep ends at least this often, so that a clock that was set in the meantime is noticed.
_LONGEST_SLEEP_S = 1.0
# Nobody sleeps this much too long: the clock was set forward.
_NO_LATENESS_NS = 10_000_000_000


class TimerPacing:
    """
    Waits for deadlines on the ROS clock, the first of them one period after the start.

    `on_missed` hears how many were skipped, `on_tick` how late, in nanoseconds, each of the others
    is. When the system's clock is set back, or far forward, deadlines begin anew; `on_clock_set`
    hears by how much.
    """

    def __init__(
        self, clock: ROSClock, rate_hz: float, *, on_tick: Callable[[int], None],
        on_missed: Callable[[int], None], on_clock_set: Callable[[float], None], spin_us: int = 0
    ) -> None:
        self._clock = clock
        self._is_simulated = clock.ros_time_is_active
        self._on_tick = on_tick
        self._on_clock_set = on_clock_set
        self._deadlines = Deadlines(rate_hz, on_missed=on_missed)
        self._spin_ns = 1000 * spin_us
        self._wake_up = Lock()
        self._wake_up.acquire()
        # Simulated time moves in steps: each one may be the deadline.
        self._steps = clock.create_jump_callback(
            JumpThreshold(
                min_forward=Duration(nanoseconds=1), min_backward=Duration(nanoseconds=-1),
                on_clock_change=True),
            post_callback=lambda jump: self._on_step())

    def set_rate(self, rate_hz: float) -> None:
        """Change the period, and begin anew."""
        self._deadlines.period_ns = 1e9 / rate_hz
        self.start()

    def start(self) -> None:
        """Put the first deadline one period from now."""
        self._deadlines.start(self._now_ns())

    def wait(self) -> bool:
        """Sleep until the next deadline; return whether it is reached."""
        deadlines = self._deadlines
        if deadlines.start_ns == 0:
            self.start()  # simulated time stays 0 until the first message on /clock
        now_ns = self._now_ns()
        deadline_ns = deadlines.next_ns(now_ns)
        self._sleep(deadline_ns - now_ns)
        late_ns = self._now_ns() - deadline_ns
        spin_ns = 0 if self._is_simulated else self._spin_ns
        while -spin_ns <= late_ns < 0:
            late_ns = self._now_ns() - deadline_ns
        if deadlines.start_ns == 0 or late_ns < 0:
            return False
        if late_ns > _NO_LATENESS_NS:
            if not self._is_simulated:  # others look after the jumps of simulated time
                self._on_clock_set(1e-9 * late_ns)
            self.start()
            return False
        self._on_tick(late_ns)
        deadlines.keep(deadline_ns + late_ns)
        return True

    def wake(self) -> None:
        """End the sleep, or the next one."""
        try:
            self._wake_up.release()
        except RuntimeError:
            pass  # somebody else did already

    def close(self) -> None:
        """Leave the clock alone."""
        self._steps.unregister()

    def _on_step(self) -> None:
        self._is_simulated = self._clock.ros_time_is_active
        self.wake()

    def _now_ns(self) -> int:
        # Without simulated time, the ROS clock is the system's, which is quicker to ask.
        return int(self._clock.now().nanoseconds) if self._is_simulated else time_ns()

    def _sleep(self, duration_ns: int) -> None:
        if self._is_simulated:
            if duration_ns > 0:
                self._wake_up.acquire(timeout=_LONGEST_SLEEP_S)
        elif duration_ns > 2 * self._deadlines.period_ns:
            self._on_clock_set(-1e-9 * duration_ns)
            self.start()
        elif duration_ns > self._spin_ns:
            self._wake_up.acquire(
                timeout=min(1e-9 * (duration_ns - self._spin_ns), _LONGEST_SLEEP_S))


class ArrivalPacing:
    """
    Waits for messages to the triggers.

    `watched` are subscriptions whose messages end the wait as well; so does the end of
    `patience_ns`, asked for anew in each wait. Whenever a wait ends without an evaluation being
    due, `look` is called.
    """

    def __init__(
        self, context: Context, triggers: Sequence[Trigger], *, watched: Sequence[Any] = (),
        patience_ns: Callable[[], Optional[int]], look: Callable[[], None]
    ) -> None:
        self._arrivals = Arrivals(triggers, look=look)
        self._watched = watched
        self._patience_ns = patience_ns
        self._guard = GuardCondition(None, None, context=context)
        self._wait_set = rclpy_implementation.WaitSet(
            len(triggers) + len(watched), 1, 0, 0, 0, 0, context.handle)

    def start(self) -> None:
        """Go on with the news that there are."""

    def wait(self) -> bool:
        """Block until a message arrives; return whether it completes the triggers."""
        self._block()
        return self._arrivals.take()

    def _block(self) -> None:
        """Wait for a message that is awaited, for patience to end, or for `wake`."""
        self._wait_set.clear_entities()
        self._wait_set.add_guard_condition(self._guard.handle)
        for trigger in self._arrivals.awaited:
            self._wait_set.add_subscription(trigger.subscription.handle)
        for subscription in self._watched:
            self._wait_set.add_subscription(subscription.handle)
        patience_ns = self._patience_ns()
        self._wait_set.wait(-1 if patience_ns is None else patience_ns)

    def wake(self) -> None:
        """Trigger the guard condition, which is remembered until the next wait."""
        self._guard.trigger()

    def close(self) -> None:
        """Give the guard condition back."""
        self._guard.destroy()
