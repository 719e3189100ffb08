# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The node as a process: started with ROS arguments, served until told to stop, left in order."""

from collections import deque
from concurrent.futures import Future as StopRequest
import os
import sys
from time import monotonic
from typing import Callable, Deque, List

from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.node import PytorchNode
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from rclpy.utilities import remove_ros_args

_MOST_FAILURES_A_SECOND = 10
# So long a service call may hold up the evaluation; 5 ms, the default, are five ticks of 1 kHz.
_SWITCH_INTERVAL_S = 1e-4


def run(
    arguments: List[str], stop: 'StopRequest[None]', *,
    before_exit: Callable[[], None] = lambda: None
) -> int:
    """
    Run a node until `stop` has a result; return the exit code.

    A module that never returns has the process end at once, after `before_exit`.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    try:
        _refuse_strangers(arguments)
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
        node = PytorchNode(owns_process=True)
    except Exception as error:  # whatever ROS objects to, in one line
        print(f'pytorch_node: {" ".join(str(error).split())}', file=sys.stderr)
        rclpy.try_shutdown()
        return 2
    # At once, whatever keeps the executor busy.
    stop.add_done_callback(lambda request: node.fall_back_for_good())
    code = 1
    try:
        if not node.autostarts or node.autostart(is_stopped=stop.done):
            code = _serve(node, stop)
    finally:
        node.leave()
        node.destroy_node()
        rclpy.try_shutdown()
        if node.has_left_thread:
            # An orderly end of Python would abort within the module.
            before_exit()
            os._exit(code)
    return code


def _refuse_strangers(arguments: List[str]) -> None:
    strangers = remove_ros_args(arguments)
    if strangers:
        raise ConfigError(
            f'{" ".join(strangers)} stands outside of --ros-args; for example: '
            'pytorch_node --ros-args --params-file FILE')


def _serve(node: PytorchNode, stop: 'StopRequest[None]') -> int:
    """Serve callbacks until told to stop; one that fails is reported and survived."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    end = Future()
    stop.add_done_callback(lambda request: end.set_result(None))
    failures: Deque[float] = deque(maxlen=_MOST_FAILURES_A_SECOND)
    while len(failures) < _MOST_FAILURES_A_SECOND or failures[-1] - failures[0] > 1.0:
        try:
            executor.spin_until_future_complete(end)
            return 0
        except ExternalShutdownException:
            return 0
        except Exception as error:  # rclpy passes on what a callback raised
            failures.append(monotonic())
            node.get_logger().error(f'a callback failed: {error!r}')
    node.get_logger().error('callbacks fail again and again; the node ends')
    return 1
