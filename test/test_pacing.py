# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Pacing: deadlines on a real ROS clock, simulated and not, and arrivals over DDS."""

from threading import Event, Thread
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence

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
        self._is_queue = is_queue
        self.has_news = False
        self.taken: List[float] = []

    def take_next(self) -> bool:
        taken = self.subscription.handle.take_message(self.subscription.msg_type, False)
        if taken is not None:
            self.taken.append(taken[0].data)
            self.has_news = True
        return taken is not None

    def refresh(self) -> None:
        if not self._is_queue:
            self.take_next()


class Arrivals:
    """An arrival pacing on topics of given depths, and what it does."""

    def __init__(self, context: Any, node: Any, depths: Dict[str, int], watched: Any) -> None:
        self._node = node
        self.triggers = [
            FakeTrigger(self._subscribe(topic, depth), is_queue=depth > 1)
            for topic, depth in depths.items()]
        self.watched = [
            FakeTrigger(self._subscribe(topic, 10), is_queue=True) for topic in watched]
        self.looks = 0
        self.patience_ns: Optional[int] = None
        self.pacing = ArrivalPacing(
            context, self.triggers, watched=[trigger.subscription for trigger in self.watched],
            patience_ns=lambda: self.patience_ns, look=self._look)

    def wait(self) -> bool:
        """Wait once; a look comes with every wait after which nothing is due, and no other."""
        before = self.looks
        is_due = self.pacing.wait()
        assert self.looks == before + (not is_due)
        return is_due

    def wait_until_due(self) -> None:
        while not self.wait():
            pass

    def _look(self) -> None:
        self.looks += 1
        for trigger in self.watched:
            trigger.take_next()

    def _subscribe(self, topic: str, depth: int) -> Any:
        from dg_pytorch_ros.topics import UnattendedGroup
        from std_msgs.msg import Float64
        return self._node.create_subscription(
            Float64, topic, ignore, depth, callback_group=UnattendedGroup())


@pytest.fixture
def send(peer: Any) -> Callable[[str, float], None]:
    """Return a function that sends a number on a topic."""
    from std_msgs.msg import Float64

    def send_number(topic: str, number: float) -> None:
        peer.publisher(topic, Float64).publish(Float64(data=number))
    return send_number


@pytest.fixture
def arrivals(context: Any) -> Iterator[Callable[..., Arrivals]]:
    """Return a function that makes an arrival pacing on topics of given depths."""
    from rclpy.node import Node
    node = Node('arrivals', context=context)
    made = []

    def make(watched: Sequence[str] = (), **depths: int) -> Arrivals:
        made.append(Arrivals(context, node, depths, watched))
        return made[-1]
    yield make
    for one in made:
        one.pacing.close()
    node.destroy_node()


def test_a_queue_is_worked_off_in_order_one_message_an_evaluation(
        arrivals: Any, send: Any) -> None:
    on = arrivals(a=10)
    for number in (1.0, 2.0, 3.0):
        send('a', number)
    for count in (1, 2, 3):
        on.wait_until_due()
        assert len(on.triggers[0].taken) == count
    assert on.triggers[0].taken == [1.0, 2.0, 3.0]


@pytest.mark.parametrize('order', ['ab', 'ba'])
def test_an_evaluation_waits_for_every_trigger(arrivals: Any, send: Any, order: str) -> None:
    on = arrivals(a=10, b=10)
    first, second = (on.triggers['ab'.index(topic)] for topic in order)
    send(order[0], 1.0)
    assert not on.wait()
    assert first.has_news and not second.has_news
    send(order[1], 2.0)
    on.wait_until_due()
    assert (first.taken, second.taken) == ([1.0], [2.0])
    assert not first.has_news and not second.has_news


def test_of_a_trigger_without_a_queue_the_newest_message_counts(
        arrivals: Any, send: Any) -> None:
    on = arrivals(a=1, b=1)
    send('a', 1.0)
    assert not on.wait()
    send('a', 2.0)
    send('b', 3.0)
    on.wait_until_due()
    assert on.triggers[0].taken == [1.0, 2.0]


def test_waking_ends_the_wait_without_an_evaluation_even_if_it_comes_first(
        arrivals: Any) -> None:
    on = arrivals(a=1)
    on.pacing.wake()
    assert not on.wait()


@pytest.mark.parametrize('patience_ns', [0, 1_000_000])
def test_the_end_of_patience_ends_the_wait_with_a_look(arrivals: Any, patience_ns: int) -> None:
    on = arrivals(a=1)
    on.patience_ns = patience_ns
    for _ in range(3):
        assert not on.wait()
    assert on.looks == 3


def test_patience_is_asked_for_anew_in_each_wait(arrivals: Any, send: Any) -> None:
    on = arrivals(a=1)
    on.patience_ns = 0
    assert not on.wait()
    on.patience_ns = None
    send('a', 1.0)
    on.wait_until_due()
    assert on.looks == 1


def test_a_message_to_a_watched_topic_ends_the_wait_with_a_look(
        arrivals: Any, send: Any) -> None:
    on = arrivals(a=1, watched=['enable'])
    send('enable', 1.0)
    assert not on.wait()
    assert on.watched[0].taken == [1.0]
    send('a', 2.0)
    on.wait_until_due()
    assert on.triggers[0].taken == [2.0]


def test_a_watched_topic_is_not_waited_for(arrivals: Any, send: Any) -> None:
    on = arrivals(a=1, watched=['enable'])
    send('a', 1.0)
    on.wait_until_due()
    assert on.watched[0].taken == []


def test_triggers_that_had_their_news_before_the_wait_are_due_when_it_ends(
        arrivals: Any) -> None:
    on = arrivals(a=1)
    on.triggers[0].has_news = True
    on.pacing.wake()
    assert on.wait()
