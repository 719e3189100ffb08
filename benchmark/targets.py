# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the package promises, and whether the figures keep it."""

from dataclasses import dataclass
import math
from typing import Any, Dict, List, Mapping, Optional


@dataclass(frozen=True)
class Target:
    """A bound for one figure of a scenario."""

    scenario: str
    figure: str
    meaning: str
    sense: str
    bound: float
    unit: str = ''

    def text(self) -> str:
        """Write the bound."""
        return f'{self.sense} {self.bound:g}{self.unit and " " + self.unit}'


TARGETS = (
    Target('a', 'cpu_ratio_1khz', 'CPU at 1 kHz, ours / hand', '<=', 0.25),
    Target('a', 'achieved_1khz', 'outputs at 1 kHz / wanted', '>=', 0.999),
    Target('a', 'missed_percent_1khz', 'ticks missed at 1 kHz', '<=', 0.1, '%'),
    Target('a', 'held_hz', 'highest rate with at most 1 % missed', '>=', 5000.0, 'Hz'),
    Target('a', 'held_ratio', 'highest rate, ours / hand', '>=', 4.0),
    Target('a', 'tick_late_p99_us', 'tick after its deadline at 1 kHz, p99', '<=', 150.0, 'us'),
    Target('b', 'over_floor_us', 'MLP round trip, ours - (floor + module)', '<=', 100.0, 'us'),
    Target('b', 'ratio', 'MLP round trip, ours / hand', '<=', 0.65),
    Target('b', 'inside_us', 'MLP inside the node, less the module', '<=', 60.0, 'us'),
    Target('c', 'duration_p99_over_p50', 'GRU evaluation, p99 / p50', '<=', 3.0),
    Target('d', 'ratio', 'image round trip, ours / hand', '<=', 0.2),
    Target('e', 'first_over_steady', 'slowest of the first 100 / steady p99', '<=', 2.0),
    Target('f', 'cpu_ratio', 'CPU of ten nodes, ours / hand', '<=', 0.5),
    Target('g', 'memory_growth', 'memory at the end / after the first minute', '<=', 1.01),
    Target('h', 'guards_us', 'all guards, in a tick of the PD controller', '<=', 10.0, 'us'),
    Target('i', 'joints_ratio', '12 joints by name, ours / rclpy', '<=', 1.2),
    Target('i', 'image_left_us', 'image, less the cast to float32', '<=', 150.0, 'us'),
    Target('i', 'image_chw_left_us', 'image, less cast and transposition', '<=', 150.0, 'us'),
    Target('i', 'image_chw_scaled_left_us', 'image, less cast, transposition and scaling', '<=',
           150.0, 'us'),
    Target('j', 'mlp_best_ratio', 'MLP, quickest other format / TorchScript', '<=', 1.0),
)


@dataclass(frozen=True)
class Verdict:
    """A target, what was measured, and whether that keeps it."""

    target: Target
    value: Optional[float]

    @property
    def is_met(self) -> Optional[bool]:
        """Whether the figure is within its bound; None if it was not measured."""
        if self.value is None:
            return None
        if self.target.sense == '<=':
            return self.value <= self.target.bound
        return self.value >= self.target.bound

    @property
    def word(self) -> str:
        """The verdict in words."""
        return {None: 'not measured', True: 'met', False: 'MISSED'}[self.is_met]

    def as_dict(self) -> Dict[str, Any]:
        """Return what goes into the JSON file."""
        return {
            'scenario': self.target.scenario, 'figure': self.target.figure,
            'meaning': self.target.meaning, 'target': self.target.text(), 'value': self.value,
            'met': self.is_met}


def judge(figures: Mapping[str, Mapping[str, Any]]) -> List[Verdict]:
    """Compare the figures of the scenarios that ran with their targets."""
    return [
        Verdict(target, _number(figures[target.scenario].get(target.figure)))
        for target in TARGETS if target.scenario in figures]


def _number(value: Any) -> Optional[float]:
    return float(value) if value is not None and math.isfinite(value) else None
