# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The program has the names, sizes and results that its users know, and says what is different."""

from pathlib import Path
import subprocess
import sys
from typing import Any, Dict, List, Sequence, Tuple

from conversion_pairs import assert_close, Pair, reloaded, runs
from dg_pytorch_ros.conversion.error import ConversionError
from dg_pytorch_ros.conversion.export import program_arguments, quiet
import modules_to_convert as modules
import pytest
import torch
from torch import nn, Tensor

LOAD = """
import sys, torch
program = torch.export.load(sys.argv[1])
assert 'dg_pytorch_ros' not in sys.modules
result = program.module()(torch.ones(3))
print(sorted(result), [type(part).__name__ for part in result.values()])
"""


class Sizes(nn.Module):
    """Calculates with its sizes, as traces do it in tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        y = x.view(x.size(0), -1)
        half = x.shape[1] // 2
        z = y[:, :half]
        count = x.shape[0] * 2 - 1
        return (
            self.layer(x)[:, :half] + z * count / x.shape[1], x.reshape(x.size(0) * 2, -1),
            torch.zeros(x.size(0), 3) + x.shape[0], x.mean() + x.numel(),
            x[:, :int(x.shape[1] * 0.5)])


class FloatSizes(nn.Module):

    def forward(self, x: Tensor) -> List[Tensor]:
        count = float(x.size(0))
        k = int(count * 0.5) + 1
        return [
            x[:k] * count, torch.full([x.size(0)], count), torch.tensor([x.size(0), 2]),
            torch.arange(x.size(0)), x.new_full([2], count)]


class Rows(nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x: Tensor, b: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        if bool(x.sum() > 0):
            y = self.layer(x) * x.size(0)
        else:
            y = x * b
        return y, torch.cat([x, x]), x.sum(0) / x.size(0)


class Bounded(nn.Module):

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        if x.size(0) > 4:
            x = x * 2
        return x + y


class EachRow(nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        total = torch.zeros(x.size(1))
        for i in range(x.size(0)):
            total = total + x[i]
        return total


def batches(*sizes: int) -> List[List[Tensor]]:
    """Return one argument of four columns for each number of rows."""
    generator = torch.Generator().manual_seed(1)
    return [[torch.randn(size, 4, generator=generator)] for size in sizes]


def check(pair: Pair, arguments: Sequence[Any], free: Dict[str, List[int]]) -> List[str]:
    """Compare on all arguments what was exported with the first; return the notes."""
    module = pair.loaded(arguments[0], free)
    assert_close(runs(module, arguments), runs(pair.script(), arguments))
    return pair.notes


@pytest.mark.parametrize('begin', [1, 2, 5])
def test_sizes_vary_in_scripts_and_traces(begin: int) -> None:
    arguments = batches(begin, 1, 3, 7)
    for module in (Sizes(), torch.jit.trace(Sizes(), torch.zeros(2, 4))):
        assert check(Pair(module), arguments, {'x': [0]}) == []


def test_numbers_made_of_sizes_vary_with_them() -> None:
    arguments = [[torch.randn(size)] for size in (3, 6, 1)]
    assert check(Pair(FloatSizes()), arguments, {'x': [0]}) == []


def test_sizes_vary_in_branches() -> None:
    arguments = [
        [factor * torch.rand(size, 3), torch.randn(3)]
        for size, factor in ((3, 1.0), (5, -1.0), (1, 1.0), (4, 1.0))]
    assert check(Pair(Rows()), arguments, {'x': [0]}) == []


def test_images_may_be_of_any_size_that_suits_the_layers() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    pair = Pair(torch.jit.trace(net, torch.zeros(1, 1, 8, 8)))
    name = pair.signature.arguments[0].name
    arguments = [[torch.randn(shape)] for shape in ((1, 1, 8, 8), (3, 1, 9, 8))]
    assert check(pair, arguments, {name: [0, 1, 2]}) == [
        f'size 1 of {name} cannot vary: forward works only with 1',
        f'size 2 of {name} must be at least 3']


def test_what_limits_a_size_is_told() -> None:
    arguments = [[torch.randn(3), torch.randn(3)], [torch.randn(4), torch.randn(4)]]
    notes = check(Pair(Bounded()), arguments, {'x': [0], 'y': [0]})
    assert 'size 0 of x must be at most 4' in notes
    assert 'size 0 of y must be the same as size 0 of x' in notes


def test_sizes_that_cannot_vary_are_told() -> None:
    arguments = [[torch.randn(3, 2)], [torch.randn(3, 5)]]
    notes = check(Pair(EachRow()), arguments, {'x': [0, 1]})
    assert notes == ['size 0 of x cannot vary: forward works only with 3']


def test_other_sizes_are_refused_by_the_program() -> None:
    module = Pair(EachRow()).loaded([torch.zeros(3, 2)], {'x': [1]})
    with pytest.raises((AssertionError, RuntimeError)):
        module(torch.zeros(4, 2))


def test_arguments_have_their_names() -> None:
    program = reloaded(Pair(modules.TakesNumbers()).program([torch.ones(3), 1.5, 2, True]))
    names = ['x', 'gain', 'power', 'negate']
    assert list(program.graph_signature.user_inputs) == names
    assert program.module_call_graph[0].signature is not None
    assert program.module_call_graph[0].signature.forward_arg_names == names


def test_numbers_are_tensors_of_one_number_and_not_fixed() -> None:
    pair = Pair(modules.TakesNumbers())
    arguments = program_arguments(pair.signature, [torch.ones(3), 1.5, 2, True])
    assert [(tuple(tensor.shape), tensor.dtype) for tensor in arguments[1:]] == [
        ((1,), torch.float64), ((1,), torch.int64), ((1,), torch.bool)]
    module = pair.loaded([torch.ones(3), 1.5, 2, True])
    x = 2 * torch.ones(3)
    assert torch.equal(module(x, 0.5, 3, False), 4 * torch.ones(3))
    assert pair.notes == [
        f'the argument {name} is a tensor of one number, not a Python {kind}'
        for name, kind in (('gain', 'float'), ('power', 'int'), ('negate', 'bool'))]


def test_arguments_left_out_keep_their_defaults() -> None:
    pair = Pair(modules.TakesOptional())
    module = pair.loaded([torch.ones(3)])
    assert torch.equal(module(torch.ones(3)), 2 * torch.ones(3))
    assert pair.notes == [
        'the argument o is left out: it keeps its default',
        'the argument k is left out: it keeps its default']
    module = pair.loaded([torch.ones(3), torch.ones(3), 5.0])
    assert torch.equal(module(torch.ones(3), torch.ones(3), 3.0), 4 * torch.ones(3))


def test_named_results_need_nothing_of_this_package_to_be_loaded(tmp_path: Path) -> None:
    pair = Pair(modules.ReturnsNamed())
    program = pair.program([torch.ones(3)])
    assert pair.notes == ['the NamedTuple that forward returns is a dict: a, b']
    with quiet():
        torch.export.save(program, str(tmp_path / 'named.pt2'))
    found = subprocess.run(
        [sys.executable, '-c', LOAD, str(tmp_path / 'named.pt2')], capture_output=True,
        text=True, check=True, cwd=tmp_path, env={'PATH': '/usr/bin:/bin', 'HOME': str(tmp_path)})
    assert found.stdout.split('\n')[0] == "['a', 'b'] ['Tensor', 'Tensor']"


def test_asserts_are_kept_and_told() -> None:
    pair = Pair(modules.Asserts())
    module = pair.loaded([torch.ones(3)])
    assert torch.equal(module(torch.ones(3)), 2 * torch.ones(3))
    with pytest.raises(RuntimeError, match='too low'):
        module(-9 * torch.ones(3))
    note, = pair.notes
    assert note.startswith('forward raises by values (modules_to_convert.py:')
    assert note.endswith('kept as an assertion (AssertionError: too low)')


def test_prints_are_left_out_and_told() -> None:
    pair = Pair(modules.Prints())
    pair.program([torch.ones(3)])
    note, = pair.notes
    assert note.startswith('what forward prints (modules_to_convert.py:')


def test_examples_are_not_written_into() -> None:
    x = torch.ones(3)
    Pair(modules.WritesIntoInput()).program([x])
    assert torch.equal(x, torch.ones(3))


def test_program_does_not_depend_on_the_example() -> None:
    pair = Pair(modules.Nested())
    programs = [
        pair.program([torch.tensor(vector)]) for vector in ([1., 2., 3.], [-1., -9., 0.])]
    assert str(programs[0].graph) == str(programs[1].graph)


def test_two_exports_are_the_same() -> None:
    pair = Pair(modules.NestedMemory())
    first, second = (pair.program([torch.ones(3)]) for _ in range(2))
    assert str(first) == str(second)


def test_nothing_is_written_to_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    pair = Pair(modules.ChoosesNumbers())
    reloaded(pair.program([torch.ones(3)]))
    with pytest.raises(ConversionError):
        Pair(modules.AssignsBuffer()).program([torch.ones(4)])
    assert capfd.readouterr() == ('', '')


def test_a_caller_may_be_in_inference_mode() -> None:
    pair = Pair(modules.NestedMemory())
    with torch.inference_mode():
        program = pair.program([torch.ones(3)])
    arguments = [[torch.tensor(vector)] for vector in ([1., 2., 3.], [-1., 0., 0.])]
    assert_close(runs(program.module(), arguments), runs(pair.script(), arguments))


def test_file_does_not_tell_where_it_was_made() -> None:
    program = Pair(modules.Nested()).program([torch.ones(3)])
    for module in program.graph_module.modules():
        for node in getattr(module, 'graph').nodes:
            assert 'stack_trace' not in node.meta
