# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What processes take of the machine."""

from typing import Dict, Sequence

import psutil

_MIB = 2.0 ** 20


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return the time that processes have computed, all threads, for themselves or the kernel."""
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return float(sum(time.user + time.system for time in times))


def resident_mib(pid: int) -> float:
    """Return the memory that a process has in use."""
    return float(psutil.Process(pid).memory_info().rss / _MIB)


def memory_mib(pids: Sequence[int]) -> Dict[str, float]:
    """Return the memory of processes: all of it, and with what they share counted once."""
    infos = [psutil.Process(pid).memory_full_info() for pid in pids]
    return {
        'rss': float(sum(info.rss for info in infos) / _MIB),
        'pss': float(sum(info.pss for info in infos) / _MIB)}
