# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whether what was made does the same as its source."""

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from dg_pytorch_ros.conversion.checking import Proof
from dg_pytorch_ros.conversion.comparison import Finding
from dg_pytorch_ros.conversion.trials import EDGES, RANDOM, SIZES
from dg_pytorch_ros.terminal.table import table

_MOST_FLAWS = 8
_GROUPS = (RANDOM, EDGES, SIZES)


@dataclass(frozen=True)
class Verdict:
    """What a comparison came to."""

    proof: Proof

    @property
    def is_good(self) -> bool:
        """Whether no output differs by more than it may."""
        return all(finding.is_good for finding in self.proof.findings)

    def text(self) -> str:
        """Write the largest differences, where they were found, and what is wrong."""
        headers = ('output', 'values', 'runs', 'largest difference', 'relative', 'on')
        rows = [
            row for name, _ in self.proof.outputs for group in _GROUPS
            for row in self._rows(name, group)]
        lines = [table(rows, headers=headers, right=(2, 3, 4)), '', self._scope()]
        lines.extend(self._remarks())
        flaws = self.flaws()
        lines.extend(flaws[:_MOST_FLAWS])
        if len(flaws) > _MOST_FLAWS:
            lines.append(f'... and {len(flaws) - _MOST_FLAWS} more')
        return '\n'.join(lines)

    def flaws(self) -> List[str]:
        """Say what differs by more than it may."""
        return [flaw for finding in self.proof.findings for flaw in _flaws(finding)]

    def to_json(self) -> Dict[str, Any]:
        """Return all of it as plain values."""
        tolerance = self.proof.tolerance
        return {
            'good': self.is_good, 'flaws': self.flaws(),
            'tolerance': {
                'absolute': tolerance.absolute, 'relative': tolerance.relative,
                'dtype': tolerance.dtype},
            'outputs': {
                name: {group: self._worst(name, group) for group in _GROUPS}
                for name, _ in self.proof.outputs},
            'trials': [_trial(finding) for finding in self.proof.findings]}

    def _rows(self, name: str, group: str) -> Iterator[Tuple[str, ...]]:
        worst = self._worst(name, group)
        if worst is not None:
            yield (
                name, group, str(worst['runs']), f'{worst["absolute"]:.2g}',
                f'{worst["relative"]:.2g}', worst['on'])

    def _worst(self, name: str, group: str) -> Optional[Dict[str, Any]]:
        """Return the largest differences of an output; None if it was not run on such values."""
        found = [
            finding for finding in self.proof.findings
            if finding.group == group and name in finding.differences]
        if not found:
            return None
        bad = [finding for finding in found if not _is_good(finding, name)]
        worst = max(bad or found, key=lambda finding: finding.differences[name].relative)
        absolute = max(finding.differences[name].absolute for finding in found)
        return {
            'runs': sum(finding.runs for finding in found), 'absolute': absolute,
            'relative': worst.differences[name].relative,
            'on': worst.label if worst.differences[name].relative else 'all alike'}

    def _scope(self) -> str:
        tolerance = self.proof.tolerance
        runs = sum(finding.runs for finding in self.proof.findings)
        if tolerance.absolute == tolerance.relative == 0.0:
            allowed = 'none'
        else:
            allowed = (
                f'{tolerance.absolute:g} and {tolerance.relative:g} of the largest number of an '
                'output')
        return f'{len(self.proof.findings)} sets of values, {runs} runs; allowed: {allowed}'

    def _remarks(self) -> Iterator[str]:
        refused = [finding.label for finding in self.proof.findings if finding.refusal]
        if refused:
            yield f'the source itself fails on: {_list(refused)}'
        excused = [finding.label for finding in self.proof.findings if finding.excused]
        if excused:
            yield (
                'more than that, but no more than the source differs from itself if its inputs '
                f'are rounded, on: {_list(excused)}')


def _flaws(finding: Finding) -> Iterator[str]:
    if finding.failure:
        yield f'fails on {finding.label}, on which the source runs: {finding.failure}'
    for name, found in finding.differences.items():
        if not _is_good(finding, name):
            reason = found.complaint or (
                f'differs by {found.absolute:.3g}, {found.relative:.3g} of the largest number')
            yield f'{name} on {finding.label}: {reason}'


def _is_good(finding: Finding, name: str) -> bool:
    return finding.differences[name].is_within or name in finding.excused


def _trial(finding: Finding) -> Dict[str, Any]:
    return {
        'values': finding.group, 'label': finding.label, 'runs': finding.runs,
        'good': finding.is_good, 'refused_by_source': finding.refusal or None,
        'failure': finding.failure or None,
        'outputs': {
            name: {
                'absolute': found.absolute, 'relative': found.relative,
                'within': found.is_within, 'excused': name in finding.excused,
                'complaint': found.complaint or None}
            for name, found in finding.differences.items()}}


def _list(labels: Sequence[str]) -> str:
    shown = ', '.join(labels[:4])
    return shown if len(labels) <= 4 else f'{shown} and {len(labels) - 4} more'
