# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Graphs are read with names, types and constants, and become text and pictures."""

from pathlib import Path
import re
from typing import Any, Callable, List

from archives import content_of, loaded, MODULES, saved
from dg_pytorch_ros.drawing.graph import BoxKind, Graph
from dg_pytorch_ros.inspection.facts import Block, Operation, Value
from dg_pytorch_ros.inspection.listing import graph_text
from dg_pytorch_ros.inspection.picture import draw
from dg_pytorch_ros.inspection.script.archive import ScriptArchive
from dg_pytorch_ros.inspection.script.graph import read_graph, without_dead_ends
from dg_pytorch_ros.inspection.script.modules import StoredModules
from dg_pytorch_ros.inspection.simplify import count_operators, simplified
import pytest
from tool_models import Branch, ConvNet, Lstm, Mlp
import torch


def graph_of(content: bytes, *, is_full: bool = True) -> Block:
    forward: Any = loaded(content).forward
    graph = forward.inlined_graph
    describe = StoredModules(ScriptArchive(content)).describe
    return read_graph(graph if is_full else without_dead_ends(graph), describe)


def operation(graph: Block, kind: str) -> Operation:
    found, *_ = [found for found in graph.walk() if found.kind == kind]
    return found


def boxes(graph: Graph, kind: BoxKind = BoxKind.OPERATOR) -> List[str]:
    return [box.label for box in graph.boxes if box.kind is kind]


def arrows(graph: Graph) -> 'set[tuple[str, str]]':
    names = {box.key: box.label.partition('\n')[0] for box in graph.boxes}
    return {(names[arrow.start], names[arrow.end]) for arrow in graph.arrows}


def test_weights_go_by_path_and_shape_and_constants_by_the_operators_names() -> None:
    graph = graph_of(content_of(ConvNet))
    convolution = operation(graph, 'aten::conv2d')
    image, *stored = convolution.inputs
    assert (image.name, image.type_name, image.role, image.is_stored) == (
        'image.1', 'Tensor', 'input', False)
    assert stored == [
        Value('features.0.weight', 'float32[8, 3, 3, 3]', 'weight', is_stored=True),
        Value('features.0.bias', 'float32[8]', 'bias', is_stored=True)]
    assert convolution.attributes == {
        'stride': [2, 2], 'padding': [0, 0], 'dilation': [1, 1], 'groups': 1}
    assert convolution.module == 'features.0'
    assert [value.type_name for value in convolution.outputs] == ['Tensor']


def test_blocks_hold_branches_and_loops() -> None:
    graph = graph_of(content_of(Branch))
    branch, loop = operation(graph, 'prim::If'), operation(graph, 'prim::Loop')
    assert [block.label for block in branch.blocks] == ['then', 'else']
    assert [value.role for value in branch.inputs] == ['condition']
    weights = [operation(block, 'aten::linear').inputs[1].name for block in branch.blocks]
    assert weights == ['positive.weight', 'negative.weight']
    assert loop.attributes == {'limit': 3, 'condition': True}
    assert operation(loop.blocks[0], 'aten::mul').attributes == {'other': 0.5}


class Grows(torch.nn.Module):

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sizes = [1, 2]
        sizes.append(x.size(0))
        return x.reshape(sizes)


def test_list_that_grows_is_no_constant() -> None:
    graph = graph_of(content_of(Grows))
    grown, = operation(graph, 'prim::ListConstruct').outputs
    assert operation(graph, 'aten::append').inputs[0].name == grown.name
    assert operation(graph, 'aten::reshape').inputs[1].name == grown.name


class Scales(torch.nn.Module):

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.ones(300) + 2.5


def test_constant_tensors_are_described() -> None:
    frozen = torch.jit.freeze(torch.jit.trace(Scales().eval(), torch.zeros(300)))
    graph = graph_of(saved(frozen))
    assert operation(graph, 'aten::mul').attributes == {'other': 'float32[300]'}
    assert operation(graph, 'aten::add').attributes['other'] in ('float64[] 2.5', 2.5)


@pytest.mark.parametrize('kind', MODULES)
def test_every_graph_becomes_text_and_a_picture(kind: Callable[[], torch.nn.Module]) -> None:
    content = content_of(kind)
    graph = graph_of(content)
    text = graph_text(graph)
    kinds = {found.kind for found in graph.walk()}
    assert not [name for name in kinds if f'{name}(' not in text]
    assert boxes(draw(graph, 'title'), BoxKind.INPUT)


def test_text_indents_blocks() -> None:
    lines = graph_text(graph_of(content_of(Branch))).splitlines()
    assert re.fullmatch(r'forward\(%state\S*: Tensor, %bias\S*: Optional\[Tensor\]\):', lines[0])
    then = lines.index('        then:')
    assert lines[then - 1].startswith('    %') and 'prim::If(condition=%' in lines[then - 1]
    assert lines[then + 1].startswith('            %')
    assert 'weight=positive.weight: float32[2, 4]' in lines[then + 1]
    assert lines[then + 1].endswith('  # positive')
    assert lines[then + 2].startswith('            -> %')
    assert lines[-1].startswith('    return %')


def test_picture_of_a_chain() -> None:
    picture = draw(graph_of(content_of(Mlp), is_full=False), 'mlp')
    assert boxes(picture, BoxKind.INPUT) == ['observation\nTensor']
    assert boxes(picture, BoxKind.OUTPUT) == ['output\nTensor']
    assert boxes(picture) == [
        'linear\nweight float32[64, 48]\nbias float32[64]',
        'elu\nalpha 1.0\nscale 1\ninput_scale 1',
        'linear\nweight float32[12, 64]\nbias float32[12]']
    assert arrows(picture) == {
        ('observation', 'linear'), ('linear', 'elu'), ('elu', 'linear'), ('linear', 'output')}


def test_picture_leaves_out_checks_and_dead_ends() -> None:
    content = content_of(Lstm)
    full, sketch = graph_of(content), graph_of(content, is_full=False)
    assert 'prim::RaiseException' in count_names(full)
    assert 'prim::RaiseException' not in count_operators(sketch)
    # The state is a tuple, so it is not None.
    assert 'aten::__is__' in count_names(full) and 'aten::__is__' not in count_operators(sketch)
    assert len(draw(sketch, 'lstm').boxes) < len(list(full.walk())) / 3
    assert {'aten::lstm', 'aten::copy_', 'aten::linear'} <= set(count_operators(sketch))


def count_names(graph: Block) -> List[str]:
    return [found.kind for found in graph.walk()]


def test_picture_shows_what_is_written_and_what_reaches_it_through_tuples() -> None:
    picture = draw(graph_of(content_of(Lstm), is_full=False), 'lstm')
    assert {'copy_\nhidden float32[1, 1, 16]', 'copy_\ncell float32[1, 1, 16]'} <= set(
        boxes(picture))
    assert ('lstm', 'copy_') in arrows(picture)
    assert 'unsqueeze\nhidden float32[1, 1, 16]\ndim 1' in boxes(picture)


def test_tuples_lead_each_member_to_its_own_use() -> None:
    x, y = Value('x'), Value('y')
    pair, first, second, a, b = map(Value, ('pair', 'first', 'second', 'a', 'b'))
    graph = Block('forward', (x, y), (
        Operation('prim::TupleConstruct', (x, y), (pair,)),
        Operation('prim::TupleUnpack', (pair,), (first, second)),
        Operation('aten::neg', (first,), (a,)),
        Operation('prim::TupleIndex', (pair,), (Value('again'),), {'i': 1}),
        Operation('aten::exp', (Value('again'),), (b,)),
        Operation('aten::add', (a, b), (Value('sum'),))), (Value('sum'),))
    assert arrows(draw(graph, 'pair')) == {
        ('x', 'neg'), ('y', 'exp'), ('neg', 'add'), ('exp', 'add'), ('add', 'output')}


def test_tuples_of_branches_lead_each_member_to_its_own_use() -> None:
    x, y, pair, joined, a, b = map(Value, ('x', 'y', 'pair', 'joined', 'a', 'b'))
    swapped = Operation('prim::TupleConstruct', (x, y), (pair,))
    one, two = Value('one'), Value('two')
    branch = Block('then', (), (
        Operation('aten::neg', (x,), (one,)), Operation('aten::exp', (y,), (two,)),
        Operation('prim::TupleConstruct', (one, two), (Value('inner'),))), (Value('inner'),))
    graph = Block('forward', (x, y), (
        swapped, Operation('prim::If', (x,), (joined,), blocks=(branch, Block('else', (), (), (
            pair,)))),
        Operation('prim::TupleUnpack', (joined,), (a, b)),
        Operation('aten::sin', (a,), (Value('p'),)), Operation('aten::cos', (b,), (Value('q'),)),
        Operation('aten::add', (Value('p'), Value('q')), (Value('sum'),))), (Value('sum'),))
    into = {arrow for arrow in arrows(draw(graph, 'branches')) if arrow[1] in ('sin', 'cos')}
    assert into == {('neg', 'sin'), ('x', 'sin'), ('exp', 'cos'), ('y', 'cos')}


def test_sources_of_many_branches_stay_few() -> None:
    x = value = Value('x')
    steps = []
    for index in range(60):
        given, value = value, Value(f'y{index}')
        branches = tuple(Block(label, (), (), (given,)) for label in ('then', 'else'))
        steps.append(Operation('prim::If', (x,), (value,), blocks=branches))
    assert arrows(draw(Block('forward', (x,), tuple(steps), (value,)), 'long')) == {
        ('x', 'If'), ('x', 'output')}


def test_picture_frames_branches() -> None:
    picture = draw(graph_of(content_of(Branch), is_full=False), 'branch')
    assert [group.label for group in picture.groups] == ['then', 'else', 'body', 'else']
    by_group = {
        group.label: [box.label.partition('\n')[0] for box in picture.boxes
                      if box.group == group.key] for group in picture.groups[:3]}
    assert by_group == {'then': ['linear'], 'else': ['linear'], 'body': ['mul']}
    assert {('If', 'linear'), ('linear', 'Loop'), ('Loop', 'mul'), ('mul', 'output')} <= arrows(
        picture)


def test_simplified_keeps_what_has_an_effect_and_what_is_used() -> None:
    x, unused, used = Value('x'), Value('unused'), Value('used')
    kept = Operation('aten::neg', (x,), (used,))
    prints = Operation('prim::Print', (x,), has_effect=True)
    check = Operation('prim::If', (x,), blocks=(
        Block('then', (), (Operation('prim::RaiseException', has_effect=True),)), Block('else')))
    writes = Operation('prim::If', (x,), blocks=(Block('then', (), (prints,)), Block('else')))
    graph = Block('forward', (x,), (
        Operation('aten::exp', (x,), (unused,)), check, prints, writes, kept), (used,))
    assert list(simplified(graph).operations) == [prints, writes, kept]
    assert count_operators(graph) == {'prim::Print': 2, 'prim::If': 1, 'aten::neg': 1}


def test_long_lines_are_cut_in_boxes_only() -> None:
    long = Operation('aten::neg', (Value('x'),), (Value('y'),), {'text': 100 * 'a', 'off': False})
    graph = Block('forward', (Value('x'),), (long,), (Value('y'),))
    label, = boxes(draw(graph, 'long'))
    assert len(max(label.splitlines(), key=len)) < 40 and 'off' not in label
    assert 100 * 'a' in graph_text(graph) and 'off=False' in graph_text(graph)


def test_example_graphs_are_drawn() -> None:
    for path in sorted((Path(__file__).parents[1] / 'models').glob('*.pt')):
        picture = draw(graph_of(path.read_bytes(), is_full=False), path.name)
        assert len(picture.boxes) < 60 and picture.title == path.name


def test_frozen_weights_stand_in_the_operators() -> None:
    frozen = torch.jit.freeze(torch.jit.script(Mlp().eval()))
    picture = draw(graph_of(saved(frozen)), 'frozen')
    assert boxes(picture)[0].startswith('linear\nweight float32[64, 48]')
