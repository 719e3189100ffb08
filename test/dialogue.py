# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A node in this process that works off all messages, and what it answers them."""

from pathlib import Path
from typing import Any, Callable, Dict, List

from cookbook import parameters as flattened
import numpy as np
from peer import latched, Peer
import small_models
from std_msgs.msg import Float64MultiArray
import torch
import yaml

_QUEUED = {'reliability': 'reliable', 'depth': 50}
_KEPT = {'durability': 'transient_local', 'depth': 1000}


class Dialogue:
    """
    One node, and one message of it for each that it is asked with.

    `text` is what stands below `ros__parameters` in its file. Where it says nothing of a quality
    of service, subscriptions are reliable queues and publishers are latched: no message is lost.
    """

    def __init__(
        self, run_node: Callable[..., Any], peer: Peer, directory: Path,
        module: torch.nn.Module, text: str
    ) -> None:
        content = yaml.safe_load(text)
        for source in content.get('inputs', {}).values():
            for one in source.get('parts', {'': source}).values():
                if 'type' in one or 'topic' in one:
                    one.setdefault('qos', dict(_QUEUED))
        outputs = content.setdefault('outputs', {'output': {}})
        for output in outputs.values():
            output.setdefault('qos', dict(_KEPT))
        self.peer = peer
        self.running = run_node(
            model_path=small_models.save(module, directory), **flattened(content))
        assert self.running.started
        self._heard: Dict[str, List[Any]] = {}

    def listen(self, topic: str = 'output', kind: Any = Float64MultiArray) -> List[Any]:
        """Return the list of what was published since the beginning, and goes on to be."""
        if topic not in self._heard:
            self._heard[topic] = self.peer.listen(topic, kind, latched(1000))
        return self._heard[topic]

    def tell(self, **messages: Any) -> None:
        """Publish a message on each topic."""
        for topic, message in messages.items():
            self.peer.publisher(topic, type(message)).publish(message)

    def ask(self, topic: str = 'output', kind: Any = Float64MultiArray, **messages: Any) -> Any:
        """Publish a message on each topic; return the one that comes of them."""
        heard = self.listen(topic, kind)
        count = len(heard)
        self.tell(**messages)
        self.peer.wait_until(lambda: len(heard) > count, 'an answer')
        assert len(heard) == count + 1
        return heard[-1]

    def wait_for_count(self, counter: Callable[[Any], int], count: int) -> None:
        """Wait until the node has counted so many."""
        self.peer.wait_until(
            lambda: counter(self.running.counters) >= count,
            lambda: f'{count}; counted: {self.running.counters}')
        assert counter(self.running.counters) == count


def numbers(message: Any) -> Any:
    """Return what a MultiArray holds, in the shape that its layout says."""
    return np.array(message.data).reshape([one.size for one in message.layout.dim])


def assert_answers(message: Any, module: torch.nn.Module, *arguments: Any) -> None:
    """Assert that a MultiArray holds what a module gives for these arrays."""
    with torch.inference_mode():
        wanted = module(*map(torch.from_numpy, arguments)).numpy()
    assert numbers(message).shape == wanted.shape
    assert numbers(message).tolist() == wanted.tolist()


def type_name(kind: Any) -> str:
    """Return how a file names a message class."""
    return f'{kind.__module__.partition(".")[0]}/msg/{kind.__name__}'
