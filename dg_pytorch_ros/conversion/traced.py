# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What tracing may have lost, and what a file still shows of it."""

from collections import defaultdict
from itertools import groupby
import re
import struct
from typing import Any, DefaultDict, Iterator, List, NamedTuple, Optional, Tuple

from dg_pytorch_ros.conversion.origin import place_of, walk
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.inspection.script.archive import ScriptArchive
from dg_pytorch_ros.inspection.script.graph import stored_path
import torch

_FRAME = re.compile(r'^(\S+?)\((\d+)\): (\S+)$', re.MULTILINE)
_OF_TORCH = re.compile(r'/torch/(nn|jit|_\w+|utils)/|/torch/\w+\.py$')
_DECISIONS = frozenset({
    'aten::Bool', 'aten::is_nonzero', 'aten::item', 'aten::eq', 'aten::ne', 'aten::lt',
    'aten::le', 'aten::gt', 'aten::ge', 'aten::any', 'aten::all', 'aten::equal', 'aten::allclose'})
_DIGITS = 9  # more than anybody writes down, fewer than a float32 has as a float64


class _Step(NamedTuple):
    """An operation of a trace: the author's line, by which calls it came there, what it takes."""

    file: str
    line: int
    calls: Tuple[str, ...]
    stored: Tuple[str, ...]


def traced_warning(script: torch.jit.ScriptModule, content: bytes) -> str:
    """
    Return what to think of a module of which a trace may have lost something.

    Nothing if it was scripted. What a trace has lost is not in its file; where the file shows
    traces of it, they are named.
    """
    was_traced, has_traced_parts = _origin(content)
    if was_traced is False and not has_traced_parts:
        return ''
    evidence = list(_evidence(script))
    if was_traced is None and not evidence:
        return (
            'the file does not tell whether it was traced; if it was, of each if and for only '
            'the path that its example took is in it')
    subject = 'it was traced' if was_traced else (
        'it was most likely traced' if was_traced is None else 'parts of it were traced')
    if evidence:
        return (
            f'{subject}, and control flow seems to be lost: {"; ".join(evidence)}. The conversion '
            'repeats what the example did, whatever the values are; script the module instead')
    return (
        f'{subject}: of each if and for, only the path that its example took is in the file; '
        'compare it with the original on values that take another')


def _origin(content: bytes) -> Tuple[Optional[bool], bool]:
    try:
        archive = ScriptArchive(content)
        return archive.was_traced(), archive.has_traced_parts()
    except (ModelFileError, SyntaxError, ValueError, KeyError):  # torch has loaded it, though
        return None, False


def _evidence(script: torch.jit.ScriptModule) -> Iterator[str]:
    forward: Any = script.forward
    nodes = list(walk(forward.inlined_graph))
    yield from _taken_numbers(nodes)
    yield from _idle_decisions(nodes)
    yield from _loops(nodes)


def _taken_numbers(nodes: List[Any]) -> Iterator[str]:
    """Find numbers that nobody wrote down: they come out of a tensor of the example."""
    for node in nodes:
        if node.kind() != 'prim::Constant' or not node.hasAttribute('value'):
            continue
        if node.kindOf('value') != 't' or node.t('value').dim():
            continue
        tensor = node.t('value')
        if tensor.dtype == torch.float64 and _is_float32(tensor.item()):
            yield f'{tensor.item()!r}{place_of(node)} is a number out of a tensor of the example'


def _is_float32(number: float) -> bool:
    try:
        narrow, = struct.unpack('f', struct.pack('f', number))
    except OverflowError:
        return False
    digits = repr(number).partition('e')[0].strip('-').replace('.', '').strip('0')
    return bool(narrow == number) and len(digits) > _DIGITS


def _idle_decisions(nodes: List[Any]) -> Iterator[str]:
    """Find comparisons of which nothing became."""
    for node in nodes:
        if node.kind() in _DECISIONS and not any(
                list(output.uses()) for output in node.outputs()):
            yield f'the result of {node.kind()}{place_of(node)} is not used'


def _loops(nodes: List[Any]) -> Iterator[str]:
    """Find lines that were gone through again and again, not each time with other layers."""
    steps = [step for step in map(_step, nodes) if step is not None]
    calls: DefaultDict[Tuple[str, ...], List[_Step]] = defaultdict(list)
    for step in steps:
        calls[(step.file, *step.calls)].append(step)
    for (file, *_), inside in calls.items():
        lines = [line for line, _ in groupby(step.line for step in inside)]
        pairs = list(zip(lines, lines[1:]))
        again = sorted({line for pair in pairs if pairs.count(pair) > 1 for line in pair})
        if not again:
            continue
        count = max(map(lines.count, again))
        stored = {path for step in inside if step.line in again for path in step.stored}
        if len(stored) < count:
            name = file.rpartition('/')[2]
            yield (
                f'the lines {again[0]} to {again[-1]} of {name} are in it {count} times, as '
                'often as the example went through them')


def _step(node: Any) -> Optional[_Step]:
    if node.kind() in ('prim::Constant', 'prim::GetAttr'):
        return None
    frames = [
        (file, int(line), f'{file}({line}) {function}')
        for file, line, function in _FRAME.findall(_range(node)) if not _OF_TORCH.search(file)]
    if not frames:
        return None
    paths = (stored_path(value) for value in node.inputs())
    (file, line, _), *outer = frames
    return _Step(
        file, line, tuple(name for _, _, name in outer), tuple(path for path in paths if path))


def _range(node: Any) -> str:
    return str(node.sourceRange())
