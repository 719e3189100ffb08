# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Scenario f: ten nodes on one machine."""

from typing import Any, Dict, List

from benchmark.contestants import Contestants
from benchmark.figures import ratio
from benchmark.lab import Lab
from benchmark.progress import Progress, Step
from benchmark.scale import Scale
import numpy as np

NAMES = ('hand', 'ours')
RATE_HZ = 50.0
_MODEL = 'mlp'
_START_S = 20.0
_PATIENCE_S = 120.0


class Fleet:
    """Many hand-written nodes and many of ours in turn."""

    letter = 'f'

    def __init__(self, lab: Lab, contestants: Contestants, scale: Scale) -> None:
        self.title = f'{scale.fleet_size} nodes, MLP at 50 Hz each'
        self._lab = lab
        self._contestants = contestants
        self._scale = scale
        self._slices: List[Dict[str, Any]] = []
        self._plan = [
            (name, Step(
                f'f  {scale.fleet_size} of {name}, round {turn + 1}',
                _START_S + scale.settle_s + scale.fleet_s))
            for turn in range(scale.rounds)
            for name in (NAMES if turn % 2 == 0 else reversed(NAMES))]
        self.steps = [step for _, step in self._plan]

    def run(self, progress: Progress) -> None:
        """Measure each of them in each round."""
        for name, step in self._plan:
            progress.begin(step)
            one = self._measure(name)
            self._slices.append(one)
            progress.note(
                f'CPU {one["cpu_percent"]:.0f} %, memory {one["memory_mib"]["pss"]:.0f} MiB')

    def figures(self) -> Dict[str, Any]:
        """Return the slices, and their means."""
        cpu = {name: self._mean_cpu(name) for name in NAMES}
        return {
            'slices': self._slices, 'cpu_percent': cpu,
            'cpu_ratio': ratio(cpu['ours'], cpu['hand'])}

    def rows(self) -> List[List[str]]:
        """Return a line for each slice."""
        rows = [['', 'CPU', 'memory (RSS)', 'memory (PSS)', 'outputs']]
        for one in self._slices:
            memory = one['memory_mib']
            rows.append([
                one['name'], f'{one["cpu_percent"]:.0f} %', f'{memory["rss"]:.0f} MiB',
                f'{memory["pss"]:.0f} MiB', f'{100 * one["achieved"]:.1f} %'])
        return rows

    def _mean_cpu(self, name: str) -> float:
        values = [one['cpu_percent'] for one in self._slices if one['name'] == name]
        return float(np.mean(values)) if values else float('nan')

    def _measure(self, name: str) -> Dict[str, Any]:
        names = [f'{name}_{index}' for index in range(self._scale.fleet_size)]
        settings = {
            'type': 'Float32MultiArray', 'rate_hz': RATE_HZ, 'with_memory': True,
            'inputs': [[f'/{one}/observation', 48] for one in names],
            'outputs': [f'/{one}/action' for one in names], 'durations': [],
            'patience_s': _PATIENCE_S, 'settle_s': self._scale.settle_s,
            'measure_s': self._scale.fleet_s}
        result = self._lab.measure(
            settings, lambda: [self._contestants.arrival(one, _MODEL) for one in names],
            duration_s=_PATIENCE_S + self._scale.fleet_s)
        stamps = np.concatenate(result['stamps_ns'])
        outputs = int(np.count_nonzero(
            (stamps >= result['begin_ns']) & (stamps < result['end_ns'])))
        wanted = RATE_HZ * result['elapsed_s'] * len(names)
        return {
            'name': name, 'achieved': ratio(outputs, wanted),
            'cpu_percent': result['cpu_percent'], 'memory_mib': result['memory_mib'],
            'robot_cpu_percent': result['robot_cpu_percent'], 'robot_hz': result['robot_hz']}
