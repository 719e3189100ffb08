# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A graph as text: one line an operation, blocks indented."""

from typing import Iterator, Sequence

from dg_pytorch_ros.inspection.facts import Block, Operation, Value

_INDENT = '    '


def graph_text(graph: Block) -> str:
    """Write a whole graph."""
    return '\n'.join((
        f'{graph.label}({_values(graph.inputs)}):', *_body(graph, _INDENT),
        f'{_INDENT}return {_names(graph.outputs)}'))


def _body(block: Block, indent: str) -> Iterator[str]:
    for operation in block.operations:
        yield indent + _line(operation)
        for inner in operation.blocks:
            inputs = f'({_values(inner.inputs)})' if inner.inputs else ''
            yield f'{indent}{_INDENT}{inner.label}{inputs}:'
            yield from _body(inner, indent + 2 * _INDENT)
            if inner.outputs:
                yield f'{indent}{2 * _INDENT}-> {_names(inner.outputs)}'


def _line(operation: Operation) -> str:
    outputs = f'{_values(operation.outputs)} = ' if operation.outputs else ''
    given = [f'{value.role}={_written(value)}' if value.role else _written(value)
             for value in operation.inputs]
    given += [f'{name}={value!r}' for name, value in operation.attributes.items()]
    module = f'  # {operation.module}' if operation.module else ''
    return f'{outputs}{operation.kind}({", ".join(given)}){module}'


def _values(values: Sequence[Value]) -> str:
    return ', '.join(map(_written, values))


def _names(values: Sequence[Value]) -> str:
    return ', '.join(map(_name, values))


def _name(value: Value) -> str:
    return value.name if value.is_stored else f'%{value.name}'


def _written(value: Value) -> str:
    return f'{_name(value)}: {value.type_name}' if value.type_name else _name(value)
