# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Pacing: deadlines on a real ROS clock, simulated and not, and arrivals over DDS."""

from threading import Event, Thread
from typing import Any, Iterator, List

from dg_pytorch_ros.pacing import ArrivalPacing, TimerPacing
import pytest
from rclpy.clock import ClockType, ROSClock
from rclpy.time import Time

SECOND_NS = 1_000_000_000


class SimulatedTimer:
    """A timer of 10 Hz on a clock that the test moves."""

    def __init__(self) -> None:
        self.clock = ROSClock()
        self.clock._set_ros_time_is_active(True)
        self.late_ns: List[int] = []
        self.missed: List[int] = []
        self.clock_set: List[float] = []
        self.pacing = TimerPacing(
            self.clock, 10.0, on_tick=self.late_ns.append, on_missed=self.missed.append,
            on_clock_set=self.clock_set.append)

    def move(self, seconds: float) -> None:
        self.clock.set_ros_time_override(
            Time(nanoseconds=round(seconds * SECOND_NS), clock_type=ClockType.ROS_TIME))

    def is_due_at(self, seconds: float) -> bool:
        """Move the clock, which ends the wait, and wait."""
        self.move(seconds)
        self.pacing.wake()
        return self.pacing.wait()


@pytest.fixture
def timer() -> Iterator[SimulatedTimer]:
    simulated = SimulatedTimer()
    yield simulated
    simulated.pacing.close()


def test_a_deadline_is_due_when_it_is_reached_and_not_before(timer: SimulatedTimer) -> None:
    timer.move(100.0)
    timer.pacing.start()
    assert not timer.is_due_at(100.05)
    assert not timer.is_due_at(100.0999)
    assert timer.is_due_at(100.1)
    assert not timer.is_due_at(100.15)
    assert timer.is_due_at(100.2)
    assert timer.missed == []


def test_every_tick_says_how_late_it_is(timer: SimulatedTimer) -> None:
    timer.move(100.0)
    timer.pacing.start()
    timer.is_due_at(100.1)
    timer.is_due_at(100.19)
    timer.is_due_at(100.203)
    assert timer.late_ns == [0, 3_000_000]


def test_deadlines_keep_to_their_grid_when_the_clock_moves_past_them(
        timer: SimulatedTimer) -> None:
    timer.move(100.0)
    timer.pacing.start()
    assert timer.is_due_at(100.17)
    assert not timer.is_due_at(100.19)
    assert timer.is_due_at(100.2)


def test_deadlines_that_passed_meanwhile_are_counted_and_skipped_not_made_up_for(
        timer: SimulatedTimer) -> None:
    timer.move(100.0)
    timer.pacing.start()
    assert timer.is_due_at(100.1)
    assert not timer.is_due_at(100.57)  # the evaluation took 0.47 s: 100.2 to 100.5 are lost
    assert timer.missed == [4]
    assert timer.is_due_at(100.6)
    assert not timer.is_due_at(100.65)
    assert timer.missed == [4]


def test_a_deadline_that_passed_a_moment_ago_is_kept(timer: SimulatedTimer) -> None:
    timer.move(100.0)
    timer.pacing.start()
    assert timer.is_due_at(100.1)
    assert timer.is_due_at(100.24)  # the evaluation took 0.14 s
    assert not timer.is_due_at(100.29)
    assert timer.is_due_at(100.3)
    assert timer.is_due_at(100.64)  # and now 0.34: 100.4 and 100.5 are lost
    assert timer.missed == [2]
    assert timer.late_ns == [0, 40_000_000, 0, 40_000_000]


def test_two_evaluations_are_never_closer_than_half_a_period(timer: SimulatedTimer) -> None:
    timer.move(100.0)
    timer.pacing.start()
    assert timer.is_due_at(100.19)
    assert not timer.is_due_at(100.21)
    assert timer.missed == [1]
    assert timer.is_due_at(100.3)


def test_an_early_wake_up_does_not_cost_the_deadline(timer: SimulatedTimer) -> None:
    timer.move(100.0)
    timer.pacing.start()
    assert not timer.is_due_at(100.05)
    timer.move(100.12)  # between two waits for the same deadline
    assert timer.pacing.wait()
    assert timer.missed == []


def test_nothing_is_due_before_simulated_time_has_begun(timer: SimulatedTimer) -> None:
    timer.pacing.start()
    timer.pacing.wake()
    assert not timer.pacing.wait()
    assert not timer.is_due_at(500.0)  # the first time ever heard is the start
    assert timer.is_due_at(500.1)
    assert timer.missed == []


def test_after_a_new_start_deadlines_count_from_the_earlier_time(timer: SimulatedTimer) -> None:
    timer.move(100.0)
    timer.pacing.start()
    timer.move(3.0)
    timer.pacing.start()
    assert not timer.is_due_at(3.05)
    assert timer.is_due_at(3.1)


def test_a_new_rate_counts_from_now(timer: SimulatedTimer) -> None:
    timer.move(100.0)
    timer.pacing.start()
    timer.move(100.05)
    timer.pacing.set_rate(2.0)
    assert not timer.is_due_at(100.1)
    assert timer.is_due_at(100.55)


def test_a_step_of_the_simulated_clock_ends_the_wait(timer: SimulatedTimer) -> None:
    timer.move(100.0)
    timer.pacing.start()
    timer.pacing.wait()  # the move woke it once
    due: List[bool] = []
    ended = Event()

    def wait() -> None:
        while not due or not due[-1]:
            due.append(timer.pacing.wait())
        ended.set()
    Thread(target=wait, daemon=True).start()
    timer.move(100.1)
    assert ended.wait(60)


def test_a_system_clock_that_is_set_back_is_said_and_deadlines_begin_anew(
        monkeypatch: pytest.MonkeyPatch) -> None:
    set_back: List[float] = []
    hour_ns = 3600 * SECOND_NS
    times_ns = iter([10 * hour_ns])
    monkeypatch.setattr('dg_pytorch_ros.pacing.time_ns', lambda: next(times_ns, 9 * hour_ns))
    pacing = TimerPacing(
        ROSClock(), 10.0, on_tick=ignore, on_missed=ignore, on_clock_set=set_back.append)
    pacing.start()
    assert not pacing.wait()
    assert set_back == [pytest.approx(-3600.1)]
    pacing.close()


def test_a_system_clock_that_is_set_far_forward_is_said_and_is_no_lateness(
        monkeypatch: pytest.MonkeyPatch) -> None:
    clock_set: List[float] = []
    heard: List[int] = []
    hour_ns = 3600 * SECOND_NS
    times_ns = iter([hour_ns, hour_ns])
    monkeypatch.setattr('dg_pytorch_ros.pacing.time_ns', lambda: next(times_ns, 2 * hour_ns))
    pacing = TimerPacing(
        ROSClock(), 10.0, on_tick=heard.append, on_missed=heard.append,
        on_clock_set=clock_set.append)
    pacing.start()
    assert not pacing.wait()
    assert clock_set == [pytest.approx(3599.9)]
    assert heard == []
    pacing.close()


def test_a_jump_of_simulated_time_is_no_lateness(timer: SimulatedTimer) -> None:
    timer.move(100.0)
    timer.pacing.start()
    assert not timer.is_due_at(1100.0)
    assert (timer.late_ns, timer.missed, timer.clock_set) == ([], [], [])
    assert timer.is_due_at(1100.1)


class SteppedTime:
    """A system clock that goes on a step each time it is read."""

    def __init__(self, step_ns: int) -> None:
        self.now_ns = 10 * SECOND_NS
        self.step_ns = step_ns

    def __call__(self) -> int:
        self.now_ns += self.step_ns
        return self.now_ns


def test_the_last_of_the_time_is_spent_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    late_ns: List[int] = []
    time = SteppedTime(1000)
    monkeypatch.setattr('dg_pytorch_ros.pacing.time_ns', time)
    pacing = TimerPacing(
        ROSClock(), 10.0, spin_us=500, on_tick=late_ns.append, on_missed=ignore,
        on_clock_set=ignore)
    pacing.start()
    time.now_ns += SECOND_NS // 10 - 400_000  # no sleep would end in time now
    assert pacing.wait()
    assert 0 <= late_ns[0] < 1000
    pacing.close()


def test_a_clock_that_is_set_back_ends_the_time_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    time = SteppedTime(1000)
    monkeypatch.setattr('dg_pytorch_ros.pacing.time_ns', time)
    pacing = TimerPacing(
        ROSClock(), 10.0, spin_us=500, on_tick=ignore, on_missed=ignore, on_clock_set=ignore)
    pacing.start()
    time.now_ns += SECOND_NS // 10 - 400_000
    time.step_ns = -100_000
    assert not pacing.wait()
    pacing.close()


def test_simulated_time_is_not_waited_for_awake(timer: SimulatedTimer) -> None:
    pacing = TimerPacing(
        timer.clock, 10.0, spin_us=50_000, on_tick=ignore, on_missed=ignore, on_clock_set=ignore)
    timer.move(100.0)
    pacing.start()
    timer.move(100.08)
    pacing.wake()
    assert not pacing.wait()
    pacing.close()


def test_wall_time_deadlines_come_without_simulated_time() -> None:
    late_ns: List[int] = []
    pacing = TimerPacing(
        ROSClock(), 200.0, on_tick=late_ns.append, on_missed=ignore, on_clock_set=ignore)
    pacing.start()
    assert [pacing.wait() for _ in range(5)] == [True] * 5
    assert len(late_ns) == 5
    assert min(late_ns) >= 0
    pacing.close()


def ignore(anything: Any) -> None:
    """Stand in for a callback that must be given."""


class FakeTrigger:
    """A trigger on a real subscription, without decoding."""

    def __init__(self, subscription: Any, *, is_queue: bool) -> None:
        self.subscription = subscription
        self.is_queue = is_queue
        self.has_news = False
        self.taken: List[float] = []

    def take_next(self) -> None:
        taken = self.subscription.handle.take_message(self.subscription.msg_type, False)
        if taken is not None:
            self.taken.append(taken[0].data)
            self.has_news = True

    def take_newest(self) -> None:
        self.take_next()


@pytest.fixture
def arrivals(context: Any, peer: Any) -> Iterator[Any]:
    """Return a function that makes an arrival pacing on topics of given depths."""
    from dg_pytorch_ros.topics import UnattendedGroup
    from rclpy.node import Node
    from std_msgs.msg import Float64
    node = Node('arrivals', context=context)
    made = []

    def make(**depths: int) -> Any:
        triggers = [
            FakeTrigger(
                node.create_subscription(
                    Float64, topic, lambda message: None, depth, callback_group=UnattendedGroup()),
                is_queue=depth > 1)
            for topic, depth in depths.items()]
        made.append(ArrivalPacing(context, triggers))
        return made[-1], triggers
    yield make
    for pacing in made:
        pacing.close()
    node.destroy_node()


def wait_until_due(pacing: ArrivalPacing) -> None:
    while not pacing.wait():
        pass


def test_a_queue_is_worked_off_in_order_one_message_an_evaluation(
        arrivals: Any, peer: Any) -> None:
    from std_msgs.msg import Float64
    pacing, (trigger,) = arrivals(a=10)
    for data in (1.0, 2.0, 3.0):
        peer.publisher('a', Float64).publish(Float64(data=data))
    for count in (1, 2, 3):
        wait_until_due(pacing)
        assert len(trigger.taken) == count
    assert trigger.taken == [1.0, 2.0, 3.0]


def test_an_evaluation_waits_for_every_trigger(arrivals: Any, peer: Any) -> None:
    from std_msgs.msg import Float64
    pacing, (first, second) = arrivals(a=10, b=10)
    peer.publisher('a', Float64).publish(Float64(data=1.0))
    assert not pacing.wait()
    assert first.has_news and not second.has_news
    peer.publisher('b', Float64).publish(Float64(data=2.0))
    wait_until_due(pacing)
    assert (first.taken, second.taken) == ([1.0], [2.0])
    assert not first.has_news and not second.has_news


def test_waking_ends_the_wait_without_an_evaluation_even_if_it_comes_first(
        arrivals: Any) -> None:
    pacing, _ = arrivals(a=1)
    pacing.wake()
    assert not pacing.wait()
