# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The loop ticks when its pacing says so, and does the jobs that it is handed in between."""

from contextlib import contextmanager
from queue import SimpleQueue
from threading import current_thread, Event, main_thread, Thread
from typing import Any, Callable, Iterator, List, Optional

from dg_pytorch_ros.errors import LoopBusy, LoopClosed
import pytest

pytest.importorskip('rclpy', reason='rclpy is not installed')
from dg_pytorch_ros.loop import EvaluationLoop  # noqa: E402, I100

LONG_S = 30.0


class Metronome:
    """A pacing that is due when the test says so."""

    def __init__(self) -> None:
        self.starts = 0
        self.is_woken = Event()
        self.fails: Optional[BaseException] = None
        self._beats: 'SimpleQueue[bool]' = SimpleQueue()

    def start(self) -> None:
        self.starts += 1

    def wait(self) -> bool:
        is_due = self._beats.get(timeout=LONG_S)
        if self.fails is not None:
            raise self.fails
        return is_due

    def wake(self) -> None:
        self._beats.put(False)
        self.is_woken.set()

    def beat(self) -> None:
        self._beats.put(True)

    def close(self) -> None:
        pass


class Rig:
    """A loop, and what happens in it."""

    def __init__(self) -> None:
        self.pacing = Metronome()
        self.errors: List[Exception] = []
        self.on_tick: Callable[[], None] = lambda: None
        self.threads_of_ticks: List[Thread] = []
        self.has_ticked: 'SimpleQueue[int]' = SimpleQueue()
        self.on_after_tick: Callable[[], None] = lambda: None
        self.mode: List[str] = []
        self.loop = EvaluationLoop(
            self.pacing, self._tick, after_tick=self._after_tick, mode=self._enter_mode,
            on_error=self.errors.append)

    def start(self) -> None:
        self.loop.start(lambda: None)

    def stop(self) -> None:
        assert self.loop.stop(timeout_s=LONG_S)

    def close(self) -> None:
        assert self.loop.close(timeout_s=LONG_S)

    def beat(self) -> None:
        """Make an evaluation due, and wait until it has happened."""
        self.pacing.beat()
        self.has_ticked.get(timeout=LONG_S)

    @contextmanager
    def stuck(self) -> Iterator[Event]:
        """Keep the loop in the middle of a tick meanwhile, or until the event is set."""
        in_tick, may_end = Event(), Event()

        def linger() -> None:
            in_tick.set()
            assert may_end.wait(LONG_S)
        self.on_tick = linger
        self.pacing.beat()
        assert in_tick.wait(LONG_S)
        try:
            yield may_end
        finally:
            self.on_tick = lambda: None
            may_end.set()

    @property
    def ticks(self) -> int:
        return len(self.threads_of_ticks)

    def _tick(self) -> None:
        self.threads_of_ticks.append(current_thread())
        try:
            self.on_tick()
        finally:
            self.has_ticked.put(self.ticks)

    def _after_tick(self) -> None:
        self.on_after_tick()

    @contextmanager
    def _enter_mode(self) -> Iterator[None]:
        self.mode.append(f'enter in {current_thread().name}')
        yield
        self.mode.append('leave')


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Make a loop that is closed again whatever happens."""
    running = Rig()
    yield running
    running.close()


def raise_error(error: BaseException) -> Any:
    raise error


def test_loop_ticks_at_every_beat_in_its_one_thread(rig: Rig) -> None:
    rig.start()
    for _ in range(3):
        rig.beat()
    assert rig.ticks == 3
    assert len(set(rig.threads_of_ticks)) == 1
    assert rig.threads_of_ticks[0] not in (main_thread(), current_thread())


def test_what_comes_after_a_tick_comes_after_it_even_if_it_failed(rig: Rig) -> None:
    ticks_before: 'SimpleQueue[int]' = SimpleQueue()
    rig.on_after_tick = lambda: ticks_before.put(rig.ticks)
    rig.on_tick = lambda: raise_error(ValueError('no'))
    rig.start()
    for number in (1, 2):
        rig.beat()
        assert ticks_before.get(timeout=LONG_S) == number
    rig.loop.call(lambda: None)  # an early end of a wait is no tick
    assert ticks_before.empty()


def test_what_fails_after_a_tick_is_reported_and_survived(rig: Rig) -> None:
    rig.on_after_tick = lambda: raise_error(ValueError('no'))
    rig.start()
    for _ in range(3):
        rig.beat()
    assert [str(error) for error in rig.errors][:2] == ['no', 'no']
    assert rig.loop.is_alive


def test_all_of_the_thread_runs_in_the_mode_of_the_model(rig: Rig) -> None:
    assert rig.loop.call(lambda: list(rig.mode)) == ['enter in evaluation']


def test_mode_is_left_when_the_loop_closes() -> None:
    rig = Rig()
    rig.close()
    assert rig.mode == ['enter in evaluation', 'leave']


def test_stopped_loop_does_jobs_at_once_but_does_not_tick(rig: Rig) -> None:
    rig.pacing.beat()
    assert rig.loop.call(lambda: current_thread().name) == 'evaluation'
    assert rig.ticks == 0


def test_preparation_comes_before_the_pacing_and_the_first_tick(rig: Rig) -> None:
    seen: List[Any] = []
    rig.pacing.beat()
    rig.loop.start(lambda: seen.append((rig.pacing.starts, rig.ticks)))
    rig.has_ticked.get(timeout=LONG_S)
    assert seen == [(0, 0)]
    assert rig.pacing.starts == 1


def test_loop_whose_preparation_fails_is_not_started(rig: Rig) -> None:
    with pytest.raises(ValueError, match='unprepared'):
        rig.loop.start(lambda: raise_error(ValueError('unprepared')))
    assert rig.pacing.starts == 0
    rig.pacing.beat()
    rig.loop.call(lambda: None)
    assert rig.ticks == 0


def test_no_tick_follows_a_stop(rig: Rig) -> None:
    rig.start()
    rig.beat()
    rig.stop()
    rig.pacing.beat()
    rig.loop.call(lambda: None)
    assert rig.ticks == 1
    rig.start()
    rig.has_ticked.get(timeout=LONG_S)
    assert (rig.ticks, rig.pacing.starts) == (2, 2)


def test_stop_waits_for_the_end_of_the_tick(rig: Rig) -> None:
    order: List[str] = []
    in_tick, may_end = Event(), Event()

    def linger() -> None:
        in_tick.set()
        assert may_end.wait(LONG_S)
        order.append('tick ended')

    def stop() -> None:
        rig.stop()
        order.append('stopped')

    rig.on_tick = linger
    rig.start()
    rig.pacing.beat()
    assert in_tick.wait(LONG_S)
    rig.pacing.is_woken.clear()
    rig.pacing.beat()  # the next would be due
    stopping = Thread(target=stop)
    stopping.start()
    assert rig.pacing.is_woken.wait(LONG_S), 'the request has not been handed over'
    may_end.set()
    stopping.join(LONG_S)
    rig.loop.call(lambda: None)
    assert order == ['tick ended', 'stopped']
    assert rig.ticks == 1


def test_job_wakes_a_loop_that_waits_for_its_next_beat(rig: Rig) -> None:
    rig.start()
    assert rig.loop.call(lambda: 'done') == 'done'
    assert rig.ticks == 0


def test_jobs_are_done_in_order_between_two_ticks(rig: Rig) -> None:
    order: List[str] = []
    in_tick, may_end = Event(), Event()

    def linger() -> None:
        order.append('tick')
        in_tick.set()
        assert may_end.wait(LONG_S)

    rig.on_tick = linger
    rig.start()
    rig.pacing.beat()
    assert in_tick.wait(LONG_S)
    jobs = [rig.loop.post(lambda i=i: order.append(f'job {i}')) for i in range(3)]
    assert not any(job.done() for job in jobs)
    rig.pacing.beat()
    may_end.set()
    for job in jobs:
        job.result(LONG_S)
    rig.stop()
    assert [event for event in order if event != 'tick'] == ['job 0', 'job 1', 'job 2']
    assert order[:4] == ['tick', 'job 0', 'job 1', 'job 2']


@pytest.mark.parametrize('error', [ValueError('mine'), SystemExit('mine')])
def test_error_of_a_job_goes_to_whoever_waits_for_it(rig: Rig, error: BaseException) -> None:
    with pytest.raises(type(error), match='mine'):
        rig.loop.call(lambda: raise_error(error))
    assert rig.errors == []
    assert rig.loop.call(lambda: 1) == 1


def test_error_of_a_tick_is_reported_and_the_loop_goes_on(rig: Rig) -> None:
    error = RuntimeError('a bug')
    rig.on_tick = lambda: raise_error(error)
    rig.start()
    rig.beat()
    rig.beat()
    rig.stop()
    assert rig.errors == [error, error]


def test_error_of_a_wait_is_reported_and_the_loop_goes_on(rig: Rig) -> None:
    rig.start()
    rig.pacing.fails = RuntimeError('a bug')
    rig.pacing.beat()
    rig.loop.call(lambda: None)
    rig.pacing.fails = None
    rig.beat()
    assert rig.errors and rig.ticks == 1


@pytest.mark.filterwarnings('ignore::pytest.PytestUnhandledThreadExceptionWarning')
def test_nobody_waits_for_a_thread_that_died() -> None:
    rig = Rig()
    rig.start()
    rig.pacing.fails = SystemExit()
    with pytest.raises(LoopClosed, match='has ended'):
        rig.loop.call(lambda: None)
    rig.close()


@pytest.mark.parametrize('is_started', [True, False])
def test_closing_ends_the_thread_after_the_jobs_that_wait(is_started: bool) -> None:
    rig = Rig()
    thread = rig.loop.call(current_thread)
    if is_started:
        rig.start()
    job = rig.loop.post(lambda: 'done')
    rig.close()
    assert job.result(0.0) == 'done'
    assert not thread.is_alive()


def test_closed_loop_takes_no_more_jobs() -> None:
    rig = Rig()
    rig.close()
    for hand_over in (rig.loop.post, rig.loop.call):
        with pytest.raises(LoopClosed, match='has ended'):
            hand_over(lambda: None)


def test_every_job_handed_over_while_the_loop_closes_is_done_or_refused() -> None:
    for _ in range(50):
        rig = Rig()
        outcomes: List[str] = []

        def hand_over(rig: Rig = rig, outcomes: List[str] = outcomes) -> None:
            try:
                outcomes.append(rig.loop.post(lambda: 'done').result(LONG_S))
            except LoopClosed:
                outcomes.append('refused')

        others = [Thread(target=hand_over) for _ in range(3)]
        for other in others:
            other.start()
        rig.close()
        for other in others:
            other.join(LONG_S)
        assert len(outcomes) == 3 and set(outcomes) <= {'done', 'refused'}


# A tick that does not end

SHORT_S = 0.01


def test_job_that_was_given_up_is_never_done(rig: Rig) -> None:
    done: List[str] = []
    rig.start()
    with rig.stuck():
        with pytest.raises(LoopBusy, match=r'the present evaluation has not ended for \d+\.\d s'):
            rig.loop.call(lambda: done.append('given up'), timeout_s=SHORT_S)
        rig.loop.post(lambda: done.append('waited for'))
    rig.loop.call(lambda: None)
    assert done == ['waited for']


def test_job_that_has_begun_is_waited_for(rig: Rig) -> None:
    is_begun, may_end = Event(), Event()

    def linger() -> str:
        is_begun.set()
        assert may_end.wait(LONG_S)
        return 'done'

    def call() -> None:
        results.append(rig.loop.call(linger, timeout_s=SHORT_S))
    results: List[str] = []
    caller = Thread(target=call)
    caller.start()
    assert is_begun.wait(LONG_S)
    caller.join(10 * SHORT_S)
    assert caller.is_alive()
    may_end.set()
    caller.join(LONG_S)
    assert results == ['done']


def test_time_out_of_a_job_is_its_own_error(rig: Rig) -> None:
    with pytest.raises(TimeoutError, match='mine'):
        rig.loop.call(lambda: raise_error(TimeoutError('mine')), timeout_s=LONG_S)


def test_job_in_time_is_done(rig: Rig) -> None:
    rig.start()
    assert rig.loop.call(lambda: 'done', timeout_s=LONG_S) == 'done'


def test_stop_that_was_not_waited_for_still_stops(rig: Rig) -> None:
    rig.start()
    with rig.stuck():
        rig.pacing.beat()
        assert not rig.loop.stop(timeout_s=SHORT_S)
    rig.loop.call(lambda: None)
    assert rig.ticks == 1
    rig.start()
    rig.has_ticked.get(timeout=LONG_S)


def test_stuck_loop_cannot_be_started_again(rig: Rig) -> None:
    rig.start()
    with rig.stuck():
        rig.loop.stop(timeout_s=SHORT_S)
        with pytest.raises(LoopBusy):
            rig.loop.start(lambda: None, timeout_s=SHORT_S)
    rig.pacing.beat()
    rig.loop.call(lambda: None)
    assert (rig.ticks, rig.pacing.starts) == (1, 1)


def test_close_does_not_wait_for_ever_and_ends_the_thread_as_soon_as_it_can() -> None:
    rig = Rig()
    rig.start()
    with rig.stuck():
        assert not rig.loop.close(timeout_s=SHORT_S)
    rig.close()
    assert not rig.loop.is_alive
    assert rig.ticks == 1


def test_tick_may_halt_the_loop(rig: Rig) -> None:
    rig.on_tick = lambda: rig.loop.halt()
    rig.start()
    rig.beat()
    rig.pacing.beat()
    rig.loop.call(lambda: None)
    assert rig.ticks == 1
    rig.on_tick = lambda: None
    rig.start()
    rig.has_ticked.get(timeout=LONG_S)
    assert rig.ticks == 2


def test_loop_says_for_how_long_the_present_tick_has_run(rig: Rig) -> None:
    rig.start()
    assert rig.loop.busy_s == 0.0
    with rig.stuck():
        first_s = rig.loop.busy_s
        while rig.loop.busy_s <= first_s:
            pass
        assert first_s >= 0.0
    assert rig.loop.call(lambda: rig.loop.busy_s) == 0.0


def test_loop_is_not_busy_after_a_tick_that_failed(rig: Rig) -> None:
    rig.start()
    rig.on_tick = lambda: raise_error(ValueError('no'))
    rig.beat()
    assert rig.loop.call(lambda: rig.loop.busy_s) == 0.0


def test_stopping_a_loop_that_has_ended_is_done_at_once() -> None:
    rig = Rig()
    rig.close()
    rig.stop()
    rig.close()


@pytest.mark.filterwarnings('ignore::pytest.PytestUnhandledThreadExceptionWarning')
def test_nobody_waits_for_a_thread_that_died_beside_a_job_that_was_given_up() -> None:
    rig = Rig()
    rig.start()
    with rig.stuck():
        with pytest.raises(LoopBusy):
            rig.loop.call(lambda: None, timeout_s=SHORT_S)
        job = rig.loop.post(lambda: None)
        rig.pacing.fails = SystemExit()
        rig.pacing.beat()
    with pytest.raises(LoopClosed):
        job.result(LONG_S)


def test_end_of_an_evaluation_can_be_awaited(rig: Rig) -> None:
    rig.start()
    assert rig.loop.await_evaluation(0.0)
    with rig.stuck() as may_end:
        assert not rig.loop.await_evaluation(0.01)
        may_end.set()
        assert rig.loop.await_evaluation(LONG_S)
