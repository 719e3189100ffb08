# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Scenario i: what it costs to get values out of messages, and into them."""

from typing import Any, Dict, List

from benchmark.case import KEPT
from benchmark.figures import distribution
from benchmark.lab import Interrupted, Lab
from benchmark.pairs import median_difference, median_ratio
from benchmark.progress import Progress, Step
from benchmark.scale import Scale
from benchmark.scenario import START_S

_GUESSED_S_PER_BLOCK = 0.2
_TITLES = {
    'joints': '12 joints by name', 'joints_rotating': 'the same, in an order that changes',
    'observation': '45 observations', 'targets': '12 targets, out',
    'image': 'image 640x480', 'image_chw': 'image, chw', 'image_chw_scaled': 'image, chw, scaled',
    'jpeg': 'JPEG 640x480', 'cloud_10k': 'cloud, 10 000 points',
    'cloud_100k': 'cloud, 100 000 points', 'scan': 'scan of 1081 beams'}


class Messages:
    """Our way and others, in turn, in one process and without the middleware."""

    letter = 'i'
    title = 'values out of messages, and into them'

    def __init__(self, lab: Lab, scale: Scale) -> None:
        self._lab = lab
        self._blocks = scale.message_blocks
        self._result: Dict[str, Any] = {}
        self._span_s = _GUESSED_S_PER_BLOCK * self._blocks
        self._step = Step('i  ours, rclpy and by hand in turn', START_S + self._span_s)
        self.steps = [self._step]

    def run(self, progress: Progress) -> None:
        """Let them take turns."""
        progress.begin(self._step)
        try:
            self._result = self._lab.observe(
                'turns', {'blocks': self._blocks}, [], duration_s=self._span_s)
        except Interrupted as early:
            self._result = early.result or {}
            raise
        progress.note(f'{self.figures()["joints_ratio"]:.2f} x rclpy for joints')

    def figures(self) -> Dict[str, Any]:
        """Return how long each way takes, and how ours compares with the others."""
        figures: Dict[str, Any] = {'ways_us': {
            name: {way: distribution(samples) for way, samples in case['samples_us'].items()}
            for name, case in self._result.items()}}
        for name, case in self._result.items():
            figures.update({
                f'{name}_{figure}': value for figure, value in _comparisons(case).items()})
        return figures

    def rows(self) -> List[List[str]]:
        """Return a line for each way, and for what is left of ours without the arithmetic."""
        figures = self.figures()
        rows = [['microseconds', 'p50', 'p90', 'p99', 'max']]
        for name, ways_us in figures['ways_us'].items():
            rows += [
                [f'{_TITLES[name]}: {way}', *(f'{way_us[part]:.1f}' for part in rows[0][1:])]
                for way, way_us in ways_us.items()]
            rows += [
                [f'{_TITLES[name]}: {way} - bare', f'{figures[key]:.1f}', '', '', '']
                for way, key in (('ours', f'{name}_left_us'), (KEPT, f'{name}_kept_left_us'))
                if key in figures]
        return rows


def _comparisons(case: Dict[str, Any]) -> Dict[str, float]:
    """Compare ours with each of the other ways; what nobody can leave out is subtracted."""
    samples_us, block = case['samples_us'], case['block']
    ours_us = samples_us['ours']
    compared = {
        name: median_ratio(ours_us, samples_us[way], block)
        for way, name in (('rclpy', 'ratio'), ('hand', 'hand_ratio'))}
    if 'bare' in samples_us:
        compared['left_us'] = median_difference(ours_us, samples_us['bare'], block)
    if KEPT in samples_us:
        compared['kept_left_us'] = median_difference(
            samples_us[KEPT], samples_us['bare'], block)
    return compared
