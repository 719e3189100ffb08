# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A look, now and then, at what the evaluation thread did and who is there on the topics."""

from time import monotonic
from typing import Dict, List, Set

from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.counters import Counters
from dg_pytorch_ros.graph import explain_silence, other_writers
from dg_pytorch_ros.health import Activity, measure, read_totals, Totals
from dg_pytorch_ros.throttled_log import ThrottledLog
from dg_pytorch_ros.topics import Output, Subscriber
from dg_pytorch_ros.wiring import Wiring
from rclpy.node import Node

# So many ticks are not merely late.
_TICKS_TO_MISS = 2.0


class Watch:
    """Finds out what an active node did since the last look, and warns of what needs it."""

    def __init__(
        self, node: Node, config: NodeConfig, wiring: Wiring, counters: Counters
    ) -> None:
        self._node = node
        self._config = config
        self._wiring = wiring
        self._counters = counters
        self._outlets = wiring.outlets
        self._log = ThrottledLog(node.get_logger())
        self._before = Totals()
        self._before_s = monotonic()
        self._time_ns = -1
        self._abandoned: Set[str] = set()
        self._known_writers: Dict[str, List[str]] = {}

    def begin(self) -> None:
        """Begin anew, at activation."""
        self._before = self.totals()
        self._before_s = monotonic()
        self._counters.take_durations_ns()

    def totals(self) -> Totals:
        """Return all counters as they stand."""
        limited = {}
        for outlet in self._outlets:
            for what, count in (
                    ('limited', outlet.limits.clamped), ('slowed', outlet.limits.slowed)):
                if count:
                    limited[f'{what} {outlet.sink.name}'] = count
        return read_totals(self._counters, limited)

    def look(self, *, rate_hz: float) -> Activity:
        """Return what happened since the last look."""
        now_s = monotonic()
        elapsed_s, self._before_s = now_s - self._before_s, now_s
        totals = self.totals()
        lately, self._before = totals.since(self._before), totals
        self._watch_ticks(lately, rate_hz)
        for subscriber in self._wiring.subscribers:
            if not subscriber.is_one_of(self._config.trigger_inputs):
                self._watch_publishers(subscriber)
        return Activity(
            totals, lately, rate_hz=lately.evaluations / max(elapsed_s, 1e-9),
            durations=measure(self._counters.take_durations_ns()),
            pending=self._counters.pending, lacks_ticks=(
                self._config.trigger == 'timer' and not lately.ticks
                and rate_hz * elapsed_s >= _TICKS_TO_MISS),
            waiting_for=self._waiting_for(is_idle=not lately.ticks),
            other_writers=self.other_writers(), is_exclusive=self._config.trust.exclusive_outputs)

    def other_writers(self) -> Dict[str, List[str]]:
        """Return who else publishes on the topic of an output; warn of whoever is new."""
        writers = {output.name: self._other_writers(output) for output in self._wiring.outputs}
        for output in self._wiring.outputs:
            new = writers[output.name]
            if new and new != self._known_writers.get(output.name):
                self._node.get_logger().warning(
                    f'output {output.name!r}: {", ".join(new)} publishes on {output.topic} as '
                    'well; whoever listens gets both')
        self._known_writers = writers
        return {name: others for name, others in writers.items() if others}

    def _other_writers(self, output: Output) -> List[str]:
        own = sum(other.topic == output.topic for other in self._wiring.outputs)
        return other_writers(
            self._node.get_publishers_info_by_topic(output.topic),
            self._node.get_fully_qualified_name(), own)

    def _waiting_for(self, *, is_idle: bool) -> List[str]:
        if self._node.get_clock().ros_time_is_active:
            before_ns, self._time_ns = self._time_ns, self._node.get_clock().now().nanoseconds
            if self._time_ns == 0:
                return ['/clock (use_sim_time is set, and no time has come)']
            if self._time_ns == before_ns:
                return ['/clock (simulated time stands still)']
        return [
            f'{subscriber.topic} ({self._explain(subscriber)})'
            for subscriber in self._wiring.subscribers
            if not subscriber.has_value or is_idle and self._is_awaited(subscriber)]

    def _is_awaited(self, subscriber: Subscriber) -> bool:
        return subscriber.is_one_of(self._config.trigger_inputs) and not subscriber.has_news

    def _explain(self, subscriber: Subscriber) -> str:
        publishers = self._node.get_publishers_info_by_topic(subscriber.topic)
        return explain_silence(subscriber.config, publishers)

    def _watch_publishers(self, subscriber: Subscriber) -> None:
        if subscriber.subscription.get_publisher_count():
            self._abandoned.difference_update(subscriber.names)
            return
        # Its readers share each message, so that the shortest age is that of all of them.
        ages_ns = [slot.max_age_ns for slot in subscriber.slots if slot.max_age_ns is not None]
        and_so = f'counts for {1e-6 * min(ages_ns):g} ms' if ages_ns else 'goes on to count'
        for name, slot in zip(subscriber.names, subscriber.slots):
            if slot.has_received and name not in self._abandoned:
                self._abandoned.add(name)
                self._node.get_logger().warning(
                    f'input {name!r}: {subscriber.topic} has no publisher any more; '
                    f'its last value {and_so}')

    def _watch_ticks(self, lately: Totals, rate_hz: float) -> None:
        if lately.has_missed_many:
            why = 'the evaluations, or the machine, do not keep up'
            if self._node.get_clock().ros_time_is_active:
                why += ', or /clock moves in longer steps'
            self._log.warning(
                'missed', f'{lately.missed_ticks} of the last '
                f'{lately.missed_ticks + lately.ticks} ticks missed at {rate_hz:g} Hz: {why}')
