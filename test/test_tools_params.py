# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model params`, with a real process that tries shapes."""

import json
import os
from pathlib import Path
import re
import signal
from typing import Any

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.errors import ModelFileError, PytorchRosError
from dg_pytorch_ros.model_file import ModelFile, read_model_file
from dg_pytorch_ros.probing import keeper
from dg_pytorch_ros.probing.guess import Guess
from dg_pytorch_ros.probing.keeper import Keeper
from dg_pytorch_ros.probing.shapes import find_shapes
from dg_pytorch_ros.tools.main import main
from golden_files import golden_text
import pytest
import small_models
from tool_models import TOOL_MODELS
import torch
from torch import Tensor


class Endless(torch.nn.Module):
    """Never comes to an end on anything but three numbers."""

    def forward(self, x: Tensor) -> Tensor:
        while x.numel() != 3:
            x = x * 1.0
        return x


class Greedy(torch.nn.Module):
    """Prints more than any buffer keeps, and asks for 6 GB, which it does not fill."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(500):
            print('give me more')
        return torch.empty(1_500_000_000)[:1] + x.sum()


def file_of(path: Any) -> ModelFile:
    return read_model_file(str(path), find_share=lambda package: None)


def without_digest(text: str) -> str:
    return re.sub("'?[0-9a-f]{64}'?", 'DIGEST', text)


def test_the_file_is_the_same_as_that_of_a_module_tried_in_this_process(
        tmp_path: Path, capfd: Any) -> None:
    path = TOOL_MODELS['pair'](tmp_path)
    assert main(['params', path, '--seconds', '600']) == 0
    shown = capfd.readouterr()
    assert shown.err == ''
    expected = golden_text('pair', tmp_path).replace('/models/pair.pt', path)
    assert file_of(path).sha256 in shown.out
    assert without_digest(shown.out) == without_digest(expected)


def test_json_tells_what_was_found_in_the_file_that_is_asked_for(
        tmp_path: Path, capfd: Any) -> None:
    path = TOOL_MODELS['dict'](tmp_path)
    output = tmp_path / 'out.json'
    assert main([
        'params', path, '--json', '--output', str(output), '--shape', 'scan=2,5',
        '--seconds', '600']) == 0
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ('', f'wrote {output}\n')
    found = json.loads(output.read_text(encoding='utf-8'))
    assert found['runs']
    assert found['arguments'][0]['shape'] == [2, 5]
    assert [result['name'] for result in found['outputs']] == ['scores', 'best']


def test_the_file_is_written_for_the_node_and_the_rate_that_are_asked_for(
        tmp_path: Path, capfd: Any) -> None:
    path = TOOL_MODELS['dict'](tmp_path)
    output = tmp_path / 'out.yaml'
    assert main([
        'params', path, '--output', str(output), '--brief', '--rate', '50', '--node',
        '/robot/policy', '--no-probe']) == 0
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ('', f'wrote {output}\n')
    text = output.read_text(encoding='utf-8')
    assert '-r __node:=policy -r __ns:=/robot' in text
    assert '\n/robot/policy:\n  ros__parameters:\n' in text
    assert '    trigger: timer\n    rate_hz: 50.0\n' in text


def test_a_file_that_exists_is_only_written_over_by_force(tmp_path: Path, capfd: Any) -> None:
    path = TOOL_MODELS['mlp'](tmp_path)
    output = tmp_path / 'out.yaml'
    output.write_text('mine')
    arguments = ['params', path, '--no-probe', '--output', str(output)]
    assert main(arguments) == 2
    assert capfd.readouterr().err == (
        f'pytorch_model params: {output} exists; --force writes over it\n')
    assert output.read_text() == 'mine'
    assert main([*arguments, '--force']) == 0
    assert 'the module was not run.' in output.read_text(encoding='utf-8')
    assert capfd.readouterr().out == ''


def test_a_module_that_prints_and_takes_much_memory_ends_nothing_but_itself(
        tmp_path: Path, capfd: Any) -> None:
    path = small_models.save(Greedy(), tmp_path)
    assert main(['params', path, '--seconds', '600', '--shape', 'x=1']) == 1
    shown = capfd.readouterr()
    assert 'give me more' not in shown.out + shown.err
    assert "can't allocate memory" in shown.out
    assert shown.err.startswith('no shape was found on which the module runs')


def test_a_module_that_hangs_or_crashes_is_tried_again_in_another_process(
        tmp_path: Path) -> None:
    file = file_of(small_models.save(Endless(), tmp_path))
    with Keeper(file, ModelConfig(str(file.path)), try_takes_s=0.2) as one:
        first = one.process_id
        assert one.attempt((Guess((2,), 'float32'),)).complaint == (
            'forward did not end within 0.2 s')
        one.try_takes_s = 300.0
        assert one.attempt((Guess((3,), 'float32'),)).runs
        assert one.tries == 2
        second = one.process_id
        assert second != first
        os.kill(second, signal.SIGKILL)
        assert one.attempt((Guess((3,), 'float32'),)).runs  # as is known
        assert one.attempt((Guess((1, 3), 'float32'),)).complaint == (
            'forward ended its process by signal 9')
        assert one.tries == 3
        assert not one.has_given_up


def test_a_file_that_torch_does_not_load_is_refused(tmp_path: Path) -> None:
    good = file_of(TOOL_MODELS['mlp'](tmp_path))
    broken = ModelFile(good.path, good.content.replace(b'code/', b'c0de/'), '')
    with pytest.raises(ModelFileError, match='cannot be loaded by torch'):
        find_shapes(broken)


def test_a_process_that_ends_at_once_is_an_error_with_its_last_word(
        tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(keeper, '_START', 'raise SystemExit("no torch here")')
    with pytest.raises(
            PytorchRosError, match='ended with exit code 1 while it loaded .*: no torch here'):
        find_shapes(file_of(TOOL_MODELS['mlp'](tmp_path)))


@pytest.mark.parametrize('arguments, complaint', [
    (['--rate', '50', '--trigger', 'message'], '--rate is for --trigger timer'),
    (['--no-probe', '--shape', 'x=1'], '--no-probe forbids it'),
    (['--force'], '--force needs --output')])
def test_options_that_contradict_each_other_are_refused(
        arguments: Any, complaint: str, capsys: Any) -> None:
    assert main(['params', 'm.pt', *arguments]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize('arguments, complaint', [
    (['--rate', '0'], 'evaluations per second'), (['--rate', 'fast'], 'evaluations per second'),
    (['--seconds', '-1'], 'seconds, from 0.1'), (['--shape', 'x'], 'for example obs=1,48'),
    (['--shape', 'x=1,-1'], 'for example obs=1,48'), (['--shape', 'x=1,a'], 'for example'),
    (['--node', 'no space'], 'expected the name of a node'),
    (['--full', '--brief'], 'not allowed with')])
def test_options_that_make_no_sense_are_refused(
        arguments: Any, complaint: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        main(['params', 'm.pt', *arguments])
    assert ended.value.code == 2
    assert complaint in ' '.join(capsys.readouterr().err.split())


def test_a_file_that_there_is_not_is_an_error(capsys: Any) -> None:
    assert main(['params', 'there_is_none.pt']) == 2
    assert 'does not exist' in capsys.readouterr().err
