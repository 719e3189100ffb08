# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whether a replay does what was recorded, and where it does not."""

from dataclasses import dataclass
import math
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.figures.differences import Line, Row
from dg_pytorch_ros.replay.differences import Differences
from dg_pytorch_ros.replay.excerpt import Excerpt
from dg_pytorch_ros.replay.readout import Readout
from dg_pytorch_ros.terminal.table import table
from dg_pytorch_ros.terminal.units import count_text
import numpy as np

_MOST_ELEMENTS = 1000  # of an image, nobody reads the list
_MOST_LINES = 6


@dataclass(frozen=True)
class Verdict:
    """
    The differences of the recorded outputs, and what is asked of them.

    `max_unpaired` is a share of all messages of an output.
    """

    differences: Mapping[str, Differences]
    readouts: Mapping[str, Readout]
    topics: Mapping[str, str]
    not_recorded: Sequence[str]
    excerpt: Excerpt
    tolerance: float
    max_unpaired: float

    @property
    def is_good(self) -> bool:
        """Whether all is as it must be."""
        return not self._flaws()

    def to_json(self) -> Dict[str, Any]:
        """Return all of it as plain values; what is not finite as text."""
        return {
            'tolerance': self.tolerance, 'max_unpaired': self.max_unpaired,
            'good': self.is_good, 'flaws': self._flaws(),
            'outputs': {name: self._output(name) for name in self.differences},
            'not_recorded': list(self.not_recorded)}

    def text(self) -> str:
        """Write a table, and what is wrong."""
        headers = (
            'output', 'recorded as', 'pairs', 'only recorded', 'only replayed', 'max difference',
            'mean', 'at', 'element', 'recorded', 'replayed')
        rows = [self._row(name, each) for name, each in self.differences.items()]
        lines = [table(rows, headers=headers, right=(2, 3, 4, 5, 6, 7, 9, 10))]
        if self.not_recorded:
            lines.append(f'not in the bag: {enumeration(self.not_recorded)}')
        flaws = self._flaws()
        lines.extend(flaws or [f'no difference above {self.tolerance:g}'])
        return '\n'.join(lines)

    def rows(self) -> List[Row]:
        """Return what is to be drawn."""
        return [
            self._drawn(name, each) for name, each in self.differences.items() if each.compared]

    def _flaws(self) -> List[str]:
        return [flaw for name in self.differences for flaw in self._flaws_of(name)]

    def _flaws_of(self, name: str) -> List[str]:
        found, flaws = self.differences[name], []
        for series, what in ((found.recorded, 'recorded'), (found.replayed, 'replayed')):
            if series.unreadable:
                flaws.append(f'{series.unreadable} {what} cannot be read: {series.complaint}')
        if not found.pairs:
            flaws.append('no recorded message has a replayed one to compare it with')
        elif found.unpaired_share > self.max_unpaired:
            flaws.append(
                f'{100 * found.unpaired_share:.3g} % of the messages are alone, more than '
                f'{100 * self.max_unpaired:.3g} %')
        if found.unlike:
            flaws.append(f'{found.unlike} pairs differ in shape or type: {found.complaint}')
        if found.maximum is not None and found.maximum > self.tolerance:
            flaws.append(
                f'the difference is up to {found.maximum:.6g}, above {self.tolerance:g}')
        return [f'output {name!r}: {flaw}' for flaw in flaws]

    def _row(self, name: str, found: Differences) -> Tuple[str, ...]:
        return (
            name, self.topics[name], count_text(found.pairs),
            count_text(found.unpaired_recorded), count_text(found.unpaired_replayed),
            _number_text(found.maximum), _number_text(found.mean), *self._where(name, found))

    def _where(self, name: str, found: Differences) -> Tuple[str, ...]:
        worst = found.worst
        if worst is None:
            return ('-', '-', '-', '-')
        return (
            f'{self.excerpt.seconds(worst.time_ns):.6f} s', self._columns(name)[worst.element],
            _number_text(worst.recorded), _number_text(worst.replayed))

    def _output(self, name: str) -> Dict[str, Any]:
        found = self.differences[name]
        worst = found.worst
        columns = self._columns(name)
        return {
            'topic': self.topics[name], 'recorded': len(found.recorded),
            'replayed': len(found.replayed), 'pairs': found.pairs,
            'only_recorded': found.unpaired_recorded, 'only_replayed': found.unpaired_replayed,
            'unlike': found.unlike, 'unreadable_recorded': found.recorded.unreadable,
            'unreadable_replayed': found.replayed.unreadable,
            'max': found.maximum, 'mean': found.mean,
            'worst': None if worst is None else {
                'time_ns': worst.time_ns, 'time_s': self.excerpt.seconds(worst.time_ns),
                'element': columns[worst.element], 'index': worst.element,
                'recorded': worst.recorded, 'replayed': worst.replayed},
            'elements': None if len(columns) > _MOST_ELEMENTS else [
                {'element': column, 'max': greatest, 'mean': mean}
                for column, greatest, mean in zip(
                    columns, found.greatest.tolist(), found.means.tolist())]}

    def _drawn(self, name: str, found: Differences) -> Row:
        """Return an output's elements with the greatest differences."""
        columns = self._columns(name)
        first = np.argsort(-found.greatest, kind='stable')[:_MOST_LINES]
        return Row(
            name,
            [self.excerpt.seconds(found.recorded.times_ns[place]) for place, _ in found.compared],
            [_line(found, columns[element], element) for element in sorted(first.tolist())],
            found.of_pairs)

    def _columns(self, name: str) -> List[str]:
        return self.readouts[name].columns(self.differences[name].greatest.size)


def _line(found: Differences, name: str, element: int) -> Line:
    pairs = [
        (found.recorded.values[place].ravel(), found.replayed.values[other].ravel())
        for place, other in found.compared]
    return Line(
        name, *([_element(values, element) for values in side] for side in zip(*pairs)))


def _element(values: Any, element: int) -> float:
    return float(values[element]) if element < values.size else math.nan


def _number_text(number: Optional[float]) -> str:
    return '-' if number is None else f'{number:.6g}'
