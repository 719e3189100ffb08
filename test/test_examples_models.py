# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The models of the examples and the scripts that make them."""

from pathlib import Path
import subprocess
import sys
from typing import Tuple

import pytest
import torch

MODELS = Path(__file__).parents[1] / 'models'
SHAPES = [
    ('quadruped_policy', [(1, 45)], [(1, 12)]),
    ('history_policy', [(1, 270)], [(1, 12)]),
    ('humanoid_policy', [(1, 45)], [(1, 12)]),
    ('humanoid_policy_explicit', [(1, 45), (1, 1, 64), (1, 1, 64)],
     [(1, 12), (1, 1, 64), (1, 1, 64)]),
    ('image_classifier', [(1, 3, 64, 64)], [(1, 10)]),
    ('image_classifier', [(1, 3, 37, 211)], [(1, 10)]),
    ('sine_predictor', [(1,)], [(1,)])]
NAMES = sorted({name for name, _, _ in SHAPES})


def make(name: str, directory: Path) -> Path:
    made = directory / f'{name}.pt'
    subprocess.run([sys.executable, MODELS / f'make_{name}.py', made], check=True)
    return made


@pytest.mark.parametrize('name', NAMES)
def test_the_script_makes_the_model_that_is_shipped(name: str, tmp_path: Path) -> None:
    made = make(name, tmp_path)
    assert str(MODELS).encode() not in made.read_bytes()
    ours, shipped = torch.jit.load(made), torch.jit.load(MODELS / f'{name}.pt')
    assert ours.code == shipped.code
    assert ours.state_dict().keys() == shipped.state_dict().keys()
    for key, weights in shipped.state_dict().items():
        if not key.startswith('readout'):  # fitted: its last bits are the machine's
            torch.testing.assert_close(ours.state_dict()[key], weights)


@pytest.mark.parametrize('name, given, returned', SHAPES)
def test_a_model_gives_finite_numbers_that_depend_on_what_it_is_given(
        name: str, given: 'list[Tuple[int, ...]]', returned: 'list[Tuple[int, ...]]') -> None:
    module = torch.jit.load(MODELS / f'{name}.pt')
    generator = torch.Generator().manual_seed(1)
    all_outputs = []
    for _ in range(2):
        outputs = module(*[torch.randn(shape, generator=generator) for shape in given])
        all_outputs.append(outputs if isinstance(outputs, tuple) else (outputs,))
    for outputs in all_outputs:
        assert [output.shape for output in outputs] == returned
        assert all(map(torch.Tensor.all, map(torch.isfinite, outputs)))
    assert not torch.equal(all_outputs[0][0], all_outputs[1][0])


def test_the_scripts_and_the_models_belong_together() -> None:
    assert {path.stem for path in MODELS.glob('*.pt')} == {
        path.stem.removeprefix('make_') for path in MODELS.glob('make_*.py')}


def test_the_models_are_small() -> None:
    for path in MODELS.glob('*.pt'):
        assert path.stat().st_size < 400_000, path


def test_the_sine_predictor_has_two_layers_of_256() -> None:
    shapes = {
        key: tuple(weights.shape)
        for key, weights in torch.jit.load(MODELS / 'sine_predictor.pt').state_dict().items()}
    assert shapes['memory.weight_hh_l0'] == shapes['memory.weight_hh_l1'] == (4 * 256, 256)
    assert 'memory.weight_hh_l2' not in shapes
