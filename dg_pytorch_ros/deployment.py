# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A model at work: wired to its topics, in its thread, from configure to cleanup."""

from contextlib import ExitStack, suppress
from dataclasses import replace
from time import monotonic, sleep
import traceback
from typing import Callable, Dict, List, Optional, Sequence

from dg_pytorch_ros import report
from dg_pytorch_ros.ages import AgeClock
from dg_pytorch_ros.checks import check_finite, enumeration
from dg_pytorch_ros.circuit import Circuit
from dg_pytorch_ros.clock_jump import ClockJump, JUMP_FORWARD_NS
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.errors import ConfigError, ContractError, LoopBusy, LoopClosed
from dg_pytorch_ros.garbage import GarbageCollection
from dg_pytorch_ros.health import Activity, Totals
from dg_pytorch_ros.inputs import to_array
from dg_pytorch_ros.loop import EvaluationLoop, Pacing
from dg_pytorch_ros.model import Array, describe_array, Model
from dg_pytorch_ros.pacing import ArrivalPacing, TimerPacing
from dg_pytorch_ros.parameters.node_parameters import Changes
from dg_pytorch_ros.realtime import Realtime
from dg_pytorch_ros.reporter import Reporter
from dg_pytorch_ros.throttled_log import ThrottledLog
from dg_pytorch_ros.topics import Output
from dg_pytorch_ros.watch import Watch
from rclpy.clock import ClockChange, JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.node import Node

# Simulated time may run at any speed, and nobody can sleep until one of its moments.
_SIMULATED_LOOK_NS = 2_000_000
# An evaluation that takes this much longer than so many of the warm-up will not end.
_STUCK_S = 1.0
_BREATH_S = 0.1
_MANY_RUNS = 10
# Nobody knows how long the warm-up takes, if it waits for the first values.
_FIRST_RUNS_S = 30.0
_LAST_TICK_S = 2.0
_ACTIVATION_S = 5.0
_ACKNOWLEDGEMENT_S = 0.5
_DISCOVERY_S = 3.0
_DISCOVERY_POLL_S = 0.05


class Deployment:
    """
    Connects the executor's thread, to which its methods belong, with the evaluation thread.

    What touches the model or the slots is handed over to the evaluation thread. `on_give_up` is
    called from that thread when the node must not stay active.
    """

    def __init__(
        self, node: Node, config: NodeConfig, model: Model, *,
        publish_duration_ms: Callable[[float], None], on_give_up: Callable[[str], None],
        garbage: GarbageCollection
    ) -> None:
        self._node = node
        self._config = config
        self._rate_hz = config.rate_hz
        self._log = ThrottledLog(node.get_logger())
        self._first_outputs: Sequence[Array] = ()
        self._garbage = garbage
        self._has_jumped = False
        self._on_give_up = on_give_up
        self._made_s = monotonic()
        self._ages = AgeClock(node.get_clock())
        self._realtime = Realtime(config.realtime, warn=node.get_logger().warning)
        reporter = Reporter(
            node.get_logger(), on_first_outputs=self._on_first_outputs, on_give_up=self._give_up)
        with ExitStack() as undo:
            self._circuit = Circuit(
                node, config, model, ages=self._ages, observer=reporter,
                on_drop=reporter.on_drop, publish_duration_ms=publish_duration_ms)
            undo.callback(self._circuit.close)
            self._wiring = self._circuit.wiring
            self._emission = self._circuit.emission
            self._evaluation = self._circuit.evaluation
            self.counters = self._circuit.counters
            self._watch = Watch(node, config, self._wiring, self.counters)
            self._pacing = self._make_pacing()
            undo.callback(self._pacing.close)
            mode = model.mode()  # not the model itself, which a reload replaces
            self._loop = EvaluationLoop(
                self._pacing, self._evaluation.tick, after_tick=garbage.after_tick,
                mode=lambda: self._realtime.around(mode), on_error=self._on_bug)
            undo.callback(self._end_thread)
            undo.callback(garbage.hand_back)
            jumps = node.get_clock().create_jump_callback(
                JumpThreshold(
                    min_forward=Duration(nanoseconds=JUMP_FORWARD_NS),
                    min_backward=Duration(nanoseconds=-1), on_clock_change=True),
                post_callback=self._on_clock_jump)
            undo.callback(jumps.unregister)
            self._undo = undo.pop_all()

    @property
    def model(self) -> Model:
        """The model that runs at present."""
        return self._circuit.model

    @property
    def trouble(self) -> str:
        """Why the evaluation thread cannot be relied on any more; nothing if it can."""
        if not self._loop.is_alive:
            return 'the evaluation thread has died'
        if self._loop.busy_s <= self._patience_s:
            return ''
        # After a pause of the whole process, every evaluation seems to take too long.
        if self._loop.await_evaluation(_BREATH_S + self._long_run_s):
            return ''
        return f'the present evaluation has not ended for {self._loop.busy_s:.1f} s'

    @property
    def _patience_s(self) -> float:
        """How long an evaluation may take before it is taken for one that never ends."""
        return _FIRST_RUNS_S if self.model.warm_up is None else _STUCK_S + self._long_run_s

    @property
    def _long_run_s(self) -> float:
        """As long as many runs of the warm-up."""
        warm_up = self.model.warm_up
        return 0.0 if warm_up is None else _MANY_RUNS * 1e-3 * warm_up.settled_ms

    @property
    def is_over(self) -> bool:
        """Whether the evaluation thread has ended."""
        return not self._loop.is_alive

    def prepare(self) -> None:
        """Check the contract and warm up if all shapes are known; raise ContractError."""
        outputs = self._loop.call(self._circuit.prepare)
        if outputs is not None:
            self._first_outputs = outputs

    def activate(self) -> None:
        """Begin to evaluate, on nothing that is older than now."""
        self._check_writers()

        def begin() -> None:
            self._circuit.begin()
            self._garbage.take_over()
        self._loop.start(begin, timeout_s=_ACTIVATION_S)
        self._watch.begin()

    def deactivate(self) -> None:
        """
        Stop evaluating and publish the fallbacks.

        When this returns, they have been acknowledged, or it is said that they were not.
        """
        has_ended = self._loop.stop(timeout_s=0.0 if self.trouble else _LAST_TICK_S)
        self._leave()
        if not has_ended:
            self._node.get_logger().error(
                f'the last evaluation has not ended for {self._loop.busy_s:.1f} s; '
                'whatever it gives will not be published')
        self._garbage.hand_back()
        self._node.get_logger().info(f'stopped after {self.counters}')

    def fall_back_for_good(self) -> None:
        """Publish the fallbacks, and nothing any more after them; any thread may call this."""
        self._emission.leave()

    def close(self) -> None:
        """End the thread and give everything back."""
        self._undo.close()

    def reset(self) -> None:
        """Make the model forget what it has seen, between two ticks."""
        self._loop.call(self._evaluation.reset, timeout_s=self._patience_s)

    def replace_model(self, model: Model) -> None:
        """
        Check and warm up another model beside the running one; swap them between two ticks.

        Raise ContractError, and keep the running one, if the new one does not fit in its place,
        or if there is nothing yet to check it on.
        """
        self._wiring.bind(model)
        samples = self._loop.call(self._wiring.samples, timeout_s=self._patience_s)
        if samples is None:
            raise ContractError(
                'not every input has had a value or a shape yet, so the new module cannot be '
                'checked; send values, or clean up and configure again')
        with model.mode():
            outputs = model.prepare(samples)
        self._check_like_first(outputs)
        self._loop.call(lambda: self._evaluation.swap(model, outputs), timeout_s=self._patience_s)
        self._garbage.renew()

    def check(self, changes: Changes) -> None:
        """Raise an error if a change cannot be made."""
        trouble = self.trouble
        if trouble:
            raise LoopBusy(trouble)
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
                self._emission.period_s = 1.0 / changes.rate_hz
                self._rate_hz = changes.rate_hz
        self._loop.call(make, timeout_s=self._patience_s)

    def look(self) -> Activity:
        """Return what happened since the last look; warn of what needs it."""
        return self._watch.look(rate_hz=self._rate_hz)

    def totals(self) -> Totals:
        """Return all counters as they stand."""
        return self._watch.totals()

    def ages_ms(self) -> Dict[str, Optional[float]]:
        """Return how old the value of each subscribed input is; None while there is none."""
        return self._circuit.ages_ms()

    def describe(self) -> List[str]:
        """Write what was understood, a line for each thing."""
        return [
            *report.describe_circuit(self._circuit, self._first_outputs),
            *report.describe_loading(self.model.description),
            # Asked in the thread that has settled them by then.
            *self._loop.call(lambda: report.describe_realtime(self._realtime.granted)),
        ]

    def _make_pacing(self) -> Pacing:
        if self._config.trigger == 'timer':
            return TimerPacing(
                self._node.get_clock(), self._config.rate_hz, spin_us=self._config.spin_us,
                on_tick=self.counters.lateness.add, on_missed=self._on_missed,
                on_clock_set=self._on_clock_set)
        return ArrivalPacing(
            self._node.context, self._circuit.triggers, look=self._look,
            watched=[subscriber.subscription for subscriber in self._circuit.watched],
            patience_ns=self._patience_ns)

    def _look(self) -> None:
        if not self._has_jumped:  # nothing has an age before that is followed
            self._evaluation.look()

    def _patience_ns(self) -> Optional[int]:
        patience_ns = self._evaluation.patience_ns()
        if patience_ns is None or not self._ages.is_simulated:
            return patience_ns
        return min(patience_ns, _SIMULATED_LOOK_NS)

    def _check_writers(self) -> None:
        writers = self._watch.other_writers()
        if not self._config.trust.exclusive_outputs:
            return
        # Whoever was there before needs a moment to be found.
        while not writers and monotonic() < self._made_s + _DISCOVERY_S:
            sleep(_DISCOVERY_POLL_S)
            writers = self._watch.other_writers()
        for name, others in writers.items():
            raise ConfigError(
                f'exclusive_outputs is set, and output {name!r} is published by '
                f'{enumeration(others)} as well')

    def _leave(self) -> None:
        try:
            self._emission.leave()
        except Exception as error:  # such as a context that somebody has shut down
            self._node.get_logger().error(f'the fallback could not be published: {error!r}')
            return
        deadline_s = monotonic() + _ACKNOWLEDGEMENT_S
        for outlet, output in zip(self._wiring.outlets, self._wiring.outputs):
            if outlet.has_fallback:
                try:
                    self._confirm(output, timeout_s=max(deadline_s - monotonic(), 0.0))
                except Exception as error:  # not every middleware can
                    self._node.get_logger().warning(
                        f'nobody knows whether the fallback of output {output.name!r} has '
                        f'arrived: {error!r}')

    def _confirm(self, output: Output, *, timeout_s: float) -> None:
        what = f'output {output.name!r}: the fallback was published on {output.topic}'
        if output.config.qos.reliability == 'best_effort':
            self._node.get_logger().warning(
                f'{what}, but best effort is never acknowledged; use qos.reliability: reliable')
        elif output.wait_for_acknowledgement(timeout_s):
            self._node.get_logger().info(f'{what} and acknowledged')
        else:
            why = '' if output.config.qos.depth == 1 else (
                '; with qos.depth above 1, some middleware takes seconds to')
            self._node.get_logger().warning(
                f'{what}, but somebody has not acknowledged it within {timeout_s:.1f} s{why}')

    def _end_thread(self) -> None:
        if not self._loop.close(timeout_s=_LAST_TICK_S):
            self._node.get_logger().error(
                'the evaluation thread does not end; it is left behind')

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

    def _on_missed(self, count: int) -> None:
        self.counters.missed_ticks += count

    def _give_up(self, reason: str) -> None:
        self._loop.halt()
        self._on_give_up(reason)

    def _on_bug(self, error: Exception) -> None:
        if self._log.error('bug', f'the evaluation thread came across {error!r}'):
            self._node.get_logger().debug(''.join(traceback.format_exception(error)))

    def _on_clock_set(self, seconds: float) -> None:
        way = 'forward' if seconds > 0 else 'back'
        self._node.get_logger().warning(
            f'the system clock was set {way} by about {abs(seconds):.3f} s; deadlines begin anew')

    def _on_clock_jump(self, time_jump: TimeJump) -> None:
        jump = ClockJump(
            time_jump.delta.nanoseconds, self._node.get_clock().now().nanoseconds,
            has_other_source=time_jump.clock_change in (
                ClockChange.ROS_TIME_ACTIVATED, ClockChange.ROS_TIME_DEACTIVATED))

        def restart() -> None:
            self._has_jumped = False
            self._circuit.follow(jump)
            self._pacing.start()
        self._has_jumped = True
        with suppress(LoopClosed):
            self._loop.post(restart)
        if not jump.is_beginning:
            self._log.warning(f'clock {jump.is_break}', str(jump))
