# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model inspect`: what is in a model file, without running the model."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
import hashlib
from importlib import import_module
from pathlib import Path
import sys
from typing import TYPE_CHECKING

from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.model_file import locate, PACKAGE_SCHEME
from dg_pytorch_ros.packages import find_share
from dg_pytorch_ros.terminal.plain import plain
from dg_pytorch_ros.tools.exit_codes import BAD, GOOD
from dg_pytorch_ros.tools.json_text import json_text

if TYPE_CHECKING:
    from dg_pytorch_ros.inspection.facts import Facts


class Inspect:
    """Says what a file is and what is in it."""

    name = 'inspect'
    summary = 'what is in a model file'
    description = (
        'Say what a model file is, what its forward takes and gives, what it keeps between '
        'evaluations,\nwhich tensors and operators it is made of, and what to know before it '
        'runs on a robot.\nNever runs the model. Loading a TorchScript file can run code of its '
        'author: see --no-load.')
    examples = """\
  pytorch_model inspect policy.pt                    everything but the graph
  pytorch_model inspect policy.pt --graph            each operation, too
  pytorch_model inspect policy.pt --svg policy.svg   the graph as a picture
  pytorch_model inspect policy.pt --dot - | dot -Tpng > policy.png
  pytorch_model inspect policy.pt --json | jq .arguments
  pytorch_model inspect detector.pt --import torchvision"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Tell the parser which arguments there are."""
        parser.add_argument(
            'file', metavar='FILE', help='the model file, or package://PACKAGE/PATH')
        parser.add_argument('--graph', action='store_true', help='list the graph in full')
        parser.add_argument(
            '--dot', metavar='PATH', help='write the graph for Graphviz; - for stdout')
        parser.add_argument(
            '--svg', metavar='PATH', help='write the graph as a picture; - for stdout')
        parser.add_argument(
            '--json', action='store_true', help='one JSON object instead of tables')
        parser.add_argument(
            '--import', metavar='MODULE', dest='modules', action='append', default=[],
            help='import a Python module first, such as torchvision for its operators')
        parser.add_argument(
            '--no-load', action='store_true',
            help='read the archive only; no graph, no state: for a file that you do not trust')

    def run(self, options: Namespace) -> int:
        """Print what is known of the file; 1 if it is no model."""
        to_stdout = [name for name in ('json', 'dot', 'svg') if _goes_to_stdout(options, name)]
        if len(to_stdout) > 1:
            raise ModelFileError(
                f'{" and ".join(f"--{name}" for name in to_stdout)} cannot both go to stdout')
        path = locate(options.file, find_share=find_share)
        content = _read(path)
        for module in options.modules:
            _import(module)
        shown = str(path) if options.file.startswith(PACKAGE_SCHEME) else options.file
        facts = _with_file(_facts(path, content, load=not options.no_load), shown, content)
        _write_pictures(facts, options)
        if options.json:
            _print_json(facts, options)
        elif not to_stdout:
            _print_text(facts, options)
        return GOOD if facts.is_model else BAD


def _goes_to_stdout(options: Namespace, name: str) -> bool:
    return getattr(options, name) in (True, '-')


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f'cannot read model file {path}: {error.strerror}') from error


def _import(module: str) -> None:
    try:
        import_module(module)
    except Exception as error:  # whatever a library does when it is imported
        raise ModelFileError(f'--import {module}: {type(error).__name__}: {error}') from error


def _facts(path: Path, content: bytes, *, load: bool) -> 'Facts':
    # Here, because torch takes seconds to import, which `--help` must not.
    from dg_pytorch_ros.inspection.formats import read_facts
    facts = read_facts(path, content)
    if facts is None:
        from dg_pytorch_ros.inspection.script.report import script_facts
        facts = script_facts(path, content, load=load)
    return facts


def _with_file(facts: 'Facts', path: str, content: bytes) -> 'Facts':
    from dg_pytorch_ros.inspection.facts import Section
    from dg_pytorch_ros.inspection.simplify import count_operators
    sections = [Section('file', 'File', {
        'path': path, 'bytes': len(content),
        'sha256': hashlib.sha256(content).hexdigest()}), *facts.sections]
    graph = facts.sketch or facts.graph
    if graph:
        sections.append(Section(
            'operators', 'Operators (what forward can reach, less checks)',
            [{'operator': kind, 'count': count}
             for kind, count in count_operators(graph).items()]))
    return replace(facts, sections=tuple(sections))


def _write_pictures(facts: 'Facts', options: Namespace) -> None:
    if not (options.dot or options.svg):
        return
    from dg_pytorch_ros.drawing.dot import to_dot
    from dg_pytorch_ros.drawing.svg import to_svg
    from dg_pytorch_ros.inspection.picture import draw
    graph = facts.sketch or facts.graph
    if graph is None:
        raise ModelFileError(f'there is no graph to draw: {facts.no_graph or facts.kind}')
    picture = draw(graph, f'{Path(options.file).name}: {facts.kind}')
    for path, write in ((options.dot, to_dot), (options.svg, to_svg)):
        if path == '-':
            print(write(picture))
        elif path:
            _write(path, write(picture))


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding='utf-8')
    except OSError as error:
        raise ModelFileError(f'cannot write {path}: {error.strerror}') from error
    print(f'wrote {path}', file=sys.stderr)


def _print_json(facts: 'Facts', options: Namespace) -> None:
    from dg_pytorch_ros.inspection.data import facts_data
    print(json_text(facts_data(facts, with_graph=options.graph)))


def _print_text(facts: 'Facts', options: Namespace) -> None:
    from dg_pytorch_ros.inspection.listing import graph_text
    from dg_pytorch_ros.inspection.text import facts_text
    print(plain(facts_text(facts)))
    if options.graph:
        print(plain(f'\nGraph\n{graph_text(facts.graph) if facts.graph else facts.no_graph}'))
