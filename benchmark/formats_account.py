# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What was measured of the formats, put together."""

import math
from typing import Any, Dict, List, Mapping

from benchmark.figures import distribution, median
from benchmark.formats_files import File
from benchmark.formats_subjects import (
    Format, FORMATS, MLP, Subject, SUBJECTS, TIGHT, TORCHSCRIPT)
from benchmark.pairs import median_ratio

Samples = Mapping[str, List[float]]


class Account:
    """Everything that is known of each model in each format."""

    def __init__(self) -> None:
        self._files: Dict[str, Dict[str, File]] = {}
        self._starts: Dict[str, Dict[str, List[Dict[str, Any]]]] = {}
        self._turns: Dict[str, Dict[str, Any]] = {}
        self._reasons: Dict[str, Dict[str, str]] = {}
        self._nodes: Dict[str, Dict[str, Any]] = {}

    def add_file(self, subject: Subject, kind: Format, file: File) -> None:
        """Note a file, or why there is none."""
        self._files.setdefault(subject.key, {})[kind.key] = file
        if file.reason:
            self.refuse(subject, kind, file.reason)

    def add_start(self, subject: Subject, kind: Format, start: Dict[str, Any]) -> None:
        """Note a fresh process, or why it could not run the file."""
        if 'reason' in start:
            self.refuse(subject, kind, start['reason'])
        else:
            starts = self._starts.setdefault(subject.key, {})
            starts.setdefault(kind.key, []).append(start)

    def add_turns(self, subject: Subject, turns: Dict[str, Any]) -> None:
        """Note the calls of a model in all of its formats."""
        self._turns[subject.key] = turns
        for kind in FORMATS:
            if kind.key in turns['reasons']:
                self.refuse(subject, kind, turns['reasons'][kind.key])

    def add_nodes(self, client: Dict[str, Any], mib: Mapping[str, float]) -> None:
        """Note the round trips through nodes, and their memory."""
        self._nodes = {
            key: {
                'lost': client['lost'][key], 'mib': mib.get(key),
                'round_trip_us': {
                    pace: distribution(samples[key])
                    for pace, samples in client['round_trips_us'].items()}}
            for key in client['lost']}

    def refuse(self, subject: Subject, kind: Format, reason: str) -> None:
        """Note why a model cannot be measured in a format; the first reason counts."""
        self._reasons.setdefault(subject.key, {}).setdefault(kind.key, reason)

    def files_of(self, subject: Subject) -> Dict[str, File]:
        """Return the files of a model of which nothing bad is known."""
        refused = self._reasons.get(subject.key, {})
        return {
            key: file for key, file in self._files.get(subject.key, {}).items()
            if key not in refused}

    def figures(self) -> Dict[str, Any]:
        """Return what goes into the JSON file."""
        entries = {
            subject.key: {
                kind.key: self._entry(subject.key, kind.key)
                for kind in FORMATS if kind.key in self._files[subject.key]}
            for subject in SUBJECTS if subject.key in self._files}
        return {
            'models': entries, 'node': self._nodes, 'mlp_best_ratio': _best(entries.get(MLP.key))}

    def _entry(self, model: str, key: str) -> Dict[str, Any]:
        """Return what is known of one file."""
        reason = self._reasons.get(model, {}).get(key)
        if reason is not None:
            return {'reason': reason}
        file = self._files[model][key]
        entry: Dict[str, Any] = {'bytes': file.size_bytes, 'convert_s': file.convert_s}
        starts = self._starts.get(model, {}).get(key)
        if starts:
            entry.update(_start_figures(starts))
        turns = self._turns.get(model)
        if turns and key in turns['differences']:
            entry['difference'] = turns['differences'][key]
            entry.update(_call_figures(turns, key))
        return entry


def _start_figures(starts: List[Dict[str, Any]]) -> Dict[str, Any]:
    return {
        'starts': len(starts),
        **{key: median([start[key] for start in starts])
           for key in ('import_ms', 'load_ms', 'reload_ms')},
        'first_call_ms': median([start['calls_ms'][0] for start in starts]),
        'second_call_ms': median([start['calls_ms'][1] for start in starts]),
        'mib': {
            stage: median([start['mib'][stage] for start in starts])
            for stage in starts[0]['mib']}}


def _call_figures(turns: Dict[str, Any], key: str) -> Dict[str, Any]:
    """Return distributions, and how many times as long as TorchScript it takes."""
    figures: Dict[str, Any] = {'call_us': {}, 'ratio': {}}
    for pace, samples_us in turns['samples_us'].items():
        figures['call_us'][pace] = distribution(samples_us[key])
        figures['ratio'][pace] = median_ratio(
            samples_us[key], samples_us.get(TORCHSCRIPT, []), turns['blocks'][pace])
    return figures


def _best(entries: Any) -> float:
    """Return the least ratio of the formats that are not TorchScript."""
    ratios = [
        entry['ratio'].get(TIGHT, math.nan) for key, entry in (entries or {}).items()
        if key != TORCHSCRIPT and 'ratio' in entry]
    return min((one for one in ratios if math.isfinite(one)), default=math.nan)
