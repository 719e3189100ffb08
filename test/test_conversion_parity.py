# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Each trait of a script comes through: the module bit for bit, the program up to roundings."""

from pathlib import Path
from typing import Any, List, Type

from conversion_pairs import assert_close, assert_equal, Pair, reloaded, rows, runs
from dg_pytorch_ros.conversion.export import program_arguments
import modules_to_convert as modules
import pytest
import tool_models
import torch

FLAGS = (True, False, False, True)
MORE: Any = {
    modules.ResetsByArgument: [FLAGS],
    modules.ResetsByTensor: [[torch.tensor([flag]) for flag in FLAGS]],
    modules.TakesNumbers: [(1.5, 0.5), (2, 3), (True, False)],
    modules.FillsWithNumber: [(0.5, 0.25, -1.0)],
    modules.SlicesByNumber: [(2, -1, 7, 0, -9, 3)],
    modules.IndexesByTensor: [[torch.tensor(index) for index in (1, 0, -1)]],
}
CONVERTIBLE: List[Type[torch.nn.Module]] = [
    modules.AssignsBuffer, modules.AssignsInput, modules.ReturnsViewOfMemory,
    modules.WritesThenAssigns, modules.HasListOfMemory, modules.HasDictOfMemory, modules.HasRing,
    modules.Shifts, modules.HasCell, modules.HasRememberingParts, modules.ResetsByArgument,
    modules.ResetsByTensor, modules.BeginsWithItsInput, modules.WritesInBranch,
    modules.WritesThroughView, modules.Nested, modules.NestedMemory, modules.ReturnsEarly,
    modules.ChainsConditions, modules.ChoosesNumbers, modules.CalculatesWithWholeNumbers,
    modules.ChangesListsInBranch, modules.ChangesListOfMemoryInBranch,
    modules.MakesTensorsInBranches, modules.ReturnsDictFromBranches, modules.HasFlag,
    modules.Asserts, modules.RaisesByValue, modules.AssertsInBranch, modules.TakesNumbers,
    modules.FillsWithNumber,
    modules.SlicesByNumber, modules.IndexesByTensor, modules.ListsNumbers, modules.ReturnsNamed,
    modules.ReturnsList, modules.ReturnsNested, modules.ReturnsNumbers, modules.ReturnsItsInput,
    modules.UsesContainers, modules.UsesTexts, modules.Calculates, modules.Loops,
    modules.IsConfigured, modules.CallsMethods, modules.HasManyLayers, modules.Attends,
    modules.IndexesAndWrites, modules.KnowsDtypes, modules.WritesIntoInput, modules.Prints,
    modules.TakesOptional, modules.GivesAnySize]
BUNDLED = sorted((Path(__file__).parents[1] / 'models').glob('*.pt'))
SHAPES: Any = {
    'mlp': [(1, 48)], 'conv': [(1, 3, 32, 32)], 'lstm': [(8,)], 'lstm_reset': [(8,)],
    'pd': 6 * [(4,)], 'named': [(1, 6)], 'dict': [(1, 5)], 'branch': [(4,), (2,)],
    'pair': [(3,), (2,)]}


@pytest.mark.parametrize('kind', CONVERTIBLE, ids=lambda kind: kind.__name__)
def test_conversions_compute_what_the_script_computes(kind: Type[torch.nn.Module]) -> None:
    torch.manual_seed(1)
    pair = Pair(kind())
    arguments = rows(*MORE.get(kind, ()))
    expected = runs(pair.script(), arguments)
    assert_equal(runs(pair.eager(), arguments), expected)
    program = reloaded(pair.program(arguments[0]))
    module = program.module()
    assert_close(
        runs(lambda *row: module(*program_arguments(pair.signature, row)), arguments), expected)


@pytest.mark.parametrize('kind', [
    modules.AssignsBuffer, modules.NestedMemory, modules.ResetsByArgument,
    modules.HasListOfMemory], ids=lambda kind: kind.__name__)
def test_memory_survives_the_functional_dialect(kind: Type[torch.nn.Module]) -> None:
    pair = Pair(kind())
    arguments = rows(*MORE.get(kind, ()))
    program = pair.program(arguments[0]).run_decompositions({})
    assert program.graph_signature.buffers_to_mutate
    module = program.module()
    assert_close(
        runs(lambda *row: module(*program_arguments(pair.signature, row)), arguments),
        runs(pair.script(), arguments))


@pytest.mark.parametrize('name', sorted(tool_models.TOOL_MODELS))
def test_models_of_robots_are_converted(name: str, tmp_path: Path) -> None:
    pair = Pair(torch.jit.load(tool_models.TOOL_MODELS[name](tmp_path)))
    generator = torch.Generator().manual_seed(2)
    arguments = [
        [factor * torch.randn(shape, generator=generator) for shape in SHAPES[name]]
        + ([2.5 * factor] if name == 'pair' else [])
        for factor in (1.0, -1.0, 0.0, 10.0)]
    expected = runs(pair.script(), arguments)
    assert_equal(runs(pair.eager(), arguments), expected)
    assert_close(runs(pair.loaded(arguments[0]), arguments), expected)


@pytest.mark.parametrize('path', BUNDLED, ids=lambda path: path.stem)
def test_bundled_models_are_converted(path: Path) -> None:
    pair = Pair(torch.jit.load(str(path)))
    shapes: Any = {
        'history_policy': [(1, 270)], 'humanoid_policy': [(1, 45)], 'pd_controller': 6 * [(3,)],
        'humanoid_policy_explicit': [(1, 45), (1, 1, 64), (1, 1, 64)],
        'image_classifier': [(1, 3, 16, 16)], 'quadruped_policy': [(1, 45)],
        'sine_predictor': [(1,)]}
    if path.stem not in shapes:
        pytest.fail(f'no shapes for {path}')
    generator = torch.Generator().manual_seed(3)
    arguments = [
        [torch.randn(shape, generator=generator) for shape in shapes[path.stem]]
        for _ in range(4)]
    expected = runs(pair.script(), arguments)
    assert_equal(runs(pair.eager(), arguments), expected)
    assert_close(runs(pair.loaded(arguments[0]), arguments), expected)
