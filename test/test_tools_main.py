# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

from argparse import ArgumentParser, Namespace
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.tools import main as program
from dg_pytorch_ros.tools.json_text import json_text
from dg_pytorch_ros.tools.main import COMMANDS, main
import pytest

NAMES = ['inspect', 'params', 'check', 'bench', 'replay', 'convert']


class Answer:
    """A command that does what a test says."""

    name = 'answer'
    summary = 'answer'
    description = 'Answer.'
    examples = ''

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take none."""

    def run(self, options: Namespace) -> int:
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return int(self.outcome)


def answer(outcome: Any, monkeypatch: Any) -> int:
    monkeypatch.setattr(program, 'COMMANDS', (Answer(outcome),))
    return main(['answer'])


def test_the_commands_come_in_the_order_in_which_they_are_needed():
    assert [command.name for command in COMMANDS] == NAMES


@pytest.mark.parametrize('arguments', [[], *([name] for name in NAMES)])
def test_each_help_has_examples_and_explains_the_exit_codes(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*arguments, '--help'])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f'  pytorch_model {(*arguments, "inspect")[0]} ' in shown
    assert 'exit codes: 0 good' in shown
    assert max(map(len, shown.splitlines())) <= 100


@pytest.mark.parametrize('arguments', [[], ['inspekt'], ['inspect'], ['inspect', '--jason', 'x']])
def test_a_command_line_that_makes_no_sense_shows_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith('usage: pytorch_model')


@pytest.mark.parametrize('code', [0, 1])
def test_the_answer_is_the_exit_code(code, monkeypatch):
    assert answer(code, monkeypatch) == code


def test_an_error_is_one_line_that_names_the_command(monkeypatch, capsys):
    assert answer(PytorchRosError('no such file'), monkeypatch) == 2
    assert capsys.readouterr().err == 'pytorch_model answer: no such file\n'


def test_ctrl_c_leaves_no_traceback(monkeypatch, capsys):
    assert answer(KeyboardInterrupt(), monkeypatch) == 130
    assert capsys.readouterr().err == 'interrupted\n'


def test_help_comes_without_what_is_slow_to_import():
    code = (
        'import sys\n'
        'from dg_pytorch_ros.tools.main import main\n'
        'try:\n'
        "    main(['bench', '--help'])\n"
        'except SystemExit:\n'
        '    pass\n'
        "slow = {'torch', 'rclpy', 'matplotlib', 'rosbags'} & set(sys.modules)\n"
        'sys.exit(str(slow) if slow else 0)\n')
    ended = subprocess.run(
        [sys.executable, '-c', code], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (0, '')


TALKER = (
    'import sys\n'
    'from dg_pytorch_ros.tools import main as program\n'
    'class Talker:\n'
    "    name = summary = description = examples = 'talk'\n"
    '    def add_arguments(self, parser): pass\n'
    '    def run(self, options):\n'
    "        print('word ' * int(sys.argv[1]))\n"
    '        return 0\n'
    'program.COMMANDS = (Talker(),)\n'
    "sys.exit(program.main(['talk']))\n")


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='there is no /dev/full here')
@pytest.mark.parametrize('words', ['10', '100000'])
def test_a_full_disk_under_the_output_is_one_line(words):
    with open('/dev/full', 'w') as full:
        ended = subprocess.run(
            [sys.executable, '-c', TALKER, words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (
        2, 'pytorch_model talk: cannot write the output: No space left on device\n')


def test_whoever_reads_only_the_head_of_the_output_sees_no_traceback(tmp_path):
    with open(tmp_path / 'errors', 'w+') as errors:
        with subprocess.Popen(
                [sys.executable, '-c', TALKER, '100000'], stdout=subprocess.PIPE,
                stderr=errors) as process:
            process.stdout.read(10)
            process.stdout.close()
        errors.seek(0)
        assert errors.read() == ''
    assert process.returncode == 2


def test_json_has_texts_for_what_is_no_number_there():
    answer = {'a': [1, 2.5, float('nan'), (float('inf'), None)], 'b': {'c': -float('inf')}}
    assert json.loads(json_text(answer), parse_constant=pytest.fail) == {
        'a': [1, 2.5, 'nan', ['inf', None]], 'b': {'c': '-inf'}}
