# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Shapes that a file states need not be said again in the parameters."""

from pathlib import Path
from typing import Any

from dg_pytorch_ros.tools.main import main
from format_shelf import Exchange, save
import pytest
from replaying import parameter_file

QUEUED = {
    'output_names': '[action]', 'inputs__observation__qos__reliability': 'reliable',
    'inputs__observation__qos__depth': 50, 'outputs__action__qos__depth': 1000,
    'outputs__action__qos__durability': 'transient_local'}


def test_a_message_of_another_size_never_comes_to_the_module(rig: Any, tmp_path: Path) -> None:
    path = save('mlp', 'onnx', tmp_path / 'model.pt')
    exchange = Exchange(rig.peer, rig.start(path, **QUEUED), '/action')
    assert 'float32 [48]' in exchange.node.output
    assert 'warm-up  10 runs' in exchange.node.output
    exchange.tell(observation=[1.0, 3.0])
    exchange.wait_for_log("'observation': message dropped, it has 2 elements; expected 48")
    assert len(exchange.ask(observation=[0.5] * 48)) == 12


@pytest.mark.parametrize('kind', ['exported', 'onnx'])
def test_a_model_alone_is_checked_and_run(kind: str, tmp_path: Path, capsys: Any) -> None:
    path = save('pd', kind, tmp_path / 'model.pt')
    given = {
        'kp': {'constant': [2.0] * 12}, 'position': {
            'part_names': ['left', 'right'],
            'parts': {'left': {'feedback': 'torque'}, 'right': {'topic': 'right'}}}}
    file = parameter_file(tmp_path, model_path=path, output_names=['torque'], inputs=given)
    assert main(['check', file]) == 1
    assert 'shape is [12]' in capsys.readouterr().out
    del given['position']
    assert main(['check', parameter_file(
        tmp_path, model_path=path, output_names=['torque'], inputs=given)]) == 0
    shown = capsys.readouterr().out
    assert 'position (argument position): float32 [12]' in shown
    assert 'output   torque: float32[12]' in shown
