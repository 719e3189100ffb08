# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Processes that are started, watched and ended; a robot that measures one of them."""

import json
from pathlib import Path
import sys
from time import monotonic, sleep

from benchmark.processes import Process, Unmeasured
import pytest

TIMEOUT_S = 60.0


def wait_for_end(process: Process) -> None:
    deadline_s = monotonic() + TIMEOUT_S
    while process.exit_code is None:
        assert monotonic() < deadline_s, process.tail
        sleep(0.02)


def test_process_is_ended_with_its_block(tmp_path: Path) -> None:
    command = [sys.executable, '-c', 'import time; print("up", flush=True); time.sleep(60)']
    with Process('sleeper', command, tmp_path / 'log', {}) as process:
        process.check()
    assert process.exit_code is not None


def test_log_of_a_process_that_ended_is_shown(tmp_path: Path) -> None:
    command = [sys.executable, '-c', 'raise SystemExit("out of coffee")']
    with Process('barista', command, tmp_path / 'log', {}) as process:
        wait_for_end(process)
        with pytest.raises(Unmeasured, match='barista ended with 1(.|\n)*out of coffee'):
            process.check()


def test_robot_measures_an_echo(tmp_path: Path, domain: int) -> None:
    pytest.importorskip('psutil', reason='psutil is not installed; scripts/benchmark brings it')
    environment = {
        'ROS_DOMAIN_ID': str(domain),
        'PYTHONPATH': ':'.join([*sys.path, str(Path(__file__).resolve().parents[1])])}
    echo_command = [
        sys.executable, '-m', 'benchmark.echo', '--reply-size', '12', '--ros-args', '-r',
        '__ns:=/floor']
    settings, pids = tmp_path / 'settings.json', tmp_path / 'pids.json'
    with Process('echo', echo_command, tmp_path / 'echo.log', environment) as echo:
        pids.write_text(json.dumps([echo.pid]))
        settings.write_text(json.dumps({
            'type': 'Float32MultiArray', 'rate_hz': 200.0, 'pids_file': str(pids),
            'inputs': [['/floor/observation', 48]], 'outputs': ['/floor/action'],
            'durations': [], 'patience_s': TIMEOUT_S, 'settle_s': 0.2, 'measure_s': 1.0,
            'with_memory': True,
            'result': str(tmp_path / 'result.json')}))
        robot_command = [sys.executable, '-m', 'benchmark.robot', str(settings)]
        with Process('robot', robot_command, tmp_path / 'robot.log', environment) as robot:
            wait_for_end(robot)
            assert robot.exit_code == 0, robot.tail
    result = json.loads((tmp_path / 'result.json').read_text())
    assert result['robot_hz'] == pytest.approx(200.0, rel=0.2)
    assert len(result['stamps_ns'][0]) > 150
    assert result['memory_mib']['rss'] > 10.0
