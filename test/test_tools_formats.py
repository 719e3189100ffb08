# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""From `params` over `check` and `bench` to `replay`: the tools take any format."""

import json
from pathlib import Path
import subprocess
import sys
from typing import Any, List

from compiled_models import Remembers, seeded
from dg_pytorch_ros.timing import session
from dg_pytorch_ros.timing.finding import find_values
from dg_pytorch_ros.timing.subject import Request
from dg_pytorch_ros.timing.workbench import Workbench
from dg_pytorch_ros.tools.main import main
from format_models import save_exported
from format_shelf import FORMATS, KINDS, save, WITH_MEMORY
import numpy as np
import pytest
from recordings import MS, write_bag
from replaying import outputs, parameter_file, replay
from std_msgs.msg import Float64MultiArray
from timing_rig import LocalBench
from tool_models import TOOL_MODELS
import torch

RANDOM = np.random.default_rng(3)
OUTPUTS = ['action', 'trace', 'steps', 'seen']


def observations(size: int) -> List[Any]:
    return [RANDOM.normal(size=size) for _ in range(6)]


def replayed(directory: Path, parameters: str, sent: List[Any]) -> Any:
    """Return what comes of a bag with these observations."""
    bag = write_bag(directory / 'bag', [
        ('/observation', index * 20 * MS, Float64MultiArray(data=values))
        for index, values in enumerate(sent)])
    assert replay(parameters, bag, '--output', directory / 'out') == 0
    return [
        message.data.tolist()
        for _, message in outputs(directory / 'out', Float64MultiArray, '/action')]


def approximately(values: Any) -> Any:
    return [pytest.approx(value, rel=1e-4, abs=1e-6) for value in values]


@pytest.mark.parametrize('kind', FORMATS)
def test_a_file_of_params_is_good_and_replays_the_same_in_any_format(
    kind: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, capsys: Any
) -> None:
    path = save('mlp', kind, tmp_path / 'model.pt', tmp_path_factory)
    file = tmp_path / 'policy.yaml'
    assert main([
        'params', path, '--seconds', '600', '--brief', '--output', str(file)]) == 0
    text = file.read_text().replace('[output]', '[action]').replace('[linear_1]', '[action]')
    file.write_text(text.replace('      output:', '      action:').replace(
        '      linear_1:', '      action:').replace('topic: output', 'topic: action').replace(
        'topic: linear_1', 'topic: action'))
    assert main(['check', str(file)]) == 0
    checked = capsys.readouterr().out
    assert KINDS[kind] in checked and 'output   action: float32[' in checked
    sent = observations(48)
    module = torch.jit.load(TOOL_MODELS['mlp'](tmp_path))
    with torch.inference_mode():
        wanted = [
            module(torch.tensor(values, dtype=torch.float32)).tolist() for values in sent]
    assert replayed(tmp_path, str(file), sent) == approximately(wanted)


@pytest.mark.parametrize('kind', WITH_MEMORY)
def test_a_replay_remembers_what_came_before(
    kind: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = save('remembers', kind, tmp_path / 'model.pt', tmp_path_factory)
    parameters = parameter_file(
        tmp_path, model_path=path, output_names=OUTPUTS,
        inputs={'observation': {'shape': [3]}})
    module, sent = seeded(Remembers), observations(3)
    with torch.inference_mode():
        wanted = [
            module(torch.tensor(values, dtype=torch.float32))[0].tolist() for values in sent]
    assert replayed(tmp_path, parameters, sent) == approximately(wanted)


@pytest.mark.parametrize('kind', FORMATS)
def test_any_format_is_measured_without_a_parameter_file(
    kind: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any,
    capsys: Any
) -> None:
    monkeypatch.setattr(session, 'RemoteWorkbench', LocalBench)
    path = save('mlp', kind, tmp_path / 'model.pt', tmp_path_factory)
    assert main([
        'bench', path, '--seconds', '0.2', '--runs', '30', '--threads', '1', '--json']) == 0
    found = json.loads(capsys.readouterr().out)
    assert found['complete'] and KINDS[kind] in found['module']['kind']
    assert found['module']['device'] == 'cpu'
    (fed,), (given,) = found['inputs'], found['outputs']
    assert (fed['dtype'], fed['shape'][-1], given['shape'][-1]) == ('float32', 48, 12)
    assert fed['origin'].startswith('found' if kind == 'torchscript' else 'random')


def test_an_onnx_model_is_measured_in_a_process_without_torch(tmp_path: Path) -> None:
    path = save('mlp', 'onnx', tmp_path / 'model.onnx')
    measure = (
        'import sys\n'
        'from dg_pytorch_ros.timing.subject import Request\n'
        'from dg_pytorch_ros.timing.workbench import Workbench\n'
        'bench, request = Workbench(), Request(sys.argv[1], shapes={"observation": (48,)})\n'
        'assert bench.import_library(request) > 0.0\n'
        'bench.load(request)\n'
        'print(len(bench.warm_up(1, 0.0, least=3, most=3).durations_ms), "torch" in sys.modules)')
    said = subprocess.run(
        [sys.executable, '-c', measure, path], capture_output=True, text=True, check=False,
        env={'PYTHONPATH': ':'.join(filter(None, sys.path))})
    assert said.stdout == '3 False\n', said.stderr


def test_shapes_are_found_on_the_device_and_with_the_libraries_that_were_asked_for(
        tmp_path: Path) -> None:
    path = save('mlp', 'exported', tmp_path / 'model.pt')
    bench = Workbench()
    subject = bench.load(Request(path, imports=('json',), device='cpu'))
    assert (subject.model.imports, subject.model.device) == (('json',), 'cpu')
    bench.complete(*find_values(subject))
    assert [fed.shape for fed in bench.warm_up(1, 0.0, least=1, most=1).fed] == [(48,)]
    bench.close()


def test_libraries_and_devices_of_a_parameter_file_are_in_it(
        tmp_path: Path, capsys: Any) -> None:
    file = parameter_file(tmp_path, model_path='policy.pt')
    for option in (['--import', 'json'], ['--device', 'cpu']):
        assert main(['bench', file, *option]) == 2
        assert 'a parameter file has model_imports and device' in capsys.readouterr().err


class Noise(torch.nn.Module):
    """Draws random numbers."""

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        return observation + torch.rand_like(observation)


@pytest.mark.parametrize('kind', ['exported', 'onnx'])
def test_random_numbers_are_the_same_in_each_replay(kind: str, tmp_path: Path) -> None:
    path = tmp_path / 'noise.pt'
    if kind == 'exported':
        save_exported(Noise(), [torch.zeros(2)], path)
    else:
        pytest.importorskip('onnxscript', reason='onnxscript is not installed')
        torch.onnx.export(
            Noise(), (torch.zeros(2),), str(path), verbose=False, dynamo=True)
    parameters = parameter_file(
        tmp_path, model_path=str(path), output_names=['action'],
        inputs={'observation': {'shape': [2]}})
    bag = write_bag(tmp_path / 'bag', [
        ('/observation', index * MS, Float64MultiArray(data=[1.0, 2.0])) for index in range(3)])
    drawn = []
    for name, seed in (('one', 0), ('two', 0), ('three', 5)):
        assert replay(parameters, bag, '--output', tmp_path / name, '--seed', seed) == 0
        drawn.append([
            message.data.tolist()
            for _, message in outputs(tmp_path / name, Float64MultiArray, '/action')])
    assert len(drawn[0]) == 3
    assert drawn[0] == drawn[1] != drawn[2]


def test_without_onnxruntime_each_tool_says_what_to_install(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    path = save('mlp', 'onnx', tmp_path / 'model.onnx')
    parameters = parameter_file(tmp_path, model_path=path)
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    assert main(['inspect', path]) == 0
    assert 'onnxruntime, which is not installed here' in ' '.join(capsys.readouterr().out.split())
    assert main(['check', parameters]) == 1
    assert 'pip install onnxruntime' in capsys.readouterr().out
    bag = write_bag(tmp_path / 'bag', [('/observation', 0, Float64MultiArray(data=[1.0]))])
    assert replay(parameters, bag) == 2
    assert f'model file {path} is an ONNX model' in capsys.readouterr().err
