# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Holds the process in which a module is tried, and makes a new one when it ends."""

from multiprocessing import Pipe
from multiprocessing.connection import Connection
import os
import subprocess
import sys
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Dict, Optional, Type

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.errors import ModelFileError, PytorchRosError
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.probing.guess import Guesses
from dg_pytorch_ros.probing.introduction import Introduction
from dg_pytorch_ros.probing.outcome import Outcome

_LOADING_TAKES_S = 300.0
_MOST_ENDS = 4
_START = 'from dg_pytorch_ros.probing.child import main; main()'


class Keeper:
    """
    A process that tries a module, between the beginning and the end of a `with` block.

    A module may hang, crash, print, or eat all memory: it does so in a process of its own.
    """

    def __init__(self, file: ModelFile, config: ModelConfig, *, try_takes_s: float) -> None:
        self._file = file
        self._config = config
        self.try_takes_s = try_takes_s
        self._ends = 0
        self._process: Optional['subprocess.Popen[bytes]'] = None
        self._connection: Optional[Connection] = None
        self._outcomes: Dict[Guesses, Outcome] = {}
        self.tries = 0
        try:
            self.introduction = self._start()
        except BaseException:
            self.end_process()
            raise

    def __enter__(self) -> 'Keeper':
        """Be ready."""
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        """End the process."""
        self.end_process()

    @property
    def has_given_up(self) -> bool:
        """Whether the module ended its process too often."""
        return self._ends >= _MOST_ENDS

    @property
    def process_id(self) -> int:
        """The process that tries at present; 0 if none does."""
        return 0 if self._process is None else self._process.pid

    def attempt(self, guesses: Guesses) -> Outcome:
        """Run forward on such values, unless that was done before."""
        if guesses not in self._outcomes:
            self.tries += 1
            self._outcomes[guesses] = self._attempt(guesses)
        return self._outcomes[guesses]

    def _attempt(self, guesses: Guesses) -> Outcome:
        if self._connection is None:
            self._start()
        assert self._connection is not None
        try:
            self._connection.send(guesses)
            if self._connection.poll(self.try_takes_s):
                outcome: Outcome = self._connection.recv()
                return outcome
            complaint = f'forward did not end within {self.try_takes_s:g} s'
        except (EOFError, OSError):
            complaint = f'forward ended its process {self._how_it_ended()}'
        self._ends += 1
        self.end_process()
        return Outcome(complaint=complaint)

    def _start(self) -> Introduction:
        ours, theirs = Pipe()
        environment = {
            **os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path)),
            'PYTHONSAFEPATH': '1'}
        with TemporaryFile() as words:
            self._process = subprocess.Popen(
                [sys.executable, '-c', _START, str(theirs.fileno())], env=environment,
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=words)
            theirs.close()
            self._connection = ours
            try:
                ours.send((self._file, self._config))
                answer: Any = ours.recv() if ours.poll(_LOADING_TAKES_S) else None
            except (EOFError, OSError):
                answer = None
            if answer is None:
                words.seek(0)
                last = words.read().decode(errors='replace').strip().rpartition('\n')[2]
                raise PytorchRosError(
                    f'the process that tries shapes ended {self._how_it_ended()} while it loaded '
                    f'{self._file.path}' + (f': {last}' if last else ''))
        if isinstance(answer, str):
            raise ModelFileError(answer)
        introduction: Introduction = answer
        return introduction

    def _how_it_ended(self) -> str:
        assert self._process is not None
        try:
            code = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return 'without a word'
        return f'by signal {-code}' if code < 0 else f'with exit code {code}'

    def end_process(self) -> None:
        """End the process; the next attempt starts another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
