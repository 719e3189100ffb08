# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The executable `pytorch_model`: one command a question."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
import os
import sys
from typing import List, Optional, Sequence

from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.tools.bench import Bench
from dg_pytorch_ros.tools.check import Check
from dg_pytorch_ros.tools.command import Command
from dg_pytorch_ros.tools.convert import Convert
from dg_pytorch_ros.tools.exit_codes import EXPLANATION, FAILED, INTERRUPTED
from dg_pytorch_ros.tools.inspect_file import Inspect
from dg_pytorch_ros.tools.params import Params
from dg_pytorch_ros.tools.replay import Replay

PROGRAM = 'pytorch_model'
COMMANDS: Sequence[Command] = (
    Inspect(), Params(), Check(), Bench(), Replay(), Convert())

_EXAMPLES = f"""\
examples, from a new model to the robot:
  {PROGRAM} inspect policy.pt              what is in the file?
  {PROGRAM} params policy.pt > policy.yaml a parameter file to start from
  {PROGRAM} check policy.yaml              would the node accept it?
  {PROGRAM} bench policy.yaml              is it fast enough for this machine?
  {PROGRAM} replay policy.yaml bag         what would it have done?
  {PROGRAM} convert policy.pt --to pt2     the same in another format
  ros2 run dg_pytorch_ros {PROGRAM} --help the same program in a sourced workspace

`{PROGRAM} COMMAND --help` tells more.
{EXPLANATION}
"""


def main(args: Optional[List[str]] = None) -> int:
    """Run the command that the arguments name; return the exit code."""
    options = _parser().parse_args(args)
    command: Command = options.command
    try:
        code = command.run(options)
        sys.stdout.flush()  # while it can still be said that nobody reads it
        return code
    except PytorchRosError as error:
        print(f'{PROGRAM} {command.name}: {error}', file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()  # whoever read it has read enough
        return FAILED
    except OSError as error:  # a full disk, most likely that on which stdout goes
        _forget_stdout()
        place = error.filename or 'the output'
        print(
            f'{PROGRAM} {command.name}: cannot write {place}: {error.strerror}', file=sys.stderr)
        return FAILED


def _forget_stdout() -> None:
    """Keep Python from flushing once more, at its exit, to where nothing can be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog=PROGRAM, formatter_class=RawDescriptionHelpFormatter, epilog=_EXAMPLES,
        description='Look at a model before it runs on a robot. No ROS graph is needed.')
    commands = parser.add_subparsers(title='commands', metavar='COMMAND', required=True)
    for command in COMMANDS:
        subparser = commands.add_parser(
            command.name, help=command.summary, description=command.description,
            epilog=f'examples:\n{command.examples.rstrip()}\n\n{EXPLANATION}',
            formatter_class=RawDescriptionHelpFormatter)
        command.add_arguments(subparser)
        subparser.set_defaults(command=command)
    return parser


if __name__ == '__main__':
    sys.exit(main())
