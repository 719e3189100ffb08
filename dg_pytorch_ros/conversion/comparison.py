# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Run two models on the same values, and see where they differ."""

from dataclasses import dataclass, field, replace
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from dg_pytorch_ros.conversion.difference import Difference, difference
from dg_pytorch_ros.conversion.tolerance import Tolerance
from dg_pytorch_ros.conversion.trials import Trial, Values
from dg_pytorch_ros.errors import EvaluationError
from dg_pytorch_ros.model import Array
import numpy as np

# Roundings by which an input is moved, and how often, to see what that does to a source.
_ROUNDINGS = 4
_PROBES = 8
# How much further than it goes then rounding may go elsewhere.
_MARGIN = 4.0

Outputs = Sequence[Array]


@dataclass(frozen=True)
class Runner:
    """Something to run: a function of the values, and one that makes it forget."""

    run: Callable[[Values], Outputs]
    reset: Callable[[], None]


@dataclass(frozen=True)
class Finding:
    """
    What came of a trial: by output, the largest difference of its runs.

    `refusal` is what the source said, whose word counts; `failure` what the other said to values
    that the source takes. `excused` are outputs that rounding moves as far in the source itself.
    """

    group: str
    label: str
    runs: int = 0
    differences: Dict[str, Difference] = field(default_factory=dict)
    refusal: str = ''
    failure: str = ''
    excused: Tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether nothing differs by more than it may."""
        return not self.failure and all(
            found.is_within or name in self.excused for name, found in self.differences.items())


class Comparison:
    """A source, what was made of it, and what may differ."""

    def __init__(
        self, source: Runner, other: Runner, names: Sequence[str], tolerance: Tolerance
    ) -> None:
        self._source = source
        self._other = other
        self._names = tuple(names)
        self._tolerance = tolerance

    def findings(
        self, trials: Iterable[Trial], *, tell: Callable[[str], None] = lambda label: None
    ) -> List[Finding]:
        """Run both on each trial; `tell` hears which one it is."""
        found = []
        for trial in trials:
            tell(trial.label)
            found.append(self._finding(trial))
        return found

    def _finding(self, trial: Trial) -> Finding:
        expected, refusal = _run(self._source, trial.steps)
        outputs, failure = _run(self._other, trial.steps[:len(expected)])
        finding = Finding(
            trial.group, trial.label, len(outputs),
            self._differences(trial, expected, outputs, [None] * len(outputs)), refusal, failure)
        if finding.is_good or failure:
            return finding
        spreads = self._spreads(trial, expected)
        excused = self._differences(trial, expected, outputs, spreads)
        return replace(finding, excused=tuple(
            name for name in self._names
            if excused[name].is_within and not finding.differences[name].is_within))

    def _differences(
        self, trial: Trial, expected: Sequence[Outputs], found: Sequence[Outputs],
        spreads: Sequence[Optional[Outputs]]
    ) -> Dict[str, Difference]:
        worst: Dict[str, Difference] = {name: Difference(0.0, 0.0, True) for name in self._names}
        for step, (ours, theirs) in enumerate(zip(expected, found)):
            spread = spreads[step]
            for index, name in enumerate(self._names):
                if ours[index].dtype.kind != 'f' and not _are_finite(trial.steps[step]):
                    continue  # which is the greatest of numbers that are none, nobody has settled
                one = difference(
                    ours[index], theirs[index], self._tolerance,
                    spread=None if spread is None else spread[index])
                worst[name] = _worse(worst[name], one)
        return worst

    def _spreads(self, trial: Trial, expected: Sequence[Outputs]) -> List[Outputs]:
        """Return how far each number of the source's outputs moves if its inputs are rounded."""
        numbers = np.random.default_rng(0)
        spreads = [[np.zeros(output.shape) for output in outputs] for outputs in expected]
        for _ in range(_PROBES):
            steps = [
                tuple(_nudged(value, numbers) for value in values)
                for values in trial.steps[:len(expected)]]
            moved, _ = _run(self._source, steps)
            for step, outputs in enumerate(moved):
                for index, output in enumerate(outputs):
                    spreads[step][index] = np.maximum(
                        spreads[step][index], _moved(expected[step][index], output))
        return [
            [_together(spread, output) for spread, output in zip(*pair)]
            for pair in zip(spreads, expected)]


def _are_finite(values: Values) -> bool:
    return all(bool(np.isfinite(value).all()) for value in values)


def _run(runner: Runner, steps: Sequence[Values]) -> Tuple[List[Outputs], str]:
    """Return the outputs of all steps, or of those before the one that failed, and why."""
    runner.reset()
    outputs: List[Outputs] = []
    for values in steps:
        try:
            outputs.append(runner.run(values))
        except EvaluationError as error:
            return outputs, str(error)
    return outputs, ''


def _worse(one: Difference, other: Difference) -> Difference:
    return Difference(
        max(one.absolute, other.absolute), max(one.relative, other.relative),
        one.is_within and other.is_within, one.complaint or other.complaint)


def _nudged(value: Array, numbers: 'np.random.Generator') -> Array:
    if value.dtype.kind != 'f':
        return value
    step = _ROUNDINGS * float(np.finfo(value.dtype).eps)
    share = numbers.uniform(-1.0, 1.0, value.shape)
    with np.errstate(over='ignore', invalid='ignore'):
        return np.asarray(value * (1.0 + step * share)).astype(value.dtype)


def _moved(expected: Array, output: Array) -> Array:
    """Return how far each number went; infinitely far if only one of the two is finite."""
    if expected.shape != output.shape:
        return np.zeros(expected.shape)
    if expected.dtype.kind != 'f':
        return np.abs(expected.astype(np.float64) - output.astype(np.float64))
    unlike = np.isfinite(expected) != np.isfinite(output)
    with np.errstate(invalid='ignore'):
        apart = np.abs(expected.astype(np.float64) - output.astype(np.float64))
    return np.where(unlike, np.inf, np.nan_to_num(apart, posinf=0.0))


def _together(spread: Array, output: Array) -> Array:
    """Let all fractions of an output move as far as one of them did: it is rounding, not order."""
    if output.dtype.kind != 'f' or not spread.size:
        return spread
    finite = np.where(np.isfinite(spread), spread, 0.0)
    return np.where(np.isfinite(spread), _MARGIN * np.max(finite), np.inf)
