# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model convert`, with the real processes in which it works."""

from importlib.util import find_spec
import json
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
from time import monotonic, sleep
from typing import Any, List

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.conversion import session, target
from dg_pytorch_ros.file_kinds import FileKind, kind_of
from dg_pytorch_ros.loading import load_model_of
from dg_pytorch_ros.tools.main import main
from format_models import save_recipe
import numpy as np
import pytest
from tool_models import TOOL_MODELS

COMPILER = os.environ.get('CXX') or 'g++'
needs_compiler = pytest.mark.skipif(
    shutil.which(COMPILER) is None, reason=f'no C++ compiler ({COMPILER})')
needs_onnx = pytest.mark.skipif(
    None in map(find_spec, ('onnx', 'onnxscript', 'onnxruntime')),
    reason='onnx, onnxscript or onnxruntime is not installed')
PATIENT = ['--seconds', '600']
NEW = ['--to', 'pt2', '-o', 'new.pt2']


def names_in(directory: Path) -> List[str]:
    return sorted(path.name for path in directory.iterdir())


def test_what_does_the_same_is_kept_and_the_differences_are_printed(
        tmp_path: Path, capfd: Any) -> None:
    path = TOOL_MODELS['mlp'](tmp_path)
    assert main(['convert', path, '--to', 'pt2', *PATIENT]) == 0
    shown = capfd.readouterr()
    assert shown.err == ''
    output = tmp_path / 'mlp.pt2'
    assert kind_of(output.read_bytes()) is FileKind.EXPORTED_PROGRAM
    assert names_in(tmp_path) == ['mlp.pt', 'mlp.pt2'], 'nothing else is left'
    lines = [line.split() for line in shown.out.splitlines()]
    assert ['input', 'observation', 'float32[any,', '48]'] in lines
    assert [line[:3] for line in lines if line[:1] == ['output']] == [
        ['output', 'output', 'float32[1,'], ['output', 'values', 'runs'],
        ['output', 'random', '30'], ['output', 'edges', '24'], ['output', 'other', 'sizes']]
    assert f'kept: {output}, ' in shown.out
    assert f'  model_path: {output}\n' in shown.out


@needs_onnx
def test_json_tells_each_set_of_values(tmp_path: Path, capfd: Any) -> None:
    path = TOOL_MODELS['dict'](tmp_path)
    output = tmp_path / 'other.onnx'
    assert main([
        'convert', path, '--to', 'onnx', '-o', str(output), '--shape', 'scan=1,5', '--runs', '4',
        '--json', *PATIENT]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found['to'], found['kept']) == ('onnx', str(output))
    assert found['bytes'] == output.stat().st_size
    assert found['inputs'] == [{'name': 'scan', 'dtype': 'float32', 'shape': [1, 5]}]
    comparison = found['comparison']
    assert comparison['good'] and comparison['flaws'] == []
    assert comparison['tolerance'] == {'absolute': 1e-5, 'relative': 1e-4, 'dtype': 'float32'}
    assert comparison['outputs']['best']['random']['absolute'] == 0.0
    trials = comparison['trials']
    assert (trials[0]['label'], trials[0]['runs']) == ('4 in a row', 4)
    assert set(trials[0]['outputs']) == {'scores', 'best'}
    assert b'tool_models' not in output.read_bytes(), 'nothing says where it was made'
    assert str(Path(__file__).parent.parent).encode() not in output.read_bytes()


def test_what_does_not_do_the_same_is_not_kept(
        tmp_path: Path, capfd: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(session, '_MAKING', 'making_wrong:make_another')
    path = TOOL_MODELS['mlp'](tmp_path)
    output = tmp_path / 'mlp.pt2'
    output.write_text('mine')
    assert main(['convert', path, '--to', 'pt2', '--force', *PATIENT]) == 1
    shown = capfd.readouterr().out
    assert output.read_text() == 'mine', 'what was there is untouched'
    assert names_in(tmp_path) == ['mlp.pt', 'mlp.pt2']
    assert 'NOT KEPT: it does not do the same; there is no mlp.pt2 of it' in shown
    assert 'output on 10 in a row: differs by ' in shown
    assert 'model_path' not in shown


def test_what_cannot_be_loaded_is_not_kept(
        tmp_path: Path, capfd: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(session, '_MAKING', 'making_wrong:make_nonsense')
    path = TOOL_MODELS['mlp'](tmp_path)
    assert main(['convert', path, '--to', 'pt2', *PATIENT]) == 2
    assert 'mlp.pt2' in capfd.readouterr().err
    assert names_in(tmp_path) == ['mlp.pt']


@needs_onnx
def test_memory_is_a_reason_not_to_be_onnx_and_what_helps_is_said(
        tmp_path: Path, capfd: Any) -> None:
    path = TOOL_MODELS['lstm'](tmp_path)
    assert main(['convert', path, '--to', 'onnx', *PATIENT]) == 2
    error = capfd.readouterr().err
    assert 'it remembers hidden, cell from run to run' in error
    assert '--to pt2' in error and '`feedback`' in error
    assert names_in(tmp_path) == ['lstm.pt']


@needs_compiler
@pytest.mark.parametrize('source', ['lstm_reset.pt', 'conv.pt2'])
def test_compiled_code_does_the_same_and_nothing_is_left_of_the_compilation(
        source: str, tmp_path: Path, capfd: Any) -> None:
    name = Path(source).stem
    if source.endswith('.pt'):
        path = TOOL_MODELS[name](tmp_path)
    else:
        path = save_recipe(name, tmp_path / source)
    assert main(['convert', path, '--to', 'aoti', *PATIENT]) == 0
    shown = capfd.readouterr()
    assert shown.err == ''
    assert 'it is code for the CPU of this machine' in shown.out
    assert names_in(tmp_path) == sorted([source, f'{name}.aoti.pt2'])
    if name == 'lstm_reset':
        assert_remembers(tmp_path / f'{name}.aoti.pt2')


def assert_remembers(path: Path) -> None:
    model = load_model_of(ModelConfig(str(path)))
    model.bind(['observation'], ['float32'], ['output'])
    value = np.ones(8, np.float32)
    with model.mode():
        first, second = (model.run([value])[0] for _ in range(2))
        model.reset()
        again = model.run([value])[0]
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize('number, code, arguments', [
    pytest.param(signal.SIGINT, 130, ['aoti'], marks=needs_compiler),
    (signal.SIGTERM, 143, ['pt2'])])
def test_an_end_leaves_nothing_behind(
        number: int, code: int, arguments: List[str], tmp_path: Path) -> None:
    path = TOOL_MODELS['mlp'](tmp_path)
    program = (
        f'import sys; sys.path[:] = {sys.path!r}; from dg_pytorch_ros.tools.main import main; '
        'sys.exit(main(sys.argv[1:]))')
    process = subprocess.Popen(
        [sys.executable, '-c', program, 'convert', path, *PATIENT, '--to', *arguments],
        stderr=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c)
    try:
        wait_until(lambda: is_busy(tmp_path, is_compiling='aoti' in arguments), process)
        process.send_signal(number)
        assert process.stderr is not None
        assert process.stderr.read() == ('interrupted\n' if code == 130 else '')
        assert process.wait() == code
    finally:
        process.kill()
        process.wait()
        process.stderr.close() if process.stderr else None
    assert names_in(tmp_path) == ['mlp.pt']
    wait_until(lambda: not processes_in(tmp_path), process, is_over=True)


def hear_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def is_busy(directory: Path, *, is_compiling: bool) -> bool:
    """Whether the conversion has begun, and the compiler works if it is to."""
    return bool(processes_in(directory)) and (
        not is_compiling or bool(list(directory.glob('.mlp.aoti.pt2.*/**/*.cpp'))))


def processes_in(directory: Path) -> List[int]:
    """Return the processes that work below a directory."""
    found = []
    for entry in Path('/proc').iterdir():
        try:
            if entry.name.isdigit() and str(directory) in os.readlink(entry / 'cwd'):
                found.append(int(entry.name))
        except OSError:
            pass  # it has ended, or is somebody else's
    return found


def wait_until(condition: Any, process: Any, *, is_over: bool = False) -> None:
    deadline_s = monotonic() + 300
    while not condition():
        assert monotonic() < deadline_s
        assert is_over or process.poll() is None, process.stderr.read()
        sleep(0.02)


@pytest.mark.parametrize('arguments, complaint', [
    (['missing.pt', '--to', 'pt2'], 'missing.pt does not exist'),
    (['mlp.pt2', '--to', 'pt2'], 'is an ExportedProgram of torch.export already'),
    (['mlp.pt', '--to', 'onnx', '-o', 'mlp.pt'], 'mlp.pt is the file to be converted'),
    (['mlp.pt', '--to', 'onnx', '-o', 'there.onnx'], 'there.onnx exists; --force writes over it'),
    (['mlp.pt', '--to', 'onnx', '-o', 'folder'], 'folder is a directory'),
    (['mlp.pt', '--to', 'onnx', '-o', 'no/such.onnx'], 'there is no directory '),
    (['mlp.pt', '--to', 'aoti', '-o', 'mlp.so'], 'the name of a package to end in .pt2'),
    (['mlp.pt', *NEW, '--shape', 'speed=1'], "a shape is given for 'speed'"),
    (['mlp.pt', *NEW, '--shape', 'speed=-1'], "--shape names 'speed'"),
    (['mlp.pt', *NEW, '--shape', 'observation=2,7'], 'no shape was found'),
    (['mlp.pt', *NEW, '--import', 'no_such_library'], "holds 'no_such_library'")])
def test_what_cannot_be_is_refused_and_nothing_is_written(
        arguments: List[str], complaint: str, tmp_path: Path, monkeypatch: Any, capfd: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(target, '_check_packages', lambda name, packages: None)
    monkeypatch.setattr(target, '_check_compiler', lambda: None)
    TOOL_MODELS['mlp'](tmp_path)
    save_recipe('mlp', tmp_path / 'mlp.pt2')
    (tmp_path / 'there.onnx').write_text('mine')
    (tmp_path / 'folder').mkdir()
    names = names_in(tmp_path)
    assert main(['convert', *arguments, '--seconds', '5']) == 2
    error = capfd.readouterr().err
    assert error.startswith('pytorch_model convert: ') and complaint in error
    assert error.count('\n') == 1
    assert names_in(tmp_path) == names
    assert (tmp_path / 'there.onnx').read_text() == 'mine'


@pytest.mark.parametrize('arguments', [
    ['--to', 'caffe'], [], ['--to', 'pt2', '--shape', 'x'], ['--to', 'pt2', '--shape', 'x=0'],
    ['--to', 'pt2', '--shape', 'x=-2'], ['--to', 'pt2', '--shape', 'x=1:single'],
    ['--to', 'pt2', '--tolerance-abs', '-1'], ['--to', 'pt2', '--tolerance-rel', 'nan'],
    ['--to', 'pt2', '--runs', '0'], ['--to', 'pt2', '--seed', '-1']])
def test_options_that_make_no_sense_are_refused(arguments: List[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as caught:
        main(['convert', 'mlp.pt', *arguments])
    assert caught.value.code == 2
    assert 'error: ' in capsys.readouterr().err


def test_a_package_that_is_missing_is_named_with_how_to_get_it(
        tmp_path: Path, capfd: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(target, 'find_spec', lambda name: None if 'script' in name else name)
    assert main(['convert', TOOL_MODELS['mlp'](tmp_path), '--to', 'onnx']) == 2
    assert capfd.readouterr().err == (
        'pytorch_model convert: --to onnx needs onnxscript, not installed here; install it: '
        'pip install onnxscript\n')


@pytest.mark.parametrize('present', ['2.1.0+cpu', '2.5.1'])
def test_a_torch_that_is_too_old_is_told_apart(
        present: str, tmp_path: Path, capfd: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(target, 'version', lambda name: present)
    assert main(['convert', TOOL_MODELS['mlp'](tmp_path), '--to', 'pt2']) == 2
    assert f'--to pt2 needs torch 2.6 or newer, but {present} is' in capfd.readouterr().err


def test_a_compiler_that_is_missing_is_named_with_how_to_get_it(
        tmp_path: Path, capfd: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv('CXX', 'no-such-compiler')
    assert main(['convert', TOOL_MODELS['mlp'](tmp_path), '--to', 'aoti']) == 2
    assert "'no-such-compiler' is not found; install one" in capfd.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_line(
        tmp_path: Path, capfd: Any, monkeypatch: Any) -> None:
    def refuse(**options: Any) -> None:
        raise PermissionError(13, 'Permission denied')
    monkeypatch.setattr(session, 'mkdtemp', refuse)
    assert main(['convert', TOOL_MODELS['mlp'](tmp_path), '--to', 'pt2', *PATIENT]) == 2
    assert capfd.readouterr().err == (
        f'pytorch_model convert: cannot write into {tmp_path}: Permission denied\n')
