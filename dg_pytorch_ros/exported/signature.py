# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What an ExportedProgram takes and gives."""

from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

from dg_pytorch_ros.contract import Argument, PYTHON_SCALARS, Result, Signature
from dg_pytorch_ros.exported.writing import (
    Json, names_of_arguments, names_of_results, what_results_are)
import torch

_NUMBERS = {'SymInt': 'int', 'SymFloat': 'float', 'SymBool': 'bool'}


class Place(NamedTuple):
    """
    An argument of a program's graph.

    `node` is its name in the graph; `argument` is None for what no input can feed. `value` is what
    torch.export has fixed it to, if it `is_fixed`.
    """

    node: str
    name: str
    argument: Optional[Argument]
    is_fixed: bool = False
    value: Any = None


def read_places(program: Any, writing: Json) -> Tuple[Place, ...]:
    """Return the arguments of a program in the order of its graph."""
    examples = {
        node.name: node.meta.get('val') for node in program.graph.nodes
        if node.op == 'placeholder'}
    specs = [
        spec.arg for spec in program.graph_signature.input_specs
        if spec.kind.name == 'USER_INPUT']
    names: Sequence[str] = names_of_arguments(writing)
    if len(names) != len(specs):
        names = [spec.name for spec in specs]
    fixed = [_is_constant(spec) for spec in specs]
    return tuple(
        _fixed_place(spec, name, is_last=all(fixed[index:])) if fixed[index]
        else Place(spec.name, name, _argument(name, examples[spec.name]))
        for index, (spec, name) in enumerate(zip(specs, names)))


def read_signature(places: Sequence[Place], program: Any, writing: Json) -> Signature:
    """Return the names, types and shapes of what a program takes and gives."""
    return Signature(
        tuple(place.argument for place in places if place.argument is not None),
        _result(program, writing))


def _fixed_place(spec: Any, name: str, *, is_last: bool) -> Place:
    kind = type(spec.value).__name__
    argument = None
    if kind in PYTHON_SCALARS:
        # It may be left out only where that does not move others to its place.
        argument = Argument(name, kind, has_default=is_last)
    return Place(spec.name, name, argument, is_fixed=True, value=spec.value)


def _argument(name: str, example: Any) -> Argument:
    if not isinstance(example, torch.Tensor):
        kind = type(example).__name__
        return Argument(name, _NUMBERS.get(kind, kind))
    return Argument(
        name, dtype=str(example.dtype).removeprefix('torch.'),
        shape=tuple(size if isinstance(size, int) else -1 for size in example.shape))


def _result(program: Any, writing: Json) -> Result:
    types = tuple(
        _result_type(spec.arg) for spec in program.graph_signature.output_specs
        if spec.kind.name == 'USER_OUTPUT')
    names: List[str] = names_of_results(writing)
    kind = what_results_are(writing)
    if names and len(names) == len(types):
        return Result(kind, types, tuple(names))
    return Result(f'{kind}[{", ".join(types)}]' if kind else ', '.join(types), types)


def _result_type(spec: Any) -> str:
    if _is_constant(spec):
        return type(spec.value).__name__
    kind = type(spec).__name__.removesuffix('Argument')
    return _NUMBERS.get(kind, kind)


def _is_constant(spec: Any) -> bool:
    return type(spec).__name__ == 'ConstantArgument'
