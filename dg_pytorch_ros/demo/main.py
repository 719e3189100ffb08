# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The executable `pytorch_demo`: the example controller at work on a simulated robot."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
import os
from pathlib import Path
import sys
from threading import Event
from typing import List, Optional

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.demo.demo import Interrupted
from dg_pytorch_ros.demo.screen import can_draw_on
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.figures.canvas import SUFFIXES
from dg_pytorch_ros.stop_signals import on_stop_signal
from dg_pytorch_ros.terminal.spans import span_in

EXAMPLES = """\
examples:
  pytorch_demo                           ten seconds, and a picture: ./pytorch_demo.png
  pytorch_demo --show                    a live view in the terminal
  pytorch_demo --seconds 60 --picture /tmp/minute.svg
  ros2 run dg_pytorch_ros pytorch_demo   with an installed ROS 2

Exits 0 if the joints reached their targets, 130 after Ctrl-C, 2 for an option that makes no
sense, otherwise 1 with the reason.
Whatever the end, the picture shows what there was until then; a line says why if there is none.
"""

_EXIT_CODE_OF_INTERRUPT = 130


def main(args: Optional[List[str]] = None) -> int:
    """Run the demo; return the exit code."""
    options = _parse(args)
    stop = Event()
    on_stop_signal(stop.set)  # the children inherit that the signals are blocked at their start
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    has_page = options.show and can_draw_on(sys.stdout, os.environ)
    if options.show and not has_page:
        print('--show needs a terminal to draw on; here are rows instead', file=sys.stderr)
    # Only now: what it brings along starts threads, which must find the signals blocked.
    from dg_pytorch_ros.demo.session import Session
    try:
        Session(options.seconds, stop).run(has_page=has_page, picture=options.picture)
    except Interrupted:
        print('interrupted', file=sys.stderr)
        return _EXIT_CODE_OF_INTERRUPT
    except PytorchRosError as error:
        print(f'pytorch_demo: {error}', file=sys.stderr)
        return 1
    return 0


def _parse(args: Optional[List[str]]) -> Namespace:
    parser = ArgumentParser(
        prog='pytorch_demo', epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter,
        description=(
            'Run pytorch_node as a PD controller of six simulated joints, at 1 kHz over topics, '
            '\nand watch it.'))
    parser.add_argument(
        '--seconds', type=span_in('seconds'), default=10.0, metavar='S',
        help='how long to run, from the first output on (default: 10)')
    parser.add_argument(
        '--show', action='store_true',
        help='a live view instead of a row a second, if stdout is a terminal')
    parser.add_argument(
        '--picture', type=_picture_file, default=Path('pytorch_demo.png'), metavar='FILE',
        help='where the picture of the run goes (default: pytorch_demo.png)')
    parser.add_argument(
        '--no-picture', action='store_const', dest='picture', const=None, help='draw none')
    return parser.parse_args(args)


def _picture_file(text: str) -> Path:
    file = Path(text)
    if file.suffix.lower() not in SUFFIXES:
        raise ArgumentTypeError(f'{text!r} does not end with {enumeration(SUFFIXES)}')
    if not file.absolute().parent.is_dir():
        raise ArgumentTypeError(f'the folder of {text!r} does not exist')
    return file


if __name__ == '__main__':
    sys.exit(main())
