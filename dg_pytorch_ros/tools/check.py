# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The command that tells whether the node would accept a parameter file."""

from argparse import ArgumentParser, Namespace
import sys
from typing import Any, Dict, List

from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.tools.exit_codes import BAD, FAILED, GOOD
from dg_pytorch_ros.tools.json_text import json_text


class Check:
    """Everything that configure checks, without ROS running, and all problems at once."""

    name = 'check'
    summary = 'would the node accept this parameter file?'
    description = (
        'Do all that the node does to configure: read the parameters, load the model, wire it to\n'
        'its topics, run it on the shapes that are known. Show all that is wrong, each with its\n'
        'line, or what the node would say if nothing is.')
    examples = """\
  pytorch_model check policy.yaml                      all that is wrong, or what was understood
  pytorch_model check config/*.yaml                    several files
  pytorch_model check robots.yaml --node left_leg      one of the nodes in a file
  pytorch_model check policy.yaml -p rate_hz:=200.0    as with `--ros-args -p rate_hz:=200.0`
  pytorch_model check policy.yaml --json | jq .files[0].problems
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Tell the parser which arguments there are."""
        parser.add_argument(
            'files', metavar='FILE', nargs='+', help='a parameter file, as for --params-file')
        parser.add_argument(
            '--node', metavar='NAME', default='',
            help='which node of the file, such as policy or /left/policy, if it has several')
        parser.add_argument(
            '-p', '--param', metavar='NAME:=VALUE', action='append', default=[], dest='parameters',
            help='set a parameter over what the file says; can be given several times')
        parser.add_argument(
            '--no-run', action='store_true',
            help='do not run the model; whether it takes its inputs is then not checked')
        parser.add_argument(
            '--json', action='store_true', help='write one JSON object instead of lines')

    def run(self, options: Namespace) -> int:
        """Check the files; return whether all is well."""
        # What checks needs torch and rclpy, which take seconds to import: `--help` must not wait.
        from dg_pytorch_ros.checking.verdict import judge
        answers: List[Dict[str, Any]] = []
        codes = [GOOD]
        for path in options.files:
            try:
                verdict = judge(
                    path, node=options.node, overrides=options.parameters, runs=not options.no_run)
            except PytorchRosError as error:
                print(f'pytorch_model check: {error}', file=sys.stderr, flush=True)
                answers.append({'path': path, 'error': str(error)})
                codes.append(FAILED)
                continue
            answers.append(verdict.as_dict())
            codes.append(BAD if verdict.findings else GOOD)
            if not options.json:
                print('\n'.join(verdict.lines()), flush=True)
        if options.json:
            print(json_text({'files': answers}))
        return max(codes)
