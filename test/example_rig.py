# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The installed node with the file of an example, and the example's module to compare it with."""

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional

from ament_index_python.packages import get_package_share_directory
from lifecycle_msgs.srv import GetState
from node_process import NodeProcess, parameters
from peer import Peer
import torch

# An age that no hiccup of the machine brings about.
LONG_MS = 100_000.0


def share(*parts: str) -> str:
    """Return the path of an installed file."""
    return str(Path(get_package_share_directory('dg_pytorch_ros'), *parts))


class Module:
    """The module of an example, called in the mode and on the threads in which a node calls it."""

    def __init__(self, name: str) -> None:
        self._module = torch.jit.load(share('models', f'{name}.pt'))

    def __call__(self, *arguments: torch.Tensor) -> Any:
        """Evaluate once."""
        with _as_in_a_node():
            return self._module(*arguments)

    def reset_memory(self) -> None:
        """Call what the module exports for that."""
        with _as_in_a_node():
            self._module.reset_memory()


@contextmanager
def _as_in_a_node() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(threads)


# The module at once, and not little by little.
AT_ONCE = {'fade_in_s': 0.0, 'outputs__action__fade_in_from': "''"}


def on_messages(source: str, parts: Iterable[str]) -> Dict[str, Any]:
    """
    Return parameters of a policy with which a message on each topic brings one action.

    `source` is the input whose parts are given. No message gets lost, nothing grows too old.
    """
    prefixes = [f'inputs__{source}__parts__{part}' for part in parts]
    return {
        'trigger': 'message', **AT_ONCE,
        **{f'{prefix}__qos__reliability': 'reliable' for prefix in prefixes},
        **{f'{prefix}__max_age_ms': LONG_MS for prefix in prefixes}}


class ExampleRig:
    """The node is called `node`; it runs with a file of `config/`."""

    def __init__(self, peer: Peer, domain: int, directory: Path) -> None:
        self.peer = peer
        self._log = directory / 'node.log'
        self._domain = domain
        self._node: Optional[NodeProcess] = None

    def start(self, example: str, **values: Any) -> None:
        """Start the node; `values` go before those of the file."""
        self._node = NodeProcess(
            self._log, self._domain, '--params-file', share('config', f'{example}.yaml'),
            *parameters(**values))

    def listen(self, topic: str, kind: Any) -> List[Any]:
        """Wait until messages count; return a list that fills with what is published."""
        assert self._node is not None
        node = self._node
        self.peer.wait_until(
            lambda: node.has_ended or '[node]: configured' in self.output, 'the configuration')
        assert not node.has_ended, self.output
        # First this: a node that does not know the peer yet may answer it in vain.
        heard = self.peer.listen(topic, kind)
        self.peer.wait_until(
            lambda: self._state() == 'active', lambda: f'the node to be active: {self.output}')
        return heard

    def _state(self) -> str:
        return str(self.peer.call(GetState, '/node/get_state').current_state.label)

    @property
    def output(self) -> str:
        """What the node has written until now."""
        return self._log.read_text() if self._log.exists() else ''

    def send_one_of_each(self, heard: List[Any], **messages: Any) -> Any:
        """Publish a message on each topic; return the one that comes of them."""
        count = len(heard)
        for topic, message in messages.items():
            self.peer.publisher(topic.replace('__', '/'), type(message)).publish(message)
        self.peer.wait_until(lambda: len(heard) > count, lambda: f'an output: {self.output}')
        assert len(heard) == count + 1
        return heard[-1]

    def close(self) -> None:
        """End the node."""
        if self._node is not None:
            self._node.close()
