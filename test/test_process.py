# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The installed executable, started by a user and talked to from another process."""

from pathlib import Path
import signal
import subprocess
import sys
from typing import Any, Callable, Iterator

from ament_index_python.packages import get_package_share_directory
from lifecycle_msgs.srv import ChangeState, GetState
from node_process import executable, NodeProcess, parameters
import pytest
import small_models
from std_msgs.msg import Float64

Start = Callable[..., NodeProcess]


@pytest.fixture
def start(tmp_path: Path, domain: int) -> Iterator[Start]:
    """Return a function that starts the installed node in the test's domain."""
    processes = []

    def start_one(*arguments: str, **options: Any) -> NodeProcess:
        log = tmp_path / f'node_{len(processes)}.log'
        processes.append(NodeProcess(log, domain, *arguments, **options))
        return processes[-1]
    yield start_one
    for process in processes:
        process.close()


def test_the_example_publishes_the_torque_of_its_law_exactly(start: Start, peer: Any) -> None:
    share = Path(get_package_share_directory('dg_pytorch_ros'))
    start('--params-file', str(share / 'config/pd_controller.yaml'))
    heard = peer.listen('sout_torque')
    durations = peer.listen('/node/last_run_duration_ms', Float64)
    position, velocity = [0.0, 1.0, 2.0, 3.0, 4.0, 4.0], [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    des_position, des_velocity = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.0] * 6
    peer.send_until(
        lambda: heard and durations, sin_position=position, sin_velocity=velocity,
        sin_des_position=des_position, sin_des_velocity=des_velocity)
    assert heard[0].data.tolist() == [
        5.0 * (des_q - q) + 0.01 * (des_dq - dq)
        for q, dq, des_q, des_dq in zip(position, velocity, des_position, des_velocity)]
    assert [(item.size, item.stride) for item in heard[0].layout.dim] == [(6, 6)]


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('trigger', ['timer', 'message'])
def test_a_running_node_leaves_in_order_when_told_to(
        number: signal.Signals, trigger: str, start: Start, peer: Any, tmp_path: Path) -> None:
    path = small_models.save(small_models.Double(), tmp_path)
    node = start(*parameters(model_path=path, trigger=trigger, rate_hz=500.0))
    heard = peer.listen('output')
    peer.send_until(lambda: heard, x=[1.0])
    node.interrupt(number)
    node.interrupt(number)  # `ros2 launch` passes on what the terminal has sent already
    assert node.exit_code() == 0
    assert 'Traceback' not in node.output
    assert '[ERROR]' not in node.output


def test_a_node_that_waits_for_inputs_leaves_in_order(
        start: Start, peer: Any, tmp_path: Path) -> None:
    node = start(*parameters(model_path=small_models.save(small_models.Double(), tmp_path)))
    peer.listen('output')
    peer.wait_until(lambda: 'configured' in node.output)
    node.interrupt()
    assert node.exit_code() == 0
    assert 'Traceback' not in node.output


def test_a_node_that_cannot_configure_exits_with_an_error(start: Start, tmp_path: Path) -> None:
    node = start(*parameters(model_path=tmp_path / 'missing.pt'))
    assert node.exit_code() == 1
    (line,) = [line for line in node.output.splitlines() if '[ERROR]' in line]
    assert f'{tmp_path}/missing.pt does not exist' in line
    assert 'Traceback' not in node.output


def test_without_autostart_a_node_that_cannot_configure_stays_unconfigured(
        start: Start, peer: Any, tmp_path: Path) -> None:
    node = start(*parameters(model_path=tmp_path / 'missing.pt', autostart='false'))
    request = ChangeState.Request()
    request.transition.label = 'configure'
    assert not peer.call(ChangeState, '/node/change_state', request).success
    assert peer.call(GetState, '/node/get_state').current_state.label == 'unconfigured'
    node.interrupt()
    assert node.exit_code() == 0


def test_names_of_ros_are_remapped_and_put_into_a_namespace(
        start: Start, peer: Any, tmp_path: Path) -> None:
    start('-r', '__ns:=/robot', '-r', 'x:=/sensor', *parameters(
        model_path=small_models.save(small_models.Double(), tmp_path)))
    heard = peer.listen('/robot/output')
    peer.listen('/robot/node/last_run_duration_ms', Float64)
    peer.send_until(lambda: heard, **{'/sensor': [1.0]})
    assert heard[0].data.tolist() == [2.0]


def test_a_relative_path_counts_from_the_working_directory(
        start: Start, peer: Any, tmp_path: Path) -> None:
    small_models.save(small_models.Double(), tmp_path)
    start(*parameters(model_path='model.pt'), cwd=tmp_path)
    peer.listen('output')


def test_a_file_that_is_no_yaml_is_refused_in_one_line(start: Start, tmp_path: Path) -> None:
    file = tmp_path / 'bad.yaml'
    file.write_text('/**: [not closed\n')
    node = start('--params-file', str(file))
    assert node.exit_code() == 2
    assert str(file) in node.output
    assert 'Traceback' not in node.output


def test_help_shows_examples() -> None:
    shown = subprocess.run(
        [executable(), '--help'], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert 'examples:' in shown and '--params-file' in shown


def test_a_file_without_its_flag_is_refused() -> None:
    refused = subprocess.run(
        [executable(), 'policy.yaml'], stderr=subprocess.PIPE, text=True, check=False)
    assert refused.returncode == 2
    assert 'policy.yaml stands outside of --ros-args' in refused.stderr


def test_a_service_call_does_not_keep_the_interpreter_for_long() -> None:
    ask = (
        'import sys; from dg_pytorch_ros import process; process.run(["stranger"], None); '
        'print(sys.getswitchinterval())')
    shown = subprocess.run(
        [sys.executable, '-c', ask], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert float(shown) < 0.0005
