# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A script and what it is converted to, side by side on the same values, run after run."""

import io
from typing import Any, Callable, List, Mapping, Sequence, Tuple, Union

from dg_pytorch_ros.contract import Signature
from dg_pytorch_ros.conversion.eager import eager_module
from dg_pytorch_ros.conversion.export import export_program, program_arguments, quiet
from dg_pytorch_ros.torchscript.schema import read_signature
import torch
from torch import Tensor
from torch.utils import _pytree as pytree

VECTORS = (
    (1., 2., 3.), (-1., -2., -1.), (.5, .1, -.2), (-2., 9., 1.), (0., 0., 0.), (2., -4., 1.))
RAISED = 'raised'

Run = Union[str, List[Tensor]]
Row = List[Any]


class Pair:
    """A module in a file, and its conversions."""

    def __init__(self, module: torch.nn.Module) -> None:
        if not isinstance(module, torch.jit.ScriptModule):
            module = torch.jit.script(module.eval())
        file = io.BytesIO()
        torch.jit.save(module, file)
        self.content = file.getvalue()
        self.signature: Signature = read_signature(self.script().forward, self.content)
        self.notes: List[str] = []

    def script(self) -> Any:
        """Return the module as it is loaded."""
        return torch.jit.load(io.BytesIO(self.content)).eval()

    def eager(self) -> Any:
        """Return the ordinary module."""
        return eager_module(self.script())

    def program(
        self, examples: Sequence[Any], free: Mapping[str, Sequence[int]] = {}
    ) -> torch.export.ExportedProgram:
        """Return the program; what is told is in `notes`."""
        self.notes.clear()
        return export_program(
            self.script(), self.signature, examples, free, note=self.notes.append)

    def loaded(
        self, examples: Sequence[Any], free: Mapping[str, Sequence[int]] = {}
    ) -> Callable[..., Any]:
        """Return what is loaded from the program's file."""
        module = reloaded(self.program(examples, free)).module()
        return lambda *given: module(*program_arguments(self.signature, given))


def reloaded(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    """Save a program and load it again."""
    file = io.BytesIO()
    with quiet():
        torch.export.save(program, file)
        file.seek(0)
        return torch.export.load(file)


def rows(*more: Sequence[Any]) -> List[Row]:
    """Return the arguments of six runs: a vector and the further values in turn."""
    return [
        [torch.tensor(vector), *(values[index % len(values)] for values in more)]
        for index, vector in enumerate(VECTORS)]


def runs(function: Callable[..., Any], arguments: Sequence[Row]) -> List[Run]:
    """Run after run; return the tensors of the results, or that a run raised."""
    found: List[Run] = []
    with torch.no_grad():
        for row in arguments:
            try:
                found.append(tensors(function(*map(_copy, row))))
            except (RuntimeError, AssertionError, torch.jit.Error):
                found.append(RAISED)
    return found


def tensors(result: Any) -> List[Tensor]:
    """Return the tensors in a result; numbers become tensors."""
    return [
        leaf.clone() if isinstance(leaf, Tensor) else torch.tensor(leaf)
        for leaf in pytree.tree_leaves(result)]


def assert_equal(found: Sequence[Run], expected: Sequence[Run]) -> None:
    """Compare bit for bit."""
    _compare(found, expected, 0.0, 0.0)


def assert_close(found: Sequence[Run], expected: Sequence[Run]) -> None:
    """Compare up to roundings."""
    _compare(found, expected, 1e-5, 1e-6)


def _compare(
    found: Sequence[Run], expected: Sequence[Run], relative: float, absolute: float
) -> None:
    assert len(found) == len(expected)
    for index, (mine, other) in enumerate(zip(found, expected)):
        if isinstance(mine, str) or isinstance(other, str):
            assert isinstance(mine, str) and isinstance(other, str), (index, mine, other)
            continue
        torch.testing.assert_close(
            _plain(mine), _plain(other), rtol=relative, atol=absolute, equal_nan=True,
            msg=f'run {index}: {mine} {other}')


def _plain(values: List[Tensor]) -> Tuple[Tensor, ...]:
    # A Python number has no dtype to compare.
    return tuple(value if value.dim() else value.double() for value in values)


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value
