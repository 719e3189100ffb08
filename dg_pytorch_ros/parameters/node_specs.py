# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The reference manual of the node's own parameters: their types, defaults and meanings."""

from typing import Dict

from dg_pytorch_ros.parameters.spec import Spec
from dg_pytorch_ros.parameters.values import (
    read_cores, read_names, read_real, read_text, read_truth, read_whole)

_REACTIONS = (
    "'skip': publish nothing, 'hold': publish the last good outputs again, 'fallback': publish "
    "outputs.NAME.fallback, 'deactivate': publish the fallbacks and leave the state active.")


NODE_SPECS: Dict[str, Spec] = {
    'autostart': Spec(
        read_truth, True, 'Configure and activate at the start, without a lifecycle manager.'),
    'model_path': Spec(
        read_text, '', 'TorchScript, .pt2 or .onnx file: absolute, relative to the working '
        'directory, or package://PACKAGE/PATH. Required.'),
    'model_sha256': Spec(
        read_text, '',
        'When set, a file with another SHA-256 digest is refused before it is loaded.'),
    'model_imports': Spec(
        read_names, None, 'Python modules to import before the file is loaded (list of names): '
        'libraries that bring the operators it uses. Left out: none.'),
    'device': Spec(read_text, 'cpu', "Where the module runs: 'cpu', 'cuda' or 'cuda:N'."),
    'num_threads': Spec(
        read_whole, 1, 'Threads within one operation of the module.', integer_range=(1, 1024)),
    'warmup_runs': Spec(
        read_whole, 10, 'Evaluations before the first real one; at least 3.',
        integer_range=(3, 1_000_000)),
    'trigger': Spec(
        read_text, 'message', "What causes an evaluation: 'timer' (see rate_hz) or 'message' "
        '(see trigger_inputs).'),
    'trigger_inputs': Spec(
        read_names, None,
        'With trigger message: evaluate when each of these inputs (list of names) '
        'has had a message since the last evaluation. Left out: all subscribed inputs.'),
    'rate_hz': Spec(
        read_real, 100.0, 'With trigger timer: evaluations per second of ROS time.',
        read_only=False, floating_range=(1e-6, 1e6)),
    'input_names': Spec(
        read_names, None,
        "Names of forward's arguments (list of names), in its order. Left out: the "
        "module's own names of the arguments that have no default."),
    'output_names': Spec(
        read_names, None,
        "Names of forward's results (list of names): in order for a tensor, tuple "
        "or list, by name for a NamedTuple or dict. Left out: a NamedTuple's fields, else output, "
        'or output_0, output_1 and so on.'),
    'on_stale': Spec(
        read_text, 'skip',
        f'What to do on an input that is older than its max_age_ms: {_REACTIONS}'),
    'on_nonfinite': Spec(
        read_text, 'skip', f'What to do on NaN or infinity in an input or output: {_REACTIONS}'),
    'on_error': Spec(read_text, 'skip', f'What to do when an evaluation fails: {_REACTIONS}'),
    'max_failures': Spec(
        read_whole, 100, 'Failed evaluations in a row after which the node deactivates, whatever '
        'on_error says. 0: never.', integer_range=(0, 1_000_000_000)),
    'deadline_ms': Spec(
        read_real, None, 'Longest duration of an evaluation (number): see on_overrun. Left out: '
        'none.'),
    'on_overrun': Spec(
        read_text, 'publish',
        "What to do with an output that took longer than deadline_ms: 'publish' "
        f'it all the same, or {_REACTIONS}'),
    'fade_in_s': Spec(
        read_real, 0.0, 'After activation, and after enabling, go over from the fallback (or from '
        'the input outputs.NAME.fade_in_from) to the module within so many seconds. 0: at once.'),
    'enable_topic': Spec(
        read_text, '', 'Topic of std_msgs/msg/Bool without whose true nothing but fallbacks is '
        'published. Empty: none.'),
    'enable_max_age_ms': Spec(
        read_real, None,
        'Age at which a true on enable_topic does not count any more (number). Left '
        'out: it counts until a false.'),
    'exclusive_outputs': Spec(
        read_truth, False, 'Refuse to activate while somebody else publishes on an output topic.'),
    'realtime.priority': Spec(
        read_whole, None,
        'SCHED_FIFO priority of the evaluation thread (whole number), 1 to 99. Left '
        'out: the ordinary scheduler.', integer_range=(1, 99)),
    'realtime.cpu_affinity': Spec(
        read_cores, None, 'Core on which the evaluation thread may run (whole number), or several '
        '(list of whole numbers). Left out: any.'),
    'realtime.lock_memory': Spec(
        read_truth, False,
        'Keep all memory of the process in RAM, so that no tick waits for a page.'),
    'realtime.spin_us': Spec(
        read_whole, 0,
        'With trigger timer: stay awake for the last microseconds before each deadline '
        'instead of sleeping until then. Ticks come closer to their time, at the price of that '
        'much of a core. Without effect in simulated time.', integer_range=(0, 1_000_000)),
}
