# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The launch files, read and run by the real launch and launch_ros."""

from pathlib import Path
from threading import Thread
import time
from typing import Any, Dict, Iterator, List

from ament_index_python.packages import get_package_share_directory
from lifecycle_msgs.srv import GetState
import pytest
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

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

PATIENCE_S = 40.0
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
        'use_sim_time': 'false'}


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
def observer(
        domain: int, context: Context, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """Return a node that shares a domain with the launched process and with nobody else."""
    monkeypatch.setenv('ROS_DOMAIN_ID', str(domain))
    node = Node('observer', context=context)
    yield node
    node.destroy_node()


def call(observer: Node, service_type: Any, service: str, request: Any) -> Any:
    client = observer.create_client(service_type, service)
    executor = SingleThreadedExecutor(context=observer.context)
    executor.add_node(observer)
    try:
        assert client.wait_for_service(timeout_sec=PATIENCE_S), f'no service {service}'
        future = client.call_async(request)
        executor.spin_until_future_complete(future, timeout_sec=PATIENCE_S)
        assert future.done(), f'no answer from {service}'
        return future.result()
    finally:
        executor.remove_node(observer)
        observer.destroy_client(client)


def wait_until_active(observer: Node, node_name: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    state = 'unknown'
    while state != 'active':
        assert time.monotonic() < deadline, f'{node_name} is {state}'
        state = call(
            observer, GetState, f'{node_name}/get_state',
            GetState.Request()).current_state.label
        time.sleep(0.1)


def parameters(observer: Node, node_name: str, *names: str) -> List[Any]:
    request = GetParameters.Request(names=names)
    values = call(observer, GetParameters, f'{node_name}/get_parameters', request).values
    return [rclpy.parameter.parameter_value_to_python(value) for value in values]


def test_example_becomes_active_and_stops_cleanly(observer: Node) -> None:
    launched = Launched('pd_controller.launch.py', {})
    launched.run_while(lambda: wait_until_active(observer, '/pd_controller'))
    assert launched.exit_codes == [0]


def test_arguments_reach_the_node(observer: Node, tmp_path: Path) -> None:
    params_file = tmp_path / 'parameters.yaml'
    params_file.write_text(
        '/**:\n'
        '  ros__parameters:\n'
        '    model_path: $(find-pkg-share dg_pytorch_ros)/models/pd_controller.pt\n',
        encoding='utf-8')
    launched = Launched('pytorch_node.launch.py', {
        'params_file': str(params_file), 'name': 'balance', 'namespace': 'robot',
        'use_sim_time': 'true', 'log_level': 'warn'})

    def watch() -> List[Any]:
        wait_until_active(observer, '/robot/balance')
        return parameters(observer, '/robot/balance', 'model_path', 'use_sim_time')

    assert launched.run_while(watch) == [share('models', 'pd_controller.pt'), True]
    assert launched.exit_codes == [0]
