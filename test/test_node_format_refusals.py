# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What does not fit the file, or this machine, is said before anything runs: in one line."""

from pathlib import Path
from typing import Any, Callable, Dict, List

from dg_pytorch_ros.tools.main import main
from format_shelf import save
from node_process import NodeProcess
import pytest
from replaying import parameter_file
import torch

HAS_GPU = torch.cuda.is_available()


def complaint(node: NodeProcess) -> str:
    """Wait for the end of a node that cannot configure; return the one line that says why."""
    assert node.exit_code() == 1, node.output
    (line,) = [line for line in node.output.splitlines() if '[ERROR]' in line]
    assert 'Traceback' not in node.output
    return line


def checked(capsys: Any, directory: Path, **parameters: Any) -> List[str]:
    """Return what `check` says about parameters that the node refuses."""
    assert main(['check', parameter_file(directory, **parameters)]) == 1
    said: List[str] = capsys.readouterr().out.splitlines()
    return said


@pytest.fixture
def mlp(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return a function that writes an MLP of 48 inputs in a format."""
    return lambda kind: save('mlp', kind, tmp_path / f'{kind}.pt', tmp_path_factory)


@pytest.mark.parametrize('kind', ['exported', 'onnx'])
@pytest.mark.parametrize('wrong, said', [
    ({'inputs': {'observation': {'shape': [3]}}},
     "input 'observation' has the shape [3], but the file takes float32[48] here; see "
     'inputs.observation.shape'),
    ({'inputs': {'observation': {'dtype': 'float64'}}},
     "input 'observation': dtype is float64, but the file takes float32 here"),
    ({'input_names': ['observation', 'other']},
     'input_names has 2 names (observation, other), but forward takes 1: observation'),
    ({'output_names': ['a', 'b']}, 'output_names has 2 names (a, b), but forward returns 1')])
def test_what_the_signature_does_not_allow_is_refused(
    wrong: Dict[str, Any], said: str, kind: str, mlp: Any, capsys: Any, tmp_path: Path
) -> None:
    assert said in checked(capsys, tmp_path, model_path=mlp(kind), **wrong)[0]


def test_a_node_says_so_and_ends(rig: Any, mlp: Any) -> None:
    line = complaint(rig.start(mlp('exported'), inputs__observation__shape='[3]'))
    assert "input 'observation' has the shape [3], but the file takes float32[48] here" in line


@pytest.mark.skipif(HAS_GPU, reason='this machine has a GPU')
@pytest.mark.parametrize('kind', ['torchscript', 'exported'])
def test_a_gpu_that_is_not_there_is_refused(
    kind: str, mlp: Any, capsys: Any, tmp_path: Path
) -> None:
    (problem, *_) = checked(capsys, tmp_path, model_path=mlp(kind), device='cuda')
    assert "device is 'cuda', but " in problem and "or set device: 'cpu'" in problem


@pytest.mark.skipif(HAS_GPU, reason='this machine has a GPU')
def test_onnxruntime_without_a_gpu_says_what_to_install(
        mlp: Any, capsys: Any, tmp_path: Path) -> None:
    (problem, *_) = checked(capsys, tmp_path, model_path=mlp('onnx'), device='cuda')
    assert 'cuda' in problem and 'onnxruntime-gpu' in problem


@pytest.mark.skipif(HAS_GPU, reason='this machine has a GPU')
def test_a_node_that_shall_run_on_a_gpu_never_runs_elsewhere(rig: Any, mlp: Any) -> None:
    assert "device is 'cuda', but " in complaint(
        rig.start(mlp('torchscript'), device='cuda'))


def test_a_device_of_which_nobody_has_heard_is_refused(
        mlp: Any, capsys: Any, tmp_path: Path) -> None:
    (problem, *_) = checked(capsys, tmp_path, model_path=mlp('torchscript'), device='tpu')
    assert "device is 'tpu'; expected 'cpu', 'cuda' or 'cuda:N'" in problem
