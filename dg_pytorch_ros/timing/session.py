# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is measured, when, and for how long."""

from dataclasses import dataclass
from time import monotonic
from typing import Any, Callable, ContextManager, Optional, Protocol, Sequence

from dg_pytorch_ros.timing.distribution import RUNS_FOR_P99_9
from dg_pytorch_ros.timing.finding import find_values, Found
from dg_pytorch_ros.timing.judgement import is_possible
from dg_pytorch_ros.timing.machine import this_machine
from dg_pytorch_ros.timing.record import Record, Runs, Threads
from dg_pytorch_ros.timing.remote import RemoteWorkbench
from dg_pytorch_ros.timing.stretch import Stretch
from dg_pytorch_ros.timing.subject import Request, Subject
from dg_pytorch_ros.timing.thread_choice import usual_counts

OnProgress = Callable[[float, str], None]
USUAL_RATES_HZ = (1000.0, 500.0, 100.0, 50.0)

# Everything comes by turns, so that a busy moment of the machine is not all on one of them.
ROUNDS = 3
# A process that imports torch, as far as the plan goes; it is not hurried if it takes longer.
_START_S = 2.5
_LEAST_SHARE = 0.5
_WARM_UP_SHARE = 0.05
_BACK_TO_BACK_SHARE = 0.1
_PACED_SHARE = 0.6
_THREADS_SHARE = 0.25
_PACED_SHARE_OF_THREADS = 0.75
_WARM_UP_RUNS = 200
_LEAST_WARM_UP_RUNS = 10
_WARM_UP_RUNS_OF_THREADS = 5
_NO_LIMIT = 10 ** 9


class Workbench(Protocol):
    """A workbench in a process of its own."""

    import_ms: float

    def call(self, method: str, *arguments: Any, seconds: float = 0.0, **options: Any) -> Any:
        """Have a method called that takes about so long; return its result."""


@dataclass(frozen=True)
class Plan:
    """
    What the user wants to be measured.

    `seconds` is for everything; `most` limits the runs of each measurement. Without `threads`, the
    numbers of threads follow from the machine. `rates_hz` come beside the usual ones, and beside
    that of the parameter file; the first of them is the one that matters most.
    """

    seconds: float
    most: Optional[int] = None
    threads: Optional[Sequence[int]] = None
    rates_hz: Sequence[float] = ()

    @property
    def measuring_s(self) -> float:
        """What is left when two processes have started."""
        return max(self.seconds - 2 * _START_S, _LEAST_SHARE * self.seconds)


class Session:
    """
    Measures one module and keeps a record, which is of use even if the end is never reached.

    `start` gives a workbench in a fresh process, `find` tries a module of unknown shapes.
    """

    def __init__(
        self, request: Request, plan: Plan, *,
        start: Optional[Callable[[Callable[[], None]], ContextManager[Workbench]]] = None,
        find: Callable[[Subject], Found] = find_values
    ) -> None:
        self.record = Record(this_machine())
        self._request = request
        self._plan = plan
        self._start = start or RemoteWorkbench
        self._find = find
        self._on_progress: OnProgress = _tell_nobody
        self._found = Found({}, ())
        self._label = ''
        self._step_s = 0.0
        self._done_s = 0.0
        self._began_s = monotonic()

    @property
    def total_s(self) -> float:
        """How many seconds the plan has."""
        return 2 * _START_S + self._plan.measuring_s

    @property
    def seconds_for_tail(self) -> float:
        """How long a plan takes in which each rate has enough runs for p99.9."""
        slowest_hz = min([judgement.rate_hz for judgement in self.record.wanted()], default=1.0)
        rates = max(len(self.record.rates_hz), 1)
        return 2 * _START_S + RUNS_FOR_P99_9 / slowest_hz * rates / _PACED_SHARE

    def run(self, on_progress: OnProgress) -> None:
        """
        Measure all that was planned; raise PytorchRosError if that cannot be done.

        `on_progress` hears how many seconds of the plan are done, and what is done now.
        """
        self._on_progress = on_progress
        self._begin('starting', _START_S)
        with self._start(self._show) as bench:
            self._load(bench)
            self._warm_up(bench)
            self._measure(bench)
            self._note_memory(bench, 'first_round')
            for _ in range(ROUNDS - 1):
                self._measure(bench)
            self._note_memory(bench, 'end')
        counts = self._counts()
        if len(counts) > 1:
            self._begin('starting', _START_S)
            with self._start(self._show) as bench:
                self._compare_threads(bench, counts)
        self.record.is_complete = True

    def _load(self, bench: Workbench) -> None:
        record = self.record
        record.import_ms = bench.import_ms + bench.call('import_library', self._request)
        self._note_memory(bench, 'before')
        subject: Subject = bench.call('load', self._request)
        self._note_memory(bench, 'loaded')
        if subject.unknown or subject.has_open_result:
            self._begin('trying shapes', 0.0)
            self._found = self._find(subject)
            bench.call('complete', *self._found)
        record.wanted_hz = [
            *self._plan.rates_hz, *([subject.rate_hz] if subject.rate_hz else [])]
        record.rates_hz = sorted({*USUAL_RATES_HZ, *record.wanted_hz}, reverse=True)
        record.main_rate_hz = record.wanted_hz[0] if record.wanted_hz else None
        record.subject = subject

    def _warm_up(self, bench: Workbench) -> None:
        record = self.record
        most = min(self._plan.most or _WARM_UP_RUNS, _WARM_UP_RUNS)
        record.start = self._call(
            bench, 'warming up', 'warm_up', self._num_threads, share=_WARM_UP_SHARE,
            least=min(_LEAST_WARM_UP_RUNS, most), most=most)
        self._note_memory(bench, 'warm')
        # Once and for all: a rate has its runs in each round, or in none.
        record.impossible_hz = [
            rate_hz for rate_hz in record.rates_hz if not is_possible(rate_hz, record.usual_ms)]
        if record.main_rate_hz is None:
            record.main_rate_hz = next(iter(record.possible_hz), None)

    def _measure(self, bench: Workbench) -> None:
        record = self.record
        record.back_to_back.add(self._repeat(bench, self._num_threads, _BACK_TO_BACK_SHARE))
        share = _PACED_SHARE / len(record.rates_hz)
        for rate_hz in record.possible_hz:
            stretch = self._keep_pace(bench, self._num_threads, rate_hz, share)
            record.paced.setdefault(rate_hz, Runs()).add(stretch)

    def _counts(self) -> Sequence[int]:
        if self._plan.threads is not None:
            return sorted({*self._plan.threads, self._num_threads})
        return usual_counts(self.record.machine.cores, self._num_threads)

    def _compare_threads(self, bench: Workbench, counts: Sequence[int]) -> None:
        bench.call('load', self._request)
        bench.call('complete', *self._found)
        for count in counts:
            self._call(
                bench, f'warming up {count} threads', 'warm_up', count, share=0.0,
                least=_WARM_UP_RUNS_OF_THREADS, most=_WARM_UP_RUNS_OF_THREADS)
        share = _THREADS_SHARE / len(counts)
        rate_hz = self.record.main_rate_hz
        for _ in range(ROUNDS):
            for count in counts:
                threads = self.record.threads.setdefault(count, Threads())
                threads.back_to_back.add(
                    self._repeat(bench, count, (1 - _PACED_SHARE_OF_THREADS) * share))
                if rate_hz in self.record.possible_hz and rate_hz is not None:
                    threads.paced.add(self._keep_pace(
                        bench, count, rate_hz, _PACED_SHARE_OF_THREADS * share))

    def _repeat(self, bench: Workbench, threads: int, share: float) -> Stretch:
        stretch: Stretch = self._call(
            bench, f'back to back{_on(threads)}', 'repeat', threads, share=share / ROUNDS,
            most=self._most)
        return stretch

    def _keep_pace(
        self, bench: Workbench, threads: int, rate_hz: float, share: float
    ) -> Stretch:
        stretch: Stretch = self._call(
            bench, f'at {rate_hz:g} Hz{_on(threads)}', 'keep_pace', threads, rate_hz,
            share=share / ROUNDS, most=self._most)
        return stretch

    def _call(
        self, bench: Workbench, label: str, method: str, *arguments: Any, share: float,
        **options: Any
    ) -> Any:
        seconds = share * self._plan.measuring_s
        self._begin(label, seconds)
        return bench.call(method, *arguments, seconds, seconds=seconds, **options)

    def _note_memory(self, bench: Workbench, when: str) -> None:
        amount: Optional[int] = bench.call('resident_bytes')
        if amount is not None:
            self.record.resident_bytes[when] = amount

    def _begin(self, label: str, seconds: float) -> None:
        """Show what comes next, and that all before it is done."""
        self._done_s += self._step_s
        self._label, self._step_s, self._began_s = label, seconds, monotonic()
        self._show()

    def _show(self) -> None:
        passed_s = min(monotonic() - self._began_s, self._step_s)
        self._on_progress(self._done_s + passed_s, self._label)

    @property
    def _num_threads(self) -> int:
        assert self.record.subject is not None, 'it is loaded first'
        return self.record.subject.num_threads

    @property
    def _most(self) -> int:
        """The runs of one round of a measurement."""
        return _NO_LIMIT if self._plan.most is None else max(self._plan.most // ROUNDS, 1)


def _tell_nobody(seconds: float, label: str) -> None:
    pass


def _on(threads: int) -> str:
    return f', {threads} thread{"s" if threads > 1 else ""}'
