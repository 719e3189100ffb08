# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model params`: a parameter file for a model."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import asdict
from pathlib import Path
import sys
from typing import Any, Dict, Tuple, TYPE_CHECKING

from dg_pytorch_ros.errors import ConfigError, PytorchRosError
from dg_pytorch_ros.tools.exit_codes import BAD, GOOD
from dg_pytorch_ros.tools.json_text import json_text

if TYPE_CHECKING:
    from dg_pytorch_ros.model_file import ModelFile
    from dg_pytorch_ros.parameter_writing.wishes import Wishes
    from dg_pytorch_ros.probing.probed import Probed


class Params:
    """Writes a parameter file that works as it is, with all there is to set as comments."""

    name = 'params'
    summary = 'write a parameter file for a model'
    description = (
        'Write a complete, commented parameter file for a model. Names come from its signature,\n'
        'and so do shapes where the file states them; those of a TorchScript module are found by\n'
        'running it. It runs in a process of its own; use files that you trust. What is written\n'
        'works as it is; its head says what to look through.')
    examples = """\
  pytorch_model params policy.pt > policy.yaml               names, shapes, and all there is to set
  pytorch_model params policy.pt --brief                     only what must be set
  pytorch_model params policy.pt --rate 50 --node policy     on a timer; for the node /policy only
  pytorch_model params net.pt --shape image=1,3,120,160      help where no shape is found
  pytorch_model params det.pt --import torchvision           a library that brings operators
  pytorch_model params policy.pt --json                      what was found, for a program"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Tell the parser which arguments there are."""
        parser.add_argument('file', metavar='FILE', help='a model file, or package://…')
        parser.add_argument(
            '--output', metavar='FILE', help='write to this file instead of the terminal')
        parser.add_argument(
            '--force', action='store_true', help='write over the file, if there is one')
        detail = parser.add_mutually_exclusive_group()
        detail.add_argument(
            '--full', dest='detail', action='store_const', const='full', default='usual',
            help='explain everything at each input and output, not only at the first')
        detail.add_argument(
            '--brief', dest='detail', action='store_const', const='brief',
            help='only what is set')
        parser.add_argument(
            '--trigger', choices=('timer', 'message'),
            help='what causes an evaluation (default: message; timer with --rate)')
        parser.add_argument(
            '--rate', metavar='HZ', type=_rate, help='evaluations per second of the timer')
        parser.add_argument(
            '--node', metavar='NAME', default='/**', type=_node_name,
            help='whom the parameters are for (default: any node, /**)')
        parser.add_argument(
            '--no-probe', action='store_true', help='do not run the module to find shapes')
        parser.add_argument(
            '--shape', metavar='ARG=1,48', action='append', default=[], type=_shape,
            help='the shape of an argument that you know; may be repeated')
        parser.add_argument(
            '--import', metavar='MODULE', dest='modules', action='append', default=[],
            help='a Python module that brings operators, such as torchvision; may be repeated')
        parser.add_argument(
            '--device', default='cpu', help="where it runs: 'cpu', 'cuda' or 'cuda:N'")
        parser.add_argument(
            '--seconds', metavar='S', type=_seconds, default=20.0,
            help='look for shapes at most so long (default: 20)')
        parser.add_argument(
            '--json', action='store_true',
            help='write what was found, as JSON, instead of a parameter file')

    def run(self, options: Namespace) -> int:
        """Probe the module and write the file."""
        # Here, not above: torch and rclpy are slow to import, and --help needs neither.
        from dg_pytorch_ros.model_file import read_model_file
        from dg_pytorch_ros.packages import find_share
        from dg_pytorch_ros.parameter_writing.parameter_file_text import parameter_file_text
        _refuse(options)
        file = read_model_file(options.file, find_share=find_share)
        probed = _probe(file, options)
        wishes = _wishes(file, options)
        text = (
            f'{json_text(_findings(probed, wishes))}\n' if options.json
            else parameter_file_text(probed, wishes))
        if options.output:
            _write(Path(options.output), text, force=options.force)
        else:
            sys.stdout.write(text)
        if probed.runs or options.no_probe:
            return GOOD
        print(
            'no shape was found on which the module runs; the file says what it complained of, '
            'and --shape helps', file=sys.stderr)
        return BAD


def _refuse(options: Namespace) -> None:
    if options.rate is not None and options.trigger == 'message':
        raise ConfigError('--rate is for --trigger timer; leave one out')
    if options.no_probe and options.shape:
        raise ConfigError('--shape helps to probe, but --no-probe forbids it; leave one out')
    if options.force and not options.output:
        raise ConfigError('--force needs --output')
    if options.output and not options.force and Path(options.output).exists():
        raise ConfigError(f'{options.output} exists; --force writes over it')


def _probe(file: 'ModelFile', options: Namespace) -> 'Probed':
    from dg_pytorch_ros.config.node_config import ModelConfig
    from dg_pytorch_ros.probing.shapes import find_shapes, introduce
    from dg_pytorch_ros.terminal.progress import Progress
    config = ModelConfig(str(file.path), device=options.device, imports=tuple(options.modules))
    if options.no_probe:
        return introduce(file, config)
    with Progress(options.seconds, 'looking for shapes') as progress:
        return find_shapes(
            file, seconds=options.seconds, progress=progress.to, given=dict(options.shape),
            config=config)


def _wishes(file: 'ModelFile', options: Namespace) -> 'Wishes':
    from dg_pytorch_ros.packages import find_share
    from dg_pytorch_ros.parameter_writing.model_paths import path_to_write
    from dg_pytorch_ros.parameter_writing.wishes import Wishes
    trigger: Any = options.trigger or ('message' if options.rate is None else 'timer')
    return Wishes(
        model_path=path_to_write(options.file, file.path, find_share=find_share),
        sha256=file.sha256, file_name=options.output or f'{file.path.stem}.yaml',
        node_name=options.node, trigger=trigger, rate_hz=options.rate,
        imports=tuple(options.modules), device=options.device, detail=options.detail)


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        with open(path, 'w' if force else 'x', encoding='utf-8') as file:
            file.write(text)
    except OSError as error:
        raise PytorchRosError(f'cannot write {path}: {error.strerror}') from error
    print(f'wrote {path}', file=sys.stderr)


def _findings(probed: 'Probed', wishes: 'Wishes') -> Dict[str, object]:
    return {
        'model_path': wishes.model_path, 'sha256': wishes.sha256, 'runs': probed.runs,
        'complaint': probed.complaint, 'objection': probed.objection, 'tries': probed.tries,
        'arguments': [
            {'name': argument.name, 'type': argument.argument.type_name, 'dtype': argument.dtype,
             'shape': argument.shape, 'sample_shape': argument.sample_shape,
             'any_shape': argument.takes_any, 'like': argument.like,
             'fits_alone': argument.fits_alone, 'joined_with': argument.joined_with,
             'joined_size': argument.total or None}
            for argument in probed.arguments],
        'outputs': [asdict(output) for output in probed.outputs]}


def _shape(text: str) -> Tuple[str, Tuple[int, ...]]:
    name, _, sizes = text.partition('=')
    try:
        shape = tuple(int(size) for size in sizes.split(',')) if sizes else ()
    except ValueError:
        shape = (0,)
    if not name or '=' not in text or min(shape, default=1) < 1:
        raise ArgumentTypeError(f'{text!r}; expected ARGUMENT=SIZE,SIZE, for example obs=1,48')
    return name, shape


def _rate(text: str) -> float:
    return _positive(text, 'evaluations per second, from 0.000001 to 1000000', 1e-6, 1e6)


def _seconds(text: str) -> float:
    return _positive(text, 'seconds, from 0.1 to 86400', 0.1, 86400.0)


def _positive(text: str, meaning: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not least <= number <= most:
        raise ArgumentTypeError(f'{text!r}; expected {meaning}')
    return number


def _node_name(text: str) -> str:
    words = text.removeprefix('/').split('/')
    if text == '/**' or all(word.isidentifier() and word.isascii() for word in words):
        return text
    raise ArgumentTypeError(
        f'{text!r}; expected the name of a node, with or without its namespace, or /**')
