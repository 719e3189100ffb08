# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model inspect` says what is in a file, and never runs it."""

import hashlib
import io
import json
from pathlib import Path
import sys
from typing import Any, Dict, List
import xml.etree.ElementTree as ElementTree

from archives import content_of, rewritten, saved, with_code
from dg_pytorch_ros.tools.main import main
import pytest
import scripted_modules as modules
from tool_models import Branch, TOOL_MODELS
import torch
from torch import Tensor

EXAMPLES = Path(__file__).parents[1] / 'models'


def written(directory: Path, content: bytes, name: str = 'model.pt') -> str:
    path = directory / name
    path.write_bytes(content)
    return str(path)


def facts(capsys: Any, path: str, *options: str, code: int = 0) -> Dict[str, Any]:
    assert main(['inspect', path, '--json', *options]) == code
    result: Dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def text(capsys: Any, path: str, *options: str, code: int = 0) -> str:
    assert main(['inspect', path, *options]) == code
    shown: str = capsys.readouterr().out
    return shown


def warnings(capsys: Any, directory: Path, content: bytes, code: int = 0) -> str:
    found = facts(capsys, written(directory, content), code=code)
    return '\n'.join(found['warnings'])


class WritesFile(torch.nn.Module):
    """Leaves a trace in the world when it runs."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        torch.save(x, self.path)
        self.count += 1
        return x


class Hangs(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        while bool(x.numel() >= 0):
            x = x + 1
        return x


EVERYTHING = ('--graph', '--dot', 'graph.dot', '--svg', 'graph.svg')


def test_forward_never_runs(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    module = torch.jit.script(WritesFile('ran'))
    path = written(tmp_path, saved(module))
    text(capsys, path, *EVERYTHING)
    facts(capsys, path, *EVERYTHING)
    assert not (tmp_path / 'ran').exists()
    module(torch.zeros(1))
    assert (tmp_path / 'ran').exists()


@pytest.mark.parametrize('kind', [Hangs, modules.AlwaysFails])
def test_module_that_cannot_run_is_inspected_all_the_same(
    kind: Any, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert 'Graph\nforward(' in text(capsys, written(tmp_path, content_of(kind)), *EVERYTHING)


@pytest.mark.parametrize('name, arguments, results, is_stateful', [
    ('mlp', ['observation'], [('output', 'Tensor')], False),
    ('conv', ['image'], [('output', 'Tensor')], False),
    ('lstm', ['observation'], [('output', 'Tensor')], True),
    ('lstm_reset', ['observation'], [('output', 'Tensor')], True),
    ('pd', ['kp', 'kd', 'position', 'velocity', 'des_position', 'des_velocity'],
     [('output', 'Tensor')], False),
    ('named', ['measurement'], [('mean', 'Tensor'), ('variance', 'Tensor')], False),
    ('dict', ['scan'], [(None, 'Dict[str, Tensor]')], False),
    ('branch', ['state', 'bias'], [('output', 'Tensor')], False),
    ('pair', ['state', 'goal', 'gain'], [('output_0', 'Tensor'), ('output_1', 'Tensor')], False),
])
def test_models_are_described(
    name: str, arguments: List[str], results: Any, is_stateful: bool, tmp_path: Path, capsys: Any
) -> None:
    path = TOOL_MODELS[name](tmp_path)
    found = facts(capsys, path)
    content = Path(path).read_bytes()
    assert found['kind'] == 'TorchScript module, scripted'
    assert found['file'] == {
        'path': path, 'bytes': len(content), 'sha256': hashlib.sha256(content).hexdigest()}
    assert [argument['name'] for argument in found['arguments']] == arguments
    assert [(result['name'], result['type']) for result in found['results']] == results
    assert found['state']['keeps_state'] is is_stateful
    module = torch.jit.load(path)
    assert found['tensors']['parameters']['elements'] == sum(
        parameter.numel() for parameter in module.parameters())
    assert [row['path'] for row in found['modules']] == [
        path for path, _ in module.named_modules()]
    assert found['operators'] and found['no_graph'] is None and 'graph' not in found


def test_defaults_and_requirements_are_told(tmp_path: Path, capsys: Any) -> None:
    _, goal, gain = facts(capsys, TOOL_MODELS['pair'](tmp_path))['arguments']
    assert goal == {
        'name': 'goal', 'type': 'Tensor', 'default': None, 'required': True, 'example': None}
    assert gain == {
        'name': 'gain', 'type': 'float', 'default': 1.0, 'required': False, 'example': None}


def test_state_and_its_reset_are_named(tmp_path: Path, capsys: Any) -> None:
    found = facts(capsys, TOOL_MODELS['lstm_reset'](tmp_path))
    assert found['changes'] == [
        {'name': name, 'kind': 'buffer', 'type': 'float32[1, 1, 16]', 'how': 'written in place',
         'same_memory': [], 'restored_by_reset': True} for name in ('hidden', 'cell')]
    assert found['methods'] == [
        {'name': 'reset_memory', 'signature': '() -> NoneType', 'looks_like_reset': True,
         'changes': ['hidden', 'cell']}]


def test_what_no_reset_restores_is_named(tmp_path: Path, capsys: Any) -> None:
    found = facts(capsys, written(tmp_path, content_of(modules.HoldsScriptObject)))
    assert [(row['name'], row['restored_by_reset']) for row in found['changes']] == [
        ('tally.count', False)]
    assert 'tally.count cannot be copied' in found['warnings'][0]


class ChangesParameter(torch.nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(3), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        self.gain += x
        return self.gain + 0


def test_parameter_that_changes_is_a_warning(tmp_path: Path, capsys: Any) -> None:
    found = facts(capsys, written(tmp_path, content_of(ChangesParameter)))
    assert [row['restored_by_reset'] for row in found['changes']] == [False]
    assert 'changes its parameters gain' in found['warnings'][0]


def test_trace_tells_its_example_and_warns(tmp_path: Path, capsys: Any) -> None:
    traced = torch.jit.trace(torch.nn.Linear(3, 2).eval(), torch.zeros(1, 3))
    found = facts(capsys, written(tmp_path, saved(traced)))
    assert found['kind'] == 'TorchScript module, traced' and found['archive']['traced'] is True
    assert [argument['example'] for argument in found['arguments']] == ['float32[1, 3]']
    assert 'it was traced' in found['warnings'][0]


def test_frozen_module_is_told_and_its_weights_counted(tmp_path: Path, capsys: Any) -> None:
    frozen = torch.jit.freeze(torch.jit.script(torch.nn.Linear(3, 2).eval()))
    found = facts(capsys, written(tmp_path, saved(frozen)))
    assert found['archive']['frozen'] and found['archive']['training_mode'] is None
    assert found['tensors']['constants']['elements'] == 8


class Draws(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        print('drawing')
        return torch.nn.functional.dropout(x, 0.5) + torch.rand_like(x)


@pytest.mark.parametrize('make, expected', [
    (lambda: content_of(Draws), 'draws random numbers (aten::rand_like)'),
    (lambda: content_of(Draws), 'aten::dropout always runs as in training'),
    (lambda: content_of(Draws), 'prints something'),
    (lambda: saved(torch.jit.script(torch.nn.Dropout())), 'saved in training mode'),
    (lambda: saved(torch.jit.script(torch.nn.Linear(2, 2).double())), 'computes in float64'),
    (lambda: saved(torch.jit.script(torch.nn.Linear(2, 2).half())), 'computes in float16'),
    (lambda: content_of(modules.MixesDtypes), 'dtypes, float32, float64: say for each input'),
    (lambda: content_of(modules.ReturnsDict), 'set output_names'),
    (lambda: content_of(modules.TakesList), "'x': forward takes List[Tensor]"),
    (lambda: content_of(modules.ReturnsNumber), 'forward returns float here'),
    (lambda: content_of(modules.HookedMemory), 'may keep more'),
    (lambda: with_code(content_of(modules.ReturnsPositive), 'torch.gt(x, 0)',
                       'torch.gt(torch.to(x, torch.device("cuda:0")), 0)'),
     'names the device cuda:0'),
])
def test_a_deployer_is_warned(make: Any, expected: str, tmp_path: Path, capsys: Any) -> None:
    assert expected in warnings(capsys, tmp_path, make())


@pytest.mark.parametrize('kind', [
    modules.Identity, modules.Drops, modules.Normalises, modules.Recurrent, Branch])
def test_nothing_is_said_of_what_is_well(kind: Any, tmp_path: Path, capsys: Any) -> None:
    assert warnings(capsys, tmp_path, content_of(kind)) == ''


def needing(library: str) -> bytes:
    return with_code(
        content_of(modules.TakesDefaults), 'torch.mul(x, gain)', f'ops.{library}.nms(x, x, gain)')


def test_archive_tells_all_it_can_when_a_library_is_missing(tmp_path: Path, capsys: Any) -> None:
    path = written(tmp_path, needing('no_such_library'))
    found = facts(capsys, path, '--graph')
    assert found['libraries'] == [{
        'library': 'no_such_library', 'uses': ['nms'], 'missing': ['nms'],
        'import': 'no_such_library', 'installed': False}]
    assert [argument['name'] for argument in found['arguments']] == ['x', 'gain', 'bias']
    assert found['graph'] is None and 'nms' in found['no_graph']
    assert 'only with model_imports: [no_such_library], which is not installed' in (
        found['warnings'][0])
    assert found['state']['keeps_state'] is None
    assert 'No graph: torch' in text(capsys, path, '--graph')


@pytest.fixture
def library(tmp_path: Path, monkeypatch: Any) -> Any:
    """Put a module that registers an operator where Python finds it."""
    (tmp_path / 'some_operators.py').write_text(
        'import torch\n'
        "library = torch.library.Library('some_operators', 'DEF')\n"
        "library.define('nms(Tensor x, Tensor y, float gain) -> Tensor')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield 'some_operators'
    sys.modules.pop('some_operators', None)


def test_import_brings_what_is_missing(library: str, tmp_path: Path, capsys: Any) -> None:
    path = written(tmp_path, needing(library))
    row, = facts(capsys, path)['libraries']
    assert (row['missing'], row['installed']) == (['nms'], True)
    found = facts(capsys, path, '--import', library)
    assert found['libraries'][0]['missing'] == [] and found['no_graph'] is None
    assert not [warning for warning in found['warnings'] if 'does not know' in warning]
    assert {'operator': 'some_operators::nms', 'count': 1} in found['operators']


def test_import_that_fails_is_an_error(tmp_path: Path, capsys: Any) -> None:
    path = written(tmp_path, content_of(modules.Identity))
    assert main(['inspect', path, '--import', 'no.such.module']) == 2
    assert '--import no.such.module: ModuleNotFoundError' in capsys.readouterr().err


def test_without_loading_only_the_archive_is_read(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setattr(torch.jit, 'load', None)
    found = facts(capsys, written(tmp_path, content_of(modules.Recurrent)), '--no-load')
    assert found['no_graph'] == 'it was not loaded' and 'operators' not in found
    assert found['tensors']['buffers']['count'] == 1


def test_graph_is_listed_in_full(tmp_path: Path, capsys: Any) -> None:
    path = TOOL_MODELS['branch'](tmp_path)
    assert 'Graph' not in text(capsys, path)
    listed = text(capsys, path, '--graph').partition('\nGraph\n')[2]
    assert listed.startswith('forward(%state') and 'weight=positive.weight: float32' in listed
    graph = facts(capsys, path, '--graph')['graph']
    kinds = [operation['operator'] for operation in graph['operations']]
    assert 'prim::If' in kinds and 'prim::Constant' not in kinds
    branch = graph['operations'][kinds.index('prim::If')]
    assert [block['label'] for block in branch['blocks']] == ['then', 'else']
    assert branch['blocks'][0]['operations'][0]['inputs'][1] == {
        'name': 'positive.weight', 'type': 'float32[2, 4]', 'role': 'weight', 'stored': True}


def test_pictures_are_written(tmp_path: Path, capsys: Any) -> None:
    path = TOOL_MODELS['mlp'](tmp_path)
    svg, dot = tmp_path / 'mlp.svg', tmp_path / 'mlp.dot'
    assert main(['inspect', path, '--svg', str(svg), '--dot', str(dot)]) == 0
    shown = capsys.readouterr()
    assert f'wrote {svg}' in shown.err and 'Modules' in shown.out
    assert ElementTree.parse(svg).getroot().tag.endswith('svg')
    assert dot.read_text().startswith('digraph') and 'float32[64, 48]' in dot.read_text()


@pytest.mark.parametrize('option, begin', [('--dot', 'digraph'), ('--svg', '<')])
def test_picture_on_stdout_comes_alone(
    option: str, begin: str, tmp_path: Path, capsys: Any
) -> None:
    shown = text(capsys, TOOL_MODELS['pd'](tmp_path), option, '-')
    assert shown.startswith(begin) and 'Arguments of forward' not in shown


@pytest.mark.parametrize('options', [('--json', '--dot', '-'), ('--svg', '-', '--dot', '-')])
def test_stdout_holds_one_thing(options: Any, tmp_path: Path, capsys: Any) -> None:
    assert main(['inspect', TOOL_MODELS['pd'](tmp_path), *options]) == 2
    assert 'cannot both go to stdout' in capsys.readouterr().err


def test_picture_that_cannot_be_written_is_an_error(tmp_path: Path, capsys: Any) -> None:
    path = TOOL_MODELS['pd'](tmp_path)
    assert main(['inspect', path, '--dot', str(tmp_path / 'no' / 'x.dot')]) == 2
    assert 'x.dot: No such file or directory' in capsys.readouterr().err


def test_picture_of_no_graph_is_an_error(tmp_path: Path, capsys: Any) -> None:
    path = written(tmp_path, content_of(modules.Identity))
    assert main(['inspect', path, '--no-load', '--dot', '-']) == 2
    assert 'no graph to draw: it was not loaded' in capsys.readouterr().err


def test_tables_show_units_and_leave_out_empty_columns(tmp_path: Path, capsys: Any) -> None:
    shown = text(capsys, TOOL_MODELS['lstm'](tmp_path))
    lines = [line.split() for line in shown.splitlines()]
    assert ['parameters', '6', '1,732', '6.8', 'KiB', 'float32', '1,732'] in lines
    assert ['name', 'type', 'required'] in lines
    assert ['keeps', 'state', 'yes'] in lines
    assert 'Other methods: none' in shown
    assert max(map(len, shown.splitlines())) < 120


def test_missing_file_is_an_error(tmp_path: Path, capsys: Any) -> None:
    assert main(['inspect', str(tmp_path / 'no.pt')]) == 2
    assert 'does not exist' in capsys.readouterr().err


def without_weights(name: str, member: bytes) -> bytes:
    return b'' if '/data/' in name else member


@pytest.mark.parametrize('content, expected', [
    (b'', 'empty'), (b'model: policy', "begins with b'model: p'"),
    (content_of(modules.Recurrent)[:-100], 'truncated'),
    (rewritten(content_of(modules.Recurrent), without_weights), 'it holds 0 bytes'),
    (with_code(content_of(modules.Identity), 'return x', 'return y'), 'cannot load it'),
    (saved(torch.jit.script(modules.WithoutForward())), 'without a forward method'),
], ids=['empty', 'text', 'truncated', 'without weights', 'wrong code', 'without forward'])
def test_what_no_node_can_run_is_a_bad_answer(
    content: bytes, expected: str, tmp_path: Path, capsys: Any
) -> None:
    assert expected in text(capsys, written(tmp_path, content), code=1)
    assert not facts(capsys, written(tmp_path, content), code=1)['is_model']


def test_damaged_member_is_a_bad_answer(tmp_path: Path, capsys: Any) -> None:
    content = bytearray(rewritten(content_of(modules.Recurrent), lambda _, member: member))
    place = content.index(b'class Recurrent(Module)')
    content[place:place + 5] = b'klass'
    assert 'which is broken' in text(capsys, written(tmp_path, bytes(content)), code=1)


def test_code_that_is_not_understood_is_an_error(tmp_path: Path, capsys: Any) -> None:
    path = written(tmp_path, with_code(content_of(modules.Identity), 'class ', 'klass '))
    assert main(['inspect', path]) == 2
    assert 'is not understood: SyntaxError' in capsys.readouterr().err


def test_checkpoint_is_a_bad_answer(tmp_path: Path, capsys: Any) -> None:
    checkpoint = io.BytesIO()
    torch.save(torch.nn.Linear(2, 2).state_dict(), checkpoint)
    shown = text(capsys, written(tmp_path, checkpoint.getvalue()), code=1)
    assert 'checkpoint' in shown and 'torch.jit.script' in shown


@pytest.mark.parametrize('path', sorted(EXAMPLES.glob('*.pt')), ids=lambda path: str(path.stem))
def test_examples_are_fit_for_a_node(path: Path, capsys: Any) -> None:
    found = facts(capsys, str(path))
    assert found['warnings'] == [] and found['archive']['training_mode'] is False


def test_table_shows_defaults(tmp_path: Path, capsys: Any) -> None:
    assert 'gain   float   1.0      no' in text(capsys, TOOL_MODELS['pair'](tmp_path))
