# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A model at work: wired to its topics, in its thread, from configure to cleanup."""

import traceback
from typing import Callable, List, Optional, Sequence, Tuple

from dg_pytorch_ros import report
from dg_pytorch_ros.config import NodeConfig
from dg_pytorch_ros.counters import Counters
from dg_pytorch_ros.errors import ConfigError, ContractError, EvaluationError
from dg_pytorch_ros.evaluation import check_and_warm_up, Evaluation
from dg_pytorch_ros.graph import explain_silence
from dg_pytorch_ros.loop import EvaluationLoop, Pacing
from dg_pytorch_ros.model import Array, describe_array, Model
from dg_pytorch_ros.pacing import ArrivalPacing, TimerPacing
from dg_pytorch_ros.parameters import Changes
from dg_pytorch_ros.throttled_log import ThrottledLog
from dg_pytorch_ros.topics import Subscriber
from dg_pytorch_ros.wiring import to_array, Wiring
from rclpy.clock import JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.node import Node

# Single ticks get lost on any system that is not hard real time.
_WORTH_SAYING = 0.01


class Deployment:
    """
    Connects the executor's thread, to which its methods belong, with the evaluation thread.

    What touches the model or the slots is handed over to the evaluation thread.
    """

    def __init__(
        self, node: Node, config: NodeConfig, model: Model, *,
        publish_duration_ms: Callable[[float], None]
    ) -> None:
        self.counters = Counters()
        self._node = node
        self._config = config
        self._log = ThrottledLog(node.get_logger())
        self._output_kinds: Tuple[str, ...] = ()
        self._watched = (0, 0)
        self._wiring = Wiring(node, config, model, on_drop=self._on_drop)
        self._wiring.bind(model)
        self._pacing = self._make_pacing()
        self._evaluation = Evaluation(
            model, self._wiring.slots, polled=self._polled(), sinks=self._wiring.outputs,
            publish_duration_ms=publish_duration_ms, on_first_outputs=self._on_first_outputs,
            on_failure=self._on_failure, counters=self.counters)
        self._loop = EvaluationLoop(
            self._pacing, self._evaluation.tick, mode=model.mode, on_error=self._on_bug)
        self._clock_watch = node.get_clock().create_jump_callback(
            JumpThreshold(
                min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True),
            post_callback=self._on_clock_jump)

    @property
    def model(self) -> Model:
        """The model that runs at present."""
        return self._evaluation.model

    def prepare(self) -> None:
        """Check the contract and warm up if all shapes are known; raise ContractError."""
        samples = self._wiring.samples()
        if samples is not None:
            self._output_kinds = _kinds(
                self._loop.call(lambda: self._evaluation.prepare(samples)))

    def activate(self) -> None:
        """Begin to evaluate, on nothing that is older than now."""
        def forget() -> None:
            for subscriber in self._wiring.subscribers:
                subscriber.forget()
            self._evaluation.reset()
        self._loop.start(forget)

    def deactivate(self) -> None:
        """Stop evaluating; when this returns, the last output has been handed to ROS."""
        self._loop.stop()
        self._node.get_logger().info(f'stopped after {self.counters}')

    def close(self) -> None:
        """End the thread and give everything back."""
        self._clock_watch.unregister()
        self._loop.close()
        self._pacing.close()
        self._wiring.close()

    def reset(self) -> None:
        """Make the model forget what it has seen, between two ticks."""
        self._loop.call(self._evaluation.reset)

    def replace_model(self, model: Model) -> None:
        """
        Check and warm up another model beside the running one; swap them between two ticks.

        Raise ContractError, and keep the running one, if the new one does not fit in its place.
        """
        self._wiring.bind(model)
        samples = self._wiring.samples()
        if samples is not None:
            with model.mode():
                outputs = check_and_warm_up(model, samples, self._wiring.outputs)
            self._check_same_kinds(outputs)
        self._loop.call(
            lambda: self._evaluation.swap(model, is_prepared=samples is not None))

    def check(self, changes: Changes) -> None:
        """Raise ConfigError or MessageError if a change cannot be made."""
        for name, values in changes.constants.items():
            self._wiring.slot(name).check(to_array(values))
        if changes.rate_hz is not None and not isinstance(self._pacing, TimerPacing):
            raise ConfigError('rate_hz has no effect: the trigger is message')

    def apply(self, changes: Changes) -> None:
        """Make changes, all of them between the same two ticks."""
        def make() -> None:
            for name, values in changes.constants.items():
                self._wiring.slot(name).retune(to_array(values))
            if changes.rate_hz is not None and isinstance(self._pacing, TimerPacing):
                self._pacing.set_rate(changes.rate_hz)
        self._loop.call(make)

    def missing(self) -> List[str]:
        """Describe every topic that the evaluation waits for, and why it has to."""
        described = []
        clock = self._node.get_clock()
        if clock.ros_time_is_active and clock.now().nanoseconds == 0:
            described.append('/clock (use_sim_time is set, and no time has come)')
        for subscriber in self._wiring.subscribers:
            if subscriber.slot.value is None:
                publishers = self._node.get_publishers_info_by_topic(subscriber.topic)
                reason = explain_silence(subscriber.config, publishers)
                described.append(f'{subscriber.topic} ({reason})')
        return described

    def watch_ticks(self) -> None:
        """Say so when many ticks were missed since this was called last."""
        missed, ran = self.counters.missed_ticks, self.counters.ticks
        missed_now, ran_now = missed - self._watched[0], ran - self._watched[1]
        self._watched = (missed, ran)
        if missed_now > _WORTH_SAYING * (missed_now + ran_now):
            self._log.warning(
                'missed', f'{missed_now} of the last {missed_now + ran_now} ticks missed: '
                f'evaluations do not keep up with {self._config.rate_hz:g} Hz')

    def describe(self) -> List[str]:
        """Write what was understood, a line for each thing."""
        kinds: Sequence[Optional[str]] = self._output_kinds or [None] * len(self._wiring.outputs)
        return [
            *report.describe_model(self.model.description),
            *map(report.describe_input, self._wiring.inputs),
            *map(report.describe_output, self._wiring.outputs, kinds),
            report.describe_trigger(self._config),
            report.describe_warm_up(self.model.warm_up),
        ]

    def _make_pacing(self) -> Pacing:
        if self._config.trigger == 'timer':
            return TimerPacing(
                self._node.get_clock(), self._config.rate_hz,
                on_missed=self._on_missed, on_set_back=self._on_set_back)
        triggers = [
            subscriber for subscriber in self._wiring.subscribers
            if subscriber.config.name in self._config.trigger_inputs]
        return ArrivalPacing(self._node.context, triggers)

    def _polled(self) -> List[Subscriber]:
        return [
            subscriber for subscriber in self._wiring.subscribers
            if subscriber.config.name not in self._config.trigger_inputs]

    def _check_same_kinds(self, outputs: Sequence[Array]) -> None:
        for output, old, new in zip(self._wiring.outputs, self._output_kinds, _kinds(outputs)):
            if old != new:
                raise ContractError(
                    f'output {output.config.name!r} is {new}, but was {old}; '
                    'clean up and configure again to run a module with another output')

    def _on_first_outputs(self, outputs: Sequence[Array]) -> None:
        self._output_kinds = _kinds(outputs)
        self._node.get_logger().info(report.block('the first complete set of values fits', [
            *map(report.describe_output, self._wiring.outputs, self._output_kinds),
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
        if self._log.error('bug', f'the evaluation was cut short by {error!r}'):
            self._node.get_logger().debug(''.join(traceback.format_exception(error)))

    def _on_set_back(self, seconds: float) -> None:
        self._node.get_logger().warning(
            f'the system clock was set back by about {seconds:.3f} s; deadlines begin anew')

    def _on_clock_jump(self, jump: TimeJump) -> None:
        def restart() -> None:
            self._evaluation.reset()
            self._pacing.start()
        self._loop.post(restart)
        self._node.get_logger().warning(
            f'ROS time jumped by {1e-9 * jump.delta.nanoseconds:.3f} s; deadlines begin anew, and '
            'the module forgets what it has seen')


def _kinds(outputs: Sequence[Array]) -> Tuple[str, ...]:
    return tuple(describe_array(output.dtype, output.shape) for output in outputs)
