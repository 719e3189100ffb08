# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Where was measured, and what else went on there."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
import os
from pathlib import Path
import platform
import re

from dg_pytorch_ros.timing.thread_choice import count_cores

_BUSY = 0.5


@dataclass(frozen=True)
class Machine:
    """A computer, at the moment when measuring began."""

    cpu: str
    cores: int
    load: float
    system: str
    python: str
    torch: str
    onnxruntime: str = ''

    @property
    def is_busy(self) -> bool:
        """Whether others use it at the same time."""
        return self.load > _BUSY * self.cores


def this_machine() -> Machine:
    """Return the computer that this process runs on."""
    return Machine(
        cpu=cpu_model(), cores=count_cores(), load=round(os.getloadavg()[0], 2),
        system=f'{platform.system()} {platform.release()}',
        python=platform.python_version(), torch=package_version('torch'),
        onnxruntime=_onnxruntime_version())


def package_version(name: str) -> str:
    """Return the version of an installed Python package, or `unknown`."""
    try:
        return version(name)
    except PackageNotFoundError:
        return 'unknown'


def _onnxruntime_version() -> str:
    """Return the version of whichever onnxruntime is installed; empty if none is."""
    versions = map(package_version, ('onnxruntime', 'onnxruntime-gpu'))
    return next((version for version in versions if version != 'unknown'), '')


def cpu_model() -> str:
    """Return the processor's name, as far as the system tells it."""
    try:
        text = Path('/proc/cpuinfo').read_text()
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r'^(?:model name|Model)\s*:\s*(.+)$', text, re.MULTILINE)
    return found.group(1) if found else platform.machine()
