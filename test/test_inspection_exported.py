# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""An ExportedProgram tells what it takes, gives, stores and changes without being loaded."""

import io
import json
from pathlib import Path
from typing import Any, Callable, Dict, List
import zipfile

from dg_pytorch_ros.drawing.svg import to_svg
from dg_pytorch_ros.inspection.facts import Block, Facts
from dg_pytorch_ros.inspection.formats import read_facts
from dg_pytorch_ros.inspection.listing import graph_text
from dg_pytorch_ros.inspection.picture import draw
import pytest
import torch
from torch import Tensor


class Rich(torch.nn.Module):
    """Has parameters, buffers and a constant, changes a buffer through a view, and branches."""

    hidden: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(3, 4)
        self.norm = torch.nn.BatchNorm1d(4)
        self.offset = torch.arange(3.0)
        self.register_buffer('hidden', torch.zeros(1, 4))
        self.register_buffer('unused', torch.zeros(2), persistent=False)

    def forward(
        self, obs: Tensor, command: Dict[str, Tensor], gain: float = 2.0
    ) -> Dict[str, Any]:
        x = self.linear(obs + self.offset) * gain + command['speed']
        y = torch.cond(x.sum() > 0, lambda x: x * 2, lambda x: x - 1, (x,))
        self.hidden[0].copy_(y[0])
        first, second = torch.chunk(self.norm(y), 2, dim=-1)
        return {'action': first, 'more': (second, self.hidden.clone())}


class Plain(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0] * 2, -1)


@pytest.fixture(scope='module')
def rich_program() -> Any:
    return torch.export.export(
        Rich().eval(), (torch.zeros(2, 3), {'speed': torch.zeros(4)}, 3.0))


@pytest.fixture(scope='module')
def rich(rich_program: Any) -> bytes:
    return saved(rich_program)


def saved(program: Any) -> bytes:
    stream = io.BytesIO()
    torch.export.save(program, stream)
    return stream.getvalue()


def facts_of(content: bytes) -> Facts:
    facts = read_facts(Path('model.pt'), content)
    assert facts is not None
    return facts


def section(facts: Facts, key: str) -> Any:
    (found,) = [section.content for section in facts.sections if section.key == key]
    return found


def document(content: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (path,) = [name for name in archive.namelist() if name.endswith('models/model.json')]
        return json.loads(archive.read(path))


def packed(program: Any, path: str = 'm/models/model.json') -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as archive:
        archive.writestr('m/archive_format', 'pt2')
        archive.writestr('m/version', '6')
        archive.writestr(path, program if isinstance(program, str) else json.dumps(program))
    return stream.getvalue()


def kinds(block: Block) -> List[str]:
    return [operation.kind for operation in block.walk()]


def test_program_tells_what_it_takes_and_gives(rich: bytes) -> None:
    facts = facts_of(rich)
    assert facts.kind == 'ExportedProgram of torch.export' and facts.is_model
    assert [(row['name'], row['type'], row['example']) for row in section(facts, 'arguments')] == [
        ('obs', 'Tensor', 'float32[2, 3]'), ('command_speed', 'Tensor', 'float32[4]'),
        ('gain', 'float', '3.0')]
    assert [(row['name'], row['example']) for row in section(facts, 'results')] == [
        ('action', 'float32[2, 2]'), ('more_0', 'float32[2, 2]'), ('more_1', 'float32[1, 4]')]


def test_program_tells_what_it_stores(rich: bytes) -> None:
    facts = facts_of(rich)
    assert section(facts, 'tensors') == {
        'parameters': {
            'count': 4, 'elements': 24, 'bytes': 96, 'dtypes': {'float32': 24}},
        'buffers': {
            'count': 5, 'elements': 15, 'bytes': 64, 'dtypes': {'float32': 14, 'int64': 1}},
        'constants': {'count': 1, 'elements': 3, 'bytes': 12, 'dtypes': {'float32': 3}}}
    rows = {row['path']: row for row in section(facts, 'modules')}
    assert list(rows) == ['', 'linear', 'norm']
    assert rows['linear'] == {
        'path': 'linear', 'class': 'torch.nn.modules.linear.Linear', 'parameters': 16,
        'buffers': 0, 'bytes': 64}
    assert rows['norm']['buffers'] == 9 and rows['']['buffers'] == 6
    assert section(facts, 'program')['written_by'] == f'torch {torch.__version__}'


def test_buffer_written_through_a_view_is_state(rich: bytes) -> None:
    assert section(facts_of(rich), 'state') == {'keeps_state': True, 'changes': ['hidden']}


def test_graph_has_operations_with_roles_attributes_and_branches(rich: bytes) -> None:
    graph = facts_of(rich).graph
    assert graph is not None
    assert [value.name for value in graph.inputs] == ['obs', 'command_speed']
    operations = {operation.kind: operation for operation in graph.operations}
    linear = operations['aten.linear.default']
    assert [(value.role, value.name, value.is_stored) for value in linear.inputs[1:]] == [
        ('weight', 'linear.weight', True), ('bias', 'linear.bias', True)]
    assert linear.module == 'linear' and linear.outputs[0].type_name == 'float32[2, 4]'
    assert operations['aten.chunk.default'].attributes == {'chunks': 2, 'dim': -1}
    assert operations['aten.copy_.default'].has_effect and not linear.has_effect
    branches = operations['higher_order.cond']
    assert [block.label for block in branches.blocks] == ['then', 'else']
    assert len(branches.inputs) == 1
    # The branches take their operand from around them.
    assert branches.blocks[0].operations[0].inputs[0].name == 'add_1'
    assert 'aten.mul.Tensor' in kinds(branches.blocks[0])
    assert branches.blocks[0].outputs[0].name.startswith('true_graph')


def test_values_of_branches_have_names_of_their_own(rich: bytes) -> None:
    graph = facts_of(rich).graph
    assert graph is not None
    names = [value.name for operation in graph.walk() for value in operation.outputs]
    assert len(names) == len(set(names))


def test_graph_can_be_drawn_and_listed(rich: bytes) -> None:
    graph = facts_of(rich).graph
    assert graph is not None
    assert 'linear' in to_svg(draw(graph, 'rich'))
    assert 'higher_order.cond' in graph_text(graph)


def test_decomposed_program_says_its_changes_itself(rich_program: Any) -> None:
    facts = facts_of(saved(rich_program.run_decompositions()))
    assert section(facts, 'state')['changes'] == ['hidden']
    assert section(facts, 'program')['dialect'] == 'ATEN'


def test_free_sizes_have_their_names_and_limits() -> None:
    program = torch.export.export(
        Plain(), (torch.zeros(4, 6),),
        dynamic_shapes={'x': {0: torch.export.Dim('batch', min=2, max=64)}})
    facts = facts_of(saved(program))
    (size,) = section(facts, 'sizes')
    assert size['least'] in (0, 2) and size['most'] == 64
    name = size['name']
    assert section(facts, 'arguments')[0]['example'] == f'float32[{name}, 6]'
    assert section(facts, 'results')[0]['name'] == 'output'
    assert name in section(facts, 'results')[0]['example']
    assert 'Symbol' not in section(facts, 'results')[0]['example']
    assert section(facts, 'state') == {'keeps_state': False, 'changes': []}


def test_layout_before_torch_2_7_tells_the_same(rich: bytes) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as archive:
        archive.writestr('version', '8.8')
        archive.writestr('serialized_exported_program.json', json.dumps(document(rich)))
        archive.writestr('serialized_state_dict.pt', b'')
    facts, other = facts_of(stream.getvalue()), facts_of(rich)
    assert facts.graph == other.graph
    assert section(facts, 'program')['layout'] == 'before torch 2.7'
    for key in ('arguments', 'results', 'state', 'tensors', 'modules'):
        assert section(facts, key) == section(other, key)


def test_batch_norm_in_training_mode_changes_its_buffers(rich: bytes) -> None:
    program = document(rich)
    for node in program['graph_module']['graph']['nodes']:
        for argument in node['inputs']:
            if argument['name'] == 'training':
                argument['arg'] = {'as_bool': True}
    assert section(facts_of(packed(program)), 'state')['changes'] == [
        'hidden', 'norm.running_mean', 'norm.running_var']


def test_program_for_another_device_is_warned_of(rich: bytes) -> None:
    program = document(rich)
    for meta in program['graph_module']['graph']['tensor_values'].values():
        meta['device'] = {'type': 'cuda', 'index': 0}
    assert 'it was exported for cuda, not for the cpu' in facts_of(packed(program)).warnings


def test_named_tuple_gives_names_to_results(rich: bytes) -> None:
    program = document(rich)
    module = program['graph_module']
    leaf: Dict[str, Any] = {'type': None, 'context': None, 'children_spec': []}
    module['module_call_graph'][0]['signature']['out_spec'] = json.dumps([1, {
        'type': 'collections.namedtuple', 'context': 'Result', 'children_spec': 3 * [leaf]}])
    module['treespec_namedtuple_fields'] = {'Result': {'field_names': ['a', 'b', 'c']}}
    names = [row['name'] for row in section(facts_of(packed(program)), 'results')]
    assert names == ['a', 'b', 'c']
    module['module_call_graph'][0]['signature']['out_spec'] = json.dumps([1, {
        'type': 'builtins.tuple', 'context': 'null', 'children_spec': 3 * [leaf]}])
    names = [row['name'] for row in section(facts_of(packed(program)), 'results')]
    assert names == ['output_0', 'output_1', 'output_2']


def test_archive_of_several_programs_shows_the_one_called_model(rich: bytes) -> None:
    stream = io.BytesIO(packed(document(rich)))
    with zipfile.ZipFile(stream, 'a') as archive:
        archive.writestr('m/models/encoder.json', '{}')
    facts = facts_of(stream.getvalue())
    assert section(facts, 'program')['programs'] == ['models/model.json', 'models/encoder.json']
    assert 'the archive holds 2 programs; what is shown is models/model.json' in facts.warnings


@pytest.mark.parametrize('program, complaint', [
    ('{', 'holds models/model.json, which is not what torch.export writes'),
    ('[]', 'not what torch.export writes'), ('{}', "KeyError: 'graph_module'"),
    ('[' * 100_000, 'not what torch.export writes'),
    ('{"graph_module": {"graph": 1, "signature": {"input_specs": 5}}}', 'TypeError')])
def test_program_that_is_something_else_is_told(program: str, complaint: str) -> None:
    facts = facts_of(packed(program))
    assert not facts.is_model and facts.kind == 'ExportedProgram of torch.export, broken'
    assert complaint in facts.warnings[0]


def test_archive_without_program_is_told() -> None:
    facts = facts_of(packed('{}', 'm/data/weights/weight_0'))
    assert 'there is no program in it' in facts.warnings[0]


@pytest.mark.parametrize('change', [
    lambda graph: graph['tensor_values'].clear(),
    lambda graph: graph.pop('nodes'),
    lambda graph: graph['nodes'][0].pop('inputs'),
    lambda graph: graph['nodes'][0]['inputs'][0].update(arg={}),
    lambda graph: graph['nodes'][0]['inputs'][0].update(arg=7),
    lambda graph: graph['nodes'][0].update(metadata={'nn_module_stack': 'odd;;,;a,b,c,d'}),
    lambda graph: graph['tensor_values']['obs'].update(sizes=[{'as_int': 'x'}]),
    lambda graph: graph['tensor_values']['obs'].update(dtype=[1]),
])
def test_whatever_is_missing_there_are_facts(
    rich: bytes, change: Callable[[Dict[str, Any]], Any]
) -> None:
    program = document(rich)
    change(program['graph_module']['graph'])
    facts = facts_of(packed(program))
    assert json.dumps([one.content for one in facts.sections])
    assert facts.is_model or facts.warnings
