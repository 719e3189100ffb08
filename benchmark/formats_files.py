# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The files that are compared: converted from TorchScript as a user does it."""

from dataclasses import dataclass
from pathlib import Path
import sys
from time import monotonic, sleep
from typing import List

from benchmark.formats_subjects import Format, FORMATS, Subject
from benchmark.lab import Lab
from benchmark.processes import Process

_COMPLAINT = 'pytorch_model convert: '
_PATIENCE_S = 300.0
_POLL_S = 0.05


@dataclass(frozen=True)
class File:
    """A file and how long it took to make it, or why there is none."""

    path: Path
    size_bytes: int = 0
    convert_s: float = 0.0
    reason: str = ''


class Files:
    """Makes the files of each model."""

    def __init__(self, lab: Lab, pd_model: Path) -> None:
        self._lab = lab
        self._pd_model = pd_model

    def make(self, subject: Subject, kind: Format) -> File:
        """Return a model in a format."""
        if not kind.target:
            script = self._script(subject)
            return File(script, script.stat().st_size)
        path = self._lab.folder / f'{subject.key}{kind.suffix}'
        begin_s = monotonic()
        with self._lab.start(
                f'convert_{subject.key}_{kind.key}',
                self._command(subject, kind, path)) as process:
            reason = _wait(process)
        if not reason and not path.exists():
            reason = f'convert wrote nothing; {process.tail}'
        if reason:
            return File(path, reason=reason)
        return File(path, path.stat().st_size, monotonic() - begin_s)

    def _script(self, subject: Subject) -> Path:
        if subject.key == 'pd':
            return self._pd_model
        return self._lab.folder / f'{subject.key}{FORMATS[0].suffix}'

    def _command(self, subject: Subject, kind: Format, path: Path) -> List[str]:
        return [
            sys.executable, '-W', 'ignore', '-m', 'dg_pytorch_ros.tools.main', 'convert',
            str(self._script(subject)), '--to', kind.target, '--output', str(path),
            *_shape_options(subject)]


def _shape_options(subject: Subject) -> List[str]:
    return [
        option for name, shape in subject.shapes.items()
        for option in ('--shape', f'{name}={",".join(map(str, shape))}:float32')]


def _wait(process: Process) -> str:
    """Wait for the end; return what went wrong, or nothing."""
    end_s = monotonic() + _PATIENCE_S
    while process.exit_code is None:
        if monotonic() > end_s:
            return f'convert takes longer than {_PATIENCE_S:g} s'
        sleep(_POLL_S)
    return '' if process.exit_code == 0 else _complaint(process)


def _complaint(process: Process) -> str:
    """Return the line in which the tool says why, or the end of what it said."""
    lines = [line for line in process.output.splitlines() if line.strip()]
    errors = [line[len(_COMPLAINT):] for line in lines if line.startswith(_COMPLAINT)]
    return (errors or lines or [f'convert ended with {process.exit_code}'])[-1]
