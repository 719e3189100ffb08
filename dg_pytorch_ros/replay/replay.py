# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A recording through a node's inputs, guards and model, without a node."""

from collections import defaultdict
from typing import (
    Callable, DefaultDict, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional,
    Sequence, Set, Tuple)

from dg_pytorch_ros.circuit import Circuit
from dg_pytorch_ros.clock_jump import ClockJump, JUMP_FORWARD_NS
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.errors import BagError, ConfigError
from dg_pytorch_ros.messages.stamps import read_stamp_ns
from dg_pytorch_ros.model import Array, Model
from dg_pytorch_ros.offline.clock import OfflineClock
from dg_pytorch_ros.offline.node import OfflineNode, OfflineSubscription
from dg_pytorch_ros.replay.clean_bytes import serialize_cleanly
from dg_pytorch_ros.replay.event_log import Event, EventLog
from dg_pytorch_ros.replay.pace import ArrivalPace, ListedPace, Pace, TimerPace
from dg_pytorch_ros.reporter import Reporter

_CLOCK_TYPE = 'rosgraph_msgs/msg/Clock'


class Recorded(NamedTuple):
    """A message of a recording; `time_ns` is when it was received."""

    topic: str
    message_type: str
    time_ns: int
    data: bytes


class Published(NamedTuple):
    """A message that the node would have published at a time of the recording."""

    output_name: str
    topic: str
    time_ns: int
    data: bytes


class Ending(NamedTuple):
    """When and why a node deactivated itself."""

    time_ns: int
    reason: str


class Replay:
    """
    What a node would have done with the messages of a recording, computed as fast as it can be.

    Its clock is the recording's, or /clock within it. A message is there from the time on at which
    it was recorded; of several at the same time each is there before the next, and all before a
    tick. An evaluation takes no time, so that none is late, and nothing depends on the machine:
    the same messages give the same bytes.

    To make it is to configure the node: it raises ConfigError or ContractError. `tick_times_ns`
    replaces the deadlines of a timer by given times. `on_event` hears what the node would have
    put into its log. `has_acted` tells whether any evaluation was published.
    """

    def __init__(
        self, config: NodeConfig, model: Model, *, node: Optional[OfflineNode] = None,
        use_sim_time: bool = False, tick_times_ns: Optional[Sequence[int]] = None,
        on_event: Callable[[Event], None] = lambda event: None
    ) -> None:
        self.ended: Optional[Ending] = None
        self.has_acted = False
        self._time_ns = 0
        self._node = OfflineNode() if node is None else node
        self._clock = OfflineClock(is_simulated=use_sim_time)
        self._clock_topic = self._node.resolve_topic_name('/clock')
        self._log = EventLog(on_event, lambda: self._time_ns)
        reporter = Reporter(
            self._log, on_first_outputs=self._on_first_outputs, on_give_up=self._on_give_up,
            now_s=lambda: 1e-9 * self._time_ns)
        self.circuit = Circuit(
            self._node, config, model, ages=self._clock, observer=reporter,
            on_drop=reporter.on_drop, duration_clock_ns=lambda: 0, serialize=serialize_cleanly)
        self._mode = model.mode
        self._pace = self._make_pace(config, tick_times_ns)
        self._subscriptions = self._find_subscriptions()
        self._output_names = {
            output.topic: output.name for output in self.circuit.wiring.outputs}
        with self._mode():
            self.circuit.prepare()

    @property
    def topics(self) -> Dict[str, FrozenSet[str]]:
        """The topics that matter, and the types of the messages that are understood there."""
        types: DefaultDict[str, Set[str]] = defaultdict(set)
        for topic, message_type in self._subscriptions:
            types[topic].add(message_type)
        if self._clock.is_simulated:
            types[self._clock_topic].add(_CLOCK_TYPE)
        return {topic: frozenset(names) for topic, names in types.items()}

    def run(
        self, messages: Iterable[Recorded], *, begin_ns: Optional[int] = None,
        end_ns: Optional[int] = None
    ) -> Iterator[Published]:
        """
        Activate the node, and let messages come, in the order of their times; once.

        It is active from `begin_ns` to `end_ns`, or from the first message to the last. What comes
        before that is heard as by a node that is not active yet.
        """
        for _ in self._live(messages, begin_ns, end_ns):
            yield from self._collect()
            if self.ended:
                return
        if self._clock.is_simulated and self._clock.time_ns == 0:
            raise BagError(
                f'use_sim_time is set, but no time has come on {self._clock_topic}; replay a bag '
                'with that topic, or without use_sim_time')

    def _live(
        self, messages: Iterable[Recorded], begin_ns: Optional[int], end_ns: Optional[int]
    ) -> Iterator[None]:
        """Do one thing after the other."""
        is_active = False
        for message in messages:
            if end_ns is not None and message.time_ns > end_ns:
                break
            if begin_ns is None:
                begin_ns = message.time_ns
            if not is_active and message.time_ns >= begin_ns:
                is_active = True
                yield from self._activate(begin_ns)
            if is_active:
                yield from self._pass_until(message.time_ns)
            self._move_to(message.time_ns)
            self._receive(message, is_active=is_active)
            if is_active:
                yield from self._listen()
        if begin_ns is None:
            return
        if not is_active:
            yield from self._activate(begin_ns)
        yield from self._pass_until(1 + (self._time_ns if end_ns is None else end_ns))

    def _activate(self, now_ns: int) -> Iterator[None]:
        self._move_to(now_ns)
        with self._mode():
            self.circuit.begin()
        self._pace.start()
        yield from self._listen()

    def _pass_until(self, time_ns: int) -> Iterator[None]:
        """Let time pass; wake up for all that is due before then."""
        while True:
            due_ns = self._pace.due_ns()
            if due_ns is None or due_ns >= time_ns:
                return
            self._move_to(max(due_ns, self._time_ns))
            self._pace.wake()
            yield

    def _listen(self) -> Iterator[None]:
        """Do all that the messages which have come ask for."""
        yield
        while self._pace.hear():
            yield

    def _move_to(self, time_ns: int) -> None:
        if time_ns < self._time_ns:
            raise BagError(
                f'a message of the time {time_ns} ns comes after {self._time_ns} ns; expected '
                'messages in the order of their times')
        self._time_ns = time_ns
        if not self._clock.is_simulated:
            self._clock.time_ns = time_ns

    def _receive(self, message: Recorded, *, is_active: bool) -> None:
        key = message.topic, message.message_type
        if self._clock.is_simulated and key == (self._clock_topic, _CLOCK_TYPE):
            self._step_to(read_stamp_ns(message.data), is_active=is_active)
        for subscription in self._subscriptions.get(key, ()):
            subscription.receive(message.data, message.time_ns)
        if is_active and self._clock.is_simulated:
            self._pace.step()

    def _step_to(self, now_ns: int, *, is_active: bool) -> None:
        """Let simulated time take a step."""
        step_ns = now_ns - self._clock.time_ns
        self._clock.time_ns = now_ns
        if not is_active or 0 <= step_ns < JUMP_FORWARD_NS:
            return
        jump = ClockJump(step_ns, now_ns)
        with self._mode():
            self.circuit.follow(jump)
        self._pace.start()
        if not jump.is_beginning:
            self._log.warning(str(jump))

    def _tick(self) -> None:
        counters = self.circuit.counters
        evaluations, refusals = counters.evaluations, counters.refusals.total()
        with self._mode():
            self.circuit.evaluation.tick()
        self.has_acted |= (
            counters.evaluations > evaluations and counters.refusals.total() == refusals)
        counters.durations_ns.clear()  # nobody asks for them

    def _collect(self) -> List[Published]:
        """Return what was published since the last time."""
        published = [
            Published(self._output_names[topic], topic, self._time_ns, data)
            for topic, data in self._node.published]
        self._node.published.clear()
        return published

    def _on_first_outputs(self, outputs: Sequence[Array]) -> None:
        self._pace.start()  # as on a robot, where the warm-up has taken its time
        self._log.info('the first complete set of values fits')

    def _on_give_up(self, reason: str) -> None:
        self.ended = Ending(self._time_ns, reason)
        self._log.error(f'the node deactivates: {reason}')

    def _make_pace(self, config: NodeConfig, tick_times_ns: Optional[Sequence[int]]) -> Pace:
        if tick_times_ns is not None:
            if config.trigger != 'timer':
                raise ConfigError(
                    "times of ticks are given, but trigger is 'message'; they replace a timer")
            return ListedPace(tick_times_ns, now_ns=lambda: self._time_ns, tick=self._tick)
        if config.trigger == 'timer':
            return TimerPace(
                self._clock, config.rate_hz, tick=self._tick, on_missed=self._on_missed)
        return ArrivalPace(self._clock, self.circuit, tick=self._tick)

    def _on_missed(self, count: int) -> None:
        self.circuit.counters.missed_ticks += count

    def _find_subscriptions(self) -> Dict[Tuple[str, str], List[OfflineSubscription]]:
        """Return who hears the messages of a type on a topic."""
        found: Dict[Tuple[str, str], List[OfflineSubscription]] = {}
        for subscriber in self.circuit.wiring.subscribers:
            key = subscriber.topic, subscriber.config.message_type
            found.setdefault(key, []).append(subscriber.subscription)
        return found
