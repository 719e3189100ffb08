# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""An ONNX model tells what is in it without any library of ONNX."""

import json
from pathlib import Path
import struct
from typing import Any, List

from dg_pytorch_ros.inspection.facts import Block, Facts
from dg_pytorch_ros.inspection.formats import read_facts
from hypothesis import given, HealthCheck, settings, strategies
import onnx_by_hand as onnx
import pytest

THEN = onnx.graph(
    [onnx.node('Mul', ['x', 'two'], ['t'])], outputs=[onnx.value_info('t', ['batch', 3])])
ELSE = onnx.graph([
    onnx.node('Constant', [], ['k'], onnx.attribute(
        'value', onnx.data(5, onnx.initializer('', [], struct.pack('<f', 3))))),
    onnx.node('Sub', ['x', 'k'], ['e'])], outputs=[onnx.value_info('e', ['batch', 3])])
RICH = onnx.model(
    onnx.graph(
        [
            onnx.node('MatMul', ['x', 'w'], ['a']), onnx.node('Add', ['a', 'far'], ['b']),
            onnx.node('ReduceSum', ['b', ''], ['s'], onnx.attribute(
                'keepdims', onnx.number(3, 0))),
            onnx.node('Greater', ['s', 'zero'], ['c']),
            onnx.node(
                'If', ['c'], ['y'], onnx.attribute('then_branch', onnx.data(6, THEN)),
                onnx.attribute('else_branch', onnx.data(6, ELSE))),
            onnx.node('RandomNormalLike', ['y'], ['r']),
            onnx.node(
                'FusedGelu', ['r'], ['z'], onnx.attribute('alpha', onnx.floating(2, 0.01)),
                onnx.attribute('mode', onnx.data(4, 'tanh')),
                onnx.attribute('pads', b''.join(onnx.number(8, one) for one in (1, 1, -1))),
                domain='com.microsoft'),
            onnx.node('Reshape', ['z', 'shape'], ['out'])],
        [onnx.value_info('x', ['batch', 3]), onnx.value_info('w', [3, 3])],
        [onnx.value_info('out', ['batch', 3])],
        [
            onnx.initializer('w', [3, 3], bytes(36)),
            onnx.initializer('far', [3], further=onnx.external('weights.bin', 12)),
            onnx.initializer('zero', [], further=onnx.floating(4, 0.0)),
            onnx.initializer('two', [], struct.pack('<f', 2)),
            onnx.initializer('shape', [2], dtype=onnx.INT64, further=(
                onnx.number(7, -1) + onnx.number(7, 3)))]),
    onnx.data(1, '') + onnx.number(2, 17), onnx.data(1, 'com.microsoft') + onnx.number(2, 1),
    further=onnx.data(6, 'A policy.') + onnx.data(14, onnx.data(1, 'joints') + onnx.data(2, 'a,b'))
)


def facts_of(content: bytes, folder: Path = Path('/none')) -> Facts:
    facts = read_facts(folder / 'model.pt', content)
    assert facts is not None
    return facts


def section(facts: Facts, key: str) -> Any:
    (found,) = [section.content for section in facts.sections if section.key == key]
    return found


def graph_of(content: bytes) -> Block:
    graph = facts_of(content).graph
    assert graph is not None
    return graph


def test_model_of_torch_is_understood() -> None:
    facts = facts_of(onnx.BY_TORCH)
    assert facts.kind == 'ONNX model, opset 20' and facts.is_model
    assert section(facts, 'program')['producer'] == 'pytorch 2.13.0'
    assert section(facts, 'arguments') == [{
        'name': 'obs', 'type': 'Tensor', 'default': None, 'required': True,
        'example': 'float32[batch, 3]'}]
    assert section(facts, 'results') == [
        {'name': 'act', 'type': 'Tensor', 'example': 'float32[batch, 4]'}]
    assert section(facts, 'tensors') == {'initializers': {
        'count': 2, 'elements': 16, 'bytes': 64, 'dtypes': {'float32': 16}}}
    gemm, relu = graph_of(onnx.BY_TORCH).operations
    assert gemm.kind == 'Gemm' and relu.kind == 'Relu'
    assert gemm.attributes == {'alpha': 1.0, 'beta': 1.0, 'transB': 1}
    assert [(value.name, value.type_name, value.is_stored) for value in gemm.inputs] == [
        ('obs', 'float32[batch, 3]', False), ('0.weight', 'float32[4, 3]', True),
        ('0.bias', 'float32[4]', True)]
    assert gemm.outputs == relu.inputs


def test_initializer_is_no_input_although_it_is_listed_as_one() -> None:
    assert [row['name'] for row in section(facts_of(RICH), 'arguments')] == ['x']


def test_what_the_model_says_of_itself_is_told() -> None:
    facts = facts_of(RICH)
    assert section(facts, 'program') == {
        'producer': 'by hand', 'ir_version': 8, 'opsets': ['ai.onnx 17', 'com.microsoft 1'],
        'domain': None, 'model_version': None, 'graph': 'policy', 'description': 'A policy.'}
    assert section(facts, 'metadata') == {'joints': 'a,b'}


def test_operators_have_their_domain_unless_it_is_that_of_onnx() -> None:
    facts = facts_of(RICH)
    kinds = [operation.kind for operation in graph_of(RICH).walk()]
    assert kinds == [
        'MatMul', 'Add', 'ReduceSum', 'Greater', 'If', 'Mul', 'Sub', 'RandomNormalLike',
        'com.microsoft.FusedGelu', 'Reshape']
    assert section(facts, 'libraries') == [{'library': 'com.microsoft', 'uses': ['FusedGelu']}]
    warnings = ' '.join(facts.warnings)
    assert 'operators of com.microsoft: only a runtime with these' in warnings
    assert 'random numbers (RandomNormalLike)' in warnings


def test_attributes_are_plain() -> None:
    fused = [one for one in graph_of(RICH).walk() if one.kind.endswith('FusedGelu')][0]
    assert fused.attributes == {'alpha': 0.01, 'mode': 'tanh', 'pads': [1, 1, -1]}


def test_long_attributes_are_not_listed() -> None:
    node = onnx.node('TreeEnsemble', ['x'], ['y'], onnx.attribute(
        'weights', onnx.data(7, struct.pack('<100f', *range(100)))))
    (operation,) = graph_of(onnx.model(onnx.graph([node]))).operations
    assert operation.attributes == {'weights': 'more than 16 values'}


def test_branches_are_blocks_and_constants_stand_where_they_are_used() -> None:
    branch = [one for one in graph_of(RICH).operations if one.kind == 'If'][0]
    then, otherwise = branch.blocks
    assert (then.label, otherwise.label) == ('then', 'else')
    (subtract,) = otherwise.operations
    assert [value.name for value in subtract.inputs] == ['x', 'k']
    assert subtract.inputs[1].is_stored and subtract.inputs[1].type_name == 'float32[] 3.0'
    assert then.operations[0].inputs[1].type_name == 'float32[] 2.0'
    reshape = graph_of(RICH).operations[-1]
    assert reshape.inputs[1].type_name == 'int64[2] [-1, 3]'


def test_left_out_inputs_are_left_out() -> None:
    reduce = [one for one in graph_of(RICH).operations if one.kind == 'ReduceSum'][0]
    assert [value.name for value in reduce.inputs] == ['b']


def test_weights_in_another_file_are_looked_for_beside_it(tmp_path: Path) -> None:
    facts = facts_of(RICH, tmp_path)
    assert section(facts, 'external_data') == [
        {'file': 'weights.bin', 'tensors': 1, 'bytes': 12, 'found': False}]
    assert any(
        'weights are in weights.bin, which is not beside it' in one for one in facts.warnings)
    (tmp_path / 'weights.bin').write_bytes(bytes(12))
    facts = facts_of(RICH, tmp_path)
    assert section(facts, 'external_data')[0]['found']
    assert not any('weights.bin' in one for one in facts.warnings)


@pytest.mark.parametrize('type_message, expected', [
    (onnx.data(1, onnx.number(1, 7)), 'int64[...]'),
    (onnx.data(1, onnx.number(1, 1) + onnx.data(2, onnx.data(1, b''))), 'float32[?]'),
    (onnx.data(1, onnx.number(1, 11) + onnx.data(2, b'')), 'float64[]'),
    (onnx.data(4, onnx.data(1, onnx.data(1, onnx.number(1, 9)))), 'list of bool[...]'),
    (onnx.data(9, onnx.data(1, onnx.data(1, onnx.number(1, 16)))), 'optional bfloat16[...]'),
    (onnx.data(5, b''), 'map'), (onnx.data(1, onnx.number(1, 99)), 'dtype 99[...]'), (b'', None)])
def test_types_of_inputs_are_told(type_message: bytes, expected: str) -> None:
    content = onnx.model(onnx.graph([], [onnx.data(1, 'x') + onnx.data(2, type_message)]))
    assert section(facts_of(content), 'arguments')[0]['example'] == expected


def test_functions_of_the_model_need_no_library() -> None:
    function = onnx.data(1, 'Swish') + onnx.data(10, 'mine') + onnx.data(7, onnx.node(
        'Sigmoid', ['x'], ['y']))
    content = onnx.model(
        onnx.graph([onnx.node('Swish', ['x'], ['y'], domain='mine')]),
        further=onnx.data(25, function))
    facts = facts_of(content)
    assert section(facts, 'functions') == [{'name': 'mine.Swish', 'operations': 1}]
    assert not [one for one in facts.sections if one.key == 'libraries']


def nested(depth: int) -> bytes:
    graph = onnx.graph([])
    for _ in range(depth):
        graph = onnx.graph([onnx.node('If', ['c'], ['y'], onnx.attribute(
            'then_branch', onnx.data(6, graph)))])
    return onnx.model(graph)


def of_shape(*sizes: int) -> bytes:
    return onnx.model(onnx.graph([], initializers=[onnx.initializer('w', sizes)]))


@pytest.mark.parametrize('content, complaint', [
    (onnx.BY_TORCH[:200], 'field 7 is said to have'),
    (nested(60), 'more than 50 graphs within each other'),
    (of_shape(-4), "'w': a tensor of an impossible shape"),
    (of_shape(*[1] * 70), "'w': a tensor of an impossible shape"),
    (onnx.model(onnx.graph([b'\x0a\x70'])), 'field 1 is said to have 112 bytes')])
def test_broken_model_is_told(content: bytes, complaint: str) -> None:
    facts = facts_of(content)
    assert not facts.is_model and facts.kind == 'ONNX model, broken'
    assert complaint in facts.warnings[0] and 'broken or truncated' in facts.warnings[0]


def test_weights_larger_than_any_memory_are_only_counted() -> None:
    facts = facts_of(of_shape(2**62, 2**40))
    assert section(facts, 'tensors')['initializers']['elements'] == 2**102


def changed(content: bytes, changes: List[Any]) -> bytes:
    broken = bytearray(content)
    for position, value in changes:
        broken[position % len(broken)] = value
    return bytes(broken)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.lists(strategies.tuples(
    strategies.integers(2, 2000), strategies.integers(0, 255)), min_size=1, max_size=5))
def test_whatever_is_changed_in_a_model_there_are_facts(changes: List[Any]) -> None:
    facts = facts_of(changed(RICH, changes))
    assert facts.warnings and json.dumps([one.content for one in facts.sections])
