# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Made-up measurements, and a workbench in the test's own process."""

from dataclasses import replace
from typing import Any, Callable, List, Optional, Sequence, Tuple

from dg_pytorch_ros.config.node_config import ModelConfig, RealtimeConfig
from dg_pytorch_ros.model import ModelDescription
from dg_pytorch_ros.timing.machine import Machine
from dg_pytorch_ros.timing.record import Record, Runs
from dg_pytorch_ros.timing.stretch import Start, Stretch
from dg_pytorch_ros.timing.subject import Fed, Given, Subject
from dg_pytorch_ros.timing.workbench import Workbench
import numpy as np

SUBJECT = Subject(
    description=ModelDescription(
        '/models/policy.pt', 64 * 'a', 'TorchScript module Policy', 1234, 'float32', False),
    model=ModelConfig('/models/policy.pt'), rate_hz=None, realtime=RealtimeConfig(), spin_us=0,
    file_bytes=2048, load_ms=12.0, input_names=('obs',), known={'obs': (1, 48)}, unknown=(),
    has_open_result=False)
MACHINE = Machine('Processor', 4, 0.5, 'Linux 6', '3.12', '2.13')
WARM_UP_MS = [50.0, 2.0, *[0.1] * 20]


def stretch(durations_ms: Sequence[float], *, missed: int = 0) -> Stretch:
    """Make up runs during which the processor was busy for nearly all of the time."""
    return Stretch(np.array(durations_ms), 2.0, 1.9, missed, 10 ** 8)


def runs(*durations_ms: Sequence[float]) -> Runs:
    """Make up a measurement of several stretches."""
    return Runs([stretch(durations) for durations in durations_ms])


def start(durations_ms: Sequence[float] = WARM_UP_MS, *, is_finite: bool = True) -> Start:
    """Make up the first runs of a process."""
    return Start(
        np.array(durations_ms), [Fed('obs', 'float32', (1, 48), 'random')],
        [Given('action', 'float32', (1, 12), is_finite)], [], [], 10 ** 8)


def full_record(**changes: Any) -> Record:
    """Make up a record in which every rate has 1000 runs of 0.1 ms."""
    usual = runs([0.1] * 500, [0.1] * 500)
    record = Record(
        machine=MACHINE, subject=SUBJECT, import_ms=1500.0, start=start(),
        rates_hz=[1000.0, 500.0, 100.0, 50.0], main_rate_hz=1000.0, back_to_back=usual,
        paced={rate_hz: usual for rate_hz in (1000.0, 500.0, 100.0, 50.0)}, is_complete=True,
        resident_bytes={'before': 10 ** 8, 'first_round': 2 * 10 ** 8, 'end': 2 * 10 ** 8})
    return replace(record, **changes)


class LocalBench:
    """A workbench without a process around it."""

    import_ms = 1.0

    def __init__(self, while_waiting: Callable[[], None]) -> None:
        self._while_waiting = while_waiting

    def __enter__(self) -> 'LocalBench':
        self._bench = Workbench()
        return self

    def __exit__(self, *error: Any) -> None:
        self._bench.close()

    def call(self, method: str, *arguments: Any, seconds: float = 0.0, **options: Any) -> Any:
        """Call it here and now."""
        self._while_waiting()
        return getattr(self._bench, method)(*arguments, **options)


class MadeUpBench:
    """A workbench that measures nothing; `calls` has what it was asked to do."""

    import_ms = 1000.0

    def __init__(
        self, subject: Subject = SUBJECT, *, usual_ms: float = 0.1,
        interrupt_at: Optional[str] = None
    ) -> None:
        self.calls: List[Tuple[str, Tuple[Any, ...], float, Any]] = []
        self.started = 0
        self.ended = 0
        self._subject = subject
        self._usual_ms = usual_ms
        self._interrupt_at = interrupt_at

    def __call__(self, while_waiting: Callable[[], None]) -> 'MadeUpBench':
        while_waiting()
        return self

    def __enter__(self) -> 'MadeUpBench':
        self.started += 1
        return self

    def __exit__(self, *error: Any) -> None:
        self.ended += 1

    def call(self, method: str, *arguments: Any, seconds: float = 0.0, **options: Any) -> Any:
        """Take down what is asked for, and make up the answer."""
        if method == self._interrupt_at:
            raise KeyboardInterrupt
        self.calls.append((method, arguments, seconds, options.get('most')))
        if method == 'warm_up':
            return start([50.0, 2.0, *[self._usual_ms] * 20])
        answers = {
            'import_library': 500.0, 'load': self._subject, 'complete': None,
            'resident_bytes': 10 ** 8, 'repeat': stretch([self._usual_ms] * 4),
            'keep_pace': stretch([2 * self._usual_ms])}
        return answers[method]

    def asked(self, method: str) -> List[Tuple[Any, ...]]:
        """Return the arguments of all calls of a method."""
        return [arguments for name, arguments, _, _ in self.calls if name == method]

    def seconds_of(self, *methods: str) -> float:
        """Return for how long it was asked to do these."""
        return sum(seconds for name, _, seconds, _ in self.calls if name in methods)
