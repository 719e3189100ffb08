# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Scenario e: from the start of the process to the first output, and how late it is at first."""

from time import time_ns
from typing import Any, Dict, List

from benchmark.contestants import Contestants
from benchmark.figures import median, ratio
from benchmark.lab import Lab
from benchmark.processes import Process
from benchmark.progress import Progress, Step
from benchmark.scale import Scale
from benchmark.scenario import START_S
from dg_pytorch_ros.timing.distribution import percentile

NAMES = ('hand', 'ours')
RATE_HZ = 200.0
_MODEL = 'mlp'
_FIRST = 100
_BRIEFLY_S = 0.2


class StartUp:
    """Hand-written and ours started in turn, while observations are being sent."""

    letter = 'e'
    title = 'start-up, MLP at 200 Hz'

    def __init__(self, lab: Lab, contestants: Contestants, scale: Scale) -> None:
        self._lab = lab
        self._contestants = contestants
        self._steady = scale.steady_durations
        self._starts: List[Dict[str, Any]] = []
        self._plan = [
            (name, Step(
                f'e  {name}, start {turn + 1} of {scale.starts}',
                1.0 + START_S + self._measure_s(name)))
            for turn in range(scale.starts) for name in NAMES]
        self.steps = [step for _, step in self._plan]

    def run(self, progress: Progress) -> None:
        """Start each of them several times."""
        for name, step in self._plan:
            progress.begin(step)
            one = self._start(name)
            self._starts.append(one)
            progress.note(f'first output after {one["first_output_s"]:.2f} s')

    def figures(self) -> Dict[str, Any]:
        """Return all starts, and their medians."""
        return {
            'starts': self._starts,
            'first_output_s': {
                name: median([one['first_output_s'] for one in self._of(name)])
                for name in NAMES},
            'first_over_steady': median(
                [one['first_over_steady'] for one in self._of('ours')])}

    def rows(self) -> List[List[str]]:
        """Return a line for each start of ours."""
        rows = [['start', 'hand: first output', 'ours: first output', 'ours: slowest of first 100',
                 'steady p99', 'ratio']]
        for index, (hand, ours) in enumerate(zip(self._of('hand'), self._of('ours')), 1):
            rows.append([
                str(index), f'{hand["first_output_s"]:.2f} s', f'{ours["first_output_s"]:.2f} s',
                f'{ours["slowest_of_first_ms"]:.3f} ms', f'{ours["steady_p99_ms"]:.3f} ms',
                f'{ours["first_over_steady"]:.2f}'])
        return rows

    def _of(self, name: str) -> List[Dict[str, Any]]:
        return [one for one in self._starts if one['name'] == name]

    def _measure_s(self, name: str) -> float:
        return (_FIRST + self._steady) / RATE_HZ + 1.0 if name == 'ours' else _BRIEFLY_S

    def _start(self, name: str) -> Dict[str, Any]:
        measure_s = self._measure_s(name)
        begin_ns: List[int] = []

        def start() -> List[Process]:
            begin_ns.append(time_ns())
            return [self._contestants.arrival(name, _MODEL)]
        settings = {
            'type': 'Float32MultiArray', 'rate_hz': RATE_HZ,
            'inputs': [[f'/{name}/observation', 48]], 'outputs': [f'/{name}/action'],
            'durations': [f'/{name}/node/last_run_duration_ms'],
            'settle_s': 0.0, 'measure_s': measure_s}
        result = self._lab.measure(settings, start, duration_s=measure_s)
        return {
            'name': name,
            'first_output_s': 1e-9 * (result['stamps_ns'][0][0] - begin_ns[0]),
            **(self._compare(result['durations_ms']) if name == 'ours' else {})}

    def _compare(self, durations_ms: List[float]) -> Dict[str, float]:
        slowest = max(durations_ms[:_FIRST], default=float('nan'))
        steady = percentile(durations_ms[_FIRST:_FIRST + self._steady], 0.99)
        return {
            'slowest_of_first_ms': slowest, 'steady_p99_ms': steady,
            'first_over_steady': ratio(slowest, steady)}
