# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A module that is run again and again, as the node would run it."""

from contextlib import ExitStack, nullcontext
from dataclasses import replace
from time import perf_counter, perf_counter_ns, process_time
from typing import Callable, List, Mapping, Optional, Sequence

from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.garbage import GarbageCollection
from dg_pytorch_ros.model import all_finite, Array, Model
from dg_pytorch_ros.realtime import Realtime
from dg_pytorch_ros.timing.library import import_library
from dg_pytorch_ros.timing.memory import resident_bytes
from dg_pytorch_ros.timing.pace import Pace
from dg_pytorch_ros.timing.specimen import Specimen
from dg_pytorch_ros.timing.stretch import Start, Stretch
from dg_pytorch_ros.timing.subject import Given, Request, Subject, Value
import numpy as np
from numpy.typing import NDArray

# Half a megabyte that is there from the start: what is measured must not be seen in the memory.
_MOST_RUNS = 65_536
# After a pause, or on another number of threads, the first runs are not yet back to back.
_LEAD_IN_RUNS = 3
_LEAD_IN_SHARE = 0.1


class Workbench:
    """
    Times a module in the thread that makes it, with the real-time settings of its file.

    Each of its methods takes about as long as it is told, but lets the last run end.
    """

    def __init__(self) -> None:
        self._specimen: Optional[Specimen] = None
        self._granted: List[str] = []
        self._complaints: List[str] = []
        self._garbage = GarbageCollection(owns_process=True)
        self._durations_ns = np.ones(_MOST_RUNS, np.int64)
        self._stack = ExitStack()

    def close(self) -> None:
        """Leave the process as it was."""
        self._garbage.hand_back()
        self._stack.close()

    def resident_bytes(self) -> Optional[int]:
        """Return how much memory this process has."""
        return resident_bytes()

    def import_library(self, request: Request) -> float:
        """Import what runs the module; return how many milliseconds that took."""
        begin = perf_counter()
        import_library(request)
        return 1e3 * (perf_counter() - begin)

    def load(self, request: Request) -> Subject:
        """Load the module."""
        self._specimen = Specimen(request)
        realtime = Realtime(self._specimen.subject.realtime, warn=self._complaints.append)
        self._stack.enter_context(realtime.around(nullcontext()))
        self._granted = realtime.granted
        return self._specimen.subject

    def complete(self, values: Mapping[str, Value], output_names: Sequence[str]) -> None:
        """Take values for arguments of unknown shape, and the names of outputs."""
        self._loaded.complete(values, output_names)

    def warm_up(self, num_threads: int, seconds: float, *, least: int, most: int) -> Start:
        """Time the first runs; then look at the outputs, and make ready as at activation."""
        specimen = self._loaded
        model = specimen.model(num_threads)
        values = specimen.values()
        with model.mode():
            durations_ms = self._run(
                model, values, seconds, least=least, most=most, before_each=_do_nothing)
            model.reset()
            outputs = model.prepare(values)
        self._garbage.take_over()
        return Start(
            durations_ms, specimen.fed(),
            [Given(name, str(output.dtype), output.shape, all_finite(output))
             for name, output in zip(specimen.output_names, outputs)],
            self._granted, self._complaints, resident_bytes())

    def repeat(self, num_threads: int, seconds: float, *, most: int) -> Stretch:
        """Run it back to back."""
        specimen = self._loaded
        model = specimen.model(num_threads)
        values = specimen.values()
        with model.mode():
            self._run(
                model, values, _LEAD_IN_SHARE * seconds, least=1, most=_LEAD_IN_RUNS,
                before_each=_do_nothing)
            return self._stretch(model, values, seconds, most=most, before_each=_do_nothing)

    def keep_pace(
        self, num_threads: int, rate_hz: float, seconds: float, *, most: int
    ) -> Stretch:
        """Run it at a rate, asleep in between."""
        specimen = self._loaded
        model = specimen.model(num_threads)
        values = specimen.values()
        with model.mode():
            self._run(model, values, 0.0, least=1, most=1, before_each=_do_nothing)
            pace = Pace(rate_hz, spin_us=specimen.subject.spin_us)
            stretch = self._stretch(model, values, seconds, most=most, before_each=pace.wait)
        return replace(stretch, missed=pace.missed)

    def _stretch(
        self, model: Model, values: Sequence[Array], seconds: float, *, most: int,
        before_each: Callable[[], None]
    ) -> Stretch:
        wall_s, cpu_s = perf_counter(), process_time()
        durations_ms = self._run(
            model, values, seconds, least=1, most=most, before_each=before_each)
        return Stretch(
            durations_ms, perf_counter() - wall_s, process_time() - cpu_s, 0, resident_bytes())

    def _run(
        self, model: Model, values: Sequence[Array], seconds: float, *, least: int, most: int,
        before_each: Callable[[], None]
    ) -> NDArray[np.float64]:
        durations_ns = self._durations_ns
        end_ns = perf_counter_ns() + 1e9 * seconds
        runs = 0
        while runs < min(most, _MOST_RUNS) and (runs < least or perf_counter_ns() < end_ns):
            before_each()
            begin_ns = perf_counter_ns()
            model.run(values)
            durations_ns[runs] = perf_counter_ns() - begin_ns
            runs += 1
            self._garbage.after_tick()
        durations_ms: NDArray[np.float64] = np.multiply(1e-6, durations_ns[:runs])
        return durations_ms

    @property
    def _loaded(self) -> Specimen:
        if self._specimen is None:
            raise PytorchRosError('no module is loaded')
        return self._specimen


def _do_nothing() -> None:
    pass
