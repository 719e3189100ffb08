# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model replay`: what the node would have done."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
import math
from pathlib import Path
import sys
from typing import Tuple

from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.tools.exit_codes import BAD, GOOD
from dg_pytorch_ros.tools.json_text import json_text

_CLEAR_LINE = '\r\x1b[K'
_DESCRIPTION = """\
Run a recorded bag through the same inputs, guards and model as on the robot, without ROS running
and as fast as the machine can. The bag's own time is the clock: the same bag gives the same
bytes each time. Of the bag, only the topics that the node subscribes to are read."""

_EXAMPLES = """\
  pytorch_model replay policy.yaml bag                            would it have run?
  pytorch_model replay policy.yaml bag --csv table                the outputs as tables
  pytorch_model replay policy.yaml bag --output new --storage mcap    the outputs as a bag
  pytorch_model replay policy.yaml bag --compare --tolerance 1e-5 does it do what it did then?
  pytorch_model replay policy.yaml bag --compare --plot diff.png  and where does it not?
  pytorch_model replay policy.yaml bag -r obs:=/robot/obs --start 10 --end 20"""


class Replay:
    """Runs a bag through a configuration."""

    name = 'replay'
    summary = 'run a recorded bag through a configuration, and compare with what was recorded'
    description = _DESCRIPTION
    examples = _EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Tell the parser which arguments there are."""
        parser.add_argument('parameters', type=Path, help='parameter file of the node')
        parser.add_argument(
            'bag', type=Path, help='folder of rosbag2, or one .mcap or .db3 file of it')
        _add_node(parser)
        _add_excerpt(parser)
        _add_results(parser)
        _add_comparison(parser)

    def run(self, options: Namespace) -> int:
        """Replay; return whether the node would have acted, and as it did then."""
        # What is imported here is slow to import, and --help must not wait for it.
        from dg_pytorch_ros.replay.order import Order
        from dg_pytorch_ros.replay.session import carry_out
        _check(options)
        account = carry_out(Order(
            parameters=options.parameters, bag=options.bag, assignments=tuple(options.param),
            node_name=options.node, namespace=options.namespace,
            remaps=tuple(options.remap), begin_s=options.start, end_s=options.end,
            may_miss=options.allow_missing, output=options.output, storage=options.storage,
            csv=options.csv, force=options.force, compare=options.compare,
            recorded_as=dict(options.topic_of), tolerance=options.tolerance or 0.0,
            max_unpaired=0.01 * (
                100.0 if options.max_unpaired is None else options.max_unpaired),
            plot=options.plot, seed=options.seed), _tell)
        if options.json:
            print(json_text(account.to_json()))
        else:
            print(account.text())
        return GOOD if account.is_good else BAD


def _check(options: Namespace) -> None:
    """Raise an error for options that do nothing without another one."""
    for option in ('topic_of', 'tolerance', 'max_unpaired', 'plot'):
        if getattr(options, option) not in (None, []) and not options.compare:
            raise PytorchRosError(
                f'--{option.replace("_", "-")} belongs to --compare; add that, or leave it out')
    if options.storage and options.output is None:
        raise PytorchRosError('--storage belongs to --output; add that, or leave it out')


def _add_node(parser: ArgumentParser) -> None:
    group = parser.add_argument_group('the node')
    group.add_argument(
        '--node', default='', metavar='NAME',
        help='name of the node (default: that in the parameter file)')
    group.add_argument('--namespace', default='', metavar='NAME', help='namespace of the node')
    group.add_argument(
        '-r', '--remap', type=_renaming, action='append', default=[], metavar='FROM:=TO',
        help='another name of a topic, as on the command line of ROS; may be repeated')
    group.add_argument(
        '-p', '--param', action='append', default=[], metavar='NAME:=VALUE',
        help='set a parameter, whatever the file says; may be repeated')
    group.add_argument(
        '--seed', type=int, default=0, metavar='NUMBER',
        help='where the random numbers of a module that draws some begin (default: 0)')


def _add_excerpt(parser: ArgumentParser) -> None:
    group = parser.add_argument_group('the bag')
    group.add_argument(
        '--start', type=float, metavar='SECONDS',
        help='begin so long after the beginning of the bag')
    group.add_argument(
        '--end', type=float, metavar='SECONDS', help='end so long after the beginning of the bag')
    group.add_argument(
        '--allow-missing', action='store_true',
        help='replay though the bag lacks subscribed topics, as if nobody published there')


def _add_results(parser: ArgumentParser) -> None:
    group = parser.add_argument_group('results')
    group.add_argument('--output', type=Path, metavar='DIR', help='write the outputs as a bag')
    group.add_argument(
        '--storage', choices=('sqlite3', 'mcap'), default='',
        help='how that bag is stored (default: as the one that is read)')
    group.add_argument(
        '--csv', type=Path, metavar='DIR', help='write a table OUTPUT.csv for each output')
    group.add_argument('--force', action='store_true', help='replace results that exist')
    group.add_argument('--json', action='store_true', help='print all as JSON')


def _add_comparison(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(
        'comparison',
        'With trigger message, a recorded output is compared with the replayed one of the same\n'
        'stamp if it has stamp_from; else with the latest one that is not later. With trigger\n'
        'timer, the replay ticks when an output was recorded.')
    group.add_argument(
        '--compare', action='store_true',
        help='compare with the outputs in the bag; exit code 1 if they differ')
    group.add_argument(
        '--tolerance', type=_amount, metavar='ABS',
        help='greatest absolute difference that is no difference (default: 0)')
    group.add_argument(
        '--max-unpaired', type=_amount, metavar='PERCENT',
        help="greatest share of an output's messages that have no counterpart (default: all but "
             'one pair)')
    group.add_argument(
        '--topic-of', type=_renaming, action='append', default=[], metavar='OUTPUT:=TOPIC',
        help='the name of an output in the bag, if it is another one; may be repeated')
    group.add_argument(
        '--plot', type=Path, metavar='FILE',
        help='draw recorded, replayed and difference over time into a .png, .svg or .pdf')


def _renaming(text: str) -> Tuple[str, str]:
    old, sign, new = text.partition(':=')
    if not (old and sign and new):
        raise ArgumentTypeError(f'{text!r} renames nothing; expected FROM:=TO')
    if old.startswith('__'):
        raise ArgumentTypeError(f'{text!r} is no topic; use --node or --namespace')
    return old, new


def _amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0.0 <= amount < math.inf:
        raise ArgumentTypeError(f'{text!r} is no amount; expected a finite number from 0')
    return amount


def _tell(line: str) -> None:
    # On a terminal, there may be a progress bar in this line.
    print(f'{_CLEAR_LINE if sys.stderr.isatty() else ""}{line}', file=sys.stderr)
