# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model bench`: is a module quick enough for a robot, on this machine."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
import re
import sys
from typing import Any, List, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.input_config import DTYPES
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.terminal.spans import span_in
from dg_pytorch_ros.tools.exit_codes import BAD, GOOD, INTERRUPTED
from dg_pytorch_ros.tools.json_text import json_text

_SECONDS = 20.0
# One in each round.
_LEAST_RUNS = 3
_SHAPE = re.compile(r'(\w+)=((?:[1-9]\d*(?:,[1-9]\d*)*)?)(?::(\w+))?')
_DESCRIPTION = """\
Measure how long a module takes on this machine: cold, warm, at the pace of a robot, and on more
threads; how much memory it needs; and say for which rates it is quick enough.

It runs in processes of its own, which load and run it as the node does: what is measured is what
the node publishes on ~/last_run_duration_ms. Shapes, dtypes, values, num_threads and realtime.*
are those of the parameter file; what it does not say is found by trying, or is random."""
_EXAMPLES = """\
  pytorch_model bench policy.yaml                   shapes, threads and rate from the file
  pytorch_model bench policy.pt                     shapes are found by trying
  pytorch_model bench policy.onnx                   shapes are in the file
  pytorch_model bench policy.pt --shape obs=1,48    shapes are given
  pytorch_model bench policy.yaml --require 500     exits 1 if it does not fit 500 Hz
  pytorch_model bench policy.pt --seconds 150       p99.9 of 1000 runs at 50 Hz, too
  pytorch_model bench policy.pt --png durations.png a picture of the durations
  pytorch_model bench policy.pt --json | jq .rates  for programs
"""


class Bench:
    """Durations, memory, and what they mean."""

    name = 'bench'
    summary = 'measure durations and memory; say which rates a module fits'
    description = _DESCRIPTION
    examples = _EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Tell the parser which arguments there are."""
        parser.add_argument('file', metavar='FILE', help='a model file, or a parameter file')
        parser.add_argument(
            '--shape', action='append', default=[], type=_read_shape, metavar='ARG=1,48[:int64]',
            help='the shape, and the dtype, of an argument; may be given several times')
        parser.add_argument(
            '--import', dest='modules', action='append', default=[], metavar='MODULE',
            help='a Python module that brings operators to a model file, such as torchvision')
        parser.add_argument(
            '--device', metavar='DEVICE',
            help="where a model file runs: 'cpu' (default), 'cuda' or 'cuda:N'")
        parser.add_argument(
            '--node', default='', metavar='NAME',
            help='the node, if the parameter file is for several')
        parser.add_argument(
            '--seconds', type=span_in('seconds'), default=_SECONDS, metavar='S',
            help=f'about how long to measure in all (default: {_SECONDS:g})')
        parser.add_argument(
            '--runs', type=_read_runs, metavar='N',
            help='at most so many runs of each measurement (default: as many as there is time)')
        parser.add_argument(
            '--threads', type=_read_counts, metavar='LIST',
            help='numbers of threads to compare, such as 1,2,3 (default: 1, 2, 4 ... all cores)')
        parser.add_argument(
            '--rate', action='append', default=[], type=span_in('hertz'), metavar='HZ',
            help='a rate to measure beside 1000, 500, 100 and 50 Hz, and that of the file')
        parser.add_argument(
            '--require', type=span_in('hertz'), metavar='HZ',
            help='a rate that it must fit, at least tightly: exit 1 otherwise')
        parser.add_argument(
            '--png', metavar='FILE', help='draw the durations into a .png, .svg or .pdf file')
        parser.add_argument('--json', action='store_true', help='print one JSON object')

    def run(self, options: Namespace) -> int:
        """Measure, and report; return the exit code."""
        # What this needs is slow to import, and --help must not be.
        from dg_pytorch_ros.timing.session import Plan, Session
        from dg_pytorch_ros.timing.subject import Request
        if options.png:
            from dg_pytorch_ros.figures.canvas import check_picture
            check_picture(options.png)
        request = Request(
            options.file, options.node,
            shapes={name: shape for name, shape, _ in options.shape},
            dtypes={name: dtype for name, _, dtype in options.shape if dtype},
            imports=tuple(options.modules), device=options.device or '')
        _check(request)
        rates_hz = ([options.require] if options.require else []) + options.rate
        plan = Plan(options.seconds, options.runs, options.threads, rates_hz)
        session = Session(request, plan)
        is_interrupted = _measure(session)
        _report(session, options)
        if is_interrupted:
            return INTERRUPTED
        return GOOD if _is_met(session, options.require) else BAD


def _check(request: Any) -> None:
    """Refuse what is not there, before a process is started that would."""
    if request.is_parameter_file:
        if request.imports or request.device:
            raise ConfigError(
                '--import and --device are for a model file; a parameter file has model_imports '
                'and device')
        from dg_pytorch_ros.parameters.parameter_file import read_parameter_file
        read_parameter_file(request.path, node=request.node)
    else:
        from dg_pytorch_ros.model_file import locate
        from dg_pytorch_ros.packages import find_share
        locate(request.path, find_share=find_share)


def _measure(session: Any) -> bool:
    """Measure until the end, or until Ctrl-C; return whether that came."""
    from dg_pytorch_ros.terminal.progress import Progress
    try:
        with Progress(session.total_s, 'starting') as progress:
            session.run(progress.to)
    except KeyboardInterrupt:
        print('interrupted: this is what there is so far', file=sys.stderr)
        return True
    return False


def _report(session: Any, options: Namespace) -> None:
    from dg_pytorch_ros.timing.advice import advise
    from dg_pytorch_ros.timing.page import page
    from dg_pytorch_ros.timing.summary import summary
    record = session.record
    advice = advise(record, seconds_for_tail=session.seconds_for_tail)
    if record.start is not None:
        for complaint in record.start.complaints:
            print(f'note: {complaint}', file=sys.stderr)
    if options.json:
        print(json_text(summary(record, advice)))
    elif record.subject is not None:
        print(page(record, advice))
    if options.png and record.back_to_back.stretches:
        _draw(record, options.png)


def _draw(record: Any, path: str) -> None:
    from dg_pytorch_ros.figures.canvas import save
    from dg_pytorch_ros.figures.durations import durations_figure
    label, _ = record.main
    series_ms = {'back to back': record.back_to_back.durations_ms}
    series_ms.update({
        f'at {rate_hz:g} Hz': runs.durations_ms for rate_hz, runs in record.paced.items()})
    print(f'picture: {save(durations_figure(series_ms, shown=label), path)}', file=sys.stderr)


def _is_met(session: Any, rate_hz: Any) -> bool:
    from dg_pytorch_ros.timing.judgement import FAILS
    return rate_hz is None or any(
        judgement.rate_hz == rate_hz and judgement.verdict != FAILS
        for judgement in session.record.judgements())


def _read_shape(text: str) -> Tuple[str, Tuple[int, ...], str]:
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ArgumentTypeError(
            f'{text!r} is not a shape; expected ARG=SIZES, such as obs=1,48 or index=3:int64')
    name, sizes, dtype = match.groups()
    if dtype and dtype not in DTYPES:
        raise ArgumentTypeError(
            f'{text!r} has the dtype {dtype}; allowed: {enumeration(DTYPES)}')
    return name, tuple(int(size) for size in sizes.split(',') if size), dtype or ''


def _read_runs(text: str) -> int:
    runs = _read_count(text)
    if runs < _LEAST_RUNS:
        raise ArgumentTypeError(f'{runs} runs are too few; expected {_LEAST_RUNS} at least')
    return runs


def _read_counts(text: str) -> Sequence[int]:
    counts: List[int] = [_read_count(part) for part in text.split(',')]
    return counts


def _read_count(text: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f'{text!r} is not a whole number above 0')
    return int(text)
