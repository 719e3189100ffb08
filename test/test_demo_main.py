# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The whole demo: the real node and the plant, ended well, badly, and by the user."""

from pathlib import Path
import signal
import subprocess
import sys
from threading import Event
from typing import Callable, Iterator, List

from demo_process import DemoProcess, INSTALLED, PACKAGE
from dg_pytorch_ros.demo import demo as demo_module
from dg_pytorch_ros.demo.recording import Evaluation, Pose, Recording
from dg_pytorch_ros.demo.rows import Rows
import pytest

STARTING = 'starting pytorch_node'
HEADING = 'tracking error'
ENDED = 'what it said is above'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the working directory of the demo."""
    here = tmp_path / 'here'
    here.mkdir()
    return here


@pytest.fixture
def start(domain: int, folder: Path) -> Iterator[Callable[..., DemoProcess]]:
    demos: List[DemoProcess] = []

    def start_demo(*arguments: str, **options: str) -> DemoProcess:
        demos.append(DemoProcess(folder, domain, *arguments, **options))
        return demos[-1]
    yield start_demo
    for demo in demos:
        demo.close()


@pytest.fixture
def prefix_with(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that installs the package once more, with another example."""
    def install(parameters: str) -> str:
        share = tmp_path / 'share' / PACKAGE
        marker = tmp_path / 'share/ament_index/resource_index/packages' / PACKAGE
        for folder in (share / 'config', marker.parent):
            folder.mkdir(parents=True)
        marker.touch()
        (tmp_path / 'lib').symlink_to(INSTALLED / 'lib')
        (share / 'models').symlink_to(INSTALLED / 'share' / PACKAGE / 'models')
        (share / 'config/pd_controller.yaml').write_text(parameters)
        return str(tmp_path)
    return install


def example() -> str:
    return (INSTALLED / 'share' / PACKAGE / 'config/pd_controller.yaml').read_text()


def is_picture(file: Path) -> bool:
    return file.read_bytes().startswith(b'\x89PNG\r\n')


def test_joints_reach_their_targets(start: Callable[..., DemoProcess], folder: Path) -> None:
    demo = start('--seconds', '5')
    assert demo.wait() == 0
    assert demo.shown[-2:] == [
        f'picture: {folder}/pytorch_demo.png', 'all joints reached their targets']
    assert is_picture(folder / 'pytorch_demo.png')
    rows = demo.shown[demo.shown.index('summary') - 6:][:5]
    assert [row.split()[:2] for row in rows] == [[str(second), 's'] for second in range(1, 6)]
    (evenness,) = [line for line in demo.shown if line.startswith('  off the grid')]
    assert 'p99 0 us' not in evenness
    log = '\n'.join(demo.complaints)
    assert '[pd_controller]: configured' in log
    assert 'Traceback' not in log


def test_joints_that_stay_away_fail_the_demo(
    start: Callable[..., DemoProcess], prefix_with: Callable[[str], str], folder: Path
) -> None:
    prefix = prefix_with(example().replace('constant: [5.0]', 'constant: [0.0]'))
    demo = start('--seconds', '0.5', '--show', prefix=prefix)
    assert demo.wait() == 1
    assert 'summary' in demo.shown
    assert demo.shown[-1] == 'no picture: it takes 1 s to have something to see'
    assert not list(folder.iterdir())
    assert demo.complaints[0] == '--show needs a terminal to draw on; here are rows instead'
    assert HEADING in demo.shown[1]
    assert demo.last_complaint == (
        'pytorch_demo: joint 1 is 1.0000 rad from its target; '
        'at most 0.01 rad counts as reached')


def test_node_that_cannot_start(
    start: Callable[..., DemoProcess], prefix_with: Callable[[str], str]
) -> None:
    demo = start(prefix=prefix_with(example().replace('models/pd_controller.pt', 'missing.pt')))
    assert demo.wait() == 1
    assert any('cannot configure' in line for line in demo.complaints)
    assert demo.last_complaint == f'pytorch_demo: pytorch_node ended with 1; {ENDED}'


@pytest.mark.parametrize('command, name', [
    ('pytorch_node --ros-args', 'pytorch_node'), ('dg_pytorch_ros.demo.plant', 'the plant')])
def test_process_that_dies(start: Callable[..., DemoProcess], command: str, name: str) -> None:
    demo = start('--seconds', '60', '--no-picture')
    demo.wait_for(HEADING)
    demo.kill_child(command)
    assert demo.wait() == 1
    assert demo.last_complaint == f'pytorch_demo: {name} was ended by SIGKILL; {ENDED}'


def test_package_that_is_not_installed(
    start: Callable[..., DemoProcess], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    demo = start()
    assert demo.wait() == 1
    assert demo.shown == []
    assert len(demo.complaints) == 1
    assert f'package {PACKAGE} is not installed' in demo.last_complaint


@pytest.mark.parametrize('moment', [STARTING, HEADING, ' 2 s '])
def test_interrupt_ends_everything(
    start: Callable[..., DemoProcess], moment: str, folder: Path
) -> None:
    demo = start('--seconds', '60')
    demo.wait_for(moment)
    demo.interrupt()
    assert demo.wait() == 130
    assert demo.last_complaint == 'interrupted'
    assert not any('Traceback' in line for line in demo.complaints)
    if moment == ' 2 s ':
        assert is_picture(folder / 'pytorch_demo.png')


def test_executable_has_no_other_threads_when_it_blocks_the_signals() -> None:
    # They would not inherit that, and a signal goes to any thread that does not block it.
    program = 'import dg_pytorch_ros.demo.main, os; print(*os.listdir("/proc/self/task"))'
    shown = subprocess.run(
        [sys.executable, '-c', program], text=True, stdout=subprocess.PIPE, check=True).stdout
    assert len(shown.split()) == 1


def test_nothing_outlives_a_demo_that_is_killed(start: Callable[..., DemoProcess]) -> None:
    demo = start('--seconds', '60')
    demo.wait_for(HEADING)
    demo.kill()
    assert demo.wait() == -signal.SIGKILL


class FallsSilent:
    """An observer that hears so many evaluations, and then nothing."""

    def __init__(self, evaluations: int) -> None:
        self._evaluations = evaluations

    def take_evaluations(self) -> List[Evaluation]:
        self._evaluations -= 1
        return [Evaluation(0.1, 0)] if self._evaluations >= 0 else []

    def pose(self) -> Pose:
        return Pose([0.0], [0.0])


@pytest.mark.parametrize('evaluations, reason', [
    (0, 'did not find each other within'), (3, 'runs, but has published nothing for')])
def test_silence(evaluations: int, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_module, '_PATIENCE_S', 0.1)
    monkeypatch.setattr(demo_module, '_LONGEST_SILENCE_S', 0.1)
    demo = demo_module.Demo(FallsSilent(evaluations), [], Event(), Recording())
    with pytest.raises(demo_module.DemoError, match=reason):
        demo.wait_for_outputs()
        demo.run(60.0, Rows())


@pytest.mark.parametrize('seconds, period_s, ends_s', [
    (3.0, 1.0, [1.0, 2.0, 3.0]), (2.5, 1.0, [1.0, 2.0, 2.5]), (0.5, 1.0, [0.5]),
    (0.6, 0.25, [0.25, 0.5, 0.6])])
def test_display_is_asked_for_once_a_period_and_at_the_end(
    seconds: float, period_s: float, ends_s: List[float]
) -> None:
    assert list(demo_module._ends(seconds, period_s)) == pytest.approx(ends_s)


def test_help(start: Callable[..., DemoProcess]) -> None:
    demo = start('--help')
    assert demo.wait() == 0
    assert any('pytorch_demo --seconds 60' in line for line in demo.shown)


@pytest.mark.parametrize('seconds', ['0', '-1', 'nan', 'inf', 'ten'])
def test_impossible_duration(start: Callable[..., DemoProcess], seconds: str) -> None:
    demo = start(f'--seconds={seconds}')
    assert demo.wait() == 2
    assert f"'{seconds}' is not a number of seconds above 0" in demo.last_complaint


@pytest.mark.parametrize('file, problem', [
    ('run.jpg', "'run.jpg' does not end with .png, .svg, .pdf"),
    ('missing/run.png', "the folder of 'missing/run.png' does not exist")])
def test_impossible_picture(
    start: Callable[..., DemoProcess], file: str, problem: str
) -> None:
    demo = start('--picture', file)
    assert demo.wait() == 2
    assert problem in demo.last_complaint
    assert demo.shown == []
