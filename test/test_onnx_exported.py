# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What torch exports to ONNX runs by the names and with the numbers of the module."""

from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from loading import bind
import numpy as np
from onnx_files import load_file, save_onnx
import pytest
import tool_models
import torch

_FREE = torch.export.Dim.DYNAMIC


def outputs_of(result: Any) -> List[torch.Tensor]:
    """Return the tensors of a result."""
    if isinstance(result, dict):
        return list(result.values())
    return list(result) if isinstance(result, tuple) else [result]


@pytest.mark.parametrize('make, sizes, dynamic, names', [
    (tool_models.Mlp, [(2, 48)], {'observation': {0: _FREE}}, ['action']),
    (tool_models.ConvNet, [(2, 3, 32, 40)], {'image': {2: _FREE, 3: _FREE}}, ['scores']),
    (tool_models.PdController, 6 * [(12,)], None, ['torque']),
    (tool_models.Estimator, [(6,)], None, ['mean', 'variance']),
    (tool_models.Detector, [(5,)], None, ['scores', 'best']),
    (tool_models.Pair, [(3,), (2,)], None, ['output_0', 'output_1'])])
def test_module_and_its_file_give_the_same(
    tmp_path: Path, make: Any, sizes: List[Tuple[int, ...]], dynamic: Optional[Dict[str, Any]],
    names: List[str]
) -> None:
    generator = torch.Generator().manual_seed(1)
    values = [torch.randn(size, generator=generator) for size in sizes]
    module = make()
    path = save_onnx(module, values, tmp_path / 'model.onnx', dynamic=dynamic, output_names=names)
    bound = bind(load_file(path))
    code = make.forward.__code__
    arguments = [argument.name for argument in bound.signature.arguments]
    assert arguments == list(code.co_varnames[1:len(sizes) + 1])
    assert list(bound.signature.match_outputs(None)) == names
    with bound.mode(), torch.no_grad():
        found = bound.run([value.numpy().astype('float64') for value in values])
        expected = [output.numpy() for output in outputs_of(module(*values))]
    for one, other in zip(found, expected):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_free_sizes_take_others_than_they_were_exported_with(tmp_path: Path) -> None:
    module = tool_models.ConvNet()
    path = save_onnx(module, [torch.zeros(2, 3, 32, 40)], tmp_path / 'model.onnx',
                     dynamic={'image': {2: _FREE, 3: _FREE}}, output_names=['scores'])
    bound = bind(load_file(path))
    assert bound.signature.arguments[0].shape == (2, 3, -1, -1)
    image = torch.rand(2, 3, 20, 30)
    with bound.mode(), torch.no_grad():
        np.testing.assert_allclose(
            bound.run([image.numpy()])[0], module(image).numpy(), rtol=1e-5, atol=1e-6)


class OneUnused(torch.nn.Module):

    def forward(self, a: torch.Tensor, unused: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a - b


def test_argument_without_effect_stays_an_input(tmp_path: Path) -> None:
    path = save_onnx(
        OneUnused(), [torch.zeros(2) for _ in range(3)], tmp_path / 'model.onnx')
    bound = bind(load_file(path), inputs=['a', 'unused', 'b'])
    assert bound.run([np.ones(2), np.full(2, 9.0), np.full(2, 3.0)])[0].tolist() == [-2.0, -2.0]
