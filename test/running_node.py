# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A node under test in this process, with an executor of its own."""

from threading import Thread
from typing import Any, Dict, Optional

from dg_pytorch_ros.node import PytorchNode
from lifecycle_msgs.srv import ChangeState, GetState
from peer import Peer
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.task import Future


class RunningNode:
    """A `PytorchNode` named `node`, served by a thread."""

    def __init__(self, context: Context, peer: Peer, parameters: Dict[str, Any]) -> None:
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        self.node = PytorchNode('node', context=context, parameter_overrides=overrides)
        self._peer = peer
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self.node)
        self._end = Future()
        self.started: Optional[bool] = None
        if self.node.autostarts:
            self.started = self.node.autostart(is_stopped=lambda: False)
        self._thread = Thread(
            target=self._executor.spin_until_future_complete, args=(self._end,), daemon=True)
        self._thread.start()

    @property
    def counters(self) -> Any:
        """What the node has counted."""
        assert self.node.deployment is not None
        return self.node.deployment.counters

    def close(self) -> None:
        """End the node as the executable does."""
        self._end.set_result(None)
        self._thread.join()
        self.node.leave()
        self.node.destroy_node()

    def change_state(self, label: str = '', *, number: int = 0) -> bool:
        """Ask for a transition over its service, by label or by number."""
        request = ChangeState.Request()
        request.transition.label = label
        request.transition.id = number
        return bool(self._peer.call(ChangeState, '/node/change_state', request).success)

    def state(self) -> str:
        """Ask for the state over its service."""
        return str(self._peer.call(GetState, '/node/get_state').current_state.label)
