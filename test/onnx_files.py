# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""ONNX files, small and exact, and those that torch exports."""

from pathlib import Path
from typing import Any, Dict, Optional, Sequence

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.loading import load_model
from dg_pytorch_ros.model_file import read_model_file
from dg_pytorch_ros.onnx.library import refuse_telemetry
import numpy as np
import pytest

refuse_telemetry()
pytest.importorskip('onnxruntime', reason='onnxruntime is not installed')
onnx = pytest.importorskip('onnx', reason='onnx is not installed')

helper, numpy_helper, TensorProto = onnx.helper, onnx.numpy_helper, onnx.TensorProto
FLOAT, DOUBLE, INT64, BOOL = (
    TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.BOOL)


def value(name: str, shape: Optional[Sequence[Any]] = ('n',), dtype: int = FLOAT) -> Any:
    """Describe an input or output."""
    return helper.make_tensor_value_info(name, dtype, shape)


def stored(name: str, numbers: Any, dtype: str = 'float32') -> Any:
    """Make a tensor of the file."""
    return numpy_helper.from_array(np.asarray(numbers, dtype), name)


def node(kind: str, inputs: str, outputs: str, **attributes: Any) -> Any:
    """Make an operation; names stand side by side."""
    return helper.make_node(kind, inputs.split(), outputs.split(), **attributes)


def model(
    nodes: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any],
    initializers: Sequence[Any] = (), *, opset: int = 17, ir_version: int = 8,
    domains: Sequence[str] = ()
) -> Any:
    """Make a model."""
    graph = helper.make_graph(nodes, 'graph', inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid('', opset), *(helper.make_opsetid(one, 1) for one in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version)


def identity(dtype: int = FLOAT, shape: Optional[Sequence[Any]] = ('n',)) -> Any:
    """Make a model that gives what it gets."""
    return model([node('Identity', 'x', 'y')], [value('x', shape, dtype)],
                 [value('y', shape, dtype)])


def linear() -> Any:
    """Make a model that takes rows of 3 and gives rows of 2: sums, and twice the sums."""
    weights = [stored('weight', [[1, 2]] * 3), stored('bias', [0, 0])]
    return model([node('Gemm', 'observation weight bias', 'action')],
                 [value('observation', ['batch', 3])], [value('action', ['batch', 2])], weights)


def write(made: Any, directory: Path, name: str = 'model.onnx') -> str:
    """Write a model, or any bytes, into a file; return its path."""
    path = directory / name
    path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    return str(path)


def load_file(path: str, **options: Any) -> BoundModel:
    """Read and load a file as the node does."""
    file = read_model_file(path, find_share=lambda package: None)
    return load_model(file, ModelConfig(path, **{'warmup_runs': 3, **options}))


def load(made: Any, directory: Path, **options: Any) -> BoundModel:
    """Write a model, and load the file."""
    return load_file(write(made, directory), **options)


def save_onnx(
    module: Any, examples: Sequence[Any], path: Path, *,
    dynamic: Optional[Dict[str, Any]] = None, output_names: Optional[Sequence[str]] = None
) -> str:
    """Have torch export a module in evaluation mode into a file, and return its path."""
    pytest.importorskip('onnxscript', reason='onnxscript is not installed')
    import torch
    torch.onnx.export(
        module.eval(), tuple(examples), str(path), dynamo=True, verbose=False,
        external_data=False, dynamic_shapes=dynamic, output_names=output_names)
    return str(path)
