# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Something that is wrong with a parameter file, and the parameter that it is about."""

import re
from typing import Any, Dict, Iterable, Iterator, NamedTuple, Set

from dg_pytorch_ros.parameters.mentions import claimed, subject
from dg_pytorch_ros.parameters.parameter_file import COMMAND_LINE, ParameterFile

_WORD = re.compile(r'\w+')


class Finding(NamedTuple):
    """A problem; `name` is a parameter, or a group of them, or empty if none is there."""

    text: str
    name: str
    line: int

    def told(self, path: str, grade: str = '') -> str:
        """Write it with its place."""
        place = f'{path}: command line' if self.line == COMMAND_LINE else f'{path}:{self.line}'
        return f'{place}: {grade}{self.text}'

    def as_dict(self) -> Dict[str, Any]:
        """Write it for a program; what the command line sets has no line."""
        return {'line': self.line or None, 'parameter': self.name or None, 'text': self.text}


def find(problem: str, file: ParameterFile) -> Finding:
    """Find out what a problem is about, as closely as its text and the file tell."""
    for name in _suspects(problem, file):
        line = file.line_of(name)
        if line is not None:
            return Finding(problem, name, line)
    return Finding(problem, '', file.line)


def find_warnings(warnings: Iterable[str], file: ParameterFile) -> Iterator[Finding]:
    """Yield where the parameters stand that warnings quote."""
    for warning in warnings:
        name = warning.split("'")[1]
        yield Finding(warning, name, file.line_of(name) or COMMAND_LINE)


def _suspects(problem: str, file: ParameterFile) -> Iterator[str]:
    """Yield names of parameters and groups, the closest one first."""
    names = {*file.settings, *file.groups}
    yield from claimed(problem, names)
    group = subject(problem)
    while group:
        yield group
        group = group.rpartition('.')[0]
    yield from _inputs_that_are_run(problem, names)
    yield 'model_path'


def _inputs_that_are_run(problem: str, names: Set[str]) -> Iterator[str]:
    """Yield what the module may have refused, as in `forward failed on obs float32[1, 4]: …`."""
    words = _WORD.findall(problem.partition(': ')[0])
    groups = [f'inputs.{word}' for word in words if f'inputs.{word}' in names]
    if len(groups) == 1:
        yield from (f'{groups[0]}.shape', groups[0])
    elif groups:
        yield 'inputs'  # nobody knows which of them
