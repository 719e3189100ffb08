# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Work in a process of its own."""

import os
from pathlib import Path
import signal
import subprocess
import sys
from time import monotonic, sleep
from typing import Any, List

from dg_pytorch_ros.conversion.apart import no_interruption, run_apart
from dg_pytorch_ros.errors import ModelFileError, PytorchRosError
import pytest


def run(task: str, order: Any, folder: Path, told: Any = None) -> Any:
    return run_apart(
        f'making_wrong:{task}', order, folder,
        while_waiting=told or (lambda word: None))


def is_there(process_id: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        state = Path(f'/proc/{process_id}/stat').read_text().rpartition(')')[2].split()[0]
    except FileNotFoundError:
        return False
    return state != 'Z'


def test_a_task_is_told_what_to_do_and_all_that_it_writes_goes_into_the_folder(
        tmp_path: Path, capfd: Any) -> None:
    told: List[str] = []
    found = run('tell_environment', {'x': 1}, tmp_path, told.append)
    assert found['order'] == {'x': 1}
    assert found['cwd'] == str(tmp_path)
    assert Path(found['temporary']).parent == tmp_path
    assert Path(found['cache']).parent == tmp_path
    assert found['group'] != os.getpgid(0)
    assert told[-1] == 'looking'
    assert (tmp_path / 'here').exists()
    assert capfd.readouterr() == ('', '')


def test_a_task_finds_what_this_process_finds_and_nothing_in_its_folder(
        tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, 'path', [*sys.path, 'relative'])
    found = run('tell_environment', None, tmp_path)
    assert os.path.abspath('relative') in found['path']
    assert not {'', '.', 'relative', str(tmp_path)} & set(found['path'])


@pytest.mark.parametrize('order, kind', [('file', ModelFileError), ('any', PytorchRosError)])
def test_a_refusal_comes_through_as_it_is(order: str, kind: Any, tmp_path: Path) -> None:
    with pytest.raises(kind, match='^no, not this one$') as caught:
        run('refuse', order, tmp_path)
    assert type(caught.value) is kind


@pytest.mark.parametrize('task, words', [
    ('fail', 'ended with 1 while trying: ValueError: what is this\\?'),
    ('crash', 'was ended by SIGABRT while crashing')])
def test_an_end_without_a_word_says_how_and_at_what(
        task: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(PytorchRosError, match=f'^the process of the conversion {words}'):
        run(task, None, tmp_path)


def test_a_crash_leaves_no_core(tmp_path: Path) -> None:
    with pytest.raises(PytorchRosError):
        run('crash', None, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if 'core' in path.name] == []


def test_ctrl_c_ends_a_task_that_hangs_and_what_it_has_started(tmp_path: Path) -> None:
    seen: List[int] = []

    def interrupt(word: str) -> None:
        if word:
            assert is_there(int(word))
            seen.append(int(word))
            raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        run('hang', None, tmp_path, interrupt)
    deadline_s = monotonic() + 60
    while is_there(seen[0]) and monotonic() < deadline_s:
        sleep(0.01)  # it was killed; somebody has to bury it
    assert not is_there(seen[0])


def test_a_task_does_not_outlive_its_parent(tmp_path: Path) -> None:
    code = (
        f'import sys; sys.path[:] = {sys.path!r}; from pathlib import Path; '
        'from dg_pytorch_ros.conversion.apart import run_apart; '
        f'run_apart("making_wrong:hang", None, Path({str(tmp_path)!r}), '
        'while_waiting=lambda word: word and print(word, flush=True))')
    parent = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    task = int(Path(f'/proc/{child}/stat').read_text().rpartition(')')[2].split()[1])
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline_s = monotonic() + 60
    while is_there(task) and monotonic() < deadline_s:
        sleep(0.01)
    left = is_there(task)
    os.kill(child, 9)
    assert not left


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_end_waits_until_the_end_of_a_block(number: int) -> None:
    seen: List[int] = []
    before = signal.signal(number, lambda number, frame: seen.append(number))
    try:
        with no_interruption():
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            sleep(0.01)
            assert seen == []
        assert seen == [number]
    finally:
        signal.signal(number, before)
