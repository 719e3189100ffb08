# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Scenario j: the same models in each format that the node runs."""

from typing import Any, Dict, List

from benchmark.contestants import Contestants
from benchmark.formats_account import Account
from benchmark.formats_files import Files
from benchmark.formats_subjects import (
    FORMATS, MLP, PACE_HZ, PACED, Subject, SUBJECTS, TIGHT)
from benchmark.formats_table import (
    CALL_HEAD, call_rows, LOAD_HEAD, load_rows, NODE_HEAD, node_rows, reasons)
from benchmark.lab import Interrupted, Lab, together
from benchmark.processes import Unmeasured
from benchmark.progress import Progress, Step
from benchmark.round_trips import paces
from benchmark.scale import Scale
from benchmark.scenario import START_S
from benchmark.shapes import SHAPES
from benchmark.usage import resident_mib

_CONVERT_S = 20.0
_GUESSED_S = {'conv': 0.001}
_SHORT_S = 0.0002
_PACED_BLOCK = 20


class Formats:
    """Each model in each format: files, fresh processes, calls in turn, and whole nodes."""

    letter = 'j'
    title = 'the formats of a model file'

    def __init__(self, lab: Lab, contestants: Contestants, scale: Scale) -> None:
        self._lab = lab
        self._contestants = contestants
        self._scale = scale
        self._files = Files(lab, contestants.pd_model)
        self._account = Account()
        self._problems: List[str] = []
        self._plan = [
            (subject, {
                'files': Step(f'j  {subject.title}: convert', 3 * _CONVERT_S),
                'starts': Step(
                    f'j  {subject.title}: start', scale.format_starts * len(FORMATS) * START_S),
                'turns': Step(
                    f'j  {subject.title}: call', 2 * START_S + self._turns_s(subject))})
            for subject in SUBJECTS]
        self._node_paces = paces(scale, len(FORMATS) + 1)
        self._node_step = Step('j  the whole node, MLP', 3 * START_S + self._nodes_s())
        self.steps = [step for _, steps in self._plan for step in steps.values()]
        self.steps.append(self._node_step)

    def run(self, progress: Progress) -> None:
        """Measure one model after the other, then the nodes."""
        for subject, steps in self._plan:
            progress.begin(steps['files'])
            self._convert(subject, progress)
            progress.begin(steps['starts'])
            for turn in range(self._scale.format_starts):
                self._start_each(subject, turn)
            progress.begin(steps['turns'])
            self._call_in_turn(subject)
        progress.begin(self._node_step)
        try:
            self._ask_nodes()
        except Unmeasured as problem:
            self._problems.append(f'nodes: {problem}')
        if self._problems:
            raise Unmeasured('; '.join(self._problems))

    def figures(self) -> Dict[str, Any]:
        """Return what is known of each file, and of the nodes."""
        return self._account.figures()

    def rows(self) -> List[List[str]]:
        """Return a line for each file as it is loaded, as it is called, and for each node."""
        figures = self.figures()
        tables = [
            ('', LOAD_HEAD, load_rows(figures)), ('microseconds', CALL_HEAD, call_rows(figures)),
            ('node, microseconds', NODE_HEAD, node_rows(figures))]
        rows = [
            row for name, head, body in tables if body
            for row in ([name, *head[2:]], *([': '.join(one[:2]), *one[2:]] for one in body))]
        width = max(map(len, rows), default=0)
        return [[*row, *[''] * (width - len(row))] for row in rows]

    def reasons(self) -> List[str]:
        """Return a line for each file that could not be measured."""
        return reasons(self.figures())

    def _convert(self, subject: Subject, progress: Progress) -> None:
        for kind in FORMATS:
            file = self._files.make(subject, kind)
            self._account.add_file(subject, kind, file)
            if file.reason:
                progress.note(f'{kind.title}: {file.reason}')

    def _start_each(self, subject: Subject, turn: int) -> None:
        """Start a fresh process for each format, in an order that rotates."""
        first = turn % len(FORMATS)
        files = self._account.files_of(subject)
        for kind in [*FORMATS[first:], *FORMATS[:first]]:
            if kind.key in files:
                result = self._observe('formats_start', {
                    'path': str(files[kind.key].path), 'library': kind.library,
                    'shapes': subject.shapes}, START_S, f'{kind.title} of {subject.title}')
                if result is not None:
                    self._account.add_start(subject, kind, result)

    def _call_in_turn(self, subject: Subject) -> None:
        """Call the model in all of its formats, in one process."""
        files = self._account.files_of(subject)
        settings = {
            'paths': {key: str(file.path) for key, file in files.items()},
            'shapes': subject.shapes, 'paces': self._paces(subject)}
        try:
            result = self._observe(
                'formats_turns', settings, self._turns_s(subject), subject.title)
        except Interrupted as early:
            if early.result is not None:
                self._account.add_turns(subject, early.result)
            raise
        if result is not None:
            self._account.add_turns(subject, result)

    def _observe(
        self, worker: str, settings: Dict[str, Any], duration_s: float, what: str
    ) -> Any:
        """Return the result of a worker; one that fails is noted."""
        try:
            return self._lab.observe(worker, settings, [], duration_s=duration_s)
        except Unmeasured as problem:
            self._problems.append(f'{what}: {problem}')
            return None

    def _ask_nodes(self) -> None:
        """Have a client ask a node for each format in turn."""
        files = self._account.files_of(MLP)
        nodes = [
            self._contestants.with_file(key, MLP.key, file.path) for key, file in files.items()]
        settings = {
            'contestants': list(files), 'durations': [], 'is_stateless': True,
            'model': str(self._lab.folder / f'{MLP.key}.pt'), 'shape': SHAPES[MLP.key],
            'paces': self._node_paces, 'settling': self._scale.settling_round_trips}
        with together(nodes):
            try:
                result = self._lab.observe(
                    'client', settings, nodes, duration_s=self._nodes_s())
            except Interrupted as early:
                if early.result is not None:
                    self._account.add_nodes(early.result, {})
                raise
            mib = {node.name: resident_mib(node.pid) for node in nodes}
        self._account.add_nodes(result, mib)

    def _paces(self, subject: Subject) -> List[Dict[str, Any]]:
        """Return how it is called: without a pause, and at the pace of a robot."""
        return [
            {'name': TIGHT, 'turns': self._turns(subject), 'block': subject.block,
             'pause_s': 0.0},
            {'name': PACED, 'turns': self._scale.format_paced_turns, 'block': _PACED_BLOCK,
             'pause_s': 1.0 / PACE_HZ}]

    def _turns(self, subject: Subject) -> int:
        return max(1, round(subject.share_of_turns * self._scale.format_turns))

    def _turns_s(self, subject: Subject) -> float:
        call_s = _GUESSED_S.get(subject.key, _SHORT_S)
        return float(len(FORMATS) * sum(
            pace['turns'] * pace['block'] * (pace['pause_s'] + call_s)
            for pace in self._paces(subject)))

    def _nodes_s(self) -> float:
        return float(sum(
            (len(FORMATS) + 1) * (pace['count'] + self._scale.settling_round_trips)
            * max(pace['pause_s'], 0.001) for pace in self._node_paces))
