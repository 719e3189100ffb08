# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The command `scripts/soak`."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
import signal
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any, List, Optional

from benchmark.domain import own_domain
from benchmark.machine import describe_machine
from benchmark.processes import Unmeasured
from dg_pytorch_ros.terminal.spans import span_in
from soak.account import Account
from soak.faults import Faults
from soak.schedule import Fault, faults

DESCRIPTION = """\
Run pytorch_node at 1 kHz, fed by a sender at 1 kHz, and let something go wrong every few
seconds: senders that die, freeze or send rubbish, models that are broken, nodes that are
deactivated, terminated or killed. Everything that the node publishes is compared with what it
promised: finite, within its limits, not changing too quickly, never driven by old messages.
"""
EXAMPLES = """\
examples:
  scripts/soak                                30 minutes
  scripts/soak --minutes 2 --seed 7           shorter, with other faults
  scripts/soak --output docs/reliability      where to write soak.json and soak.txt
  ROS_DISTRO=kilted scripts/soak              the same with Kilted

The same seed brings the same faults. Ctrl-C ends all processes and reports what was found until
then. Exits 0 if nothing was wrong, 1 if something was, 130 after Ctrl-C.
"""
_EXIT_CODE_OF_INTERRUPT = 130
# From the end of a fault; a process has to start, and to load its model.
_RECOVERY_S = 15.0
_START_S = 60.0
_STARTING = ('terminate_node', 'kill_node')


def main(args: Optional[List[str]] = None) -> int:
    """Let things go wrong, report, and return the exit code."""
    options = _parse(args)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    folder: Path = options.output.absolute()
    logs = folder / 'logs'
    logs.mkdir(parents=True, exist_ok=True)
    account = Account(options.seed, options.minutes, describe_machine())
    try:
        with TemporaryDirectory(prefix='soak_') as scratch, own_domain() as domain:
            _run(account, Path(scratch), logs, domain)
    except Unmeasured as problem:
        account.complaints.insert(0, str(problem))
    except KeyboardInterrupt:
        account.is_interrupted = True
    files = account.write(folder)
    _say('\n' + '\n'.join(account.lines()))
    _say('\nwritten: ' + ', '.join(map(str, files)) + f'; processes logged to {logs}')
    if account.all_complaints:
        return 1
    return _EXIT_CODE_OF_INTERRUPT if account.is_interrupted else 0


def _run(account: Account, folder: Path, logs: Path, domain: int) -> None:
    # Only now: the domain must be chosen first.
    import os
    os.environ['ROS_DOMAIN_ID'] = str(domain)
    from soak.observer import Observer
    from soak.subject import Cast
    _make_modules(folder)
    cast = Cast(folder, logs, domain)
    cast.use_model('first')
    with Observer() as observer:
        try:
            Soak(account, observer, cast).run()
        finally:
            cast.end_life()
            account.figures = observer.figures()
            account.complaints += observer.judge.complaints
            account.lives = cast.lives
            cast.close()


class Soak:
    """One fault after the other, until the time is over."""

    def __init__(self, account: Account, observer: Any, cast: Any) -> None:
        self._account = account
        self._observer = observer
        self._cast = cast
        self._faults = Faults(observer, cast)
        self._begin_s = monotonic()

    def run(self) -> None:
        """Start everything, and let things go wrong."""
        self._observer.expect_start()
        self._cast.start_sender()
        self._cast.start_node()
        if self._recover(_START_S) is None:
            raise Unmeasured(f'the node does not come to work; {self._cast.node.tail}')
        self._begin_s = monotonic()
        try:
            for fault in faults(self._account.seed):
                if self._left_s() <= 0:
                    return
                self._go_through(fault)
        finally:
            self._account.ran_s = monotonic() - self._begin_s

    def _go_through(self, fault: Fault) -> None:
        sleep(max(0.0, min(fault.pause_s, self._left_s())))
        self._faults.bring_about(fault.name, fault.seed)
        patience_s = _START_S if fault.name in _STARTING else _RECOVERY_S
        recovery_s = self._recover(patience_s, is_new=fault.name in _STARTING)
        self._account.note(fault.name, recovery_s)
        left = f'{max(self._left_s(), 0.0) / 60:5.1f} min left'
        if recovery_s is None:
            self._observer.complain(f'no recovery from {fault.name} within {patience_s:g} s')
            _say(f'[{left}] {fault.name:20s} NO RECOVERY')
            self._rescue()
            return
        _say(f'[{left}] {fault.name:20s} well again after {recovery_s:5.2f} s, '
             f'{self._observer.judge.counts["complaints"]} complaints')

    def _recover(self, patience_s: float, *, is_new: bool = True) -> Optional[float]:
        recovery_s: Optional[float] = self._observer.wait_until_live(patience_s)
        if is_new and recovery_s is not None:
            self._cast.begin_life()
        return recovery_s

    def _rescue(self) -> None:
        """Go on with a new node, so that one failure does not hide all others."""
        self._cast.signal_node(signal.SIGKILL)
        self._observer.expect_start()
        self._cast.start_node()
        if self._recover(_START_S) is None:
            raise Unmeasured(f'the node does not come to work again; {self._cast.node.tail}')

    def _left_s(self) -> float:
        return 60 * self._account.minutes - (monotonic() - self._begin_s)


def _make_modules(folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'soak.module', str(folder)],
        capture_output=True, text=True, start_new_session=True)
    if run.returncode:
        raise Unmeasured(f'the modules could not be made:\n{run.stderr}')


def _parse(args: Optional[List[str]]) -> Any:
    parser = ArgumentParser(
        prog='scripts/soak', description=DESCRIPTION, epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        '--minutes', type=span_in('minutes'), default=30.0, metavar='M',
        help='how long (default: 30)')
    parser.add_argument(
        '--seed', type=int, default=1, metavar='N', help='which faults, and when (default: 1)')
    parser.add_argument(
        '--output', type=Path, default=Path('build/soak'), metavar='DIR',
        help='for soak.json, soak.txt and logs (default: build/soak)')
    return parser.parse_args(args)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == '__main__':
    sys.exit(main())
