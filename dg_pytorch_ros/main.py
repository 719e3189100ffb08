# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The executable `pytorch_node`."""

from concurrent.futures import Future
import sys
from typing import List, Optional

from dg_pytorch_ros.log_pipe import unblocked_output
from dg_pytorch_ros.stop_signals import on_stop_signal

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


def main(args: Optional[List[str]] = None) -> int:
    """Run the node until it is told to stop; return the exit code."""
    arguments = sys.argv[1:] if args is None else args
    if {'-h', '--help'} & set(arguments):
        print(USAGE, end='')
        return 0
    stop: 'Future[None]' = Future()
    on_stop_signal(lambda: stop.set_result(None))
    # Only now: what this imports starts threads, and they must inherit the blocked signals.
    from dg_pytorch_ros.process import run
    with unblocked_output() as empty_log:
        return run(arguments, stop, before_exit=empty_log)


if __name__ == '__main__':
    sys.exit(main())
