# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""All that was measured so far."""

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Sequence, Tuple

from dg_pytorch_ros.timing.distribution import Distribution, distribution
from dg_pytorch_ros.timing.judgement import Judgement
from dg_pytorch_ros.timing.machine import Machine
from dg_pytorch_ros.timing.settling import Settling, settling
from dg_pytorch_ros.timing.stretch import Start, Stretch
from dg_pytorch_ros.timing.subject import Subject
from dg_pytorch_ros.timing.thread_choice import best_count
import numpy as np
from numpy.typing import NDArray


@dataclass
class Runs:
    """Stretches of the same kind, with others in between."""

    stretches: List[Stretch] = field(default_factory=list)

    def add(self, stretch: Stretch) -> None:
        """Take in one more."""
        self.stretches.append(stretch)

    @property
    def durations_ms(self) -> NDArray[np.float64]:
        """How long each run took."""
        return np.concatenate([stretch.durations_ms for stretch in self.stretches])

    @property
    def distribution(self) -> Distribution:
        """The durations, summed up."""
        return distribution(self.durations_ms)

    @property
    def cpu_percent(self) -> float:
        """How much of one core was used, all threads of the process together."""
        wall_s = sum(stretch.wall_s for stretch in self.stretches)
        return 100 * sum(stretch.cpu_s for stretch in self.stretches) / wall_s

    @property
    def missed(self) -> int:
        """How many runs were left out because the one before took too long."""
        return sum(stretch.missed for stretch in self.stretches)


@dataclass
class Threads:
    """Runs on one number of threads."""

    back_to_back: Runs = field(default_factory=Runs)
    paced: Runs = field(default_factory=Runs)

    @property
    def decisive(self) -> Runs:
        """Those that are most like the robot's."""
        return self.paced if self.paced.stretches else self.back_to_back


@dataclass
class Record:
    """
    What was measured, in the order in which it is; what was not is None or empty.

    `rates_hz` are those to judge, the highest first, `impossible_hz` those of them at which
    nothing is measured, and `wanted_hz` those that the user named; `main_rate_hz` matters most.
    """

    machine: Machine
    subject: Optional[Subject] = None
    import_ms: float = 0.0
    resident_bytes: Dict[str, int] = field(default_factory=dict)
    start: Optional[Start] = None
    rates_hz: Sequence[float] = ()
    impossible_hz: Sequence[float] = ()
    wanted_hz: Sequence[float] = ()
    main_rate_hz: Optional[float] = None
    back_to_back: Runs = field(default_factory=Runs)
    paced: Dict[float, Runs] = field(default_factory=dict)
    threads: Dict[int, Threads] = field(default_factory=dict)
    is_complete: bool = False

    @property
    def settling(self) -> Optional[Settling]:
        """How the first runs became as quick as the later ones."""
        if self.start is None:
            return None
        _, runs = self.main
        paced_ms = runs.distribution.p50_ms if runs.stretches else 0.0
        return settling(self.start.durations_ms.tolist(), paced_ms=paced_ms)

    @property
    def possible_hz(self) -> List[float]:
        """The rates at which runs are measured."""
        return [rate_hz for rate_hz in self.rates_hz if rate_hz not in self.impossible_hz]

    @property
    def usual_ms(self) -> float:
        """How long a run takes back to back, as far as is known."""
        if self.back_to_back.stretches:
            return self.back_to_back.distribution.p50_ms
        assert self.settling is not None, 'the warm-up comes first'
        return self.settling.usual_ms

    @property
    def main(self) -> Tuple[str, Runs]:
        """The runs to show in more detail, and what to call them."""
        if self.main_rate_hz in self.paced and self.main_rate_hz is not None:
            return f'at {self.main_rate_hz:g} Hz', self.paced[self.main_rate_hz]
        return 'back to back', self.back_to_back

    def judgements(self) -> List[Judgement]:
        """Return what is to be thought of each rate of which enough is known."""
        if self.start is None:
            return []
        judged = []
        for rate_hz in self.rates_hz:
            if rate_hz in self.paced:
                paced = self.paced[rate_hz].distribution
                judged.append(Judgement(rate_hz, self.usual_ms, paced))
            elif rate_hz in self.impossible_hz:
                judged.append(Judgement(rate_hz, self.usual_ms))
        return judged

    def wanted(self) -> List[Judgement]:
        """Return the judgements of the rates that the user named; of all, if none was named."""
        return [
            judgement for judgement in self.judgements()
            if not self.wanted_hz or judgement.rate_hz in self.wanted_hz]

    @property
    def best_threads(self) -> Optional[int]:
        """The number of threads to use; None if they were not compared to the end."""
        if not self.threads or not self.is_complete:
            return None
        return best_count({
            count: threads.decisive.distribution for count, threads in self.threads.items()})

    @property
    def growth_bytes(self) -> Optional[int]:
        """By how much memory grew from the end of the first round to that of the last."""
        if 'first_round' not in self.resident_bytes or 'end' not in self.resident_bytes:
            return None
        return self.resident_bytes['end'] - self.resident_bytes['first_round']

    @property
    def runs_since_first_round(self) -> int:
        """How many runs the growth of memory goes back to."""
        return sum(
            stretch.durations_ms.size for runs in (self.back_to_back, *self.paced.values())
            for stretch in runs.stretches[1:])
