# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The block in the log that shows what the node understood."""

from typing import List, Optional, Sequence

from dg_pytorch_ros.config import enumeration, NodeConfig
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
    if item.subscriber is None:
        return f'{line}, constant {list(config.constant or ())}'
    initial = '' if config.initial is None else f', initially {list(config.initial)}'
    return f'{line}, from {item.subscriber.topic} ({config.message_type}; {config.qos}){initial}'


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
