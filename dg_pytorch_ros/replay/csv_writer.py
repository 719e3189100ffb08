# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A table of numbers for each output that was replayed."""

from contextlib import ExitStack
import csv
from pathlib import Path
import shutil
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Dict, Iterable, List, Mapping, Optional, Type

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import BagError
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.replay.readout import Readout
from dg_pytorch_ros.replay.replay import Published
import numpy as np

_NS_PER_S = 10 ** 9


def csv_paths(folder: Path, outputs: Iterable[str]) -> Dict[str, Path]:
    """Return the files for some outputs."""
    return {name: folder / f'{name}.csv' for name in outputs}


def check_csv_folder(folder: Path, outputs: Iterable[str], *, force: bool) -> None:
    """Raise BagError unless the tables of these outputs can be written there."""
    if folder.exists() and not folder.is_dir():
        raise BagError(f'{folder} is no folder, so no CSV can be written into it')
    existing = [path.name for path in csv_paths(folder, outputs).values() if path.exists()]
    if existing and not force:
        raise BagError(
            f'{folder} holds {enumeration(existing)} already; give another folder, or --force to '
            'replace what is there')


class CsvWriter:
    """
    Writes a CSV an output: time in the bag, time since the bag's beginning, and the numbers.

    The files are made at the end, when it is known how many numbers the longest message has.
    """

    def __init__(self, folder: Path, readouts: Mapping[str, Readout], begin_ns: int) -> None:
        self._folder = folder
        self._readouts = readouts
        self._begin_ns = begin_ns
        self._rows: Dict[str, Any] = {}
        self._columns = dict.fromkeys(readouts, 0)

    def __enter__(self) -> 'CsvWriter':
        """Begin with tables without rows."""
        with ExitStack() as files:
            for name in self._readouts:
                self._rows[name] = files.enter_context(
                    TemporaryFile('w+', encoding='utf-8', newline=''))
            self._files = files.pop_all()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        """Write the files, unless something went wrong."""
        with self._files:
            if error is None:
                self._finish()

    def write(self, published: Published) -> None:
        """Write a row."""
        values = self._readouts[published.output_name].values(published.data)
        since_ns = published.time_ns - self._begin_ns
        self._columns[published.output_name] = max(
            self._columns[published.output_name], values.size)
        _writer(self._rows[published.output_name]).writerow(
            [_seconds(since_ns), published.time_ns, *_texts(values)])

    def _finish(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for name, path in csv_paths(self._folder, self._readouts).items():
                with path.open('w', encoding='utf-8', newline='') as file:
                    _writer(file).writerow([
                        'time_s', 'time_ns', *self._readouts[name].columns(self._columns[name])])
                    self._rows[name].seek(0)
                    shutil.copyfileobj(self._rows[name], file)
        except OSError as error:
            raise BagError(f'cannot write {error.filename}: {error.strerror}') from error


def _writer(file: Any) -> Any:
    return csv.writer(file, lineterminator='\n')


def _seconds(time_ns: int) -> str:
    """Write a time without rounding it."""
    sign, (seconds, rest) = '-' * (time_ns < 0), divmod(abs(time_ns), _NS_PER_S)
    return f'{sign}{seconds}.{rest:09}'


def _texts(values: Array) -> List[str]:
    """Write each number with as many digits as tell it from its neighbours in its own dtype."""
    flat = values.ravel()
    numbers: List[str] = flat.astype(np.uint8 if flat.dtype.kind == 'b' else flat.dtype).astype(
        str).tolist()
    return numbers
