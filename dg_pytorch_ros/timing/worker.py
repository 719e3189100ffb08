# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
The process in which a module is timed: nothing else runs in it.

It is told what to do, and answers, through the connection whose number is its argument. What the
module prints does not come into that way.
"""

from contextlib import closing
from multiprocessing.connection import Connection
import sys
from time import perf_counter
from typing import Any

from dg_pytorch_ros.errors import PytorchRosError


def main() -> None:
    """Answer until the other end is closed."""
    connection: Any = Connection(int(sys.argv[1]))
    begin = perf_counter()
    # Only now: how long that takes is one of the answers.
    from dg_pytorch_ros.timing.workbench import Workbench
    with closing(Workbench()) as workbench:
        connection.send((True, 1e3 * (perf_counter() - begin)))
        _serve(workbench, connection)


def _serve(workbench: Any, connection: Any) -> None:
    while True:
        try:
            method, arguments, options = connection.recv()
        except (EOFError, OSError):
            return
        try:
            connection.send((True, getattr(workbench, method)(*arguments, **options)))
        except PytorchRosError as error:
            connection.send((False, str(error)))
