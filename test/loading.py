# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Take modules through a file, as the node does."""

from pathlib import Path
from typing import Any, List, Optional, Sequence

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.loading import load_model
from dg_pytorch_ros.model_file import ModelFile, read_model_file
import numpy as np
import torch


def script(module: torch.nn.Module) -> torch.jit.ScriptModule:
    """Script a module in evaluation mode."""
    scripted: torch.jit.ScriptModule = torch.jit.script(module.eval())
    return scripted


def read(module: torch.jit.ScriptModule, directory: Path) -> ModelFile:
    """Save a script module, and read the file."""
    path = directory / 'model.pt'
    module.save(str(path))
    return read_model_file(str(path), find_share=lambda package: None)


def load(module: torch.nn.Module, directory: Path, **options: Any) -> BoundModel:
    """Save a module, scripted unless it is already, and load the file."""
    if not isinstance(module, torch.jit.ScriptModule):
        module = script(module)
    file = read(module, directory)
    return load_model(file, ModelConfig(str(file.path), **{'warmup_runs': 3, **options}))


def bind(
    model: BoundModel, *, inputs: Optional[Sequence[str]] = None,
    outputs: Optional[Sequence[str]] = None, dtypes: Optional[Sequence[str]] = None
) -> BoundModel:
    """Bind a model as the node does for Float64MultiArray messages."""
    input_names = model.signature.match_inputs(inputs)
    model.bind(
        input_names,
        dtypes or [model.input_dtype(index, 'float64') for index in range(len(input_names))],
        model.signature.match_outputs(outputs))
    return model


def run(model: BoundModel, *values: Any) -> List[Any]:
    """Evaluate once in the model's mode; return the outputs as lists."""
    with model.mode():
        return [output.tolist() for output in model.run([np.asarray(value) for value in values])]
