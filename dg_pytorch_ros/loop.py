# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The evaluation thread, and the one place where work is handed over to it."""

from concurrent.futures import Future, TimeoutError as NotInTime
from contextlib import suppress
import math
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any, Callable, ContextManager, Optional, Protocol, Tuple, TypeVar

from dg_pytorch_ros.errors import LoopBusy, LoopClosed

T = TypeVar('T')
# Whatever fails at every wait must not fail as fast as the processor can.
_PAUSE_AFTER_ERROR_S = 0.01
_POLL_S = 0.001
_Job = Tuple[Callable[[], Any], 'Future[Any]']


class Pacing(Protocol):
    """Makes the evaluation thread wait; all but `wake` is called from that thread."""

    def start(self) -> None:
        """Begin anew, from now."""

    def wait(self) -> bool:
        """Block until an evaluation is due, or until `wake`; return whether it is due."""

    def wake(self) -> None:
        """End the present wait, or else the next one, early; any thread may call this."""

    def close(self) -> None:
        """Give back what belongs to ROS."""


class EvaluationLoop:
    """
    A thread that ticks at the pace it is given while it is started.

    It lives from construction to `close`, and also does the jobs that it is handed: between two
    ticks while started, at once while stopped. Exceptions of a tick go to `on_error`; what must be
    done now and then is done in `after_tick`, when there is most time until the next.
    """

    def __init__(
        self, pacing: Pacing, tick: Callable[[], None], *, after_tick: Callable[[], None],
        mode: Callable[[], ContextManager[None]], on_error: Callable[[Exception], None]
    ) -> None:
        self._pacing = pacing
        self._tick = tick
        self._after_tick = after_tick
        self._mode = mode
        self._on_error = on_error
        self._jobs: 'SimpleQueue[_Job]' = SimpleQueue()
        self._is_running = True
        self._is_started = False
        self._is_closed = False
        self._busy_since_s: Optional[float] = None
        self._closing = Lock()
        self._thread = Thread(target=self._run, name='evaluation', daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    @property
    def busy_s(self) -> float:
        """How long the present evaluation has been running; 0 between two of them."""
        since_s = self._busy_since_s
        return 0.0 if since_s is None else monotonic() - since_s

    def await_evaluation(self, timeout_s: float) -> bool:
        """
        Wait for the end of the present evaluation; return whether it has come.

        Time in which the whole process is paused does not count.
        """
        since_s = self._busy_since_s
        for _ in range(math.ceil(timeout_s / _POLL_S)):
            if self._busy_since_s != since_s:
                return True
            sleep(_POLL_S)
        return self._busy_since_s is None or self._busy_since_s != since_s

    def call(self, job: Callable[[], T], *, timeout_s: Optional[float] = None) -> T:
        """
        Have a job done in the evaluation thread; return its result or raise its exception.

        Raise LoopBusy, and do nothing, if its turn does not come in time.
        """
        future = self.post(job)
        try:
            return future.result(timeout_s)
        except NotInTime:
            if future.cancel():
                raise LoopBusy(
                    f'the present evaluation has not ended for {self.busy_s:.1f} s') from None
            return future.result()

    def post(self, job: Callable[[], T]) -> 'Future[T]':
        """Have a job done in the evaluation thread without waiting for it."""
        future: 'Future[T]' = Future()
        with self._closing:
            if self._is_closed:
                raise LoopClosed('the evaluation loop has ended')
            self._jobs.put((job, future))
        self._pacing.wake()
        return future

    def start(
        self, prepare: Callable[[], None], *, timeout_s: Optional[float] = None
    ) -> None:
        """Do what must come first, and begin to tick."""
        def begin() -> None:
            prepare()
            self._pacing.start()
            self._is_started = True
        self.call(begin, timeout_s=timeout_s)

    def halt(self) -> None:
        """Tick no more, asked by the tick itself."""
        self._is_started = False

    def stop(self, *, timeout_s: float) -> bool:
        """Tick no more; return whether the last tick has ended, as far as can be waited for."""
        def end() -> None:
            self._is_started = False
        try:
            self.post(end).result(timeout_s)
        except LoopClosed:
            return True
        except NotInTime:
            self._is_started = False
            return False
        return True

    def close(self, *, timeout_s: float) -> bool:
        """End the thread, after the jobs that it has been handed; return whether it has ended."""
        def end() -> None:
            self._is_started = False
            self._is_running = False
        with suppress(LoopClosed):
            self.post(end)
        self._thread.join(timeout_s)
        return not self.is_alive

    def _run(self) -> None:
        try:
            with self._mode():
                while self._is_running:
                    if self._is_started:
                        self._do_one_tick()
                    else:
                        self._do(self._jobs.get())
        finally:
            self._refuse_jobs()

    def _do_one_tick(self) -> None:
        is_due = self._survive(self._pacing.wait)
        self._do_waiting_jobs()
        if is_due and self._is_started:
            self._busy_since_s = monotonic()
            self._survive(self._tick)
            self._busy_since_s = None
            self._survive(self._after_tick)

    def _survive(self, work: Callable[[], Optional[bool]]) -> Optional[bool]:
        try:
            return work()
        except Exception as error:  # whatever it was, the loop lives
            with suppress(Exception):
                self._on_error(error)
            sleep(_PAUSE_AFTER_ERROR_S)
            return None

    def _do_waiting_jobs(self) -> None:
        while not self._jobs.empty():  # nobody else takes any out
            self._do(self._jobs.get())

    def _refuse_jobs(self) -> None:
        with self._closing:
            self._is_closed = True
        while not self._jobs.empty():
            future = self._jobs.get()[1]
            if future.set_running_or_notify_cancel():
                future.set_exception(LoopClosed('the evaluation loop has ended'))

    def _do(self, job: _Job) -> None:
        work, future = job
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        except BaseException as error:  # belongs to whoever waits for the job
            future.set_exception(error)
