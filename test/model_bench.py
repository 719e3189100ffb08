# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One node process that runs one module after the other, as a start for each takes too long."""

from pathlib import Path
from time import monotonic
from typing import Any, Dict, List

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from fault_rig import ERROR, FaultRig, Heard, WARN
from lifecycle_msgs.srv import ChangeState, GetState
from peer import latched
import small_models
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger
import torch

_FIRST = 101
_PATIENCE_S = 0.2


class ModelBench:
    """
    The node works off a queue of messages [number, value], so that what it publishes is exact.

    What is heard, logged and diagnosed counts from the last `run`, which configures the node anew.
    """

    def __init__(self, rig: FaultRig, directory: Path, **values: Any) -> None:
        self._rig = rig
        self.peer = rig.peer
        self._directory = directory
        self._message_type = values.pop('message_type', Float64MultiArray)
        self._topics = values.get('output_names', ['output'])
        self.node = rig.start(str(directory / 'model.pt'), autostart='false', **values)
        self._messages: Dict[str, List[Any]] = {}
        self._begin: Dict[str, int] = {}
        self._statuses: List[DiagnosticArray] = []
        self._status_begin = 0
        self._log_begin = 0
        self._number = 0
        self._configured = 0

    def run(self, module: torch.nn.Module) -> None:
        """Have the node run a module that remembers nothing yet, and knows its shapes."""
        self.begin(module)
        self.get_through()
        assert self.peer.call(Trigger, '/node/reset').success
        self._count_from_now()

    def begin(self, module: torch.nn.Module) -> None:
        """Have the node run a module that has seen nothing."""
        if not self._statuses:
            self._statuses = self.peer.listen('/diagnostics', DiagnosticArray)
        small_models.save(module, self._directory)
        self._leave()
        self._log_begin = len(self.node.output)
        assert self.change_state('configure'), self.log
        for topic in self._topics:
            if topic not in self._messages:
                self._messages[topic] = self.peer.listen(
                    topic, self._message_type, latched(1000))
        self._configured = len(self._messages['output'])
        assert self.change_state('activate'), self.log
        self._count_from_now()

    def get_through(self) -> None:
        """Wait until the node hears what is sent and publishes it as it came."""
        last = [0.0, 0.0]

        def is_heard() -> bool:
            return self._last('output') == last

        def send_and_wait() -> bool:
            if is_heard():
                return True
            if self.peer.node.count_subscribers('x'):
                self._number += 1
                last[0] = float(self._number)
                self.peer.send(x=last)
                self._wait_a_little(is_heard)
            return is_heard()
        self.peer.wait_until(send_and_wait, lambda: f'{last}; heard {self._last("output")}')
        self._number = _FIRST - 1

    def output(self, topic: str = 'output') -> List[List[float]]:
        """Return what was published since the module has run."""
        return list(Heard(self._messages[topic][self._begin[topic]:]))

    def feed(self, *values: float) -> List[List[float]]:
        """Send a message for each value; return the messages."""
        messages = []
        for value in values:
            self._number += 1
            messages.append([float(self._number), value])
            self.peer.send(x=messages[-1])
        return messages

    def wait_for_output(self, *outputs: List[float], topic: str = 'output') -> None:
        """Wait until as much was published since the module has run; it must be this."""
        self.peer.wait_until(
            lambda: len(self.output(topic)) >= len(outputs),
            lambda: f'{outputs}; heard {self.output(topic)}')
        assert self.output(topic) == list(outputs)

    @property
    def log(self) -> str:
        """What the node has said since it was configured."""
        return self.node.output[self._log_begin:]

    def error_lines(self) -> List[str]:
        """Return what the node has said about errors since it was configured."""
        return [line for line in self.log.splitlines() if '[ERROR]' in line]

    def statuses(self) -> List[DiagnosticStatus]:
        """Return what was diagnosed since the module has run."""
        return [array.status[0] for array in self._statuses[self._status_begin:]]

    def values(self) -> Dict[str, str]:
        """Return the newest values that were diagnosed."""
        status = self.statuses()[-1] if self.statuses() else None
        return {item.key: item.value for item in status.values} if status else {}

    def guards(self) -> Dict[str, int]:
        """Return what the node counts of refusals and limits."""
        title = 'guard: '
        return {
            key[len(title):]: int(value)
            for key, value in self.values().items() if key.startswith(title)}

    def expect(self, level: bytes, text: str, **guards: int) -> None:
        """Wait for these counts and no others, and a status of a level that holds a text."""
        named = {name.replace('_', ' '): count for name, count in guards.items()}

        def found() -> bool:
            return self.guards() == named and any(
                status.level == level and text in status.message for status in self.statuses())
        self.peer.wait_until(
            found, lambda: f'{level!r} {text!r} {named}; diagnosed: {self.guards()}, '
            f'{[(status.level, status.message) for status in self.statuses()]}')

    def expect_nothing(self) -> None:
        """Wait until all evaluations are diagnosed; no one of them must have been refused."""
        count = len(self._messages['output']) - self._configured
        self.peer.wait_until(
            lambda: int(self.values().get('evaluations', -1)) >= count,
            lambda: f'{count} evaluations; diagnosed: {self.values()}')
        assert self.guards() == {}
        assert not {status.level for status in self.statuses()} & {WARN, ERROR}
        assert self.values()['last_error'] == 'none'
        assert self.error_lines() == []

    def state(self) -> str:
        """Return the label of the node's state."""
        return str(self.peer.call(GetState, '/node/get_state').current_state.label)

    def change_state(self, label: str) -> bool:
        """Ask for a transition; return whether it was made."""
        request = ChangeState.Request()
        request.transition.label = label
        return bool(self.peer.call(ChangeState, '/node/change_state', request).success)

    def _count_from_now(self) -> None:
        self._begin = {topic: len(heard) for topic, heard in self._messages.items()}
        self._status_begin = len(self._statuses)

    def _leave(self) -> None:
        for state, label in (('active', 'deactivate'), ('inactive', 'cleanup')):
            if self.state() == state:
                assert self.change_state(label), self.log

    def _last(self, topic: str) -> List[float]:
        messages = self._messages[topic]
        return list(messages[-1].data) if messages else []

    def _wait_a_little(self, condition: Any) -> None:
        end_s = monotonic() + _PATIENCE_S
        self.peer.wait_until(lambda: condition() or monotonic() > end_s)
