# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Scenario a: a PD controller with six inputs on a timer, faster and faster until it breaks.

Beside ours as it comes, 'tuned' is ours with what the `realtime` parameters offer.
"""

from typing import Any, Dict, List, Set, Tuple

from benchmark.contestants import Contestants, PD_OUTPUT
from benchmark.figures import (
    distribution, grid_deviations_us, period_errors_us, ratio, Samples)
from benchmark.lab import Lab
from benchmark.node_log import read_account
from benchmark.processes import Process, Unmeasured
from benchmark.progress import Progress, Step
from benchmark.scale import Scale
from benchmark.scenario import START_S
from benchmark.shapes import PD_INPUTS
import numpy as np
from numpy.typing import NDArray

NAMES = ('hand', 'ours', 'tuned')
MOST_MISSED_PERCENT = 1.0
# A round climbs on after what may have been a stall of the machine.
_BROKEN_PERCENT = 5.0
LEAST_OF_ROBOT = 0.99
REFERENCE_HZ = 1000
# Where they are expected to break: beyond, slices are not counted in the estimate of time.
_EXPECTED_HZ = {'hand': 1000, 'ours': 4000, 'tuned': 6000}
_KEPT = (
    'achieved', 'missed_percent', 'cpu_percent', 'robot_cpu_percent', 'robot_hz', 'outputs_hz')

Slice = Dict[str, Any]


def robot_settings(name: str, rate_hz: float, scale: Scale) -> Dict[str, Any]:
    """Return what the robot is to do for a PD controller."""
    return {
        'type': 'Float64MultiArray', 'rate_hz': rate_hz,
        'inputs': [[f'/{name}/{key}', size] for key, size in PD_INPUTS.items()],
        'outputs': [f'/{name}/{PD_OUTPUT}'], 'durations': [],
        'settle_s': scale.settle_s, 'measure_s': scale.slice_s}


def within(result: Dict[str, Any]) -> NDArray[np.int64]:
    """Return when outputs were published during the measurement."""
    stamps = np.sort(np.asarray(result['stamps_ns'][0], np.int64))
    begin, end = np.searchsorted(stamps, [result['begin_ns'], result['end_ns']])
    return stamps[begin:end]


def measure(result: Dict[str, Any], rate_hz: float, log: str) -> Slice:
    """Turn what the robot saw, and what the node says, into figures."""
    stamps_ns = within(result)
    achieved = ratio(len(stamps_ns), rate_hz * result['elapsed_s'])
    account = read_account(log)
    late = account.lateness if account else None
    return {
        'rate_hz': rate_hz, 'achieved': achieved, 'outputs_hz': achieved * rate_hz,
        'missed_percent': max(0.0, 100 * (1 - achieved)),
        'cpu_percent': result['cpu_percent'], 'robot_cpu_percent': result['robot_cpu_percent'],
        'robot_hz': result['robot_hz'],
        'is_held_by_robot': result['robot_hz'] >= LEAST_OF_ROBOT * rate_hz,
        'grid_deviation_us': distribution(abs(grid_deviations_us(stamps_ns, rate_hz))),
        'period_error_us': distribution(abs(period_errors_us(stamps_ns, rate_hz))),
        'ticks_missed_percent': account.missed_percent if account else None,
        'tick_late_us': vars(late) if late else None}


def highest_held_hz(slices: List[Slice], name: str) -> float:
    """Return the last rate, from below, at which the median round missed little enough."""
    held = 0.0
    for rate_hz in sorted({one['rate_hz'] for one in slices if one['name'] == name}):
        missed = [
            one['missed_percent'] for one in slices
            if one['name'] == name and one['rate_hz'] == rate_hz]
        if np.median(missed) > MOST_MISSED_PERCENT:
            break
        held = rate_hz
    return held


class Rates:
    """The contestants in turn, at each rate, in several rounds."""

    letter = 'a'
    title = 'timer, PD controller, six inputs at the rate of the loop'

    def __init__(self, lab: Lab, contestants: Contestants, scale: Scale) -> None:
        self._lab = lab
        self._contestants = contestants
        self._scale = scale
        self._slices: List[Slice] = []
        self.period_errors_us: Dict[str, List[Samples]] = {name: [] for name in NAMES}
        self.steps = [self._step(*key) for key in self._order()]

    def run(self, progress: Progress) -> None:
        """Climb until far more than one in a hundred is missed."""
        broken: Set[Tuple[int, str]] = set()
        problems: List[str] = []
        for key in self._order():
            turn, rate_hz, name = key
            if (turn, name) in broken and rate_hz > REFERENCE_HZ:
                progress.skip(self._step(*key))
                continue
            progress.begin(self._step(*key))
            try:
                one = self._measure(turn, rate_hz, name)
            except Unmeasured as problem:
                problems.append(f'{name} at {rate_hz} Hz: {problem}')
                broken.add((turn, name))
                continue
            progress.note(_describe(one))
            if one['missed_percent'] > _BROKEN_PERCENT or not one['is_held_by_robot']:
                broken.add((turn, name))
        if problems:
            raise Unmeasured('\n'.join(problems))

    def figures(self) -> Dict[str, Any]:
        """Return the slices, and what follows from them."""
        hand, ours, tuned = (self._reference(name) for name in NAMES)
        held = {name: highest_held_hz(self._slices, name) for name in NAMES}
        return {
            'slices': self._slices,
            'reference': {'hand': hand, 'ours': ours, 'tuned': tuned},
            'period_error_1khz_us': {
                name: distribution(abs(np.concatenate(errors)))
                for name, errors in self.period_errors_us.items() if errors},
            'cpu_ratio_1khz': _quotient(ours.get('cpu_percent'), hand.get('cpu_percent')),
            'achieved_1khz': ours.get('achieved'),
            'missed_percent_1khz': ours.get('ticks_missed_percent'),
            'held_hz': held['ours'] or None, 'held_hz_hand': held['hand'] or None,
            'held_hz_tuned': held['tuned'] or None,
            'held_ratio': _quotient(held['ours'], held['hand']),
            'tick_late_p99_us': ours.get('tick_late_p99_us'),
            'is_limited_by_robot': any(not one['is_held_by_robot'] for one in self._slices)}

    def rows(self) -> List[List[str]]:
        """Return a line for each rate."""
        rows = [[
            'rate', *(f'{name} {what}' for name in NAMES for what in ('CPU', 'missed')), 'robot']]
        for rate_hz in sorted({one['rate_hz'] for one in self._slices}):
            row = [f'{rate_hz} Hz']
            for name in NAMES:
                row += self._cells(rate_hz, name)
            held = all(
                one['is_held_by_robot'] for one in self._slices if one['rate_hz'] == rate_hz)
            rows.append([*row, 'held' if held else 'COULD NOT HOLD'])
        return rows

    def median(self, rate_hz: int, name: str) -> Dict[str, float]:
        """Return the figures of a rate, the median of the rounds each."""
        slices = [
            one for one in self._slices if (one['rate_hz'], one['name']) == (rate_hz, name)]
        return {key: float(np.median([one[key] for one in slices])) for key in _KEPT if slices}

    @property
    def rates_hz(self) -> List[int]:
        """The rates that were measured."""
        return sorted({one['rate_hz'] for one in self._slices})

    def _order(self) -> List[Tuple[int, int, str]]:
        return [
            (turn, rate_hz, name) for turn in range(self._scale.rounds)
            for rate_hz in self._scale.rates_hz
            for name in (NAMES if turn % 2 == 0 else reversed(NAMES))]

    def _step(self, turn: int, rate_hz: int, name: str) -> Step:
        seconds = START_S + self._scale.settle_s + self._scale.slice_s
        is_expected = rate_hz <= 2 * _EXPECTED_HZ[name]
        return Step(f'a  {name} at {rate_hz} Hz, round {turn + 1}', seconds * is_expected)

    def _measure(self, turn: int, rate_hz: int, name: str) -> Slice:
        nodes: List[Process] = []

        def start() -> List[Process]:
            nodes.append(self._contestants.timer(name, rate_hz))
            return nodes
        result = self._lab.measure(
            robot_settings(name, rate_hz, self._scale), start, duration_s=self._scale.slice_s)
        one = {'name': name, 'round': turn + 1, **measure(result, rate_hz, nodes[0].output)}
        self._slices.append(one)
        if rate_hz == REFERENCE_HZ:
            self.period_errors_us[name].append(period_errors_us(within(result), rate_hz))
        return one

    def _reference(self, name: str) -> Dict[str, Any]:
        slices = [
            one for one in self._slices if (one['rate_hz'], one['name']) == (REFERENCE_HZ, name)]
        if not slices:
            return {}
        missed = [one['ticks_missed_percent'] for one in slices]
        late = [one['tick_late_us']['p99_us'] for one in slices if one['tick_late_us']]
        return {
            **self.median(REFERENCE_HZ, name),
            'ticks_missed_percent': None if None in missed else float(np.median(missed)),
            'tick_late_p99_us': float(np.median(late)) if late else None,
            'grid_deviation_p99_us': float(np.median(
                [one['grid_deviation_us']['p99'] for one in slices]))}

    def _cells(self, rate_hz: int, name: str) -> List[str]:
        median = self.median(rate_hz, name)
        if not median:
            return ['', '']
        return [f'{median["cpu_percent"]:.0f} %', f'{median["missed_percent"]:.2f} %']


def _describe(one: Slice) -> str:
    robot = '' if one['is_held_by_robot'] else (
        f'; the robot itself only reached {one["robot_hz"]:.0f} Hz')
    return (
        f'{one["outputs_hz"]:.1f} Hz, {one["missed_percent"]:.2f} % missed, '
        f'CPU {one["cpu_percent"]:.0f} %{robot}')


def _quotient(value: Any, other: Any) -> Any:
    return value / other if value and other else None
