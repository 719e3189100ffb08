# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The lifecycle node: parameters, services and transitions around a deployment."""

import traceback
from typing import Any, Callable, List, Optional, Tuple

from dg_pytorch_ros import report
from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.deployment import Deployment
from dg_pytorch_ros.diagnostics import describe_deployment, Diagnostics
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.garbage import GarbageCollection
from dg_pytorch_ros.health import Activity, judge
from dg_pytorch_ros.loading import load_model_of
from dg_pytorch_ros.messages.multi_arrays import float64_message
from dg_pytorch_ros.parameters.node_declarations import NodeDeclarations
from dg_pytorch_ros.parameters.node_parameters import Changes, Parameters
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_msgs.msg import Float64
from std_srvs.srv import Trigger

_WATCH_PERIOD_S = 1.0
_FIRST_COMPLAINT = 2
_WATCHES_PER_COMPLAINT = 5


class PytorchNode(LifecycleNode):
    """
    One model as a lifecycle node.

    With `owns_process`, nothing else than this node runs in the process: it then arranges for
    Python's garbage collector to stay out of its way. `has_left_thread` is true when a module that
    never returned still keeps a thread.
    """

    def __init__(
        self, node_name: str = 'pytorch_node', *, owns_process: bool = False, **options: Any
    ) -> None:
        super().__init__(
            node_name, automatically_declare_parameters_from_overrides=True, **options)
        self._settings = Parameters(NodeDeclarations(self))
        self._garbage = GarbageCollection(owns_process=owns_process)
        self._model_config: Optional[ModelConfig] = None
        self._deployment: Optional[Deployment] = None
        self.has_left_thread = False
        self._is_active = False
        self._gave_up = ''
        self._watches_in_vain = 0
        self._last_missing: List[str] = []
        publisher = self.create_publisher(Float64, '~/last_run_duration_ms', 10)
        self._publish_duration = publisher.handle.publish_raw
        self.add_on_set_parameters_callback(self._check_parameters)
        self.add_post_set_parameters_callback(self._apply_parameters)
        self.create_service(Trigger, '~/reset', self._on_reset)
        self.create_service(Trigger, '~/reload', self._on_reload)
        # Not the node's clock: whoever waits for simulated time wants to be told so.
        self.create_timer(
            _WATCH_PERIOD_S, self._watch, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._diagnostics = Diagnostics(self)
        self._deactivation = self.create_guard_condition(self._on_deactivation)
        self._refuse_impossible_transitions()
        for slip in self._settings.unknown_names():
            self.get_logger().warning(slip)

    @property
    def autostarts(self) -> bool:
        """Whether the node shall configure and activate without being asked."""
        return self._settings.autostart

    @property
    def deployment(self) -> Optional[Deployment]:
        """What runs, between configure and cleanup."""
        return self._deployment

    def autostart(self, *, is_stopped: Callable[[], bool]) -> bool:
        """Configure and activate, until told to stop; return whether what was done succeeded."""
        for transition in (self.trigger_configure, self.trigger_activate):
            if is_stopped():
                return True
            if transition() != TransitionCallbackReturn.SUCCESS:
                return False
        return True

    def fall_back_for_good(self) -> None:
        """Publish the fallbacks, and nothing any more after them; any thread may call this."""
        deployment = self._deployment
        if deployment is not None and self._is_active:
            deployment.fall_back_for_good()

    def leave(self) -> None:
        """Deactivate if active, give everything back, and finish the lifecycle."""
        try:
            if self._state_machine.current_state[1] != 'finalized':
                self.trigger_shutdown()
        finally:  # without a context, rclpy cannot tell anybody about the transition
            self._shut_down()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model, check it against its inputs and outputs, and warm it up."""
        return self._attempt('configure', self._configure)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to evaluate."""
        return self._attempt('activate', self._activate)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop evaluating."""
        return self._attempt('deactivate', self._deactivate)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model and its topics."""
        return self._attempt('clean up', self._clean_up)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop evaluating, if need be, and free everything."""
        return self._attempt('shut down', self._shut_down)

    def _attempt(self, transition: str, work: Callable[[], None]) -> TransitionCallbackReturn:
        """Do the work of a transition; if it fails, the node stays where it was."""
        try:
            work()
        except PytorchRosError as error:
            self.get_logger().error(f'cannot {transition}: {error}')
            return TransitionCallbackReturn.FAILURE
        except Exception as error:  # rclpy would drop it without a word
            self.get_logger().error(f'cannot {transition}: {error!r}')
            self.get_logger().debug(traceback.format_exc())
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def _configure(self) -> None:
        model_config = self._settings.read_model()
        model = load_model_of(model_config)
        config = self._settings.read_node(model.signature)
        deployment = Deployment(
            self, config, model, publish_duration_ms=self._publish_duration_ms,
            on_give_up=self._give_up, garbage=self._garbage)
        try:
            deployment.prepare()
            description = deployment.describe()
        except BaseException:
            deployment.close()
            raise
        self._model_config = model_config
        self._deployment = deployment
        self.get_logger().info(report.block('configured', description))

    def _activate(self) -> None:
        self._gave_up = ''
        self._running().activate()
        self._is_active = True
        self._watches_in_vain = 0

    def _deactivate(self) -> None:
        try:
            self._running().deactivate()
        finally:
            self._is_active = False

    def _clean_up(self) -> None:
        deployment = self._running()
        deployment.close()
        self.has_left_thread |= not deployment.is_over
        self._deployment = None

    def _shut_down(self) -> None:
        if self._is_active:
            self._deactivate()
        if self._deployment is not None:
            self._clean_up()

    def _running(self) -> Deployment:
        if self._deployment is None:
            raise PytorchRosError('no model is loaded; configure the node first')
        return self._deployment

    def _publish_duration_ms(self, duration_ms: float) -> None:
        self._publish_duration(float64_message(duration_ms))

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        def reset() -> str:
            self._running().reset()
            return 'buffers and hidden state are what the file says'
        return self._answer('reset', response, reset)

    def _on_reload(
        self, request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        def reload() -> str:
            deployment = self._running()
            assert self._model_config is not None
            model = load_model_of(self._model_config)
            deployment.replace_model(model)
            description = model.description
            return (
                f'running {description.path}, {description.kind}, sha256 {description.sha256}, '
                f'loaded in {description.load_ms:.1f} ms')
        return self._answer('reload', response, reload)

    def _answer(
        self, request: str, response: Trigger.Response, work: Callable[[], str]
    ) -> Trigger.Response:
        try:
            response.message = work()
            response.success = True
            self.get_logger().info(f'{request}: {response.message}')
        except PytorchRosError as error:
            response.message = str(error)
            response.success = False
            self.get_logger().error(f'cannot {request}: {error}')
        except Exception as error:  # the client waits for an answer
            response.message = repr(error)
            response.success = False
            self.get_logger().error(f'cannot {request}: {error!r}')
            self.get_logger().debug(traceback.format_exc())
        return response

    def _check_parameters(self, parameters: List[Parameter]) -> SetParametersResult:
        if self._deployment is None:
            return SetParametersResult(successful=True)  # configure will read and check them
        try:
            self._deployment.check(self._read_changes(parameters))
        except PytorchRosError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _apply_parameters(self, parameters: List[Parameter]) -> None:
        if self._deployment is None:
            return
        try:
            self._deployment.apply(self._read_changes(parameters))
        except PytorchRosError as error:  # it is too late to refuse
            self.get_logger().error(f'a parameter was set, but has no effect: {error}')

    def _read_changes(self, parameters: List[Parameter]) -> Changes:
        return self._settings.read_changes(
            {parameter.name: parameter.value for parameter in parameters})

    def _give_up(self, reason: str) -> None:
        """Have the executor's thread deactivate the node; any thread may call this."""
        self._gave_up = reason
        self._deactivation.trigger()

    def _on_deactivation(self) -> None:
        if self._is_active and self._gave_up:
            self.get_logger().error(f'the node deactivates: {self._gave_up}')
            self.trigger_deactivate()

    def _watch(self) -> None:
        activity = None
        deployment = self._deployment
        if deployment is not None and self._is_active:
            trouble = deployment.trouble
            if trouble:
                self._give_up(trouble)
            self._on_deactivation()
            if self._is_active:
                activity = deployment.look()
                self._complain(activity)
        gave_up = '' if self._is_active else self._gave_up
        self._diagnostics.publish(
            judge(self._state_label(), activity, gave_up), self._values(activity))

    def _complain(self, activity: Activity) -> None:
        missing = list(activity.waiting_for)
        self._watches_in_vain = self._watches_in_vain + 1 if missing else 0
        if self._watches_in_vain < _FIRST_COMPLAINT:
            return
        is_due = (self._watches_in_vain - _FIRST_COMPLAINT) % _WATCHES_PER_COMPLAINT == 0
        if is_due or missing != self._last_missing:
            self._last_missing = missing
            now = 'any more' if activity.totals.evaluations else 'yet'
            self.get_logger().warning(
                f'nothing is evaluated {now}; waiting for {", ".join(missing)}')

    def _state_label(self) -> str:
        return str(self._state_machine.current_state[1])

    def _values(self, activity: Optional[Activity]) -> List[Tuple[str, str]]:
        values = [('state', self._state_label())]
        if self._deployment is not None:
            values += describe_deployment(self._deployment, activity)
        return values

    def _refuse_impossible_transitions(self) -> None:
        """Answer a request that the present state does not allow; rclpy of Jazzy dies of it."""
        service = self._service_change_state
        change_state = service.callback

        def change_if_possible(request: Any, response: Any) -> Any:
            possible = {
                transition[1]: transition[0]
                for transition in self._state_machine.available_transitions}
            asked = request.transition
            if asked.label in possible or not asked.label and asked.id in possible.values():
                return change_state(request, response)
            self.get_logger().error(
                f'transition {asked.label or asked.id} is not possible in state '
                f'{self._state_machine.current_state[1]}; possible: {enumeration(possible)}')
            response.success = False
            return response
        service.callback = change_if_possible
