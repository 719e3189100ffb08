# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The executable `pytorch_node`."""

from collections import deque
import sys
from time import monotonic
from typing import Deque, List, Optional

from dg_pytorch_ros.stop_signals import on_stop_signal
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

USAGE = """\
usage: pytorch_node [--ros-args -r __node:=NAME --params-file FILE -p NAME:=VALUE ...]

Runs a TorchScript module as a ROS 2 node: a subscription for each input, a publisher for each
output, evaluated on a timer or when messages arrive.

examples:
  pytorch_node --ros-args -p model_path:=policy.pt
  pytorch_node --ros-args -r __node:=pd --params-file pd_controller.yaml
  ros2 run dg_pytorch_ros pytorch_node --ros-args --params-file pd_controller.yaml
  ros2 launch dg_pytorch_ros pytorch_node.launch.py params_file:=pd_controller.yaml

All parameters, with their meaning: ros2 param describe /pytorch_node PARAMETER
"""

_MOST_FAILURES_A_SECOND = 10


def main(args: Optional[List[str]] = None) -> int:
    """Run the node until it is told to stop; return the exit code."""
    arguments = sys.argv[1:] if args is None else args
    if {'-h', '--help'} & set(arguments):
        print(USAGE, end='')
        return 0
    stop = Future()
    on_stop_signal(lambda: stop.set_result(None))
    try:
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
        # Only now, so that help and refused arguments do not wait for torch.
        from dg_pytorch_ros.node import PytorchNode
        node = PytorchNode()
    except Exception as error:  # whatever ROS objects to, in one line
        print(f'pytorch_node: {_one_line(error)}', file=sys.stderr)
        rclpy.try_shutdown()
        return 2
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        if node.autostarts and not node.autostart():
            return 1
        return _spin(executor, node, stop)
    finally:
        node.leave()
        node.destroy_node()
        rclpy.try_shutdown()


def _spin(executor: SingleThreadedExecutor, node: 'rclpy.node.Node', stop: Future) -> int:
    """Serve callbacks until told to stop; one that fails is reported and survived."""
    failures: Deque[float] = deque(maxlen=_MOST_FAILURES_A_SECOND)
    while len(failures) < _MOST_FAILURES_A_SECOND or failures[-1] - failures[0] > 1.0:
        try:
            executor.spin_until_future_complete(stop)
            return 0
        except ExternalShutdownException:
            return 0
        except Exception as error:
            failures.append(monotonic())
            node.get_logger().error(f'a callback failed: {error!r}')
    node.get_logger().error('callbacks fail again and again; the node ends')
    return 1


def _one_line(error: Exception) -> str:
    return ' '.join(str(error).split())


if __name__ == '__main__':
    sys.exit(main())
