# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The process in which a module is tried: it runs what it is told, and tells what came of it."""

import ctypes
from multiprocessing.connection import Connection
import resource
import signal
import sys

from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.probing.subject import load_subject

_MEMORY_BYTES = 4 * 2 ** 30
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve whoever started this process, until it has gone."""
    _end_with_parent()
    connection = Connection(int(sys.argv[1]))
    file, config = connection.recv()
    try:
        subject = load_subject(file, config)
    except PytorchRosError as error:
        connection.send(str(error))
        return
    _limit_memory()
    connection.send(subject.introduction)
    try:
        while True:
            connection.send(subject.attempt(connection.recv()))
    except (EOFError, OSError):
        pass  # whoever asked has gone


def _end_with_parent() -> None:
    """Do not let a module that hangs outlive whoever wanted to know about it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit_memory() -> None:
    """Let the module have so much more than what it takes to load it; and leave no core."""
    with open('/proc/self/statm', encoding='ascii') as file:
        pages = int(file.read().split()[0])
    present = pages * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = present + _MEMORY_BYTES
    resource.setrlimit(
        resource.RLIMIT_AS, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
