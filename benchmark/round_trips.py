# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Scenarios b, c and d: an observation goes in, an action comes back."""

import json
from typing import Any, Dict, List

from benchmark.contestants import Contestants
from benchmark.figures import distribution, ratio
from benchmark.lab import Lab, together
from benchmark.processes import Unmeasured
from benchmark.progress import Progress, Step
from benchmark.scale import Scale
from benchmark.scenario import START_S
from benchmark.shapes import SHAPES
from dg_pytorch_ros.timing.distribution import percentile

NAMES = ('hand', 'floor', 'ours')
_TITLES = {
    'b': 'round trip, MLP 48-512-256-128-12', 'c': 'round trip, GRU 256 with a hidden state',
    'd': 'round trip, 3x224x224 image into a small conv net'}
_MODELS = {'b': 'mlp', 'c': 'gru', 'd': 'conv'}
_GUESSED_S = 0.001


class RoundTrips:
    """The contestants side by side, asked in turn."""

    def __init__(self, letter: str, lab: Lab, scale: Scale) -> None:
        self.letter = letter
        self.title = _TITLES[letter]
        self._model = _MODELS[letter]
        is_image = letter == 'd'
        self._lab = lab.with_room_for_images() if is_image else lab
        self._contestants = Contestants(self._lab)
        self._paces = _image_paces(scale) if is_image else paces(scale, len(NAMES) + 1)
        self._settling = scale.settling_round_trips
        # Only where they are judged: a client that hears more of one contestant hears it later.
        self._durations = ['/ours/node/last_run_duration_ms'] if letter == 'c' else []
        self._result: Dict[str, Any] = {}
        self._inside_us: List[float] = []
        self._step = Step(
            f'{letter}  hand, floor, ours and the module in turn', 2 * START_S + self._span_s(4))
        self._inside_step = Step(f'{letter}  inside our node', START_S + self._span_s(2))
        self.steps = [self._step, *([self._inside_step] if letter == 'b' else [])]

    def run(self, progress: Progress) -> None:
        """Measure round trips, and with the MLP also inside the node."""
        progress.begin(self._step)
        processes = [self._contestants.arrival(name, self._model) for name in NAMES]
        with together(processes):
            self._result = self._lab.observe(
                'client', self._settings(NAMES, self._durations), processes,
                duration_s=self._span_s(4))
        progress.note(', '.join(
            f'{name} {percentile(samples, 0.5):.0f} us'
            for name, samples in self.round_trips_us.items()))
        if self.letter == 'b':
            progress.begin(self._inside_step)
            self._look_inside()
            progress.note(f'{percentile(self._inside_us, 0.5):.0f} us')

    def figures(self) -> Dict[str, Any]:
        """Return distributions, and what follows from them."""
        if not self._result:
            return {}
        p50 = {name: percentile(samples, 0.5) for name, samples in self.round_trips_us.items()}
        figures = {
            'round_trip_us': {
                pace: {name: distribution(samples) for name, samples in round_trips_us.items()}
                for pace, round_trips_us in self._result['round_trips_us'].items()},
            'module_tight_us': distribution(self._result['module_tight_us']),
            'lost': self._result['lost'],
            'over_floor_us': p50['ours'] - p50['floor'] - p50['module'],
            'ratio': ratio(p50['ours'], p50['hand'])}
        durations_ms = self._result['durations_ms']
        if durations_ms:
            figures['duration_ms'] = distribution(durations_ms)
            figures['duration_p99_over_p50'] = ratio(
                percentile(durations_ms, 0.99), percentile(durations_ms, 0.5))
        if self._inside_us:
            figures['inside_us'] = percentile(self._inside_us, 0.5)
            figures['inside_distribution_us'] = distribution(self._inside_us)
        return figures

    def rows(self) -> List[List[str]]:
        """Return a line for each contestant."""
        rows = [['microseconds', 'p50', 'p90', 'p99', 'max', 'lost']]
        figures = self.figures()
        if not figures:
            return rows
        for pace, round_trip_us in figures['round_trip_us'].items():
            rows += [
                [f'{name}, {pace}', *_cells(figure), str(figures['lost'][name])]
                for name, figure in round_trip_us.items()]
        rows.append(['module, tight loop', *_cells(figures['module_tight_us']), ''])
        if self._inside_us:
            rows.append(
                ['inside ours, less module', *_cells(figures['inside_distribution_us']), ''])
        return rows

    @property
    def round_trips_us(self) -> Dict[str, List[float]]:
        """The samples of the pace that is judged, which is the first."""
        rounds: Dict[str, Dict[str, List[float]]] = self._result.get('round_trips_us', {})
        return rounds.get(self._paces[0]['name'], {})

    def _look_inside(self) -> None:
        file = self._lab.folder / 'inside.json'
        file.unlink(missing_ok=True)
        with self._contestants.inside('inside', self._model, file) as node:
            self._lab.observe(
                'client', {**self._settings(('inside',), []), 'paces': self._paces[:1]}, [node],
                duration_s=self._span_s(2))
        if not file.exists():
            raise Unmeasured(f'the stopwatch wrote nothing; {node.tail}')
        self._inside_us = json.loads(file.read_text())[self._settling:]

    def _settings(self, names: Any, durations: List[str]) -> Dict[str, Any]:
        return {
            'contestants': list(names), 'durations': durations,
            'model': str(self._lab.folder / f'{self._model}.pt'),
            'shape': SHAPES[self._model], 'is_stateless': self.letter != 'c',
            'paces': self._paces, 'settling': self._settling}

    def _span_s(self, runners: int) -> float:
        calls_s = [
            (pace['count'] + self._settling) * max(pace['pause_s'], _GUESSED_S)
            for pace in self._paces]
        return float(sum(calls_s) * runners)


def paces(scale: Scale, runners: int) -> List[Dict[str, Any]]:
    """Return how fast each is asked: as fast as it answers, and as a controller would."""
    return [
        {'name': 'back to back', 'count': scale.round_trips, 'block': scale.block,
         'pause_s': 0.0},
        {'name': f'at {scale.paced_hz:g} Hz', 'count': scale.paced_round_trips, 'block': 1,
         'pause_s': 1.0 / (runners * scale.paced_hz)}]


def _image_paces(scale: Scale) -> List[Dict[str, Any]]:
    contestants = len(NAMES) + 1
    return [{
        'name': f'at {scale.image_hz:g} Hz', 'count': scale.image_round_trips, 'block': 1,
        'pause_s': 1.0 / (contestants * scale.image_hz)}]


def _cells(figure: Dict[str, float]) -> List[str]:
    return [f'{figure[name]:.0f}' for name in ('p50', 'p90', 'p99', 'max')]
