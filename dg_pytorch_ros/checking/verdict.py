# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is to be said about a parameter file."""

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from dg_pytorch_ros import report
from dg_pytorch_ros.checking.checkup import Checkup
from dg_pytorch_ros.checking.finding import find_warnings, Finding
from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.loading import load_model_of
from dg_pytorch_ros.parameters.file_declarations import FileDeclarations
from dg_pytorch_ros.parameters.node_parameters import Parameters
from dg_pytorch_ros.parameters.parameter_file import FileError, read_parameter_file


@dataclass(frozen=True)
class Verdict:
    """All that is wrong with a file, what looks wrong, and what the node would say."""

    path: str
    node: str
    findings: Tuple[Finding, ...]
    warnings: Tuple[Finding, ...] = ()
    notes: Tuple[str, ...] = ()
    description: Tuple[str, ...] = ()

    def lines(self) -> List[str]:
        """Write it for a person."""
        warnings = [finding.told(self.path, 'warning: ') for finding in self.warnings]
        notes = [f'{self.path}: note: {note}' for note in self.notes]
        if self.findings:
            problems = [finding.told(self.path) for finding in self.findings]
            count = _count(len(problems), 'problem')
            return [*problems, *warnings, *notes, f'{self.path}: {count}']
        configured = report.block(f'{self.path}: {self.node} configures', self.description)
        return [*warnings, configured, *notes]

    def as_dict(self) -> Dict[str, Any]:
        """Write it for a program."""
        return {
            'path': self.path, 'node': self.node, 'is_good': not self.findings,
            'problems': [finding.as_dict() for finding in self.findings],
            'warnings': [finding.as_dict() for finding in self.warnings],
            'notes': list(self.notes), 'description': list(self.description)}


def judge(path: str, *, node: str, overrides: Sequence[str], runs: bool) -> Verdict:
    """Check a file; raise PytorchRosError if it cannot be read."""
    try:
        file = read_parameter_file(path, node=node).override(overrides)
    except ConfigError as error:
        return Verdict(path, node, tuple(
            Finding(problem.text, '', problem.line) if isinstance(problem, FileError)
            else Finding(str(problem), '', 1) for problem in error.problems))
    parameters = Parameters(FileDeclarations(file.values))
    checkup = Checkup(file, load_model_of, runs=runs)
    return Verdict(
        path, file.full_name, tuple(checkup.findings),
        tuple(find_warnings(parameters.unknown_names(), file)),
        tuple(_notes(checkup, runs=runs)),
        tuple(checkup.description))


def _notes(checkup: Checkup, *, runs: bool) -> List[str]:
    if not runs:
        return ['the model was not run: only the first messages tell whether it takes its inputs']
    if not checkup.has_run:
        return ['whether the model takes its inputs can be checked when these are mended']
    return [*_notes_on_shapes(checkup), *_notes_on_outputs(checkup)]


def _notes_on_shapes(checkup: Checkup) -> Iterator[str]:
    unknown = [name for name in checkup.undecided if name not in checkup.varying]
    if unknown:
        yield (
            f'nothing tells the shape of {enumeration(unknown)}: only the first messages tell '
            f'whether the model takes its inputs; set inputs.{unknown[0]}.shape to check it now')
    if checkup.varying:
        yield (
            f'the sizes of -1 in the shape of {enumeration(checkup.varying)} are known with the '
            'first message only, and so is whether the model takes its inputs; add -p '
            f"'inputs.{checkup.varying[0]}.shape:=[…]' with sizes to check it on those")


def _notes_on_outputs(checkup: Checkup) -> Iterator[str]:
    if checkup.not_finite:
        yield (
            f'NaN or infinity is in {enumeration(checkup.not_finite)} on the values that the '
            'model was tried on: constants, initial values, and numbers from 0 to 1 for the rest')


def _count(number: int, what: str) -> str:
    return f'{number} {what}' if number == 1 else f'{number} {what}s'
