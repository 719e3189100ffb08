# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Facts as plain data for programs."""

from dg_pytorch_ros.inspection.facts import Block, Facts, Operation, Row, Value


def facts_data(facts: Facts, *, with_graph: bool) -> Row:
    """Return everything; the graph only if it is wanted, as it may be long."""
    data: Row = {'kind': facts.kind, 'is_model': facts.is_model}
    data.update((section.key, section.content) for section in facts.sections)
    if with_graph:
        data['graph'] = _graph(facts.graph) if facts.graph else None
    return {**data, 'no_graph': facts.no_graph or None, 'warnings': list(facts.warnings)}


def _graph(block: Block) -> Row:
    return {
        'label': block.label, 'inputs': list(map(_value, block.inputs)),
        'operations': list(map(_operation, block.operations)),
        'outputs': list(map(_value, block.outputs))}


def _operation(operation: Operation) -> Row:
    return {
        'operator': operation.kind, 'inputs': list(map(_value, operation.inputs)),
        'outputs': list(map(_value, operation.outputs)), 'attributes': operation.attributes,
        'module': operation.module, 'blocks': list(map(_graph, operation.blocks))}


def _value(value: Value) -> Row:
    return {
        'name': value.name, 'type': value.type_name, 'role': value.role, 'stored': value.is_stored}
