# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The block in the log that shows what the node understood."""

from typing import List, Mapping, Optional, Sequence

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.circuit import Circuit
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.inputs import Input, Leaf
from dg_pytorch_ros.model import Array, describe_array, ModelDescription, WarmUp
from dg_pytorch_ros.topics import Output


def describe_circuit(circuit: Circuit, outputs: Sequence[Array]) -> List[str]:
    """Write what was understood; `outputs` are those of the first run, if it was done."""
    wiring = circuit.wiring
    topics = {
        name: subscriber.topic for subscriber in wiring.inlets for name in subscriber.names}
    inputs = [line for item in wiring.inputs for line in describe_input(item, topics)]
    return [
        *describe_model(circuit.model.description), *inputs,
        *describe_outputs(wiring.outputs, outputs), describe_trigger(circuit.config),
        *describe_trust(circuit.config), describe_warm_up(circuit.model.warm_up)]


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
    lines += [f'         {note}' for note in model.notes]
    return lines


def describe_loading(model: ModelDescription) -> List[str]:
    """Write the line about how long it took to load the file, if that is known."""
    return [] if model.load_ms is None else [f'loading  {model.load_ms:.1f} ms']


def describe_input(item: Input, topics: Mapping[str, str]) -> List[str]:
    """Write the lines about one input; `topics` are the full names of its leaves' topics."""
    config = item.config
    shape = 'shape by the first message' if item.shape is None else str(list(item.shape))
    line = f'input    {config.name} (argument {item.argument.name}): {item.dtype} {shape}'
    history = config.history
    if history.length > 1:
        order = history.order.replace('_', ' ')
        line += f', {history.length} values, {order}, filled by {history.fill}'
    if not config.parts:
        return [line + _describe_leaf(item.leaves[0], topics)]
    return [line] + [
        f'         {leaf.config.name}{_describe_leaf(leaf, topics)}' for leaf in item.leaves]


def _describe_leaf(leaf: Leaf, topics: Mapping[str, str]) -> str:
    config = leaf.config
    conversion = _describe_conversion(config)
    if config.feedback:
        return f', fed back from output {config.feedback}{conversion}'
    if leaf.decoding is None:
        return f', constant {list(config.constant or ())}{conversion}'
    initial = '' if config.initial is None else f', initially {list(config.initial)}'
    age = '' if config.max_age_ms is None else (
        f', at most {config.max_age_ms:g} ms old by {config.age_from}')
    field = f' {", ".join(config.field)}' if config.field else ''
    names = f' of {", ".join(config.select)}' if config.select else ''
    return (
        f', from {topics[config.name]}{field}{names} '
        f'({config.message_type}; {config.qos}){conversion}{initial}{age}')


def _describe_conversion(config: InputConfig) -> str:
    image = config.image
    given = {
        'resize': image.resize, 'color': image.color, **{
            f'{name} replaced by': number
            for name, number in config.conversion.replacements.items()},
        **config.conversion.lists, 'clip': config.conversion.clip}
    return ''.join(
        f', {name} {list(value) if isinstance(value, tuple) else value}'
        for name, value in given.items() if value not in (None, ''))


def describe_outputs(outputs: Sequence[Output], values: Sequence[Array]) -> List[str]:
    """Write a line about each output; `values` are those of the first run, if it was done."""
    kinds = [describe_array(value.dtype, value.shape) for value in values]
    return [
        f'output   {output.name}: {kind}, {_describe_target(output)}'
        for output, kind in zip(outputs, kinds or ['as the first run gives'] * len(outputs))]


def _describe_target(output: Output) -> str:
    config = output.config
    field = f' {", ".join(config.field)}' if config.field else ''
    names = f' of {", ".join(config.names)}' if config.names else ''
    numbers = ''.join(
        f', {name} {list(values)}'
        for name, values in (
            ('scale', config.scaling.scale), ('offset', config.scaling.offset)) if values)
    return f'to {output.topic}{field}{names} ({config.message_type}; {config.qos}){numbers}'


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
