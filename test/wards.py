# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Nodes that are started once for many tests, each in a namespace; every test configures anew."""

from pathlib import Path
from time import monotonic
from typing import Any, Callable, Dict, Iterator, List, NamedTuple

from diagnostic_msgs.msg import DiagnosticStatus
from fault_rig import FaultRig, Heard
from lifecycle_msgs.srv import ChangeState, GetState
from node_process import NodeProcess, parameters
from peer import Peer
import pytest
import small_models

_ANSWER_S = 0.3
_STATES = {
    'configure': 'inactive', 'activate': 'active', 'deactivate': 'inactive',
    'cleanup': 'unconfigured'}


class Plan(NamedTuple):
    """A module, and the parameters of the node that runs it."""

    module: Callable[[], Any]
    parameters: Dict[str, Any]


class Ward(FaultRig):
    """One of the nodes: unconfigured before and after each test, so that it counts from 0."""

    def __init__(
        self, name: str, node: NodeProcess, peer: Peer, domain: int, directory: Path
    ) -> None:
        super().__init__(peer, domain, directory, prefix=f'/{name}/')
        self._node = node
        self._written = len(node.output)
        self._clients: Dict[str, Any] = {}

    @property
    def log(self) -> str:
        """What the node has written during this test."""
        return self._node.output[self._written:]

    def begin(self, *topics: str) -> Heard:
        """
        Configure, listen to the output, and activate; return what will be heard.

        On these topics, somebody must publish before.
        """
        assert self.change_state('configure'), self.log
        self.status()  # listen
        heard = Heard(self.peer.listen(f'{self.prefix}output'))
        for topic in topics:
            self.peer.wait_until(
                lambda: self.peer.node.count_publishers(f'{self.prefix}{topic}'), topic)
        assert self.change_state('activate'), self.log
        return heard

    def change_state(self, label: str) -> bool:
        """Ask for a transition; return whether it brought the node where it should."""
        client = self._client(ChangeState, 'change_state')
        request = ChangeState.Request()
        request.transition.label = label
        before = self.state()
        answer = client.call_async(request)
        # The answer may get lost; the state tells as well.
        self.peer.wait_until(
            lambda: answer.done() or self.state() != before, f'{label} of {self.prefix}node')
        return self.state() == _STATES[label]

    def state(self) -> str:
        """Ask for the state, again and again until there is an answer."""
        client = self._client(GetState, 'get_state')
        answers: List[Any] = []
        asked_s = -_ANSWER_S

        def answer() -> Any:
            nonlocal asked_s
            if monotonic() > asked_s + _ANSWER_S:
                answers.append(client.call_async(GetState.Request()))
                asked_s = monotonic()
            return next((future for future in answers if future.done()), None)
        response = self.peer.wait_until(answer, f'the state of {self.prefix}node').result()
        return str(response.current_state.label)

    def statuses(self) -> List[DiagnosticStatus]:
        """Return all that the node has said on /diagnostics in this test."""
        self.status()
        name = f'{self.prefix}node'.lstrip('/')
        return [
            item for array in self._statuses or () for item in array.status if item.name == name]

    def wait_for_new_status(self, level: bytes, text: str = '') -> DiagnosticStatus:
        """Wait for a status that comes from now on; see wait_for_status."""
        known = len(self.statuses())
        return self.peer.wait_until(
            lambda: self._find(self.statuses()[known:], level, text),
            lambda: f'a new status of level {level!r} with {text!r}; last: {self.status()}')

    def wait_for_any_status(self, level: bytes, text: str = '') -> DiagnosticStatus:
        """Wait for a status unless it has come in this test; see wait_for_status."""
        return self.peer.wait_until(
            lambda: self._find(self.statuses(), level, text),
            lambda: f'any status of level {level!r} with {text!r}; last: {self.status()}')

    def wait_for_log(self, text: str) -> None:
        """Wait for a line in the log, which says a thing again only after a while."""
        self.peer.wait_until(lambda: text in self.log, lambda: f'{text!r} in {self.log}')

    def close(self) -> None:
        """End the senders, and leave the node unconfigured."""
        super().close()
        if self.state() == 'active':
            assert self.change_state('deactivate')
        if self.state() == 'inactive':
            assert self.change_state('cleanup')

    def _client(self, kind: Any, service: str) -> Any:
        if service not in self._clients:
            client = self.peer.node.create_client(kind, f'{self.prefix}node/{service}')
            self.peer.wait_until(
                client.service_is_ready,
                lambda: f'{self.prefix}node/{service}; '
                f'ended: {self._node.has_ended}; log: {self._node.output}')
            self._clients[service] = client
        return self._clients[service]

    @staticmethod
    def _find(statuses: List[DiagnosticStatus], level: bytes, text: str) -> Any:
        return next((
            status for status in statuses if status.level == level and text in status.message),
            None)


def start_nodes(
    request: pytest.FixtureRequest, domain: int, directory: Path
) -> Iterator[Dict[str, NodeProcess]]:
    """Start the nodes that the collected tests of a module ask for, all at the same time."""
    asked = {
        item.callspec.params['ward'] for item in request.session.items
        if item.module is request.module}
    nodes = {}
    for name in sorted(asked):
        module, values = request.module.PLANS[name]
        path = small_models.save(module(), directory, f'{name}.pt')
        nodes[name] = NodeProcess(
            directory / f'{name}.log', domain, '-r', f'__ns:=/{name}',
            *parameters(model_path=path, autostart='false', **values))
    yield nodes
    for node in nodes.values():
        node.close()


def runs_on(*names: str) -> Any:
    """Have a test run on one node after the other."""
    return pytest.mark.parametrize('ward', names, indirect=True)
