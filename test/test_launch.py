# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The launch files, read and run by the real launch and launch_ros."""

from pathlib import Path
from threading import Thread
from typing import Any, Dict, List

from ament_index_python.packages import get_package_share_directory
from lifecycle_msgs.srv import GetState
from peer import Peer
import pytest
from rcl_interfaces.srv import GetParameters
from rclpy.parameter import parameter_value_to_python

pytest.importorskip('launch_ros', reason='launch and launch_ros come with an installed ROS 2')

from launch import LaunchContext  # noqa: E402, I100
from launch import LaunchDescription  # noqa: E402
from launch import LaunchService  # noqa: E402
from launch.actions import DeclareLaunchArgument  # noqa: E402
from launch.actions import IncludeLaunchDescription  # noqa: E402
from launch.actions import RegisterEventHandler  # noqa: E402
from launch.event_handlers import OnProcessExit  # noqa: E402
from launch.launch_description_sources import PythonLaunchDescriptionSource  # noqa: E402
from launch.utilities import perform_substitutions  # noqa: E402

LAUNCH_FILES = ('pytorch_node.launch.py', 'pd_controller.launch.py')


def share(*parts: str) -> str:
    return str(Path(get_package_share_directory('dg_pytorch_ros'), *parts))


def arguments_of(launch_file: str) -> Dict[str, DeclareLaunchArgument]:
    source = PythonLaunchDescriptionSource(share('launch', launch_file))
    description = source.get_launch_description(LaunchContext())
    return {argument.name: argument for argument in description.get_launch_arguments()}


def default_of(argument: DeclareLaunchArgument) -> Any:
    if argument.default_value is None:
        return None
    return perform_substitutions(LaunchContext(), argument.default_value)


@pytest.mark.parametrize('launch_file', LAUNCH_FILES)
def test_every_argument_is_described(launch_file: str) -> None:
    arguments = arguments_of(launch_file)
    assert set(arguments) == {'params_file', 'name', 'namespace', 'log_level', 'use_sim_time'}
    undescribed = DeclareLaunchArgument('undescribed').description
    for argument in arguments.values():
        assert not argument.description.startswith(undescribed), argument.name


def test_defaults() -> None:
    defaults = {
        name: default_of(argument)
        for name, argument in arguments_of('pytorch_node.launch.py').items()}
    assert defaults == {
        'params_file': None, 'name': 'pytorch_node', 'namespace': '', 'log_level': 'info',
        'use_sim_time': ''}


def test_example_needs_no_argument() -> None:
    arguments = arguments_of('pd_controller.launch.py')
    assert default_of(arguments['name']) == 'pd_controller'
    assert default_of(arguments['params_file']) == share('config', 'pd_controller.yaml')
    assert Path(default_of(arguments['params_file'])).is_file()


class Launched:
    """A launch file running in the main thread, watched from a thread of its own."""

    def __init__(self, launch_file: str, arguments: Dict[str, str]) -> None:
        self.exit_codes: List[int] = []
        self._service = LaunchService(noninteractive=True)
        self._service.include_launch_description(LaunchDescription([
            RegisterEventHandler(OnProcessExit(on_exit=self._note_exit)),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(share('launch', launch_file)),
                launch_arguments=arguments.items()),
        ]))

    def _note_exit(self, event: Any, context: LaunchContext) -> None:
        self.exit_codes.append(event.returncode)

    def run_while(self, watch: Any) -> Any:
        """Run until watch returns, then shut down; return or raise what it did."""
        outcome: Dict[str, Any] = {}

        def call_watch() -> None:
            try:
                outcome['value'] = watch()
            except Exception as error:
                outcome['error'] = error
            finally:
                self._service.shutdown()

        watcher = Thread(target=call_watch)
        watcher.start()
        self._service.run(shutdown_when_idle=False)
        watcher.join()
        if 'error' in outcome:
            raise outcome['error']
        return outcome['value']


@pytest.fixture
def launch_peer(peer: Peer, domain: int, monkeypatch: pytest.MonkeyPatch) -> Peer:
    """Let the launched process share the domain of the peer."""
    monkeypatch.setenv('ROS_DOMAIN_ID', str(domain))
    return peer


def wait_until_active(peer: Peer, node_name: str) -> None:
    peer.wait_until(
        lambda: peer.call(GetState, f'{node_name}/get_state').current_state.label == 'active',
        f'{node_name} to be active')


def parameters(peer: Peer, node_name: str, *names: str) -> List[Any]:
    request = GetParameters.Request(names=names)
    values = peer.call(GetParameters, f'{node_name}/get_parameters', request).values
    return [parameter_value_to_python(value) for value in values]


def test_example_becomes_active_and_stops_cleanly(launch_peer: Peer) -> None:
    launched = Launched('pd_controller.launch.py', {})
    launched.run_while(lambda: wait_until_active(launch_peer, '/pd_controller'))
    assert launched.exit_codes == [0]


@pytest.mark.parametrize('arguments, in_file, expected', [
    ({'use_sim_time': 'true'}, '', True), ({}, 'use_sim_time: true', True),
    ({'use_sim_time': 'false'}, 'use_sim_time: true', False), ({}, '', False)])
def test_arguments_reach_the_node_and_override_its_file_only_when_given(
        arguments: Dict[str, str], in_file: str, expected: bool, launch_peer: Peer,
        tmp_path: Path) -> None:
    params_file = tmp_path / 'parameters.yaml'
    params_file.write_text(
        '/**:\n'
        '  ros__parameters:\n'
        '    model_path: $(find-pkg-share dg_pytorch_ros)/models/pd_controller.pt\n'
        f'    {in_file}\n',
        encoding='utf-8')
    launched = Launched('pytorch_node.launch.py', {
        'params_file': str(params_file), 'name': 'balance', 'namespace': 'robot',
        'log_level': 'warn', **arguments})

    def watch() -> List[Any]:
        wait_until_active(launch_peer, '/robot/balance')
        return parameters(launch_peer, '/robot/balance', 'model_path', 'use_sim_time')

    assert launched.run_while(watch) == [share('models', 'pd_controller.pt'), expected]
    assert launched.exit_codes == [0]
