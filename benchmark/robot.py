# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
A robot: publishes sensor values at a rate, and notes when the outputs were published.

It is a process of its own, light enough to stand beside what is measured: it sends bytes that
were prepared beforehand, and takes bytes without decoding them.
"""

from array import array
import ctypes
import gc
import json
import os
from pathlib import Path
import struct
import sys
from time import monotonic_ns, sleep, time_ns
from typing import Any, Dict, List

from benchmark.usage import cpu_seconds, memory_mib
from benchmark.wire import close_node, Ear, EVERY, NEWEST, open_node
from rclpy.serialization import serialize_message
from std_msgs import msg as std_msgs
from std_msgs.msg import Float64

_SECOND_NS = 1_000_000_000
# Sensors are on time: what the system delays for a moment is sent at once, bursts included.
_MOST_DELAY_NS = 20_000_000
_LAST_OUTPUTS_S = 0.3
_FLOAT64_BEHIND_HEADER = struct.Struct('<4xd')
_PR_SET_TIMERSLACK = 29


class Deadlines:
    """Absolute deadlines at a rate."""

    def __init__(self, rate_hz: float) -> None:
        self._period_ns = _SECOND_NS / rate_hz
        self.start()

    def start(self) -> None:
        """Begin anew, from now."""
        self._start_ns = monotonic_ns()
        self._index = 0

    def wait(self) -> None:
        """Sleep until the next deadline, if it is not there yet."""
        self._index += 1
        deadline_ns = self._start_ns + round(self._index * self._period_ns)
        ahead_ns = deadline_ns - monotonic_ns()
        if ahead_ns > 0:
            sleep(1e-9 * ahead_ns)
        elif ahead_ns < -_MOST_DELAY_NS:
            self._index += int(-ahead_ns // self._period_ns)


class Robot:
    """Sensors and ears of the nodes that are measured."""

    def __init__(self, settings: Dict[str, Any]) -> None:
        self._node = open_node('robot')
        kind = getattr(std_msgs, settings['type'])
        self._deadlines = Deadlines(settings['rate_hz'])
        self._sensors = [
            (self._node.create_publisher(kind, topic, NEWEST),
             serialize_message(kind(data=array(kind().data.typecode, [0.1] * size))))
            for topic, size in settings['inputs']]
        self._outputs = [Ear(self._node, kind, topic, EVERY) for topic in settings['outputs']]
        self._durations = [
            Ear(self._node, Float64, topic, EVERY) for topic in settings['durations']]
        self._stamps_ns: List[List[int]] = [[] for _ in self._outputs]
        self._durations_ms: List[float] = []
        self._settings = settings
        self._ticks = 0
        self._result: Dict[str, Any] = {}

    def run(self) -> Dict[str, Any]:
        """Wait for outputs of all nodes, let them settle, and measure."""
        self._run_until_all_answer(self._settings['patience_s'])
        self._run(self._settings['settle_s'])
        try:
            self._measure(self._settings['measure_s'])
        except KeyboardInterrupt:
            pass  # what was measured so far counts
        return {
            **self._result, 'stamps_ns': self._stamps_ns, 'durations_ms': self._durations_ms}

    def close(self) -> None:
        """Leave the graph."""
        close_node(self._node)

    def _run_until_all_answer(self, patience_s: float) -> None:
        end_ns = monotonic_ns() + int(patience_s * _SECOND_NS)
        print('publishing', flush=True)
        while not all(self._stamps_ns):
            if monotonic_ns() > end_ns:
                silent = [
                    topic for topic, stamps_ns in zip(self._settings['outputs'], self._stamps_ns)
                    if not stamps_ns]
                raise SystemExit(f'no output on {", ".join(silent)} within {patience_s:g} s')
            self._tick()

    def _run(self, duration_s: float) -> None:
        end_ns = monotonic_ns() + int(duration_s * _SECOND_NS)
        while monotonic_ns() < end_ns:
            self._tick()

    def _measure(self, duration_s: float) -> None:
        own = [os.getpid()]
        pids: List[int] = json.loads(Path(self._settings['pids_file']).read_text())
        before, own_before = cpu_seconds(pids), cpu_seconds(own)
        self._deadlines.start()
        self._ticks = 0
        begin_ns, begin = time_ns(), monotonic_ns()
        try:
            self._run(duration_s)
        finally:
            elapsed_s = (monotonic_ns() - begin) / _SECOND_NS
            self._result = {
                'begin_ns': begin_ns, 'end_ns': time_ns(), 'elapsed_s': elapsed_s,
                'cpu_percent': 100 * (cpu_seconds(pids) - before) / elapsed_s,
                'robot_cpu_percent': 100 * (cpu_seconds(own) - own_before) / elapsed_s,
                'robot_hz': self._ticks / elapsed_s}
            self._run(_LAST_OUTPUTS_S)
        if self._settings['with_memory']:
            self._result['memory_mib'] = memory_mib(pids)

    def _tick(self) -> None:
        self._deadlines.wait()
        for sensor, content in self._sensors:
            sensor.publish(content)
        self._ticks += 1
        for ear, stamps_ns in zip(self._outputs, self._stamps_ns):
            for _, info in _drain(ear):
                stamps_ns.append(info['source_timestamp'])
        for ear in self._durations:
            for content, _ in _drain(ear):
                self._durations_ms += _FLOAT64_BEHIND_HEADER.unpack(content)


def _drain(ear: Ear) -> Any:
    return iter(ear.take, None)


def _sleep_precisely() -> None:
    """Have the system end sleeps on time, not within its usual 50 us."""
    ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1)


def main() -> None:
    """Measure as the file says that is named on the command line."""
    _sleep_precisely()
    settings: Dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    robot = Robot(settings)
    gc.freeze()
    result = robot.run()
    Path(settings['result']).write_text(json.dumps(result))
    robot.close()


if __name__ == '__main__':
    main()
