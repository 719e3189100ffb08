# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
A client: sends an observation to one contestant, waits for its action, then asks the next.

The contestants run side by side, and are asked in turn, a block of messages each, in an order that
rotates: whatever disturbs the machine disturbs all of them. The module itself is a contestant,
called here, in inference mode on one thread.
"""

import json
from pathlib import Path
import struct
import sys
from time import monotonic, perf_counter_ns, sleep
from typing import Any, Dict, List, Optional, Union
import warnings

from benchmark.models import SEED
from benchmark.wire import ANSWER, close_node, Ear, EVERY, NEWEST, open_node
import numpy as np
from rclpy.node import Node
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Float32MultiArray, Float64
import torch

REQUESTS = 16
_TIMEOUT_NS = 1_000_000_000
_FIRST_TIMEOUT_NS = 200_000_000
_TOLERANCE = 1e-4
_MOST_LOST_IN_A_ROW = 10
_FLOAT64_BEHIND_HEADER = struct.Struct('<4xd')


class Contestant:
    """A node that answers observations, seen from outside."""

    def __init__(self, node: Node, name: str, requests: List[bytes]) -> None:
        self.name = name
        self.lost = 0
        self.round_trips_us: List[float] = []
        self._requests = requests
        self._observation = node.create_publisher(
            Float32MultiArray, f'/{name}/observation', NEWEST)
        self._action = Ear(node, Float32MultiArray, f'/{name}/action', ANSWER)

    def wait_until_ready(self, end_s: float) -> None:
        """Ask until an answer comes."""
        while self.ask(0, _FIRST_TIMEOUT_NS) is None:
            if monotonic() > end_s:
                raise SystemExit(f'{self.name} has answered nothing')

    def ask(self, index: int, timeout_ns: int = _TIMEOUT_NS) -> Optional[bytes]:
        """Send a request; return the answer."""
        self._action.clear()
        return self._ask(index, timeout_ns)

    def call(self, index: int) -> None:
        """Measure one round trip."""
        self._action.clear()
        begin_ns = perf_counter_ns()
        answer = self._ask(index, _TIMEOUT_NS)
        end_ns = perf_counter_ns()
        if answer is None:
            self.lost += 1
            if self.lost > max(_MOST_LOST_IN_A_ROW, len(self.round_trips_us)):
                raise SystemExit(f'{self.name} has left {self.lost} requests without an answer')
        else:
            self.round_trips_us.append(1e-3 * (end_ns - begin_ns))

    def _ask(self, index: int, timeout_ns: int) -> Optional[bytes]:
        self._observation.publish(self._requests[index % REQUESTS])
        return self._action.wait(timeout_ns)


class Module:
    """The module itself, without a node around it."""

    def __init__(self, path: str, observations: List[torch.Tensor]) -> None:
        torch.set_num_threads(1)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', DeprecationWarning)
            self._module = torch.jit.load(path).eval()
        self._observations = observations
        self.lost = 0
        self.name = 'module'
        self.round_trips_us: List[float] = []

    def evaluate(self, index: int) -> torch.Tensor:
        """Return the action for an observation."""
        action: torch.Tensor = self._module(self._observations[index % REQUESTS])
        return action

    def call(self, index: int) -> None:
        """Measure one evaluation."""
        begin_ns = perf_counter_ns()
        self.evaluate(index)
        self.round_trips_us.append(1e-3 * (perf_counter_ns() - begin_ns))

    def in_a_tight_loop(self, count: int) -> List[float]:
        """Measure evaluations without a pause between them."""
        before, self.round_trips_us = self.round_trips_us, []
        for index in range(count):
            self.call(index)
        tight_us, self.round_trips_us = self.round_trips_us, before
        return tight_us


class Client:
    """Asks the contestants in turn."""

    def __init__(self, settings: Dict[str, Any]) -> None:
        self._settings = settings
        random = np.random.default_rng(SEED)
        shape = settings['shape']
        observations = random.standard_normal((REQUESTS, *shape)).astype(np.float32)
        requests = [
            serialize_message(Float32MultiArray(data=one.ravel().tolist()))
            for one in observations]
        self._node = open_node('client')
        self._contestants = [
            Contestant(self._node, name, requests) for name in settings['contestants']]
        self._module = Module(settings['model'], list(torch.from_numpy(observations)))
        self._durations = [
            Ear(self._node, Float64, topic, EVERY) for topic in settings['durations']]
        self._durations_ms: List[float] = []

    def run(self) -> Dict[str, Any]:
        """Wait until all are there, check their answers, and measure."""
        end_s = monotonic() + self._settings['patience_s']
        for contestant in self._contestants:
            contestant.wait_until_ready(end_s)
        if self._settings['is_stateless']:
            self._check_answers()
        rounds = {}
        durations_ms: List[List[float]] = []
        try:
            for pace in self._settings['paces']:
                rounds[pace['name']] = self._take_turns(pace)
                durations_ms.append(self._durations_ms)
        except KeyboardInterrupt:
            pass  # what was measured so far counts
        settling = self._settings['settling']
        return {
            'round_trips_us': rounds,
            'lost': {runner.name: runner.lost for runner in self._runners()},
            'module_tight_us': self._module.in_a_tight_loop(500)[settling:],
            # Of one pace: a module takes longer after a pause.
            'durations_ms': (durations_ms or [self._durations_ms])[0][settling:]}

    def close(self) -> None:
        """Leave the graph."""
        close_node(self._node)

    def _runners(self) -> List[Union[Contestant, Module]]:
        return [*self._contestants, self._module]

    def _take_turns(self, pace: Dict[str, Any]) -> Dict[str, List[float]]:
        """Ask everybody so many times; with a pause of 0 as soon as the last answer is there."""
        runners = self._runners()
        for runner in runners:
            runner.round_trips_us = []
        self._durations_ms = []
        next_s = monotonic()
        for begin in range(0, self._settings['settling'] + pace['count'], pace['block']):
            first = begin // pace['block'] % len(runners)
            for runner in [*runners[first:], *runners[:first]]:
                for index in range(begin, begin + pace['block']):
                    if pace['pause_s']:
                        next_s = max(next_s + pace['pause_s'], monotonic())
                        sleep(max(0.0, next_s - monotonic()))
                    runner.call(index)
                    self._note_durations()
        return {
            runner.name: runner.round_trips_us[self._settings['settling']:]
            for runner in runners}

    def _note_durations(self) -> None:
        for ear in self._durations:
            for content, _ in iter(ear.take, None):
                self._durations_ms += _FLOAT64_BEHIND_HEADER.unpack(content)

    def _check_answers(self) -> None:
        for contestant in self._contestants:
            if contestant.name != 'floor':
                for index in range(REQUESTS):
                    self._check_answer(contestant, index)

    def _check_answer(self, contestant: Contestant, index: int) -> None:
        answer = contestant.ask(index)
        if answer is None:
            return  # lost messages are counted later on
        action = np.asarray(deserialize_message(answer, Float32MultiArray).data)
        with torch.inference_mode():
            expected = self._module.evaluate(index).numpy().ravel()
        if action.shape != expected.shape or not np.allclose(
                action, expected, _TOLERANCE, _TOLERANCE):
            raise SystemExit(f'{contestant.name} answers {action}, the module {expected}')


def main() -> None:
    """Measure as the file says that is named on the command line."""
    settings: Dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    client = Client(settings)
    with torch.inference_mode():
        result = client.run()
    Path(settings['result']).write_text(json.dumps(result))
    client.close()


if __name__ == '__main__':
    main()
