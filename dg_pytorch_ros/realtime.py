# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the evaluation thread asks of the operating system, so that its ticks come on time."""

from contextlib import contextmanager
import ctypes
import os
from pathlib import Path
import sys
from typing import Any, Callable, ContextManager, Iterator, List, Sequence

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.node_config import RealtimeConfig
from dg_pytorch_ros.errors import ConfigError

_PR_SET_TIMERSLACK = 29
_MCL_CURRENT = 1
_MCL_FUTURE = 2
_CAP_IPC_LOCK = 14
# How the first user namespace, the only one whose capabilities count, shows its user ids.
_ALL_USERS = ['0', '0', '4294967295']


class Realtime:
    """
    Real-time settings of one thread, and which of them were granted.

    A setting that the machine does not permit is left out with one warning.
    """

    def __init__(self, config: RealtimeConfig, *, warn: Callable[[str], Any]) -> None:
        self.granted: List[str] = []
        self._config = config
        self._warn = warn
        if sys.platform == 'linux':
            _check_cores(config.cpu_affinity)

    @contextmanager
    def around(self, mode: ContextManager[None]) -> Iterator[None]:
        """Put the calling thread under these settings, and then into a mode."""
        if sys.platform != 'linux':
            if self._config != RealtimeConfig():
                self._warn('realtime.* has no effect on this operating system; it needs Linux')
            with mode:
                yield
            return
        is_locked = self._lock_memory()  # takes long: not yet before all others
        try:
            _wake_up_on_time()
            self._choose_cores()
            self._raise_priority()
            with mode:
                yield
        finally:
            if is_locked:
                _libc().munlockall()  # the next configure may ask for something else

    def _lock_memory(self) -> bool:
        if not self._config.lock_memory:
            return False
        # Under a finite limit, what is locked can end the node: with MCL_FUTURE each mmap beyond
        # the limit fails, be it for a thread, for DDS or for torch, in the middle of the work;
        # with MCL_CURRENT alone the main thread's stack cannot grow beyond it, and what a tick
        # allocates is not locked. So it is everything or nothing.
        if not _may_lock_without_limit():
            self._warn_of_memory(f'the limit memlock is {_limit("RLIMIT_MEMLOCK")}')
            return False
        if _libc().mlockall(_MCL_CURRENT | _MCL_FUTURE):
            self._warn_of_memory(os.strerror(ctypes.get_errno()))
            return False
        self.granted.append('memory locked')
        return True

    def _choose_cores(self) -> None:
        cores = self._config.cpu_affinity
        if not cores:
            return
        try:
            os.sched_setaffinity(0, cores)
        except OSError as error:
            self._warn(
                f'realtime.cpu_affinity is {list(cores)}, but the system refuses it '
                f'({error.strerror}); the evaluation goes on on any core. In a container, '
                '--cpuset-cpus says which cores there are')
            return
        self.granted.append(f'cores {enumeration(map(str, cores))}')

    def _raise_priority(self) -> None:
        priority = self._config.priority
        if priority is None:
            return
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
        except OSError as error:
            self._warn(
                f'realtime.priority is {priority}, but this process may not have it '
                f'({error.strerror}; the limit rtprio is {_limit("RLIMIT_RTPRIO")}); the '
                'evaluation goes on with the ordinary scheduler. '
                f'{_how_to_grant("rtprio 99", "--ulimit rtprio=99", "--cap-add sys_nice")}')
            return
        self.granted.append(f'priority {priority}')

    def _warn_of_memory(self, reason: str) -> None:
        grant = _how_to_grant('memlock unlimited', '--ulimit memlock=-1', '--cap-add ipc_lock')
        self._warn(
            f'realtime.lock_memory is true, but this process may not lock all of its memory '
            f'({reason}); the evaluation goes on with none locked. {grant}')


def _check_cores(cores: Sequence[int]) -> None:
    """Refuse cores that this process may not use."""
    allowed = sorted(os.sched_getaffinity(0))
    for core in cores:
        if core not in allowed:
            raise ConfigError(
                f'realtime.cpu_affinity holds {core}, a core that this process may not use; '
                f'allowed: {enumeration(map(str, allowed))}')


def _wake_up_on_time() -> None:
    """Have the calling thread's sleeps end when they should, not up to 50 us later."""
    _libc().prctl(_PR_SET_TIMERSLACK, ctypes.c_ulong(1))


def _may_lock_without_limit() -> bool:
    import resource  # not on every operating system
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
        return True
    try:
        # In a user namespace, as that of a rootless container, the capability is an empty word.
        if Path('/proc/self/uid_map').read_text().split() != _ALL_USERS:
            return False
        status = Path('/proc/thread-self/status').read_text()
    except OSError:
        return False
    fields = dict(line.split(':', 1) for line in status.splitlines())
    return bool(int(fields['CapEff'], 16) >> _CAP_IPC_LOCK & 1)


def _limit(name: str) -> str:
    import resource
    soft, _ = resource.getrlimit(getattr(resource, name))
    return 'unlimited' if soft == resource.RLIM_INFINITY else str(soft)


def _how_to_grant(limit: str, ulimit: str, capability: str) -> str:
    return (
        f"To grant it, put the line '@realtime - {limit}' into "
        '/etc/security/limits.d/realtime.conf and the user into the group realtime, then log in '
        f'again; in a container, start it with {ulimit} or {capability}')


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
