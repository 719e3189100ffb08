# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Scenario h: what the guards cost in each evaluation of the PD controller."""

from typing import Any, Dict, List

from benchmark.contestants import pd_parameters
from benchmark.figures import distribution
from benchmark.lab import Lab
from benchmark.pairs import median_difference
from benchmark.processes import Unmeasured
from benchmark.progress import Progress, Step
from benchmark.scale import Scale
from benchmark.scenario import START_S
from benchmark.shapes import PD_INPUTS

# Short, so that whatever slows the machine down slows both of them.
_BLOCK = 20
_GUESSED_S = 0.0003
# So rarely that no deadline comes in between.
_RATE_HZ = 0.001
_GUARDS: Dict[str, Any] = {
    **{f'inputs.{name}.max_age_ms': 20_000.0 for name in PD_INPUTS},
    'on_stale': 'fallback', 'on_nonfinite': 'fallback', 'on_error': 'fallback',
    'on_overrun': 'fallback', 'deadline_ms': 10_000.0,
    'enable_topic': 'enable', 'enable_max_age_ms': 20_000.0,
    'outputs.sout_torque.fallback': [0.0] * 6,
    'outputs.sout_torque.min': [-40.0] * 6, 'outputs.sout_torque.max': [40.0] * 6,
    'outputs.sout_torque.max_rate': [1000.0] * 6}


class Guards:
    """The same node with no guard asked for, and with all of them."""

    letter = 'h'
    title = 'one tick of the PD controller, without and with all guards'

    def __init__(self, lab: Lab, scale: Scale) -> None:
        self._lab = lab
        self._blocks = scale.guard_blocks
        self._result: Dict[str, Any] = {}
        self._span_s = 2 * _BLOCK * self._blocks * _GUESSED_S
        self._step = Step('h  the guards', START_S + self._span_s)
        self.steps = [self._step]

    def run(self, progress: Progress) -> None:
        """Let two nodes evaluate in turn, in one process."""
        progress.begin(self._step)
        plain = pd_parameters(_RATE_HZ)
        self._result = self._lab.observe(
            'ticks', {
                'sizes': PD_INPUTS, 'blocks': self._blocks, 'block': _BLOCK,
                'subjects': {'plain': plain, 'guarded': {**plain, **_GUARDS}}},
            [], duration_s=self._span_s)
        wanted = _BLOCK * self._blocks
        for name, subject in self._result.items():
            if subject['evaluations'] < 0.99 * wanted:
                raise Unmeasured(f'{name}: {subject["evaluations"]} evaluations of {wanted}')
        progress.note(f'{self.figures()["guards_us"]:.1f} us')

    def figures(self) -> Dict[str, Any]:
        """Return the ticks of both, and by how much the middle one of a block is longer."""
        ticks_us = {name: one['ticks_us'] for name, one in self._result.items()}
        return {
            'ticks_us': {name: distribution(samples) for name, samples in ticks_us.items()},
            'guards_us': median_difference(
                ticks_us.get('guarded', []), ticks_us.get('plain', []), _BLOCK)}

    def rows(self) -> List[List[str]]:
        """Return a line for each of the two."""
        figures = self.figures()
        rows = [['tick', 'p50', 'p90', 'p99', 'max']]
        for name, ticks_us in figures['ticks_us'].items():
            rows.append([name, *(f'{ticks_us[part]:.1f} us' for part in rows[0][1:])])
        return [*rows, ['guards', f'{figures["guards_us"]:.1f} us', '', '', '']]
