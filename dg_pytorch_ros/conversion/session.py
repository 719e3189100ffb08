# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A conversion from its beginning to a file that is kept, or to none."""

from contextlib import contextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import shutil
import signal
import sys
from tempfile import mkdtemp
from threading import current_thread, main_thread
from typing import Any, Callable, Iterator

from dg_pytorch_ros.conversion.apart import no_interruption, run_apart
from dg_pytorch_ros.conversion.order import Made, Order
from dg_pytorch_ros.conversion.verdict import Verdict
from dg_pytorch_ros.errors import PytorchRosError

Tell = Callable[[str], None]

_MAKING = 'dg_pytorch_ros.conversion.making:make'
_CHECKING = 'dg_pytorch_ros.conversion.checking:check'


@dataclass(frozen=True)
class Converted:
    """What was made and what is to think of it; the file is there only if that is good."""

    made: Made
    verdict: Verdict
    size_bytes: int


def convert(order: Order, output: Path, *, tell: Tell) -> Converted:
    """
    Make a file and compare it with its source; it becomes `output` if both do the same.

    Until then all is in a folder beside `output`, and in the end nothing else is left of it.
    `tell` hears now and then what is being done. Raise PytorchRosError if it cannot be done.
    """
    with _end_in_order(), _folder_beside(output) as folder:
        place = folder / output.name
        order = order.placed(place)
        made: Made = run_apart(_MAKING, order, folder, while_waiting=tell)
        verdict = Verdict(run_apart(_CHECKING, order, folder, while_waiting=tell))
        size = place.stat().st_size
        if verdict.is_good:
            os.replace(place, output)
    return Converted(made, verdict, size)


@contextmanager
def _folder_beside(output: Path) -> Iterator[Path]:
    folder = None
    try:
        with no_interruption():
            try:
                folder = Path(mkdtemp(prefix=f'.{output.name}.', dir=output.parent))
            except OSError as error:
                raise PytorchRosError(
                    f'cannot write into {output.parent}: {error.strerror}') from error
        yield folder
    finally:
        with no_interruption():
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _end_in_order() -> Iterator[None]:
    """Let an order to end, as at a logout, clean up as Ctrl-C does."""
    if current_thread() is not main_thread():
        yield
        return
    before = {
        number: signal.signal(number, _leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, frame: Any) -> None:
    sys.exit(128 + number)
