# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The ordinary module has what the script has, and keeps it to itself."""

import inspect

from conversion_pairs import Pair
from dg_pytorch_ros.conversion.eager import eager_module
from dg_pytorch_ros.conversion.error import ConversionError
import modules_to_convert as modules
import pytest
import torch
from torch import nn


def test_parameters_buffers_and_submodules_have_their_names() -> None:
    module = modules.HasManyLayers()
    eager = Pair(module).eager()
    assert {name for name, _ in eager.named_modules()} >= {
        'layer', 'layers', 'layers.0', 'layers.2', 'table.a', 'tied', 'norm'}
    expected = module.state_dict()
    assert set(eager.state_dict()) == set(expected)
    for name, tensor in eager.state_dict().items():
        assert torch.equal(tensor, expected[name])


def test_order_is_that_of_the_script() -> None:
    pair = Pair(modules.Attends())
    assert [name for name, _ in pair.eager().named_parameters()] == [
        name for name, _ in pair.script().named_parameters()]


def test_shared_parameters_stay_shared() -> None:
    eager = Pair(modules.HasManyLayers()).eager()
    assert eager.tied.weight is eager.layer.weight
    assert eager.again.weight is eager.layer.weight
    assert eager.tied.bias is not eager.layer.bias


def test_it_needs_no_gradients_and_is_in_evaluation_mode() -> None:
    eager = Pair(modules.HasManyLayers()).eager()
    assert not eager.training
    assert not any(parameter.requires_grad for parameter in eager.parameters())


def test_dtype_is_kept() -> None:
    eager = Pair(modules.AssignsBuffer().double()).eager()
    assert eager.h.dtype == eager.layer.weight.dtype == torch.float64
    assert eager.n.dtype == torch.int64


def test_script_does_not_remember_what_the_module_does() -> None:
    script = Pair(modules.AssignsBuffer()).script()
    eager_module(script)(torch.ones(3))
    assert not script.h.any()


def test_arguments_have_their_names_and_defaults() -> None:
    eager = Pair(modules.TakesOptional()).eager()
    parameters = inspect.signature(eager.forward).parameters
    assert list(parameters) == ['x', 'o', 'k']
    assert parameters['o'].default is None and parameters['k'].default == 2.0
    x = torch.ones(3)
    assert torch.equal(eager(x), 2 * x)
    assert torch.equal(eager(x, k=3.0), 3 * x)
    assert torch.equal(eager(x, x, 3.0), 4 * x)


def test_frozen_modules_have_their_numbers_as_buffers() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU()).eval()
    frozen = torch.jit.freeze(torch.jit.script(module))
    pair = Pair(frozen)
    eager = pair.eager()
    assert not list(eager.parameters())
    assert {tuple(buffer.shape) for buffer in eager.buffers()} >= {(2, 1, 3, 3), (2,)}
    x = torch.randn(1, 1, 5, 5)
    assert torch.equal(eager(x), pair.script()(x))


def test_constants_do_not_take_the_names_of_attributes() -> None:
    class Taken(nn.Module):

        constant_0: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer('constant_0', torch.ones(3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x + self.constant_0) * torch.arange(3)

    frozen = torch.jit.freeze(torch.jit.script(nn.Sequential(Taken(), nn.BatchNorm1d(3)).eval()))
    assert sum('constant' in name for name, _ in Pair(frozen).eager().named_buffers()) > 1
    pair = Pair(torch.jit.trace(Taken(), torch.zeros(3)))
    x = torch.randn(3)
    assert torch.equal(pair.eager()(x), pair.script()(x))


def test_what_is_never_read_is_in_nobodys_way() -> None:
    class HasAll(nn.Module):

        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.ao.nn.quantized.dynamic.Linear(3, 3)
            self.used = nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.used(x)

    pair = Pair(torch.jit.trace(HasAll(), torch.zeros(3)))
    x = torch.randn(3)
    assert torch.equal(pair.eager()(x), pair.script()(x))


def test_refusal_comes_with_the_run_that_would_do_it() -> None:
    eager = Pair(modules.Counts()).eager()
    with pytest.raises(ConversionError, match='self.count'):
        eager(torch.ones(3))
