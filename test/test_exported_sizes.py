# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""An ExportedProgram is not run on sizes that its file does not take."""

from pathlib import Path
from typing import Any, Tuple

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.errors import ContractError, EvaluationError
from exported_files import load_content, load_exported, run_all, saved
from loading import bind, run
import numpy as np
import pytest
import torch
from torch import nn, Tensor
from torch.export import Dim


class Rows(nn.Module):
    """Takes rows, as many as there are."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return (x + y).sum(0)


class Halves(nn.Module):
    """Takes sizes that depend on each other, and an even one."""

    def forward(self, x: Tensor, y: Tensor) -> Tuple[Tensor, Tensor]:
        return x.reshape(-1, 2, 3), y


class Times(nn.Module):
    """Takes a whole number that is not fixed."""

    def forward(self, x: Tensor, times: int) -> Tensor:
        return x * times


class Remembering(nn.Module):

    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('total', torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.total.add_(x.sum())
        return 1 * self.total


@pytest.fixture(name='rows')
def load_rows(tmp_path: Path) -> BoundModel:
    batch = Dim('batch', min=3, max=8)
    return load_exported(
        Rows(), [torch.zeros(4, 3), torch.zeros(4, 3)], tmp_path,
        {'x': {0: batch}, 'y': {0: batch}})


def rows_of(*sizes: int) -> Any:
    return np.ones(sizes)


def test_free_sizes_are_taken(rows: BoundModel) -> None:
    for size in (3, 8, 5, 5):
        assert run(rows, rows_of(size, 3), rows_of(size, 3)) == [[2.0 * size] * 3]


@pytest.mark.parametrize('x, y, complaint', [
    ((2, 3), (2, 3), r"'x' has the shape \[2, 3\], but the file takes 3 to 8 in dimension 0"),
    ((9, 3), (9, 3), r"'x' has the shape \[9, 3\], but the file takes 3 to 8 in dimension 0"),
    ((4, 3), (5, 3), r"'y' .* takes the same size in dimension 0 as in x\[0\], which is 4"),
    ((4, 3), (1, 3), r"'y' .* takes 3 to 8 in dimension 0"),
    ((4, 2), (4, 3), r"'x' has the shape \[4, 2\], but the file takes float32\[any, 3\]"),
    ((4, 1), (4, 3), r"'x' has the shape \[4, 1\], but the file takes float32\[any, 3\]"),
    ((4,), (4, 3), r"'x' has the shape \[4\], but the file takes float32\[any, 3\]")])
def test_other_sizes_are_refused(rows: BoundModel, x: Any, y: Any, complaint: str) -> None:
    run(rows, rows_of(4, 3), rows_of(4, 3))
    for _ in range(2):
        with pytest.raises(EvaluationError, match=complaint):
            run(rows, rows_of(*x), rows_of(*y))
    assert run(rows, rows_of(4, 3), rows_of(4, 3)) == [[8.0] * 3]


def test_sizes_are_refused_at_configure(rows: BoundModel) -> None:
    with rows.mode(), pytest.raises(ContractError, match='takes 3 to 8 in dimension 0'):
        rows.prepare([rows_of(2, 3), rows_of(2, 3)])


def test_size_that_may_be_any_may_be_one(tmp_path: Path) -> None:
    model = load_exported(
        Rows(), [torch.zeros(4, 3), torch.zeros(4, 3)], tmp_path,
        {'x': {0: Dim.AUTO}, 'y': {0: Dim.AUTO}})
    assert run(model, rows_of(1, 3), rows_of(1, 3)) == [[2.0] * 3]
    assert run(model, rows_of(20, 3), rows_of(20, 3)) == [[40.0] * 3]


def test_sizes_that_depend_on_each_other_are_checked(tmp_path: Path) -> None:
    half = Dim('half', min=2, max=8)
    model = load_exported(
        Halves(), [torch.zeros(6, 3), torch.zeros(7)], tmp_path,
        {'x': {0: 2 * half}, 'y': {0: 2 * half + 1}})
    assert [one.shape for one in run_all(model, rows_of(8, 3), rows_of(9))] == [(4, 2, 3), (9,)]
    with pytest.raises(EvaluationError, match=r"'x' .* takes 4 to 16 in dimension 0"):
        run(model, rows_of(18, 3), rows_of(19))
    with pytest.raises(
            EvaluationError, match=r'does not take x \[8, 3\], y \[10\] together: .*y.size'):
        run(model, rows_of(8, 3), rows_of(10))
    with pytest.raises(EvaluationError, match=r'does not take x \[7, 3\], y \[8\] together'):
        run(model, rows_of(7, 3), rows_of(8))


def test_fixed_sizes_are_checked_before_anything_runs(tmp_path: Path) -> None:
    for dynamic in (None, {'x': {0: Dim('batch', min=3, max=8)}}):
        model = load_exported(Remembering(), [torch.zeros(3, 2)], tmp_path, dynamic)
        assert run(model, rows_of(3, 2)) == [6.0]
        for wrong in (rows_of(3, 3), rows_of(2, 2), rows_of(6)):
            with pytest.raises(EvaluationError, match='but the file takes'):
                run(model, wrong)
        assert run(model, rows_of(3, 2)) == [12.0]


def test_whole_number_that_is_not_fixed_is_an_input(tmp_path: Path) -> None:
    program = torch.export.export(
        Times(), (torch.ones(2), 3), dynamic_shapes={'x': None, 'times': Dim.DYNAMIC})
    model = bind(load_content(saved(program), tmp_path))
    assert [one.type_name for one in model.signature.arguments] == ['Tensor', 'int']
    assert model.description.notes == ()
    for times in (3, 7, 2):
        assert run(model, [1.0, 2.0], times) == [[times, 2 * times]]
