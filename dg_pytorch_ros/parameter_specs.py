# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The reference manual of the parameters: their names, types, defaults and meanings."""

from array import array
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Tuple

from dg_pytorch_ros.config import DEFAULT_MESSAGE_TYPE
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError('text')
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError('true or false')
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError('a whole number')
    return value


def _real(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError('a number')
    return float(value)


def _names(value: Any) -> List[str]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ValueError('a list of names')
    return list(value)


def _sizes(value: Any) -> List[int]:
    try:
        return [_whole(item) for item in value]
    except (TypeError, ValueError):
        raise ValueError('a list of whole numbers') from None


def _cores(value: Any) -> List[int]:
    if isinstance(value, int):
        value = [value]
    try:
        cores = _sizes(value)
    except ValueError:
        cores = []
    if not cores:
        raise ValueError('a core or a list of cores, which are whole numbers from 0')
    return cores


def _numbers(value: Any) -> List[Any]:
    if isinstance(value, (bool, int, float)):
        return [value]
    if isinstance(value, (list, tuple, array)) and len(value):
        # ROS knows no mixed lists: whole numbers among real ones are real.
        if all(isinstance(item, bool) for item in value):
            return list(value)
        if all(isinstance(item, int) and not isinstance(item, bool) for item in value):
            return list(value)
        if all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in value):
            return [float(item) for item in value]
    raise ValueError('a number or a list of numbers')


@dataclass(frozen=True)
class Spec:
    """One parameter: how to read it, what it is when left out, and what it means."""

    read: Callable[[Any], Any]
    default: Any
    description: str
    read_only: bool = True
    floating_range: Optional[Tuple[float, float]] = None
    integer_range: Optional[Tuple[int, int]] = None

    def descriptor(self) -> ParameterDescriptor:
        """Describe the parameter as `ros2 param describe` shows it."""
        descriptor = ParameterDescriptor(
            description=self.description, read_only=self.read_only,
            # Without a value to tell its type, a parameter can only be left open; and who sets
            # one may write 500 for 500.0.
            dynamic_typing=self.default is None or not self.read_only)
        if self.floating_range:
            low, high = self.floating_range
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        if self.integer_range:
            first, last = self.integer_range
            descriptor.integer_range = [IntegerRange(from_value=first, to_value=last, step=1)]
        return descriptor


_REACTIONS = (
    "'skip': publish nothing, 'hold': publish the last good outputs again, 'fallback': publish "
    "outputs.NAME.fallback, 'deactivate': publish the fallbacks and leave the state active.")


NODE_SPECS: Dict[str, Spec] = {
    'autostart': Spec(
        _truth, True, 'Configure and activate at the start, without a lifecycle manager.'),
    'model_path': Spec(
        _text, '', 'TorchScript file: absolute, relative to the working directory, '
        'or package://PACKAGE/PATH. Required.'),
    'model_sha256': Spec(
        _text, '', 'When set, a file with another SHA-256 digest is refused before it is loaded.'),
    'device': Spec(_text, 'cpu', "Where the module runs; 'cpu'."),
    'num_threads': Spec(
        _whole, 1, 'Threads within one operation of torch.', integer_range=(1, 1024)),
    'warmup_runs': Spec(
        _whole, 10, 'Evaluations before the first real one; at least 3.',
        integer_range=(3, 1_000_000)),
    'trigger': Spec(
        _text, 'message', "What causes an evaluation: 'timer' (see rate_hz) or 'message' "
        '(see trigger_inputs).'),
    'trigger_inputs': Spec(
        _names, None, 'With trigger message: evaluate when each of these inputs (list of names) '
        'has had a message since the last evaluation. Left out: all subscribed inputs.'),
    'rate_hz': Spec(
        _real, 100.0, 'With trigger timer: evaluations per second of ROS time.',
        read_only=False, floating_range=(1e-6, 1e6)),
    'input_names': Spec(
        _names, None, "Names of forward's arguments (list of names), in its order. Left out: the "
        "module's own names of the arguments that have no default."),
    'output_names': Spec(
        _names, None, "Names of forward's results (list of names): in order for a tensor, tuple "
        "or list, by name for a NamedTuple or dict. Left out: a NamedTuple's fields, else output, "
        'or output_0, output_1 and so on.'),
    'on_stale': Spec(
        _text, 'skip', f'What to do on an input that is older than its max_age_ms: {_REACTIONS}'),
    'on_nonfinite': Spec(
        _text, 'skip', f'What to do on NaN or infinity in an input or output: {_REACTIONS}'),
    'on_error': Spec(_text, 'skip', f'What to do when an evaluation fails: {_REACTIONS}'),
    'max_failures': Spec(
        _whole, 100, 'Failed evaluations in a row after which the node deactivates, whatever '
        'on_error says. 0: never.', integer_range=(0, 1_000_000_000)),
    'deadline_ms': Spec(
        _real, None, 'Longest duration of an evaluation (number): see on_overrun. Left out: '
        'none.'),
    'on_overrun': Spec(
        _text, 'publish', "What to do with an output that took longer than deadline_ms: 'publish' "
        f'it all the same, or {_REACTIONS}'),
    'fade_in_s': Spec(
        _real, 0.0, 'After activation, and after enabling, go over from the fallback (or from '
        'the input outputs.NAME.fade_in_from) to the module within so many seconds. 0: at once.'),
    'enable_topic': Spec(
        _text, '', 'Topic of std_msgs/msg/Bool without whose true nothing but fallbacks is '
        'published. Empty: none.'),
    'enable_max_age_ms': Spec(
        _real, None, 'Age at which a true on enable_topic does not count any more (number). Left '
        'out: it counts until a false.'),
    'exclusive_outputs': Spec(
        _truth, False, 'Refuse to activate while somebody else publishes on an output topic.'),
    'realtime.priority': Spec(
        _whole, None, 'SCHED_FIFO priority of the evaluation thread (whole number), 1 to 99. Left '
        'out: the ordinary scheduler.', integer_range=(1, 99)),
    'realtime.cpu_affinity': Spec(
        _cores, None, 'Core on which the evaluation thread may run (whole number), or several '
        '(list of whole numbers). Left out: any.'),
    'realtime.lock_memory': Spec(
        _truth, False, 'Keep all memory of the process in RAM, so that no tick waits for a page.'),
    'realtime.spin_us': Spec(
        _whole, 0, 'With trigger timer: stay awake for the last microseconds before each deadline '
        'instead of sleeping until then. Ticks come closer to their time, at the price of that '
        'much of a core. Without effect in simulated time.', integer_range=(0, 1_000_000)),
}


_TYPE = Spec(_text, DEFAULT_MESSAGE_TYPE, 'Message type: a std_msgs MultiArray or scalar.')


def _qos_specs(reliability: str) -> Dict[str, Spec]:
    return {
        'qos.reliability': Spec(_text, reliability, "'best_effort' or 'reliable'."),
        'qos.durability': Spec(
            _text, 'volatile', "'volatile', or 'transient_local' for a latched topic."),
        'qos.depth': Spec(
            _whole, 1, 'Messages kept. A trigger input with more than 1 is worked off in order, '
            'one evaluation a message.', integer_range=(1, 1_000_000)),
    }


def input_specs(
    name: str, *, is_constant: bool = False, is_feedback: bool = False
) -> Dict[str, Spec]:
    """Return the parameters under `inputs.NAME`; those of a topic only if it has one."""
    specs = {
        'constant': Spec(
            _numbers, None, 'Value (list of numbers) of an input that has no topic. It can be '
            'changed while the node runs.', read_only=not is_constant),
        'feedback': Spec(
            _text, '', 'Output whose value in the last evaluation this input gets, instead of a '
            "topic: the module's own value, before any limit. Needs initial."),
        'dtype': Spec(
            _text, '', "Dtype of the tensor. Empty: the module's own floating dtype if it has "
            "one, else the message's."),
        'shape': Spec(
            _sizes, None, 'Shape of the tensor (list of whole numbers), -1 where a size may vary. '
            'Left out: the first value decides.'),
        'initial': Spec(
            _numbers, None, 'Value (list of numbers) until the first message arrives, or that '
            'the first evaluation gets of a feedback.'),
    }
    if is_constant:
        del specs['initial'], specs['feedback']
        return specs
    if is_feedback:
        del specs['constant']
        return specs
    return {
        **specs,
        'topic': Spec(_text, name, 'Topic to subscribe to.'),
        'type': _TYPE,
        'max_age_ms': Spec(
            _real, None, 'Age at which a value must not be believed any more (number): see '
            'on_stale. Left out: none.'),
        'age_from': Spec(
            _text, 'arrival', "Where age begins: 'arrival' of the message, or 'stamp', the one "
            'in its header.'),
        **_qos_specs('best_effort'),
    }


def output_specs(name: str) -> Dict[str, Spec]:
    """Return the parameters under `outputs.NAME`."""
    return {
        'topic': Spec(_text, name, 'Topic to publish on.'),
        'type': _TYPE,
        'fallback': Spec(
            _numbers, None, 'What to publish when the module must not be believed (list of '
            'numbers: one for all elements, or one an element).'),
        'min': Spec(
            _numbers, None, 'Least value (list of numbers, one or one an element); lower ones '
            'are raised to it, and counted.'),
        'max': Spec(
            _numbers, None, 'Greatest value (list of numbers, one or one an element); higher '
            'ones are cut to it, and counted.'),
        'max_rate': Spec(
            _numbers, None, 'Greatest change a second (list of numbers, one or one an element).'),
        'fade_in_from': Spec(
            _text, '', 'Input from whose value fade_in_s goes over to the module. Empty: from '
            'the fallback.'),
        **_qos_specs('reliable'),
    }
