# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A model at work: wired to its topics, in its thread, from configure to cleanup."""

from contextlib import ExitStack
from copy import copy
from dataclasses import replace
import traceback
from typing import Callable, List, Sequence, Set

from dg_pytorch_ros import report
from dg_pytorch_ros.config import check_finite, NodeConfig
from dg_pytorch_ros.counters import Counters
from dg_pytorch_ros.errors import ConfigError, ContractError, EvaluationError
from dg_pytorch_ros.evaluation import check_and_warm_up, Evaluation
from dg_pytorch_ros.garbage import GarbageCollection
from dg_pytorch_ros.graph import explain_silence
from dg_pytorch_ros.loop import EvaluationLoop, Pacing
from dg_pytorch_ros.model import Array, describe_array, Model
from dg_pytorch_ros.pacing import ArrivalPacing, TimerPacing
from dg_pytorch_ros.parameters import Changes
from dg_pytorch_ros.realtime import Realtime
from dg_pytorch_ros.throttled_log import ThrottledLog
from dg_pytorch_ros.topics import Subscriber
from dg_pytorch_ros.wiring import to_array, Wiring
from rclpy.clock import ClockChange, JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.node import Node

# Single ticks get lost on any system that is not hard real time.
_WORTH_SAYING = 0.01
# A step of simulated time that nobody takes for the passing of time.
_JUMP_FORWARD = Duration(seconds=10)


class Deployment:
    """
    Connects the executor's thread, to which its methods belong, with the evaluation thread.

    What touches the model or the slots is handed over to the evaluation thread.
    """

    def __init__(
        self, node: Node, config: NodeConfig, model: Model, *,
        publish_duration_ms: Callable[[float], None], garbage: GarbageCollection
    ) -> None:
        self.counters = Counters()
        self._node = node
        self._config = config
        self._rate_hz = config.rate_hz
        self._log = ThrottledLog(node.get_logger())
        self._first_outputs: Sequence[Array] = ()
        self._watched = Counters()
        self._abandoned: Set[str] = set()
        self._garbage = garbage
        self._realtime = Realtime(config.realtime, warn=node.get_logger().warning)
        with ExitStack() as undo:
            self._wiring = Wiring(node, config, model, on_drop=self._on_drop)
            undo.callback(self._wiring.close)
            self._wiring.bind(model)
            self._pacing = self._make_pacing()
            undo.callback(self._pacing.close)
            self._evaluation = Evaluation(
                model, self._wiring.slots, polled=self._polled(), sinks=self._wiring.outputs,
                publish_duration_ms=publish_duration_ms, on_first_outputs=self._on_first_outputs,
                on_failure=self._on_failure, counters=self.counters)
            mode = model.mode()  # not the model itself, which a reload replaces
            self._loop = EvaluationLoop(
                self._pacing, self._evaluation.tick, after_tick=garbage.after_tick,
                mode=lambda: self._realtime.around(mode), on_error=self._on_bug)
            undo.callback(self._loop.close)
            undo.callback(garbage.hand_back)
            jumps = node.get_clock().create_jump_callback(
                JumpThreshold(
                    min_forward=_JUMP_FORWARD, min_backward=Duration(nanoseconds=-1),
                    on_clock_change=True),
                post_callback=self._on_clock_jump)
            undo.callback(jumps.unregister)
            self._undo = undo.pop_all()

    @property
    def model(self) -> Model:
        """The model that runs at present."""
        return self._evaluation.model

    def prepare(self) -> None:
        """Check the contract and warm up if all shapes are known; raise ContractError."""
        samples = self._wiring.samples()
        if samples is not None:
            self._first_outputs = self._loop.call(lambda: self._evaluation.prepare(samples))

    @property
    def is_alive(self) -> bool:
        """Whether the evaluation thread still runs."""
        return self._loop.is_alive

    def activate(self) -> None:
        """Begin to evaluate, on nothing that is older than now."""
        def begin() -> None:
            for subscriber in self._wiring.subscribers:
                subscriber.forget()
            self._evaluation.reset()
            self._garbage.take_over()
        self._loop.start(begin)

    def deactivate(self) -> None:
        """Stop evaluating; when this returns, the last output has been handed to ROS."""
        self._loop.stop()
        self._garbage.hand_back()
        self._node.get_logger().info(f'stopped after {self.counters}')

    def close(self) -> None:
        """End the thread and give everything back."""
        self._undo.close()

    def reset(self) -> None:
        """Make the model forget what it has seen, between two ticks."""
        self._loop.call(self._evaluation.reset)

    def replace_model(self, model: Model) -> None:
        """
        Check and warm up another model beside the running one; swap them between two ticks.

        Raise ContractError, and keep the running one, if the new one does not fit in its place,
        or if there is nothing yet to check it on.
        """
        self._wiring.bind(model)
        samples = self._wiring.samples()
        if samples is None:
            raise ContractError(
                'not every input has had a value or a shape yet, so the new module cannot be '
                'checked; send values, or clean up and configure again')
        with model.mode():
            outputs = check_and_warm_up(model, samples, self._wiring.outputs)
        self._check_like_first(outputs)
        self._loop.call(lambda: self._evaluation.swap(model))

    def check(self, changes: Changes) -> None:
        """Raise ConfigError or MessageError if a change cannot be made."""
        for name, values in changes.constants.items():
            check_finite('the constant', values)
            self._wiring.slot(name).check(to_array(values))
        if changes.rate_hz is not None:
            if self._config.trigger != 'timer':
                raise ConfigError('rate_hz has no effect: the trigger is message')
            replace(self._config, rate_hz=changes.rate_hz)  # as at configure, it is checked

    def apply(self, changes: Changes) -> None:
        """Make changes, all of them between the same two ticks."""
        def make() -> None:
            for name, values in changes.constants.items():
                self._wiring.slot(name).retune(to_array(values))
            if changes.rate_hz is not None and isinstance(self._pacing, TimerPacing):
                self._pacing.set_rate(changes.rate_hz)
                self._rate_hz = changes.rate_hz
        self._loop.call(make)

    def watch(self) -> List[str]:
        """
        Look at what happened since the last look, and say so when many ticks were missed.

        Return every topic that the evaluation waits for, and why it has to.
        """
        before, self._watched = self._watched, copy(self.counters)
        self._watch_ticks(
            missed=self.counters.missed_ticks - before.missed_ticks,
            ran=self.counters.ticks - before.ticks)
        for subscriber in self._polled():
            self._watch_publishers(subscriber)
        clock = self._node.get_clock()
        if clock.ros_time_is_active and clock.now().nanoseconds == 0:
            return ['/clock (use_sim_time is set, and no time has come)']
        is_idle = self.counters.ticks == before.ticks
        return [
            f'{subscriber.topic} ({self._explain(subscriber)})'
            for subscriber in self._wiring.subscribers
            if subscriber.slot.value is None or is_idle and self._is_awaited(subscriber)]

    def describe(self) -> List[str]:
        """Write what was understood, a line for each thing."""
        return [
            *report.describe_model(self.model.description),
            *map(report.describe_input, self._wiring.inputs),
            *report.describe_outputs(self._wiring.outputs, self._first_outputs),
            report.describe_trigger(self._config),
            report.describe_warm_up(self.model.warm_up),
            # Asked in the thread that has settled them by then.
            *self._loop.call(lambda: report.describe_realtime(self._realtime.granted)),
        ]

    def _make_pacing(self) -> Pacing:
        if self._config.trigger == 'timer':
            return TimerPacing(
                self._node.get_clock(), self._config.rate_hz, spin_us=self._config.spin_us,
                on_tick=self.counters.lateness.add, on_missed=self._on_missed,
                on_clock_set=self._on_clock_set)
        triggers = [
            subscriber for subscriber in self._wiring.subscribers
            if subscriber.config.name in self._config.trigger_inputs]
        return ArrivalPacing(self._node.context, triggers)

    def _polled(self) -> List[Subscriber]:
        return [
            subscriber for subscriber in self._wiring.subscribers
            if subscriber.config.name not in self._config.trigger_inputs]

    def _is_awaited(self, subscriber: Subscriber) -> bool:
        return subscriber.config.name in self._config.trigger_inputs and not subscriber.has_news

    def _explain(self, subscriber: Subscriber) -> str:
        publishers = self._node.get_publishers_info_by_topic(subscriber.topic)
        return explain_silence(subscriber.config, publishers)

    def _watch_publishers(self, subscriber: Subscriber) -> None:
        name = subscriber.config.name
        if subscriber.subscription.get_publisher_count():
            self._abandoned.discard(name)
        elif subscriber.has_received and name not in self._abandoned:
            self._abandoned.add(name)
            self._node.get_logger().warning(
                f'input {name!r}: {subscriber.topic} has no publisher any more; '
                'its last value goes on to count')

    def _watch_ticks(self, *, missed: int, ran: int) -> None:
        if missed > max(1, _WORTH_SAYING * (missed + ran)):
            why = 'the evaluations, or the machine, do not keep up'
            if self._node.get_clock().ros_time_is_active:
                why += ', or /clock moves in longer steps'
            self._log.warning(
                'missed', f'{missed} of the last {missed + ran} ticks missed at '
                f'{self._rate_hz:g} Hz: {why}')

    def _check_like_first(self, outputs: Sequence[Array]) -> None:
        for output, first, new in zip(self._wiring.outputs, self._first_outputs, outputs):
            varies = first.ndim > 1  # so many detections, each of the same size
            if first.dtype != new.dtype or first.ndim != new.ndim or (
                    first.shape[varies:] != new.shape[varies:]):
                raise ContractError(
                    f'output {output.name!r} is {describe_array(new.dtype, new.shape)}, but was '
                    f'{describe_array(first.dtype, first.shape)}; '
                    'clean up and configure again to run a module with another output')

    def _on_first_outputs(self, outputs: Sequence[Array]) -> None:
        self._first_outputs = outputs
        self._pacing.start()  # no tick is missed before the first
        self._node.get_logger().info(report.block('the first complete set of values fits', [
            *report.describe_outputs(self._wiring.outputs, outputs),
            report.describe_warm_up(self.model.warm_up)]))

    def _on_drop(self, name: str, reason: str) -> None:
        self.counters.dropped_messages[name] += 1
        self._log.warning(f'drop {name}', f'input {name!r}: message dropped, {reason}')

    def _on_missed(self, count: int) -> None:
        self.counters.missed_ticks += count

    def _on_failure(self, error: EvaluationError) -> None:
        if self._log.error('evaluation', f'nothing published: {error}') and error.details:
            self._node.get_logger().debug(error.details)

    def _on_bug(self, error: Exception) -> None:
        self.counters.failed_evaluations += 1
        if self._log.error('bug', f'the evaluation was cut short by {error!r}'):
            self._node.get_logger().debug(''.join(traceback.format_exception(error)))

    def _on_clock_set(self, seconds: float) -> None:
        way = 'forward' if seconds > 0 else 'back'
        self._node.get_logger().warning(
            f'the system clock was set {way} by about {abs(seconds):.3f} s; deadlines begin anew')

    def _on_clock_jump(self, jump: TimeJump) -> None:
        is_change = jump.clock_change in (
            ClockChange.ROS_TIME_ACTIVATED, ClockChange.ROS_TIME_DEACTIVATED)
        now_ns = self._node.get_clock().now().nanoseconds
        if jump.delta.nanoseconds == now_ns and not is_change:
            return  # the first message on /clock
        is_forgotten = is_change or jump.delta.nanoseconds < 0

        def restart() -> None:
            if is_forgotten:
                self._evaluation.reset()
            self._pacing.start()
        self._loop.post(restart)
        seconds = 1e-9 * jump.delta.nanoseconds
        what = 'has another source' if is_change else f'jumped by {seconds:.3f} s'
        and_so = ', and the module forgets what it has seen' if is_forgotten else ''
        self._log.warning(
            f'clock {is_forgotten}', f'ROS time {what}; deadlines begin anew{and_so}')
