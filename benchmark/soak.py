# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Scenario g: the PD controller at 1 kHz for a long time."""

from dataclasses import replace
from time import monotonic
from typing import Any, Dict, List, Tuple

from benchmark.contestants import Contestants
from benchmark.lab import Interrupted, Lab
from benchmark.processes import Process
from benchmark.progress import describe, Progress, Step
from benchmark.rates import measure, REFERENCE_HZ, robot_settings, within
from benchmark.scale import Scale
from benchmark.scenario import START_S
from benchmark.usage import resident_mib
import numpy as np

_SAMPLE_S = 5.0
_NOTE_S = 60.0
_FIRST_MINUTE_S = 60.0
# A soak of less than minutes has no first minute.
_FIRST_PART = 0.25


class Soak:
    """Ours alone: does it grow, does it get slow."""

    letter = 'g'

    def __init__(self, lab: Lab, contestants: Contestants, scale: Scale) -> None:
        self.title = f'soak, PD controller at 1 kHz for {describe(scale.soak_s)}'
        self._lab = lab
        self._contestants = contestants
        self._scale = replace(scale, slice_s=scale.soak_s)
        self._figures: Dict[str, Any] = {}
        self.memory_mib: List[Tuple[float, float]] = []
        self.lateness_us: List[Tuple[float, float]] = []
        self._step = Step(
            f'g  ours at 1000 Hz for {describe(scale.soak_s)}',
            START_S + scale.settle_s + scale.soak_s)
        self.steps = [self._step]

    def run(self, progress: Progress) -> None:
        """Let it run, and look at its memory now and then."""
        progress.begin(self._step)
        result = None
        begin_s = monotonic()
        interrupted = False
        nodes: List[Process] = []

        def start() -> List[Process]:
            nodes.append(self._contestants.timer('ours', REFERENCE_HZ))
            return nodes
        try:
            result = self._lab.measure(
                robot_settings('ours', REFERENCE_HZ, self._scale), start,
                duration_s=self._scale.soak_s,
                on_poll=lambda: self._sample(nodes[0], monotonic() - begin_s, progress))
        except Interrupted as early:
            result, interrupted = early.result, True
        if result is not None:
            self._figures = measure(result, REFERENCE_HZ, nodes[0].output)
            self.lateness_us = _worst_of_each_second(result)
        if interrupted:
            raise Interrupted

    def figures(self) -> Dict[str, Any]:
        """Return memory and ticks."""
        return {
            **self._figures, 'memory_mib': self.memory_mib, **self._growth()}

    def rows(self) -> List[List[str]]:
        """Return one line."""
        rows = [['memory at first', 'at the end', 'growth', 'CPU', 'achieved', 'ticks missed',
                 'worst tick']]
        figures = self.figures()
        if 'achieved' not in figures or 'memory_growth' not in figures:
            return rows
        missed, late = figures['ticks_missed_percent'], figures['tick_late_us']
        worst_us = figures['grid_deviation_us']['max'] if late is None else late['max_us']
        return [*rows, [
            f'{figures["memory_first_mib"]:.1f} MiB', f'{figures["memory_end_mib"]:.1f} MiB',
            f'{figures["memory_growth"]:.4f}', f'{figures["cpu_percent"]:.0f} %',
            f'{100 * figures["achieved"]:.2f} %',
            '?' if missed is None else f'{missed:.3f} %', f'{worst_us:.0f} us']]

    def _sample(self, node: Process, now_s: float, progress: Progress) -> None:
        if self.memory_mib and now_s < self.memory_mib[-1][0] + _SAMPLE_S:
            return
        before_s = self.memory_mib[-1][0] if self.memory_mib else 0.0
        self.memory_mib.append((now_s, resident_mib(node.pid)))
        if now_s // _NOTE_S > before_s // _NOTE_S:
            progress.note(f'{describe(now_s)}: {self.memory_mib[-1][1]:.1f} MiB')

    def _growth(self) -> Dict[str, float]:
        if not self.memory_mib:
            return {}
        end_s, end = self.memory_mib[-1]
        first_s = min(_FIRST_MINUTE_S, _FIRST_PART * end_s)
        first = next(memory for time_s, memory in self.memory_mib if time_s >= first_s)
        return {
            'memory_first_mib': first, 'memory_end_mib': end, 'memory_first_s': first_s,
            'memory_growth': end / first}


def _worst_of_each_second(result: Dict[str, Any]) -> List[Tuple[float, float]]:
    stamps_ns = within(result)
    if len(stamps_ns) < 2:
        return []
    late_us = 1e-3 * (np.diff(stamps_ns) - 1e9 / REFERENCE_HZ)
    second = ((stamps_ns[1:] - stamps_ns[0]) // 1_000_000_000).astype(int)
    return [
        (float(number), float(late_us[second == number].max()))
        for number in np.unique(second)]
