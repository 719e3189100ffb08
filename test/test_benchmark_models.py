# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The models of the benchmark."""

from benchmark.models import make, MODELS
from benchmark.shapes import ACTIONS, SHAPES
import pytest
import torch


@pytest.mark.parametrize('name', MODELS)
def test_shapes(name: str) -> None:
    assert make(name)(torch.zeros(SHAPES[name])).shape == (1, ACTIONS)


@pytest.mark.parametrize('name', MODELS)
def test_weights_are_always_the_same(name: str) -> None:
    observation = torch.ones(SHAPES[name])
    assert torch.equal(make(name)(observation), make(name)(observation))


@pytest.mark.parametrize('name', ['gru', 'lstm'])
def test_recurrent_model_remembers(name: str) -> None:
    model = make(name)
    observation = torch.ones(SHAPES[name])
    assert not torch.equal(model(observation), model(observation))
