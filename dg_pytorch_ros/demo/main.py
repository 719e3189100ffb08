# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The executable `pytorch_demo`: the example controller at work on a simulated robot."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from contextlib import closing
import math
import os
from pathlib import Path
import shutil
import sys
from threading import Event
from time import monotonic
from typing import Any, Iterator, List, Optional, Sequence, Tuple

from dg_pytorch_ros.demo.child import Child
from dg_pytorch_ros.demo.figures import complaint, HEADING, row, summary, timing
from dg_pytorch_ros.demo.spans import span_in
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.packages import find_share
from dg_pytorch_ros.stop_signals import on_stop_signal

PACKAGE = 'dg_pytorch_ros'
CONTROLLER = 'pd_controller'
EXAMPLES = """\
examples:
  pytorch_demo                           ten seconds
  pytorch_demo --seconds 60              a minute
  ros2 run dg_pytorch_ros pytorch_demo   with an installed ROS 2

Exits 0 if the joints reached their targets, 130 after Ctrl-C, otherwise 1 with the reason.
"""

_POLL_S = 0.05
_LONGEST_SILENCE_S = 2.0
_PATIENCE_S = 60.0
_EXIT_CODE_OF_INTERRUPT = 130


class DemoError(PytorchRosError):
    """A demo that did not work out."""


class Interrupted(Exception):
    """The user has seen enough."""


def main(args: Optional[List[str]] = None) -> int:
    """Run the demo; return the exit code."""
    seconds = _parse(args).seconds
    stop = Event()
    on_stop_signal(stop.set)  # the children inherit that the signals are blocked at their start
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    try:
        _run(seconds, stop)
    except Interrupted:
        print('interrupted', file=sys.stderr)
        return _EXIT_CODE_OF_INTERRUPT
    except PytorchRosError as error:
        print(f'pytorch_demo: {error}', file=sys.stderr)
        return 1
    return 0


def _parse(args: Optional[List[str]]) -> Any:
    parser = ArgumentParser(
        prog='pytorch_demo', epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter,
        description=(
            'Run pytorch_node as a PD controller of six simulated joints, at 1 kHz over topics, '
            '\nand watch it.'))
    parser.add_argument(
        '--seconds', type=span_in('seconds'), default=10.0, metavar='S',
        help='how long to run, from the first output on (default: 10)')
    return parser.parse_args(args)


def _run(seconds: float, stop: Event) -> None:
    params_file, executable = _find_files()
    _say(f'starting pytorch_node with {params_file} and a plant of six joints')
    node_command = [
        executable, '--ros-args', '-r', f'__node:={CONTROLLER}', '--params-file', params_file]
    plant_command = [sys.executable, '-m', f'{PACKAGE}.demo.plant']
    with Child('pytorch_node', node_command) as node, Child('the plant', plant_command) as plant:
        # Only now, so that all start side by side and Ctrl-C is clean from early on.
        from dg_pytorch_ros.demo.observer import Observer
        with closing(Observer(CONTROLLER)) as observer:
            Demo(observer, (node, plant), stop).run(seconds)


class Demo:
    """Watches the controller and the joints, and tells the user."""

    def __init__(self, observer: Any, children: Sequence[Child], stop: Event) -> None:
        self._observer = observer
        self._children = children
        self._stop = stop
        self._heard_s = math.inf

    def run(self, seconds: float) -> None:
        """Show a row a second and a summary; raise DemoError if the joints are not there."""
        self._wait_for_outputs()
        _say(HEADING)
        durations_ms: List[float] = []
        begin_s = shown_s = self._heard_s = monotonic()
        for end_s in _row_ends(seconds):
            row_durations_ms = self._listen(begin_s + end_s)
            errors_rad = self._observer.errors_rad()
            now_s = monotonic()
            _say(row(now_s - begin_s, timing(row_durations_ms, now_s - shown_s), errors_rad))
            durations_ms += row_durations_ms
            shown_s = now_s
        elapsed_s = shown_s - begin_s
        _say(summary(elapsed_s, timing(durations_ms, elapsed_s), errors_rad))
        problem = complaint(errors_rad)
        if problem:
            raise DemoError(problem)
        _say('all joints reached their targets')

    def _wait_for_outputs(self) -> None:
        deadline_s = monotonic() + _PATIENCE_S
        while not (self._observer.take_durations_ms() and self._observer.errors_rad()):
            if monotonic() > deadline_s:
                raise DemoError(
                    f'pytorch_node and the plant did not find each other within '
                    f'{_PATIENCE_S:.0f} s; what they said is above')
            self._pause(_POLL_S)

    def _listen(self, until_s: float) -> List[float]:
        durations_ms: List[float] = []
        while True:
            news = self._observer.take_durations_ms()
            durations_ms += news
            now_s = monotonic()
            if news:
                self._heard_s = now_s
            elif now_s > self._heard_s + _LONGEST_SILENCE_S:
                raise DemoError(
                    f'pytorch_node runs, but has published nothing for {_LONGEST_SILENCE_S:.0f} s')
            if now_s >= until_s:
                return durations_ms
            self._pause(min(_POLL_S, until_s - now_s))

    def _pause(self, duration_s: float) -> None:
        if self._stop.wait(duration_s):
            raise Interrupted
        for child in self._children:
            child.check()


def _row_ends(seconds: float) -> Iterator[float]:
    yield from range(1, math.ceil(seconds))
    yield seconds


def _find_files() -> Tuple[str, str]:
    """Return the parameter file of the example, and the executable of the node."""
    share = find_share(PACKAGE)
    if share is None:
        raise DemoError(
            f'package {PACKAGE} is not installed in this environment; '
            'source the setup.bash of the workspace that it was built in')
    params_file = Path(share, 'config', f'{CONTROLLER}.yaml')
    if not params_file.is_file():
        raise DemoError(f'there is no {params_file}; build the package again')
    return str(params_file), _find_executable(Path(share).parents[1])


def _find_executable(prefix: Path) -> str:
    folders = [prefix / 'lib' / PACKAGE, Path(sys.executable).parent]
    path = os.pathsep.join([*map(str, folders), os.environ.get('PATH', '')])
    found = shutil.which('pytorch_node', path=path)
    if found is None:
        raise DemoError(f'there is no pytorch_node in {folders[0]}, {folders[1]} or on PATH')
    return found


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == '__main__':
    sys.exit(main())
