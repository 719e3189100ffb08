# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The block in the log that shows what the node understood."""

from typing import List, Optional, Sequence

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config import NodeConfig, OutputConfig
from dg_pytorch_ros.model import Array, describe_array, ModelDescription, WarmUp
from dg_pytorch_ros.topics import Output
from dg_pytorch_ros.wiring import Input


def describe_model(model: ModelDescription) -> List[str]:
    """Write the lines about the model."""
    dtype = f' of {model.dtype}' if model.dtype else ''
    lines = [
        f'model    {model.kind}, {model.parameters} parameters{dtype}',
        f'         {model.path}',
        f'         sha256 {model.sha256}']
    if model.was_training:
        lines.append('         saved in training mode; it runs in evaluation mode')
    if model.not_reset:
        lines.append(f'         never reset, as no copy can be: {enumeration(model.not_reset)}')
    return lines


def describe_input(item: Input) -> str:
    """Write the line about one input."""
    config, slot = item.config, item.slot
    shape = 'shape by the first message' if slot.shape is None else str(list(slot.shape))
    line = f'input    {config.name} (argument {item.argument.name}): {item.dtype} {shape}'
    if config.feedback:
        return f'{line}, fed back from output {config.feedback}'
    if item.subscriber is None:
        return f'{line}, constant {list(config.constant or ())}'
    initial = '' if config.initial is None else f', initially {list(config.initial)}'
    age = '' if config.max_age_ms is None else (
        f', at most {config.max_age_ms:g} ms old by {config.age_from}')
    return (
        f'{line}, from {item.subscriber.topic} '
        f'({config.message_type}; {config.qos}){initial}{age}')


def describe_outputs(outputs: Sequence[Output], values: Sequence[Array]) -> List[str]:
    """Write a line about each output; `values` are those of the first run, if it was done."""
    kinds = [describe_array(value.dtype, value.shape) for value in values]
    return [
        f'output   {output.name}: {kind}, '
        f'to {output.topic} ({output.config.message_type}; {output.config.qos})'
        for output, kind in zip(outputs, kinds or ['as the first run gives'] * len(outputs))]


def describe_trigger(config: NodeConfig) -> str:
    """Write the line about what causes an evaluation."""
    if config.trigger == 'timer':
        return f'trigger  timer, {config.rate_hz:g} Hz'
    return f'trigger  message on {", ".join(config.trigger_inputs)}'


def describe_trust(config: NodeConfig) -> List[str]:
    """Write the lines about what is done when the node must not be believed."""
    trust = config.trust
    reactions = [
        f'{what}: {reaction}' for what, reaction in (
            ('stale', trust.on_stale), ('not finite', trust.on_nonfinite),
            ('error', trust.on_error))]
    if trust.max_failures:
        reactions.append(f'{trust.max_failures} errors in a row: deactivate')
    if trust.deadline_ms is not None:
        reactions.append(f'longer than {trust.deadline_ms:g} ms: {trust.on_overrun}')
    lines = [f'trust    {", ".join(reactions)}']
    if trust.enable_topic:
        age_ms = trust.enable_max_age_ms
        age = '' if age_ms is None else f' at most {age_ms:g} ms old'
        lines.append(f'         only while {trust.enable_topic} says true{age}')
    for output in config.outputs:
        limits = _describe_limits(output, trust.fade_in_s)
        if limits:
            lines.append(f'         {output.name}: {", ".join(limits)}')
    return lines


def _describe_limits(output: OutputConfig, fade_in_s: float) -> List[str]:
    limits = output.limits
    given = (
        ('fallback', limits.fallback), ('min', limits.minimum), ('max', limits.maximum),
        ('max_rate', limits.max_rate))
    lines = [f'{name} {list(values)}' for name, values in given if values is not None]
    if fade_in_s:
        lines.append(f'fade-in {fade_in_s:g} s from {output.fade_in_from or "the fallback"}')
    return lines


def describe_warm_up(warm_up: Optional[WarmUp]) -> str:
    """Write the line about the warm-up."""
    if warm_up is None:
        return 'warm-up  on the first complete set of values'
    return (
        f'warm-up  {warm_up.runs} runs, first {warm_up.first_ms:.3f} ms, '
        f'settled {warm_up.settled_ms:.3f} ms')


def describe_realtime(granted: Sequence[str]) -> List[str]:
    """Write the line about the real-time settings that were granted, if there are any."""
    return [f'realtime {", ".join(granted)}'] if granted else []


def block(title: str, lines: Sequence[str]) -> str:
    """Put lines under a title."""
    return '\n  '.join([title, *lines])
