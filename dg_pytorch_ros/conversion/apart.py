# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Work in a process of its own: what it starts ends with it, and what it writes is thrown away."""

from contextlib import contextmanager
import ctypes
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection
import os
from pathlib import Path
import resource
import signal
import subprocess
import sys
from tempfile import TemporaryFile
from threading import current_thread, main_thread
from typing import Any, Callable, Dict, IO, Iterator, List
import warnings

from dg_pytorch_ros.errors import ModelFileError, PytorchRosError

Tell = Callable[[str], None]

_POLL_S = 0.1
_LAST_WORDS = 1000
_PR_SET_PDEATHSIG = 1
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_apart(task: str, order: Any, folder: Path, *, while_waiting: Tell) -> Any:
    """
    Return what a task, `module:function`, makes of an order.

    It is called with the order and with what takes a word on what it is at, which `while_waiting`
    hears again and again. What it puts beside its result, in caches or temporary files, goes into
    the folder. Its processes end with this call, however that ends. Raise PytorchRosError for what
    the task raises of that family, and if its process ends without a word.
    """
    with TemporaryFile() as words, _started(folder, words) as (process, connection):
        return _result(process, connection, words, (task, order), while_waiting)


def main() -> None:
    """Do one task in this process, as the parent says through the connection it has named."""
    connection: Any = Connection(int(sys.argv[1]))
    warnings.simplefilter('ignore')
    task, order = connection.recv()
    module, _, function = task.partition(':')
    try:
        result = getattr(import_module(module), function)(
            order, lambda word: connection.send(('at', word)))
    except PytorchRosError as error:
        kind = 'file' if isinstance(error, ModelFileError) else 'refused'
        connection.send((kind, str(error)))
    else:
        connection.send(('done', result))


def _result(
    process: 'subprocess.Popen[bytes]', connection: 'Connection[Any, Any]', words: IO[bytes],
    work: Any, while_waiting: Tell
) -> Any:
    at = ''
    try:
        connection.send(work)
        while True:
            while not connection.poll(_POLL_S):
                while_waiting(at)
            kind, answer = connection.recv()
            if kind == 'at':
                at = answer
                while_waiting(at)
            else:
                break
    except (EOFError, OSError):
        raise PytorchRosError(_obituary(process, words, at)) from None
    if kind == 'done':
        return answer
    raise ModelFileError(answer) if kind == 'file' else PytorchRosError(answer)


@contextmanager
def _started(folder: Path, words: IO[bytes]) -> Iterator[Any]:
    ours, theirs = Pipe()
    process = None
    try:
        with no_interruption():  # a process that is not known yet cannot be ended
            process = subprocess.Popen(
                [sys.executable, '-c', _start(), str(theirs.fileno())], cwd=folder,
                env=_environment(folder), pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                stdout=words, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=_end_with_parent)
        theirs.close()
        yield process, ours
    finally:
        with no_interruption():
            if process is not None:
                _end_all(process)
            ours.close()


def _end_all(process: 'subprocess.Popen[bytes]') -> None:
    """End the process and all that it has started: compilers, most likely."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _environment(folder: Path) -> Dict[str, str]:
    caches = {
        name: str(folder / 'cache')
        for name in ('TORCHINDUCTOR_CACHE_DIR', 'TRITON_CACHE_DIR', 'XDG_CACHE_HOME')}
    # One process: a pool of compilers would have processes of its own, for one file to compile.
    return {
        **os.environ, **caches, 'TMPDIR': str(folder), 'TORCHINDUCTOR_COMPILE_THREADS': '1',
        'ORT_DISABLE_TELEMETRY': '1'}


def _start() -> str:
    # It shall find what this process finds, and nothing in the folder.
    path = [os.path.abspath(entry) for entry in sys.path]
    return (
        f'import sys; sys.path[:] = {path!r}; '
        'from dg_pytorch_ros.conversion.apart import main; main()')


def _obituary(process: 'subprocess.Popen[bytes]', words: IO[bytes], at: str) -> str:
    code = process.wait()
    how = f'was ended by {signal.Signals(-code).name}' if code < 0 else f'ended with {code}'
    while_at = f' while {at}' if at else ''
    words.seek(0)
    last = words.read()[-_LAST_WORDS:].decode(errors='replace').strip().rpartition('\n')[2]
    return f'the process of the conversion {how}{while_at}' + (f': {last}' if last else '')


@contextmanager
def no_interruption() -> Iterator[None]:
    """Let Ctrl-C, and an order to end, wait until the end of the block."""
    if current_thread() is not main_thread():  # others are not interrupted
        yield
        return
    held: List[int] = []
    # Not by a mask: that is one thread's, and libraries have threads that would take the signal.
    before = {
        number: signal.signal(number, lambda number, frame: held.append(number))
        for number in _ENDS if signal.getsignal(number) is not None}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for arrived in held[:1]:
            signal.raise_signal(arrived)


_prctl = ctypes.CDLL(None).prctl


def _end_with_parent() -> None:
    """Outlive nobody, and leave no core."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
