# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The head of a parameter file: how it was made, how to use it, what to look at."""

from shlex import quote
from typing import List

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.parameter_writing.page import Page
from dg_pytorch_ros.parameter_writing.wishes import Wishes
from dg_pytorch_ros.parameter_writing.wording import describe_failure, forward_text
from dg_pytorch_ros.probing.probed import Probed

_LONGEST_COMMAND = 94
_LOOK_THROUGH = (
    'inputs: topic, type and field, such as position of a sensor_msgs/msg/JointState; then select',
    'inputs: max_age_ms, and on_stale: what shall happen when a sensor falls silent?',
    'outputs: topic and type; fallback, min and max: what may be published at most, and when the '
    'module must not be believed?',
    'trigger: on a timer (rate_hz), or when messages arrive?')


def write_header(page: Page, probed: Probed, wishes: Wishes) -> None:
    """Say where the file comes from, and what there is to do."""
    page.quote(f'Parameters of pytorch_node for {wishes.model_path}')
    page.explain(forward_text(probed.signature))
    page.quote('')
    page.quote(f'pytorch_model check {quote(wishes.file_name)}')
    for line in _how_to_run(wishes):
        page.quote(line)
    page.quote('')
    page.explain(f'Made by `pytorch_model params`; {_how_it_was_found(probed)}')
    page.quote('')
    page.explain('To look through before something moves:')
    for line in _LOOK_THROUGH:
        page.explain(line, bullet='- ')
    if wishes.detail != 'brief':
        page.quote('')
        page.explain(
            'A line such as #NAME: VALUE, without a space behind the #, is a parameter that is '
            'left out, with its default; where it has none, with an example.')


def _how_to_run(wishes: Wishes) -> List[str]:
    command = 'ros2 run dg_pytorch_ros pytorch_node --ros-args'
    namespace, _, name = wishes.node_name.rpartition('/')
    if '*' not in wishes.node_name:
        command += f' -r __node:={name}'
    if namespace.strip('/'):
        command += f' -r __ns:=/{namespace.strip("/")}'
    file = f'--params-file {quote(wishes.file_name)}'
    if len(command) + len(file) < _LONGEST_COMMAND:
        return [f'{command} {file}']
    return [f'{command} \\', f'  {file}']


def _how_it_was_found(probed: Probed) -> str:
    if not probed.runs:
        if not probed.complaint:
            return 'the module was not run.'
        return f'{describe_failure(probed)}.'
    text = (
        'shapes are those of the model file, on which the module ran.' if _are_stated(probed)
        else 'shapes were found by running the module.')
    if probed.objection:
        text += f' On negative values it says: {probed.objection}.'
    defaults = [
        argument.name for argument in probed.signature.arguments if argument.has_default]
    if defaults:
        text += (
            f' Arguments that keep their default: {enumeration(defaults)}; name them in '
            'input_names to feed them, too.')
    return text


def _are_stated(probed: Probed) -> bool:
    shapes = [
        argument.argument.shape for argument in probed.arguments
        if not argument.argument.is_scalar]
    return bool(shapes) and None not in shapes
