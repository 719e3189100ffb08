# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A model that uses the operators of a library runs where the library is imported before."""

from importlib import import_module
import os
from pathlib import Path
import sys
from typing import Any, Dict, Iterator

from format_models import save_exported
from format_shelf import Exchange
import pytest
import small_models
from test_node_format_refusals import checked, complaint
import torch

LIBRARY = """
import torch

library = torch.library.Library('robot_operators', 'DEF')
library.define('mirror(Tensor legs) -> Tensor')
library.impl('mirror', lambda legs: legs.flip(0), 'CPU')
library.impl('mirror', torch.empty_like, 'Meta')
"""
QUEUED = {
    'inputs__legs__qos__reliability': 'reliable', 'inputs__legs__qos__depth': 50,
    'inputs__legs__shape': '[2]', 'outputs__output__qos__durability': 'transient_local',
    'outputs__output__qos__depth': 1000}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Any) -> Iterator[Path]:
    """Return a folder with two models, and libraries of which one has their operator."""
    (tmp_path / 'robot_operators.py').write_text(LIBRARY)
    (tmp_path / 'broken_operators.py').write_text('raise OSError("libspikes.so: no such file")')
    monkeypatch.syspath_prepend(str(tmp_path))
    robot_operators: Any = import_module('robot_operators')

    class Mirror(torch.nn.Module):

        def forward(self, legs: torch.Tensor) -> torch.Tensor:
            mirrored: torch.Tensor = torch.ops.robot_operators.mirror(legs)
            return mirrored

    small_models.save(Mirror(), tmp_path, 'torchscript.pt')
    save_exported(Mirror(), [torch.zeros(2)], tmp_path / 'exported.pt')
    yield tmp_path
    robot_operators.library._destroy()
    del sys.modules['robot_operators']


def environment(folder: Path) -> Dict[str, str]:
    return {'PYTHONPATH': os.pathsep.join([str(folder), os.environ.get('PYTHONPATH', '')])}


@pytest.mark.parametrize('kind', ['torchscript', 'exported'])
def test_a_library_is_imported_before_the_file_is_loaded(
        kind: str, rig: Any, folder: Path) -> None:
    node = rig.start(
        folder / f'{kind}.pt', model_imports='[json, robot_operators]',
        environment=environment(folder), **QUEUED)
    exchange = Exchange(rig.peer, node, '/output')
    assert exchange.ask(legs=[1.0, 2.0]) == [2.0, 1.0]


@pytest.mark.parametrize('kind', ['torchscript', 'exported'])
def test_without_its_library_a_file_is_refused_with_the_parameter_to_set(
        kind: str, rig: Any, folder: Path) -> None:
    line = complaint(rig.start(
        folder / f'{kind}.pt', environment=environment(folder), **QUEUED))
    assert 'robot_operators' in line and 'mirror' in line and 'model_imports' in line


@pytest.mark.parametrize('name, said', [
    ('no_such_operators',
     "model_imports holds 'no_such_operators', but Python finds no module 'no_such_operators'"),
    ('broken_operators', "model_imports holds 'broken_operators', which cannot be imported: "
     'OSError: libspikes.so: no such file'),
    ('no name', "model_imports holds 'no name'; expected the name of a Python module")])
def test_a_library_that_cannot_be_imported_is_told(
        name: str, said: str, capsys: Any, folder: Path) -> None:
    (problem, *_) = checked(
        capsys, folder, model_path=str(folder / 'torchscript.pt'), model_imports=[name])
    assert said in problem
