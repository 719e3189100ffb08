# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A model between its inputs and outputs: all of a deployment but its thread and its pace."""

from contextlib import ExitStack
from time import perf_counter_ns
from typing import Any, Callable, Dict, List, Optional, Sequence

from dg_pytorch_ros.ages import Ages
from dg_pytorch_ros.clock_jump import ClockJump
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.counters import Counters
from dg_pytorch_ros.emission import Emission
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.evaluation import Evaluation, Observer
from dg_pytorch_ros.model import Array, Model
from dg_pytorch_ros.topics import Subscriber
from dg_pytorch_ros.wiring import Wiring
from rclpy.node import Node
from rclpy.serialization import serialize_message


class Circuit:
    """
    Wiring, emission and evaluation of a configuration, put together.

    What runs the model or touches the slots belongs to one thread, in the model's mode. The `node`
    may be anything that has topics; `ages` is its time.
    """

    def __init__(
        self, node: Node, config: NodeConfig, model: Model, *, ages: Ages, observer: Observer,
        on_drop: Callable[[str, MessageError], None],
        publish_duration_ms: Callable[[float], None] = lambda duration_ms: None,
        duration_clock_ns: Callable[[], int] = perf_counter_ns,
        serialize: Callable[[Any], bytes] = serialize_message
    ) -> None:
        self.config = config
        self.counters = Counters()
        self._ages = ages
        self._on_drop = on_drop
        with ExitStack() as undo:
            self.wiring = Wiring(
                node, config, model, ages=ages, on_drop=self._drop, serialize=serialize)
            undo.callback(self.wiring.close)
            self.wiring.bind(model)
            self.emission = Emission(
                self.wiring.outlets, now_ns=ages.now_ns, fade_in_s=config.trust.fade_in_s,
                period_s=config.period_s)
            enable = self.wiring.enable
            self.evaluation = Evaluation(
                model, [item.source for item in self.wiring.inputs], slots=self.wiring.slots,
                polled=self._polled(), emission=self.emission, trust=config.trust,
                observer=observer, counters=self.counters, now_ns=ages.now_ns,
                publish_duration_ms=publish_duration_ms, feedback=self.wiring.feedback(),
                histories=self.wiring.histories,
                enable=None if enable is None else enable.slots[0],
                duration_clock_ns=duration_clock_ns)
            self._undo = undo.pop_all()

    @property
    def model(self) -> Model:
        """The model that runs at present."""
        return self.evaluation.model

    @property
    def triggers(self) -> List[Subscriber]:
        """Those whose messages cause evaluations."""
        return [
            subscriber for subscriber in self.wiring.subscribers if self._is_trigger(subscriber)]

    @property
    def watched(self) -> List[Subscriber]:
        """Those whose messages are worth a look at once, though they cause no evaluation."""
        return [] if self.wiring.enable is None else [self.wiring.enable]

    def prepare(self) -> Optional[Sequence[Array]]:
        """
        Check the contract and warm up; return one run's outputs or raise ContractError.

        Return None, and do nothing, while some input's shape is not known.
        """
        samples = self.wiring.samples()
        return None if samples is None else self.evaluation.prepare(samples)

    def begin(self) -> None:
        """Begin anew, at activation, with nothing that is older than now."""
        for subscriber in self.wiring.subscribers:
            subscriber.forget()
        self.evaluation.begin()

    def follow(self, jump: ClockJump) -> None:
        """Go on after a jump of the clock; after a break, the model forgets what it has seen."""
        self._ages.refresh()
        if jump.is_beginning or jump.is_break:
            self.evaluation.rebase()
            for slot in self.wiring.aging_slots:
                slot.since_ns = self._ages.now_ns()
        if jump.is_break:
            self.evaluation.reset()

    def ages_ms(self) -> Dict[str, Optional[float]]:
        """Return how old the value of each subscribed input is; None while there is none."""
        now_ns = self._ages.now_ns()
        return {
            slot.name: 1e-6 * (now_ns - slot.since_ns) if slot.has_received else None
            for subscriber in self.wiring.subscribers for slot in subscriber.slots}

    def close(self) -> None:
        """Give the topics back."""
        self._undo.close()

    def _polled(self) -> List[Subscriber]:
        return [
            subscriber for subscriber in self.wiring.subscribers
            if not self._is_trigger(subscriber)]

    def _is_trigger(self, subscriber: Subscriber) -> bool:
        return subscriber.is_one_of(self.config.trigger_inputs)

    def _drop(self, name: str, error: MessageError) -> None:
        self.counters.dropped_messages[name, error.cause] += 1
        self._on_drop(name, error)
