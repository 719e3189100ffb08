# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What onnxruntime refuses, and what is missing for it, is told in one line."""

from pathlib import Path
import subprocess
import sys
from types import ModuleType
from typing import Any

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.onnx.library import import_runtime
from dg_pytorch_ros.onnx.seed import seed_random
from dg_pytorch_ros.onnx.session import note_elsewhere, open_session, operators_elsewhere
from loading import bind, run
from onnx_files import identity, linear, load, load_file, model, node, stored, value, write
import pytest


def refusal(made: Any, directory: Path, **options: Any) -> str:
    """Return what is said about a file that cannot be loaded, without its beginning."""
    with pytest.raises(ModelFileError) as caught:
        load(made, directory, **options)
    beginning = f'model file {directory / "model.onnx"} '
    assert str(caught.value).startswith(beginning)
    assert '\n' not in str(caught.value)
    return str(caught.value)[len(beginning):]


def single(kind: str, **options: Any) -> Any:
    """Make a model of one operator."""
    domain = options.pop('domain', '')
    return model([node(kind, 'x', 'y', domain=domain)], [value('x')], [value('y')],
                 domains=[domain] if domain else [], **options)


def test_file_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    assert 'it is written in version 99 of ONNX (ir_version), of which it knows those up to ' in (
        refusal(single('Neg', ir_version=99), tmp_path))


def test_file_of_newer_operators_is_refused(tmp_path: Path) -> None:
    assert 'it uses opset 99 of ai.onnx, of which it knows those up to ' in refusal(
        single('Neg', opset=99), tmp_path)


def test_operator_of_a_strange_domain_is_refused_by_name(tmp_path: Path) -> None:
    said = refusal(single('NegPos', domain='ai.onnx.contrib'), tmp_path)
    assert (
        "it does not know the operator NegPos of the domain 'ai.onnx.contrib'; if a Python "
        'package brings it, name that in model_imports') in said


def test_operator_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    said = refusal(single('Frobnicate'), tmp_path)
    assert said.startswith('cannot be loaded by onnxruntime ')
    assert 'Frobnicate' in said


def test_library_of_operators_that_cannot_be_loaded_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package: Any = ModuleType('my_operators')
    package.get_library_path = lambda: str(tmp_path / 'nowhere.so')
    monkeypatch.setitem(sys.modules, 'my_operators', package)
    said = refusal(linear(), tmp_path, imports=('my_operators',))
    assert said.startswith(
        "needs the operators of 'my_operators' (model_imports), but onnxruntime cannot load them:")
    assert 'nowhere.so' in said


def test_other_imports_do_no_harm(tmp_path: Path) -> None:
    assert run(bind(load(linear(), tmp_path, imports=('json',))), [[1.0, 1.0, 1.0]]) == [
        [[3.0, 6.0]]]


def test_operators_of_an_imported_package_are_known(tmp_path: Path) -> None:
    pytest.importorskip('onnxruntime_extensions', reason='onnxruntime_extensions is not installed')
    made = model([node('NegPos', 'x', 'negative positive', domain='ai.onnx.contrib')],
                 [value('x')], [value('negative'), value('positive')], domains=['ai.onnx.contrib'])
    bound = bind(load(made, tmp_path, imports=('onnxruntime_extensions',)))
    assert run(bound, [1.0, -2.0]) == [[0.0, -2.0], [1.0, 0.0]]


@pytest.mark.parametrize('kept', [0.3, 0.6, 0.99])
def test_truncated_file_is_refused(tmp_path: Path, kept: float) -> None:
    content = linear().SerializeToString()
    said = refusal(content[:int(kept * len(content))], tmp_path)
    assert said.startswith('is an ONNX model that is broken or truncated (')
    assert said.endswith('; copy or export it again')


def test_numbers_that_do_not_fill_their_tensor_are_refused(tmp_path: Path) -> None:
    made = linear()
    made.graph.initializer[0].raw_data = b'\0' * 5
    assert refusal(made, tmp_path).startswith('cannot be loaded by onnxruntime ')


def test_gpu_that_onnxruntime_cannot_use_is_no_cpu(tmp_path: Path) -> None:
    if 'CUDAExecutionProvider' in import_runtime().get_available_providers():
        pytest.skip('this onnxruntime knows CUDA')
    said = refusal(linear(), tmp_path, device='cuda:1')
    complaint = "cannot run: device is 'cuda:1', but the installed onnxruntime "
    assert said.startswith(complaint)
    assert said.endswith('; for a GPU, install onnxruntime-gpu in its place')


def test_operators_on_another_device_than_the_one_asked_for_are_found(tmp_path: Path) -> None:
    runtime = import_runtime()
    session = open_session(runtime, linear().SerializeToString(), ModelConfig('model.onnx'))
    if not hasattr(session, 'get_provider_graph_assignment_info'):
        pytest.skip('this onnxruntime does not tell')
    assert operators_elsewhere(session, 'cpu') == []
    assert operators_elsewhere(session, 'cuda:0') == ['Gemm']


@pytest.mark.parametrize('threads', [1, 2])
def test_session_has_the_threads_that_are_asked_for_and_they_sleep(threads: int) -> None:
    config = ModelConfig('model.onnx', num_threads=threads)
    session = open_session(import_runtime(), linear().SerializeToString(), config)
    options = session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (threads, 1)
    assert options.get_session_config_entry('session.intra_op.allow_spinning') == '0'
    assert session.get_providers() == ['CPUExecutionProvider']


def test_note_on_operators_is_short() -> None:
    assert note_elsewhere(['Gather']) == 'runs on the CPU, not on the GPU: Gather'
    assert note_elsewhere([*'abcdefgh']) == 'runs on the CPU, not on the GPU: a, b, c, d, e, ...'


def test_onnxruntime_that_is_missing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    said = refusal(linear(), tmp_path)
    assert said.startswith(
        'is an ONNX model, which onnxruntime runs; that is not installed for the Python that runs '
        'the node: pip install onnxruntime')


@pytest.mark.parametrize('content, reason', [
    ('raise ImportError("numpy.core\\nfailed")', 'ImportError: numpy.core failed'),
    ('import no_such_part', "ModuleNotFoundError: No module named 'no_such_part'")])
def test_onnxruntime_that_does_not_work_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, reason: str
) -> None:
    (tmp_path / 'onnxruntime.py').write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, 'onnxruntime')
    assert refusal(linear(), tmp_path) == (
        'is an ONNX model, which onnxruntime runs; that is installed, but cannot be imported: '
        + reason)


def test_random_numbers_are_the_same_from_the_same_seed(tmp_path: Path) -> None:
    made = model([node('RandomNormalLike', 'x', 'y')], [value('x')], [value('y')])
    drawn = []
    for seed in (3, 3, 4):
        seed_random(seed)
        bound = bind(load(made, tmp_path))
        drawn.append([run(bound, [0.0, 0.0]), run(bound, [0.0, 0.0])])
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0][0] != drawn[0][1]


_PROCESS = """
import os, signal, sys, threading
before = signal.getsignal(signal.SIGINT)
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.loading import load_model_of
import numpy
model = load_model_of(ModelConfig(sys.argv[1], num_threads=2))
model.bind(['observation'], ['float32'], ['action'])
print(model.run([numpy.ones((1, 3))])[0].tolist(), 'torch' in sys.modules)
assert signal.getsignal(signal.SIGINT) is before
"""


def test_process_with_a_model_knows_no_torch_reports_nothing_and_ends(tmp_path: Path) -> None:
    home = tmp_path / 'home'
    home.mkdir()
    surroundings = {
        'PATH': '', 'HOME': str(home), 'PYTHONPATH': ':'.join(filter(None, sys.path))}
    ended = subprocess.run(
        [sys.executable, '-c', _PROCESS, write(linear(), tmp_path)], env=surroundings,
        capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr, ended.returncode) == ('[[3.0, 6.0]] False\n', '', 0)
    assert list(home.iterdir()) == []


def test_wish_of_the_user_to_report_is_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('ORT_DISABLE_TELEMETRY', '0')
    load(identity(), tmp_path)
    assert import_runtime() is sys.modules['onnxruntime']
    import os
    assert os.environ['ORT_DISABLE_TELEMETRY'] == '0'


def test_format_is_told_by_the_content_not_by_the_name(tmp_path: Path) -> None:
    path = write(linear(), tmp_path, 'policy.pt')
    assert load_file(path).description.kind == 'ONNX model, opset 17'


def test_model_without_operators_of_onnx_itself_has_no_opset(tmp_path: Path) -> None:
    made = model([], [value('x')], [value('x'), value('c')], [stored('c', [1, 2], 'int64')])
    del made.opset_import[:]
    made.opset_import.add(domain='ai.onnx.ml', version=3)
    description = load(made, tmp_path).description
    assert (description.kind, description.parameters, description.dtype) == ('ONNX model', 2, None)
