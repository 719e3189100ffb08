# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Write the parameter file of a model."""

from typing import Any, Dict, List, Mapping, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.parameter_writing.examples import EXAMPLES
from dg_pytorch_ros.parameter_writing.header import write_header
from dg_pytorch_ros.parameter_writing.names import input_names, left_out, outputs_to_publish
from dg_pytorch_ros.parameter_writing.page import Page
from dg_pytorch_ros.parameter_writing.wishes import Wishes
from dg_pytorch_ros.parameter_writing.wording import (
    describe_argument, describe_result, shape_to_write)
from dg_pytorch_ros.parameters.node_specs import NODE_SPECS
from dg_pytorch_ros.parameters.spec import Spec
from dg_pytorch_ros.parameters.topic_specs import input_specs, output_specs
from dg_pytorch_ros.probing.probed import Probed, ProbedArgument

_NODE, _TOPIC, _FIELD = 1, 2, 3  # how far things are indented
_EXAMPLE = 'example'
# What is worth a look at each input and output.
_LOOK_AT = ('shape', 'field', 'select', 'max_age_ms', 'fallback', 'min', 'max')
# The order in which the node's own parameters are written; what is not named comes last.
_ORDER: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ('The module', (
        'model_path', 'model_sha256', 'model_imports', 'device', 'num_threads', 'warmup_runs')),
    ('When it runs', ('trigger', 'rate_hz', 'trigger_inputs')),
    ('What it takes and gives', ('input_names', 'output_names')),
    ('What must not be believed', (
        'on_stale', 'on_nonfinite', 'on_error', 'max_failures', 'deadline_ms', 'on_overrun',
        'fade_in_s', 'enable_topic', 'enable_max_age_ms', 'exclusive_outputs')),
    ('The process', tuple(
        name for name in NODE_SPECS if name.startswith(('realtime.', 'autostart')))))


def parameter_file_text(probed: Probed, wishes: Wishes) -> str:
    """Write a parameter file that works as it is; raise ContractError if none could."""
    return _Writer(probed, wishes).text


class _Writer:

    def __init__(self, probed: Probed, wishes: Wishes) -> None:
        self._probed = probed
        self._wishes = wishes
        self._input_names = input_names(probed)
        self._outputs = outputs_to_publish(probed)
        self._examples = {**EXAMPLES, 'trigger_inputs': self._input_names[:1] or ['INPUT']}
        self._page = Page()
        write_header(self._page, probed, wishes)
        self._page.begin(wishes.node_name, level=0)
        self._page.begin('ros__parameters', level=_NODE)
        self._write_node()
        self._write_inputs()
        self._write_outputs()

    @property
    def text(self) -> str:
        """The whole file."""
        return self._page.text

    # The node

    def _write_node(self) -> None:
        values: Dict[str, Any] = {
            'model_path': self._wishes.model_path, 'trigger': self._wishes.trigger,
            'input_names': self._input_names,
            'output_names': [output.name for output in self._outputs]}
        if self._wishes.trigger == 'timer':
            values['rate_hz'] = self._wishes.rate_hz or NODE_SPECS['rate_hz'].default
        if not values['input_names']:
            del values['input_names']
        if self._wishes.imports:
            values['model_imports'] = self._wishes.imports
        if self._wishes.device != NODE_SPECS['device'].default:
            values['device'] = self._wishes.device
        named = {name for _, names in _ORDER for name in names}
        others = tuple(name for name in NODE_SPECS if name not in named)
        for title, names in (*_ORDER, ('Others', others)):
            self._write_section(title, names, values)

    def _write_section(
        self, title: str, names: Sequence[str], values: Mapping[str, Any]
    ) -> None:
        is_brief = self._wishes.detail == 'brief'
        names = [name for name in names if not is_brief or name in values]
        if not names:
            return
        if not is_brief:
            self._page.skip()
            self._page.explain(f'-- {title} --', level=_TOPIC)
        for name in names:
            self._write(name, NODE_SPECS[name], values, _TOPIC, is_explained=not is_brief)
            if name == 'output_names':
                self._note_results()

    def _note_results(self) -> None:
        result = self._probed.signature.result
        if result.is_open and not self._probed.runs:
            self._page.explain(
                f'FILL IN: forward returns {result.annotation}, and only a run would tell what '
                'is in it.', level=_TOPIC)
        others = left_out(self._probed, self._outputs)
        if others:
            self._page.explain(
                f'Not published: {enumeration(others)} (no Tensor, or no name for a parameter).',
                level=_TOPIC)

    # Inputs and outputs

    def _write_inputs(self) -> None:
        if not self._input_names:
            return
        self._page.skip()
        self._page.begin('inputs', level=_TOPIC)
        for index, (name, argument) in enumerate(
                zip(self._input_names, self._probed.arguments)):
            self._page.begin(name, level=_FIELD)
            self._write_input(name, argument, is_first=index == 0)

    def _write_input(self, name: str, argument: ProbedArgument, *, is_first: bool) -> None:
        specs = input_specs(name, 'topic')
        values: Dict[str, Any] = {'topic': name, 'type': specs['type'].default}
        shape = shape_to_write(argument, self._probed.outputs)
        if shape is not None and not argument.argument.is_scalar:
            values['shape'] = shape
        if argument.dtype != argument.own_dtype:
            values['dtype'] = argument.dtype
        self._page.explain(
            ' '.join(describe_argument(argument, self._probed.outputs)), level=_FIELD + 1)
        for feedback in self._possible_feedback(argument):
            self._page.explain(
                f'Its shape is that of the output {feedback}. If this is the memory of the '
                f'module, take topic and type out, and put in:', level=_FIELD + 1)
            self._page.leave_out('feedback', feedback, level=_FIELD + 1)
            self._page.leave_out('initial', [0.0], level=_FIELD + 1)
        self._suggest_picture(argument)
        self._write_fields(specs, values, is_first=is_first)

    def _possible_feedback(self, argument: ProbedArgument) -> List[str]:
        """Return the outputs, but for the first, that may come back as this argument."""
        if len(self._probed.arguments) < 2 or argument.shape is None:
            return []
        taken = [
            other for other in self._probed.arguments if other.shape == argument.shape
            and not other.argument.is_scalar]
        matching = [
            output.name for output in self._outputs[1:] if output.shape == argument.shape]
        place = taken.index(argument) if argument in taken else len(matching)
        return matching[place:place + 1]

    def _suggest_picture(self, argument: ProbedArgument) -> None:
        shape = argument.sample_shape or ()
        layout = _layout(shape)
        if not layout:
            return
        sides = shape[2:] if layout == 'chw' else shape[1:3]
        channels = shape[1] if layout == 'chw' else shape[3]
        self._page.explain(
            'If a camera sends it: take topic and type out, put these in, and check the numbers '
            'with those who trained it.', level=_FIELD + 1)
        color = {'color': 'gray' if channels == 1 else 'rgb'} if channels != 4 else {}
        lines = {
            'topic': 'image_raw', 'type': 'sensor_msgs/msg/Image', 'layout': layout, **color,
            'resize': sides, 'scale': [1 / 255]}
        for name, value in lines.items():
            self._page.leave_out(name, value, level=_FIELD + 1)

    def _write_outputs(self) -> None:
        self._page.skip()
        self._page.begin('outputs', level=_TOPIC)
        for index, output in enumerate(self._outputs):
            self._page.begin(output.name, level=_FIELD)
            if output.shape is not None:
                self._page.explain(
                    f'It gives {describe_result(output, self._probed)}.', level=_FIELD + 1)
            specs = output_specs(output.name)
            values = {'topic': output.name, 'type': specs['type'].default}
            self._write_fields(specs, values, is_first=index == 0)

    def _write_fields(
        self, specs: Mapping[str, Spec], values: Mapping[str, Any], *, is_first: bool
    ) -> None:
        detail = self._wishes.detail
        is_complete = detail == 'full' or detail == 'usual' and is_first
        important = () if detail == 'brief' and self._probed.runs else (
            name for name in _LOOK_AT if name in specs)
        names = dict.fromkeys((*values, *important, *(specs if is_complete else ())))
        for name in names:
            self._write(name, specs[name], values, _FIELD + 1, is_explained=is_complete)

    def _write(
        self, name: str, spec: Spec, values: Mapping[str, Any], level: int, *,
        is_explained: bool
    ) -> None:
        if is_explained:
            self._page.explain(spec.description, level=level)
        if name in values:
            self._page.put(name, values[name], level=level)
        elif name == 'model_sha256':
            self._page.leave_out(name, self._wishes.sha256, level=level, note='this file')
        elif spec.default is None:
            self._page.leave_out(name, self._examples[name], level=level, note=_EXAMPLE)
        else:
            self._page.leave_out(name, spec.default, level=level)


def _layout(shape: Sequence[int]) -> str:
    """Return how a value that may be a picture lies, '' if it is none."""
    if len(shape) != 4 or shape[0] != 1:
        return ''
    if shape[1] in (1, 3, 4) and min(shape[2:]) > 4:
        return 'chw'
    return 'hwc' if shape[3] in (1, 3, 4) and min(shape[1:3]) > 4 else ''
