# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Eager modules in the formats that come after TorchScript."""

from pathlib import Path
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Sequence

import small_models
import tool_models
import torch
from torch.utils import _pytree

# Torch writes named tuples down only if they have a name for it.
for _kind in (small_models.Named, tool_models.Estimate):
    _pytree._register_namedtuple(
        _kind, serialized_type_name=f'{_kind.__module__}.{_kind.__name__}')


class Recipe(NamedTuple):
    """A module of the tools' tests, what it is exported with, and its sizes that are free."""

    make: Callable[[], torch.nn.Module]
    examples: Sequence[Any]
    dynamic: Optional[Mapping[str, Any]] = None


# All of the tools' modules but `branch`, whose way depends on what it sees.
RECIPES: Dict[str, Recipe] = {
    'mlp': Recipe(tool_models.Mlp, [torch.zeros(48)]),
    'conv': Recipe(
        tool_models.ConvNet, [torch.zeros(1, 3, 32, 40)],
        {'image': {2: torch.export.Dim('height', min=8, max=512),
                   3: torch.export.Dim('width', min=8, max=512)}}),
    'lstm': Recipe(tool_models.Lstm, [torch.zeros(8)]),
    'pd': Recipe(
        tool_models.PdController, [torch.zeros(12) for _ in range(6)]),
    'named': Recipe(tool_models.Estimator, [torch.zeros(6)]),
    'dict': Recipe(tool_models.Detector, [torch.zeros(5)]),
    'pair': Recipe(tool_models.Pair, [torch.zeros(3), torch.zeros(2)])}


def export(
    module: torch.nn.Module, examples: Sequence[Any],
    dynamic: Optional[Mapping[str, Any]] = None, *, is_decomposed: bool = False
) -> Any:
    """
    Export a module in evaluation mode.

    `dynamic` gives the free dimensions of arguments by their names, as `torch.export.export`
    takes them. `is_decomposed`: no longer in the dialect that could be trained.
    """
    shapes = None if dynamic is None else {
        name: dynamic.get(name) for name in _argument_names(module, len(examples))}
    program = torch.export.export(
        module.eval(), tuple(examples), dynamic_shapes=shapes, strict=False)
    return program.run_decompositions() if is_decomposed else program


def save_exported(
    module: torch.nn.Module, examples: Sequence[Any], path: Path,
    dynamic: Optional[Mapping[str, Any]] = None, *, is_decomposed: bool = False
) -> str:
    """Export a module into a file, and return its path."""
    program = export(module, examples, dynamic, is_decomposed=is_decomposed)
    torch.export.save(program, str(path))
    return str(path)


def save_recipe(name: str, path: Path, *, is_decomposed: bool = False) -> str:
    """Export one of the tools' modules, with the weights that its TorchScript file has."""
    recipe = RECIPES[name]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        module = recipe.make()
    return save_exported(
        module, recipe.examples, path, recipe.dynamic, is_decomposed=is_decomposed)


def _argument_names(module: torch.nn.Module, count: int) -> Sequence[str]:
    code: Any = module.forward.__code__
    names: Sequence[str] = code.co_varnames[1:count + 1]
    return names
