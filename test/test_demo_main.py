# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The whole demo: the real node and the plant, ended well, badly, and by the user."""

import os
from pathlib import Path
import signal
import subprocess
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, Callable, Iterator, List

from ament_index_python.packages import get_package_prefix
from dg_pytorch_ros.demo import main as demo_module
import pytest

PACKAGE = 'dg_pytorch_ros'
TIMEOUT_S = 90.0
INSTALLED = Path(get_package_prefix(PACKAGE))
STARTING = 'starting pytorch_node'
HEADING = 'tracking error'
ENDED = 'what it said is above'


class DemoProcess:
    """A demo in a process group of its own, as a terminal would start it."""

    def __init__(self, domain: int, *arguments: str, prefix: str = '') -> None:
        prefixes = [prefix] if prefix else []
        self._process = subprocess.Popen(
            [str(INSTALLED / 'lib' / PACKAGE / 'pytorch_demo'), *arguments], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, env={
                **os.environ, 'ROS_DOMAIN_ID': str(domain),
                'AMENT_PREFIX_PATH': os.pathsep.join(
                    [*prefixes, os.environ['AMENT_PREFIX_PATH']])})
        self.shown: List[str] = []
        self.complaints: List[str] = []
        self._news = Event()
        self._readers = [
            Thread(target=self._read, args=stream, daemon=True) for stream in (
                (self._process.stdout, self.shown), (self._process.stderr, self.complaints))]
        for reader in self._readers:
            reader.start()

    @property
    def last_complaint(self) -> str:
        return self.complaints[-1] if self.complaints else ''

    def wait(self) -> int:
        """Return the exit code once all processes have ended."""
        code = self._process.wait(TIMEOUT_S)
        self._wait_until(lambda: not self.processes(), 'the end of all processes')
        for reader in self._readers:
            reader.join(TIMEOUT_S)
        return code

    def wait_for(self, text: str) -> None:
        self._wait_until(lambda: any(text in line for line in self.shown), repr(text))

    def interrupt(self) -> None:
        """Do what a terminal does on Ctrl-C."""
        os.killpg(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        self._process.kill()

    def kill_child(self, command: str) -> None:
        child, = (
            pid for pid in self.processes()
            if command in Path(f'/proc/{pid}/cmdline').read_text().replace('\0', ' '))
        os.kill(child, signal.SIGKILL)

    def processes(self) -> List[int]:
        """Return those of the group that still run."""
        running = []
        for status in Path('/proc').glob('[0-9]*/stat'):
            try:
                state, _, group = status.read_text().rsplit(')', 1)[1].split()[:3]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(group) == self._process.pid and state != 'Z':
                running.append(int(status.parent.name))
        return running

    def close(self) -> None:
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def _read(self, stream: Any, lines: List[str]) -> None:
        for line in stream:
            lines.append(line.rstrip('\n'))

    def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = monotonic() + TIMEOUT_S
        while not condition():
            assert monotonic() < deadline, (
                f'waited in vain for {what}: {self.shown} {self.complaints}')
            sleep(0.02)


@pytest.fixture
def start(domain: int) -> Iterator[Callable[..., DemoProcess]]:
    demos: List[DemoProcess] = []

    def start_demo(*arguments: str, **options: str) -> DemoProcess:
        demos.append(DemoProcess(domain, *arguments, **options))
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


def test_joints_reach_their_targets(start: Callable[..., DemoProcess]) -> None:
    demo = start('--seconds', '5')
    assert demo.wait() == 0
    assert demo.shown[-1] == 'all joints reached their targets'
    rows = demo.shown[demo.shown.index('summary') - 6:][:5]
    assert [row.split()[:2] for row in rows] == [[str(second), 's'] for second in range(1, 6)]
    log = '\n'.join(demo.complaints)
    assert '[pd_controller]: configured' in log
    assert 'Traceback' not in log


def test_joints_that_stay_away_fail_the_demo(
    start: Callable[..., DemoProcess], prefix_with: Callable[[str], str]
) -> None:
    prefix = prefix_with(example().replace('constant: [5.0]', 'constant: [0.0]'))
    demo = start('--seconds', '0.5', prefix=prefix)
    assert demo.wait() == 1
    assert 'summary' in demo.shown
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
    demo = start('--seconds', '60')
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
def test_interrupt_ends_everything(start: Callable[..., DemoProcess], moment: str) -> None:
    demo = start('--seconds', '60')
    demo.wait_for(moment)
    demo.interrupt()
    assert demo.wait() == 130
    assert demo.last_complaint == 'interrupted'
    assert not any('Traceback' in line for line in demo.complaints)


def test_nothing_outlives_a_demo_that_is_killed(start: Callable[..., DemoProcess]) -> None:
    demo = start('--seconds', '60')
    demo.wait_for(HEADING)
    demo.kill()
    assert demo.wait() == -signal.SIGKILL


class FallsSilent:
    """An observer that hears so many evaluations, and then nothing."""

    def __init__(self, evaluations: int) -> None:
        self._evaluations = evaluations

    def take_durations_ms(self) -> List[float]:
        self._evaluations -= 1
        return [0.1] if self._evaluations >= 0 else []

    def errors_rad(self) -> List[float]:
        return [0.0]


@pytest.mark.parametrize('evaluations, reason', [
    (0, 'did not find each other within'), (3, 'runs, but has published nothing for')])
def test_silence(evaluations: int, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_module, '_PATIENCE_S', 0.1)
    monkeypatch.setattr(demo_module, '_LONGEST_SILENCE_S', 0.1)
    with pytest.raises(demo_module.DemoError, match=reason):
        demo_module.Demo(FallsSilent(evaluations), [], Event()).run(60.0)


def test_help(start: Callable[..., DemoProcess]) -> None:
    demo = start('--help')
    assert demo.wait() == 0
    assert any('pytorch_demo --seconds 60' in line for line in demo.shown)


@pytest.mark.parametrize('seconds', ['0', '-1', 'nan', 'inf', 'ten'])
def test_impossible_duration(start: Callable[..., DemoProcess], seconds: str) -> None:
    demo = start(f'--seconds={seconds}')
    assert demo.wait() == 2
    assert f"'{seconds}' is not a number of seconds above 0" in demo.last_complaint
