# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model bench`, mostly on a workbench that makes everything up."""

from dataclasses import replace
import json
from pathlib import Path
import signal
import subprocess
import sys
from time import monotonic, sleep
from typing import Any, Callable

from dg_pytorch_ros.timing import session
from dg_pytorch_ros.tools.main import main
import pytest
from timing_rig import LocalBench, MadeUpBench, SUBJECT
from tool_models import TOOL_MODELS

MakeUp = Callable[..., MadeUpBench]


@pytest.fixture
def make_up(monkeypatch: Any) -> MakeUp:
    """Have nothing measured."""
    def install(*arguments: Any, **options: Any) -> MadeUpBench:
        bench = MadeUpBench(*arguments, **options)
        monkeypatch.setattr(session, 'RemoteWorkbench', bench)
        return bench
    return install


@pytest.fixture
def policy(tmp_path: Path) -> str:
    """Return the path of a file, whatever is in it."""
    path = tmp_path / 'policy.pt'
    path.write_bytes(b'')
    return str(path)


def test_a_page_is_printed_and_nothing_else(make_up: MakeUp, policy: str, capsys: Any) -> None:
    make_up()
    assert main(['bench', policy]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith('module   /models/policy.pt')
    assert '1000 Hz    1 ms  0.350 ms   35 %     3  fits' in shown.out
    assert '--seconds 140 for 1,000 runs each' in shown.out
    assert shown.err == ''


def test_json_is_one_object_and_nothing_else(make_up: MakeUp, policy: str, capsys: Any) -> None:
    make_up()
    assert main(['bench', policy, '--json']) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert found['complete'] and [rate['verdict'] for rate in found['rates']] == 4 * ['fits']
    assert shown.err == ''


def test_options_reach_the_workbench(make_up: MakeUp, policy: str) -> None:
    bench = make_up()
    assert main([
        'bench', policy, '--shape', 'obs=1,48', '--shape', 'index=3:int64', '--shape', 'gain=',
        '--node', '/ns/walk', '--seconds', '7.5', '--runs', '9', '--threads', '3,1', '--rate',
        '20', '--rate', '30', '--require', '40']) == 0
    (request,), _ = bench.asked('load')
    assert (request.path, request.node) == (policy, '/ns/walk')
    assert request.shapes == {'obs': (1, 48), 'index': (3,), 'gain': ()}
    assert request.dtypes == {'index': 'int64'}
    assert [rate_hz for _, rate_hz, _ in bench.asked('keep_pace')[:7]] == [
        1000.0, 500.0, 100.0, 50.0, 40.0, 30.0, 20.0]
    assert {most for _, _, _, most in bench.calls if most} == {9, 5, 3}
    assert {threads for threads, _, _ in bench.asked('keep_pace')} == {1, 3}
    assert bench.asked('keep_pace')[-1][1] == 40.0, 'what is required matters most'
    assert bench.seconds_of('warm_up', 'repeat', 'keep_pace') == pytest.approx(3.75)


@pytest.mark.parametrize('usual_ms, code', [(0.1, 0), (0.35, 0), (0.5, 1), (1.1, 1)])
def test_a_required_rate_that_does_not_fit_is_a_no(
    usual_ms: float, code: int, make_up: MakeUp, policy: str
) -> None:
    make_up(usual_ms=usual_ms)
    assert main(['bench', policy, '--require', '1000']) == code
    assert main(['bench', policy, '--rate', '1000']) == 0, 'nothing was required'


@pytest.mark.parametrize('method, word', [
    ('keep_pace', 'back to back'), ('repeat', 'settled at'), ('warm_up', 'load 12.00 ms')])
def test_ctrl_c_shows_what_there_is_so_far(
    method: str, word: str, make_up: MakeUp, policy: str, capsys: Any
) -> None:
    bench = make_up(interrupt_at=method)
    assert main(['bench', policy, '--require', '1']) == 130
    shown = capsys.readouterr()
    assert word in shown.out
    assert 'fits:' not in shown.out and 'try' not in shown.out
    assert shown.err == 'interrupted: this is what there is so far\n'
    assert bench.started == bench.ended == 1


def test_ctrl_c_before_anything_was_measured(make_up: MakeUp, policy: str, capsys: Any) -> None:
    make_up(interrupt_at='load')
    assert main(['bench', policy]) == 130
    assert capsys.readouterr().out == ''
    assert main(['bench', policy, '--json']) == 130
    assert json.loads(capsys.readouterr().out)['module'] is None


def test_durations_are_drawn_as_far_as_there_are_any(
    make_up: MakeUp, policy: str, tmp_path: Path, capsys: Any
) -> None:
    picture = tmp_path / 'durations.png'
    make_up()
    assert main(['bench', policy, '--json', '--png', str(picture)]) == 0
    assert picture.read_bytes()[:4] == b'\x89PNG'
    assert capsys.readouterr().err == f'picture: {picture}\n'
    picture.unlink()
    make_up(interrupt_at='repeat')
    assert main(['bench', policy, '--png', str(picture)]) == 130
    assert not picture.exists()


@pytest.mark.parametrize('arguments, complaint', [
    (['--png', '/nowhere/x.png'], 'the folder /nowhere of the picture does not exist'),
    (['--png', 'x.bmp'], "has the suffix '.bmp'; allowed: .png, .svg, .pdf")])
def test_a_picture_that_cannot_be_drawn_is_said_at_once(
    arguments: Any, complaint: str, make_up: MakeUp, policy: str, capsys: Any
) -> None:
    bench = make_up()
    assert main(['bench', policy, *arguments]) == 2
    assert complaint in capsys.readouterr().err
    assert bench.started == 0


@pytest.mark.parametrize('name, complaint', [
    ('nothing.pt', 'nothing.pt does not exist'), ('nothing.yaml', 'nothing.yaml'),
    ('package://nowhere/x.pt', "there is no package 'nowhere'")])
def test_a_file_that_is_not_there_is_said_at_once(
    name: str, complaint: str, make_up: MakeUp, tmp_path: Path, capsys: Any
) -> None:
    bench = make_up()
    assert main(['bench', name if '://' in name else str(tmp_path / name)]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith('pytorch_model bench: ') and complaint in shown.err
    assert shown.out == ''
    assert bench.started == 0


@pytest.mark.parametrize('arguments, complaint', [
    (['--shape', 'obs'], 'expected ARG=SIZES, such as obs=1,48 or index=3:int64'),
    (['--shape', 'obs=1,-1'], 'is not a shape'), (['--shape', 'obs=0'], 'is not a shape'),
    (['--shape', 'obs=1,'], 'is not a shape'), (['--shape', '=1'], 'is not a shape'),
    (['--shape', 'obs=1:int'], 'has the dtype int; allowed: float64, float32'),
    (['--seconds', '0'], 'is not a number of seconds above 0'),
    (['--rate', 'fast'], 'is not a number of hertz above 0'),
    (['--require', '-5'], 'is not a number of hertz above 0'),
    (['--runs', '2'], '2 runs are too few; expected 3 at least'),
    (['--threads', '1,0'], "'0' is not a whole number above 0"),
    (['--threads', '1,'], "'' is not a whole number above 0")])
def test_options_that_make_no_sense_are_refused(
    arguments: Any, complaint: str, policy: str, capsys: Any
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(['bench', policy, *arguments])
    assert ended.value.code == 2
    assert complaint in ' '.join(capsys.readouterr().err.split())


def test_real_time_settings_that_are_not_granted_are_noted(
    make_up: MakeUp, policy: str, capsys: Any, monkeypatch: Any
) -> None:
    bench = make_up()
    answer = bench.call

    def call(method: str, *arguments: Any, **options: Any) -> Any:
        result = answer(method, *arguments, **options)
        return result if method != 'warm_up' else replace(
            result, complaints=['no priority'], granted=['cores 1'])
    monkeypatch.setattr(bench, 'call', call)
    assert main(['bench', policy]) == 0
    shown = capsys.readouterr()
    assert shown.err == 'note: no priority\n'
    assert 'threads  1, cores 1\n' in shown.out


def test_the_rate_of_a_parameter_file_is_the_one_that_matters(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setattr(session, 'RemoteWorkbench', LocalBench)
    file = tmp_path / 'node.yaml'
    file.write_text(
        f'walk: {{ros__parameters: {{model_path: {TOOL_MODELS["mlp"](tmp_path)}, trigger: timer, '
        'rate_hz: 200.0, inputs: {observation: {shape: [1, 48]}}}}\n')
    assert main([
        'bench', str(file), '--seconds', '0.2', '--runs', '6', '--threads', '1', '--json']) == 0
    found = json.loads(capsys.readouterr().out)
    assert found['module']['rate_hz'] == found['threads_at_rate_hz'] == 200.0
    assert [rate['rate_hz'] for rate in found['rates']] == [1000.0, 500.0, 200.0, 100.0, 50.0]
    assert found['inputs'][0]['origin'] == 'random'


def test_a_file_alone_is_enough(tmp_path: Path, capsys: Any) -> None:
    """Nothing is made up here: processes are started, and shapes are found by trying."""
    model = TOOL_MODELS['dict'](tmp_path)
    assert main([
        'bench', model, '--seconds', '0.2', '--runs', '30', '--threads', '1', '--json']) == 0
    found = json.loads(capsys.readouterr().out)
    assert found['complete']
    assert [(fed['name'], fed['dtype'], fed['origin']) for fed in found['inputs']] == [
        ('scan', 'float32', 'found by trying')]
    assert found['inputs'][0]['shape'][-1] == 5
    assert [one['name'] for one in found['outputs']] == ['scores', 'best']
    assert found['cold']['import_ms'] > 0 and found['cold']['load_ms'] > 0
    assert found['warm_up']['durations_ms'][0] == found['cold']['first_run_ms']
    assert found['back_to_back']['runs'] == 30


def hear_ctrl_c() -> None:
    """Undo what a shell does to whatever it starts in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_ctrl_c_ends_all_processes(tmp_path: Path) -> None:
    command = [
        sys.executable, '-m', 'dg_pytorch_ros.tools.main', 'bench', TOOL_MODELS['mlp'](tmp_path),
        '--shape', 'observation=1,48', '--json']
    with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=hear_ctrl_c) as process:
        children = Path(f'/proc/{process.pid}/task/{process.pid}/children')
        deadline_s = monotonic() + 60.0
        while not children.read_text():
            assert monotonic() < deadline_s and process.poll() is None
            sleep(0.01)
        child = children.read_text().split()[0]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, 'interrupted: this is what there is so far\n')
    assert json.loads(out)['complete'] is False
    assert not Path(f'/proc/{child}').exists()


def test_a_module_of_another_shape_is_an_error_of_one_line(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setattr(session, 'RemoteWorkbench', LocalBench)
    assert main(['bench', TOOL_MODELS['mlp'](tmp_path), '--shape', 'observation=1,47']) == 2
    shown = capsys.readouterr()
    assert shown.out == ''
    assert shown.err.startswith(
        'pytorch_model bench: forward failed on observation float32[1, 47]: ')
    assert shown.err.count('\n') == 1


def test_a_module_that_runs_on_nothing_is_told_how_to_go_on(
    make_up: MakeUp, tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    from dg_pytorch_ros.timing import finding
    from dg_pytorch_ros.probing.probed import Probed
    from dg_pytorch_ros.contract import Result, Signature
    subject = replace(
        SUBJECT, unknown=('obs',),
        description=replace(SUBJECT.description, path=TOOL_MODELS['mlp'](tmp_path)))
    nothing = Probed(Signature((), Result('Tensor')), (), complaint='it is never content')
    monkeypatch.setattr(finding, 'find_shapes', lambda file, **options: nothing)
    make_up(subject)
    assert main(['bench', subject.description.path]) == 2
    assert capsys.readouterr().err == (
        'pytorch_model bench: no shapes were found on which the module runs (it is never '
        'content); give them, for example --shape obs=1,48, or a parameter file with '
        'inputs.obs.shape\n')
