# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The reference manual of the parameters of inputs, their parts, and outputs."""

from typing import Dict, Literal

from dg_pytorch_ros.config.topic_config import DEFAULT_MESSAGE_TYPE
from dg_pytorch_ros.parameters.spec import Spec
from dg_pytorch_ros.parameters.values import (
    read_names, read_numbers, read_real, read_sizes, read_text, read_texts, read_whole)

# What an input gets its value from; the parameters of the others would have no effect.
SourceKind = Literal['topic', 'constant', 'feedback', 'parts']

_ONE_OR_EACH = 'list of numbers: one for all elements, or one an element'
_TYPE = Spec(
    read_text, DEFAULT_MESSAGE_TYPE, 'Message type, such as sensor_msgs/msg/JointState.')
_NAME_FIELD = 'Field that holds the names of the elements. Empty: name, or joint_names.'


def input_specs(name: str, source: SourceKind) -> Dict[str, Spec]:
    """Return the parameters under `inputs.NAME`."""
    specs = {
        'dtype': Spec(
            read_text, '', "Dtype of the tensor. Empty: the module's own floating dtype if it has "
            "one, else the message's."),
        'shape': Spec(
            read_sizes, None, 'Shape of the tensor (list of whole numbers), -1 where a size may '
            'vary. Left out: what the file says, if no size is free, else the first value '
            'decides.'),
        'history': Spec(
            read_whole, 1, 'Number of values that the tensor holds: the present one and those of '
            'the evaluations before.', integer_range=(1, 10_000)),
        'history_order': Spec(
            read_text, 'newest_first', "Which value of the history comes first: 'newest_first' or "
            "'oldest_first'."),
        'history_fill': Spec(
            read_text, 'repeat', "What stands for the values before the first: 'repeat' (the "
            "oldest that there is) or 'zeros'."),
        'part_names': Spec(
            read_names, None, 'Names of the parts that the value is put together from (list of '
            'names), in their order; see inputs.NAME.parts. Left out: it comes as one.'),
    }
    if source == 'parts':
        return specs
    if source != 'topic':
        del specs['part_names']
    return {**specs, **source_specs(name, source)}


def source_specs(name: str, source: SourceKind) -> Dict[str, Spec]:
    """Return the parameters under `inputs.NAME.parts.NAME`, or of an input without parts."""
    specs = {
        'constant': Spec(
            read_numbers, None, 'Value (list of numbers) of an input that has no topic. It can be '
            'changed while the node runs.', read_only=source != 'constant'),
        'feedback': Spec(
            read_text, '', 'Output whose value in the last evaluation this input gets, instead of '
            "a topic: the module's own value, before any scale or limit."),
        'initial': Spec(
            read_numbers, None, 'Value (list of numbers) until the first message arrives, or that '
            'the first evaluation gets of a feedback.'),
        **_CONVERSION,
    }
    if source == 'constant':
        del specs['initial'], specs['feedback']
        return specs
    if source == 'feedback':
        del specs['constant']
        return specs
    return {
        **specs,
        'topic': Spec(read_text, name, 'Topic to subscribe to.'),
        'type': _TYPE,
        'field': Spec(
            read_texts, None, 'Field of the message, such as twist.linear or poses[].position, '
            'or several (list of fields), one behind the other; of a PointCloud2, fields of its '
            'points. Left out: data, or all numbers of the message if that is clear.'),
        'select': Spec(
            read_names, None, 'Elements to take, by the names that the message gives them (list '
            'of names). Left out: all, in the order of the message.'),
        'name_field': Spec(read_text, '', _NAME_FIELD),
        'max_age_ms': Spec(
            read_real, None, 'Age at which a value must not be believed any more (number): see '
            'on_stale. Left out: none.'),
        'age_from': Spec(
            read_text, 'arrival', "Where age begins: 'arrival' of the message, or 'stamp', the "
            'one in its header.'),
        **_IMAGE,
        **_qos_specs('best_effort'),
    }


def output_specs(name: str) -> Dict[str, Spec]:
    """Return the parameters under `outputs.NAME`."""
    return {
        'topic': Spec(read_text, name, 'Topic to publish on.'),
        'type': _TYPE,
        'field': Spec(
            read_texts, None, 'Field of the message to write, such as points[0].positions, or '
            'several (list of fields), one behind the other. Left out: data, or all numbers of '
            'the message if that is clear.'),
        'names': Spec(
            read_names, None, 'Names of the elements (list of names), written into the message.'),
        'name_field': Spec(read_text, '', _NAME_FIELD),
        'frame_id': Spec(read_text, '', "The frame in the message's header."),
        'stamp_from': Spec(
            read_text, '', 'Input, or part (INPUT.PART), whose stamp the message gets. Empty: the '
            'time at which it is published.'),
        'time_from_start_ms': Spec(
            read_real, None, 'When the one point of a JointTrajectory is to be reached (number). '
            'Left out: 0.'),
        'encoding': Spec(read_text, '', 'Encoding of an Image, such as rgb8 or 32FC1.'),
        'layout': Spec(
            read_text, 'hwc', "Axes of the tensor of an Image: 'hwc' (height, width, channel) or "
            "'chw'."),
        'scale': Spec(
            read_numbers, None, f'Factor ({_ONE_OR_EACH}): published is output * scale + offset.'),
        'offset': Spec(read_numbers, None, f'Summand ({_ONE_OR_EACH}), after the scale.'),
        'fallback': Spec(
            read_numbers, None, 'What to publish when the module must not be believed '
            f'({_ONE_OR_EACH}).'),
        'min': Spec(
            read_numbers, None, f'Least value ({_ONE_OR_EACH}); lower ones are raised to it, and '
            'counted.'),
        'max': Spec(
            read_numbers, None, f'Greatest value ({_ONE_OR_EACH}); higher ones are cut to it, and '
            'counted.'),
        'max_rate': Spec(read_numbers, None, f'Greatest change a second ({_ONE_OR_EACH}).'),
        'fade_in_from': Spec(
            read_text, '', 'Input, or part (INPUT.PART), from whose field fade_in_s goes over to '
            'the module. Empty: from the fallback.'),
        **_qos_specs('reliable'),
    }


def _qos_specs(reliability: str) -> Dict[str, Spec]:
    return {
        'qos.reliability': Spec(read_text, reliability, "'best_effort' or 'reliable'."),
        'qos.durability': Spec(
            read_text, 'volatile', "'volatile', or 'transient_local' for a latched topic."),
        'qos.depth': Spec(
            read_whole, 1, 'Messages kept. A trigger input with more than 1 is worked off in '
            'order, one evaluation a message.', integer_range=(1, 1_000_000)),
    }


_CONVERSION: Dict[str, Spec] = {
    'offset': Spec(
        read_numbers, None, f'Summand ({_ONE_OR_EACH}): the value is (field + offset) * scale.'),
    'scale': Spec(read_numbers, None, f'Factor ({_ONE_OR_EACH}), after the offset.'),
    'clip': Spec(
        read_numbers, None, 'Least and greatest value (list of two numbers), after the scale.'),
    'replace.nan': Spec(
        read_real, None, 'What NaN is replaced by (number). Left out: it is not, see '
        'on_nonfinite.'),
    'replace.posinf': Spec(
        read_real, None, 'What infinity is replaced by (number). Left out: it is not, see '
        'on_nonfinite.'),
    'replace.neginf': Spec(
        read_real, None, 'What minus infinity is replaced by (number). Left out: it is not, see '
        'on_nonfinite.'),
}

_IMAGE: Dict[str, Spec] = {
    'layout': Spec(
        read_text, 'hwc', "Axes of an image: 'hwc' (height, width, channel) or 'chw'."),
    'resize': Spec(
        read_sizes, None, 'Height and width (list of two whole numbers) that an image is resized '
        'to. Left out: it is not.'),
    'color': Spec(
        read_text, '', "Colors of an image: 'rgb', 'bgr' or 'gray'. Empty: as they come."),
    'mean': Spec(
        read_numbers, None, 'Subtracted from the channels of an image (list of numbers, one or '
        'one a channel), after the scale.'),
    'std': Spec(
        read_numbers, None, 'Divides the channels of an image (list of numbers, one or one a '
        'channel), after the mean.'),
}
