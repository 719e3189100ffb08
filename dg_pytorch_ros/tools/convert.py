# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model convert`: the same model in another format, or an answer why not."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
import math
from pathlib import Path
import re
from typing import Any, Tuple, TYPE_CHECKING

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.input_config import DTYPES
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.terminal.spans import span_in
from dg_pytorch_ros.tools.exit_codes import BAD, GOOD
from dg_pytorch_ros.tools.json_text import json_text

if TYPE_CHECKING:
    from dg_pytorch_ros.conversion.order import Order
    from dg_pytorch_ros.conversion.report import Report
    from dg_pytorch_ros.conversion.target import Target
    from dg_pytorch_ros.model_file import ModelFile
    from dg_pytorch_ros.probing.probed import Probed

_TARGETS = ('pt2', 'onnx', 'aoti')
_SHAPE = re.compile(r'(\w+)=((?:(?:-1|[1-9]\d*)(?:,(?:-1|[1-9]\d*))*)?)(?::(\w+))?')
_DESCRIPTION = """\
Convert a TorchScript module, or an ExportedProgram, into another format that the node runs:

  pt2   an ExportedProgram of torch.export, the successor of TorchScript
  onnx  an ONNX model, which runs without torch
  aoti  an AOTInductor package: code for the CPU of this machine

Then both are run on the same values, random ones and edge cases, one after another and after a
reset, and the largest differences are printed. The result is kept only if they are within the
tolerance. The module is run in processes of its own; convert files that you trust."""
_EXAMPLES = """\
  pytorch_model convert policy.pt --to pt2             policy.pt2, if it does the same
  pytorch_model convert policy.pt --to onnx -o a.onnx  another name
  pytorch_model convert policy.pt --to aoti --shape obs=1,45 for one size: the quickest code
  pytorch_model convert net.pt --to onnx --shape image=1,3,-1,-1 for pictures of any size
  pytorch_model convert policy.pt2 --to aoti           compile on the robot what is there
  pytorch_model convert policy.pt --to pt2 --json      all differences, for programs
"""


class Convert:
    """Another format, and a proof that it does the same."""

    name = 'convert'
    summary = 'convert a model to another format; keep it if it does the same'
    description = _DESCRIPTION
    examples = _EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Tell the parser which arguments there are."""
        parser.add_argument(
            'file', metavar='FILE', help='a TorchScript file or an ExportedProgram; package://…')
        parser.add_argument(
            '--to', choices=_TARGETS, required=True, help='the format to convert it to')
        parser.add_argument(
            '-o', '--output', metavar='FILE',
            help='where the result goes (default: beside FILE, by the name of the format)')
        parser.add_argument(
            '--force', action='store_true', help='write over the result, if there is one')
        parser.add_argument(
            '--shape', action='append', default=[], type=_read_shape, metavar='ARG=1,48[:int64]',
            help='the shape, and the dtype, of an argument; -1 is any size; may be repeated '
                 '(default: found by trying)')
        parser.add_argument(
            '--seconds', type=span_in('seconds'), default=20.0, metavar='S',
            help='look for shapes at most so long (default: 20)')
        parser.add_argument(
            '--tolerance-abs', type=_amount, metavar='X',
            help='how much a number may differ (default: by dtype, such as 1e-5 for float32)')
        parser.add_argument(
            '--tolerance-rel', type=_amount, metavar='X',
            help='and by which part of the largest number of its output (1e-4 for float32)')
        parser.add_argument(
            '--runs', type=_count, default=10, metavar='N',
            help='random runs in a row, which show what it remembers (default: 10)')
        parser.add_argument(
            '--seed', type=_seed, default=0, metavar='N',
            help='other random values (default: 0)')
        parser.add_argument(
            '--import', action='append', default=[], dest='imports', metavar='LIBRARY',
            help='a Python library of operators to import before, such as torchvision')
        parser.add_argument('--json', action='store_true', help='print one JSON object')

    def run(self, options: Namespace) -> int:
        """Convert, compare, report; return the exit code."""
        # Here, not above: torch is slow to import, and --help must not be.
        from dg_pytorch_ros.conversion.target import find_target
        from dg_pytorch_ros.model_file import read_model_file
        from dg_pytorch_ros.packages import find_share
        file = read_model_file(options.file, find_share=find_share)
        target = find_target(options.to, file)
        output = _output(options, file, target)
        report = _convert(file, output, options)
        print(json_text(report.to_json()) if options.json else report.text())
        return GOOD if report.is_good else BAD


def _convert(file: 'ModelFile', output: Path, options: Namespace) -> 'Report':
    from dg_pytorch_ros.conversion.report import Report
    from dg_pytorch_ros.conversion.session import convert
    from dg_pytorch_ros.terminal.waiting import Waiting
    probed = _probe(file, options)
    order = _order(file, probed, options)
    with Waiting() as waiting:
        converted = convert(order, output, tell=lambda word: waiting.at(word or 'starting'))
    return Report(order, probed, converted, output)


def _probe(file: 'ModelFile', options: Namespace) -> 'Probed':
    from dg_pytorch_ros.config.node_config import ModelConfig
    from dg_pytorch_ros.conversion.layout import check_runs
    from dg_pytorch_ros.probing.shapes import find_shapes
    from dg_pytorch_ros.terminal.progress import Progress
    given = {name: shape for name, shape, _ in options.shape if -1 not in shape}
    with Progress(options.seconds, 'looking for shapes') as progress:
        probed = find_shapes(
            file, seconds=options.seconds, progress=progress.to, given=given,
            config=ModelConfig(str(file.path), imports=tuple(options.imports)))
    check_runs(probed)
    return probed


def _order(file: 'ModelFile', probed: 'Probed', options: Namespace) -> 'Order':
    from dg_pytorch_ros.conversion.layout import settle
    from dg_pytorch_ros.conversion.order import Order
    layouts = settle(
        probed, {name: shape for name, shape, _ in options.shape},
        {name: dtype for name, _, dtype in options.shape if dtype})
    return Order(
        file, options.to, tuple(layouts), tuple(result.name for result in probed.outputs),
        imports=tuple(options.imports), runs=options.runs, seed=options.seed,
        absolute=options.tolerance_abs, relative=options.tolerance_rel)


def _output(options: Namespace, file: 'ModelFile', target: 'Target') -> Path:
    """Return where the result goes; refuse what must not be written over."""
    output = (
        Path(options.output).expanduser().absolute() if options.output
        else file.path.with_suffix(target.suffix))
    if target.is_compiled and output.suffix != '.pt2':
        raise ConfigError(
            f'--output is {options.output}; torch wants the name of a package to end in .pt2')
    if output == file.path or output.exists() and output.samefile(file.path):
        raise ConfigError(f'{output} is the file to be converted; give another one by --output')
    if output.is_dir():
        raise ConfigError(f'{output} is a directory; give the file in it')
    if output.exists() and not options.force:
        raise ConfigError(f'{output} exists; --force writes over it')
    if not output.parent.is_dir():
        raise ConfigError(f'there is no directory {output.parent} for {output.name}')
    return output


def _read_shape(text: str) -> Tuple[str, Tuple[int, ...], str]:
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ArgumentTypeError(
            f'{text!r} is not a shape; expected ARG=SIZES, such as obs=1,48 or image=1,3,-1,-1 '
            'or index=3:int64')
    name, sizes, dtype = match.groups()
    if dtype and dtype not in DTYPES:
        raise ArgumentTypeError(
            f'{text!r} has the dtype {dtype}; allowed: {enumeration(DTYPES)}')
    return name, tuple(int(size) for size in sizes.split(',') if size), dtype or ''


def _amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0.0 <= amount < math.inf:
        raise ArgumentTypeError(f'{text!r} is no amount; expected a finite number from 0')
    return amount


def _count(text: str) -> int:
    return _whole(text, 1)


def _seed(text: str) -> int:
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    number: Any = int(text) if text.isdecimal() else -1
    if number < least:
        raise ArgumentTypeError(f'{text!r} is not a whole number from {least}')
    return int(number)
