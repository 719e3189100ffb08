# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What keeps an ExportedProgram from being loaded is said in one line."""

from dataclasses import dataclass
import io
import json
from pathlib import Path
import subprocess
import sys
from typing import Any, Callable, Dict, List
import zipfile

from dg_pytorch_ros.errors import ModelFileError
from exported_files import load_content, rewritten, saved, saved_as_before, with_members
from format_models import export, RECIPES
from loading import bind, run
import numpy as np
import pytest
from tool_models import Estimate
import torch
from torch import nn, Tensor
from torch.utils import _pytree


class Moving(nn.Module):
    """Says its device in several ways, and has two names for one memory."""

    offset: Tensor
    part: Tensor

    def __init__(self, *, is_whole: bool = False) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.scale = torch.full((2,), 3.0)
        self.register_buffer('offset', torch.ones(2))
        # Torch does not decompose tensors that share their memory.
        self.register_buffer('part', torch.ones(1) if is_whole else self.offset[:1])

    def forward(self, x: Tensor) -> Tensor:
        self.offset.add_(1)
        steps = torch.arange(2, device=x.device).to(x.device)
        y: Tensor = torch.cond(
            x.sum() > 0, lambda x: x + torch.ones(2, device=x.device), lambda x: x - 1, (x,))
        return self.layer(y) * self.scale + self.offset + self.part + steps


@pytest.fixture(scope='module')
def mlp() -> bytes:
    return saved(export(RECIPES['mlp'].make(), RECIPES['mlp'].examples))


def complaint_about(content: bytes, directory: Path) -> str:
    """Return why a file is not loaded."""
    with pytest.raises(ModelFileError) as caught:
        load_content(content, directory)
    text = str(caught.value)
    start = f'model file {directory / "model.bin"} '
    assert text.startswith(start) and '\n' not in text
    return text.removeprefix(start)


def first_node(writing: Any) -> Any:
    return writing['graph_module']['graph']['nodes'][0]


def test_missing_operator_is_named_with_what_to_do(mlp: bytes, tmp_path: Path) -> None:
    content = rewritten(mlp, lambda writing: first_node(writing).update(
        target='torch.ops.robotlib.fancy.default'))
    assert complaint_about(content, tmp_path) == (
        'needs the operator robotlib.fancy.default, which this process does not have; name the '
        'library that brings it in model_imports')


def test_operator_of_another_torch_is_named_with_the_versions(
    mlp: bytes, tmp_path: Path
) -> None:
    def change(writing: Any) -> None:
        first_node(writing)['target'] = 'torch.ops.aten.of_tomorrow.default'
        writing['torch_version'] = '9.9.0'
    assert complaint_about(rewritten(mlp, change), tmp_path) == (
        'needs the operator aten.of_tomorrow.default, which this process does not have; the file '
        f'was written by torch 9.9.0, this is {torch.__version__}')


def test_operator_in_a_nested_graph_is_looked_for(tmp_path: Path) -> None:
    content = saved(export(Moving(), [torch.zeros(2)]))

    def change(writing: Any) -> None:
        for node in writing['graph_module']['graph']['nodes']:
            for named in node['inputs']:
                if 'as_graph' in named['arg']:
                    inner = named['arg']['as_graph']['graph']['nodes']
                    inner[-1]['target'] = 'torch.ops.robotlib.deep.default'
    assert complaint_about(rewritten(content, change), tmp_path).startswith(
        'needs the operator robotlib.deep.default, which this process does not have')


def test_schema_of_a_newer_torch_is_refused(mlp: bytes, tmp_path: Path) -> None:
    def change(writing: Any) -> None:
        writing['schema_version']['major'] = 99
        writing['torch_version'] = '9.9.0'
    complaint = complaint_about(rewritten(mlp, change), tmp_path)
    assert complaint.startswith('was written by torch 9.9.0 in a schema (version 99) that torch')
    assert complaint.endswith('use that torch, or export the module with this one')


def test_torch_that_is_too_old_is_told(
    mlp: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, '__version__', '2.5.1+cpu')
    assert complaint_about(mlp, tmp_path) == (
        'is an ExportedProgram, which needs torch 2.6 or newer; this is torch 2.5.1+cpu')


def test_what_torch_objects_to_is_handed_on(
    mlp: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def change(writing: Any) -> None:
        first_node(writing)['inputs'][0]['arg'] = {'as_tensor': {'name': 'nobody'}}
    complaint = complaint_about(rewritten(mlp, change), tmp_path)
    assert complaint.startswith(f'cannot be loaded by torch {torch.__version__} (it was written')
    assert 'nobody' in complaint
    assert capfd.readouterr().err == ''


def test_what_torch_objects_to_in_an_old_layout_is_handed_on(tmp_path: Path) -> None:
    content = saved_as_before(export(RECIPES['mlp'].make(), RECIPES['mlp'].examples))
    broken = with_members(
        content, lambda name, member: b'no zip' if name.endswith('state_dict.pt') else member)
    complaint = complaint_about(broken, tmp_path)
    assert complaint.startswith('cannot be loaded by torch') and 'invalid load key' in complaint


@pytest.mark.parametrize('change', [
    lambda writing: writing['graph_module'].pop('graph'),
    lambda writing: writing['graph_module'].update(graph=7),
    lambda writing: first_node(writing).pop('target'),
    lambda writing: first_node(writing).update(inputs=7),
    lambda writing: writing['graph_module'].update(module_call_graph=7),
    lambda writing: writing['graph_module'].update(signature={}),
    lambda writing: writing.update(schema_version=3),
    lambda writing: writing['graph_module']['module_call_graph'][0]['signature'].update(
        in_spec='['),
    lambda writing: writing['graph_module'].update(
        treespec_namedtuple_fields={'A': {'field_names': ['not a name']}})])
def test_broken_program_is_refused(
    change: Callable[[Any], Any], mlp: bytes, tmp_path: Path
) -> None:
    complaint_about(rewritten(mlp, change), tmp_path)


@pytest.mark.parametrize('name', [
    'weights/weight_0', 'model_weights_config.json', 'model_constants_config.json',
    'archive_version', 'sample_inputs/model.pt'])
def test_archive_that_lacks_something_is_refused(name: str, mlp: bytes, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(mlp)) as source, zipfile.ZipFile(stream, 'w') as target:
        for member in source.namelist():
            if not member.endswith(name):
                target.writestr(member, source.read(member))
    complaint_about(stream.getvalue(), tmp_path)


def test_truncated_file_is_refused(mlp: bytes, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match='is a truncated archive'):
        load_content(mlp[:-1000], tmp_path)


def test_weights_that_are_cut_short_are_refused(mlp: bytes, tmp_path: Path) -> None:
    content = with_members(
        mlp, lambda name, member: member[:-6] if name.endswith('weight_0') else member)
    complaint_about(content, tmp_path)


def test_program_of_another_name_is_refused(mlp: bytes, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(mlp)) as source, zipfile.ZipFile(stream, 'w') as target:
        for name in source.namelist():
            target.writestr(
                name.replace('models/model.json', 'models/encoder.json'), source.read(name))
    assert complaint_about(stream.getvalue(), tmp_path).startswith(
        'holds models/encoder.json, but no models/model.json')


@dataclass
class State:
    """A structure of a library of the user's."""

    x: Tensor


class TakesState(nn.Module):

    def forward(self, state: State) -> Tensor:
        return 2 * state.x


def test_unknown_structure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.export.register_dataclass(State, serialized_type_name='robotlib.State')
    content = saved(torch.export.export(TakesState(), (State(torch.zeros(2)),)))
    model = bind(load_content(content, tmp_path))
    assert run(model, [1.0, 2.0]) == [[2.0, 4.0]]
    monkeypatch.delitem(_pytree.SERIALIZED_TYPE_TO_PYTHON_TYPE, 'robotlib.State')
    assert complaint_about(content, tmp_path) == (
        'has arguments or results in robotlib.State, which this process does not know; name the '
        'library that brings it in model_imports')


class Chooser(nn.Module):
    """Gives a named tuple, and has an operator on graphs."""

    def forward(self, x: Tensor) -> Estimate:
        chosen = torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x - 1, (x,))
        return Estimate(chosen, 2 * chosen)


def test_process_that_knows_nothing_loads_it(tmp_path: Path) -> None:
    path = tmp_path / 'model.pt2'
    path.write_bytes(saved(export(Chooser(), [torch.zeros(2)])))
    source = (
        'from dg_pytorch_ros.loading import load_model_of\n'
        'from dg_pytorch_ros.config.node_config import ModelConfig\n'
        'for _ in range(2):\n'
        f'    model = load_model_of(ModelConfig({str(path)!r}))\n'
        '    print(*model.signature.match_outputs(None))\n')
    ran = subprocess.run(
        [sys.executable, '-W', 'error::UserWarning', '-c', source], capture_output=True,
        text=True, check=False, cwd=Path(__file__).parents[1])
    assert ran.stdout.splitlines() == ['mean variance'] * 2, ran.stderr
    assert ran.stderr == ''


def test_named_tuple_may_have_other_fields_in_the_next_file(tmp_path: Path) -> None:
    content = saved(export(RECIPES['named'].make(), RECIPES['named'].examples))

    def rename(names: List[str]) -> Callable[[Any], None]:
        def change(writing: Any) -> None:
            fields: Dict[str, Any] = writing['graph_module']['treespec_namedtuple_fields']
            ((_, entry),) = fields.items()
            entry['field_names'] = names
        return change
    for names in (['mean', 'variance'], ['a', 'b'], ['mean', 'variance']):
        model = load_content(rewritten(content, rename(names)), tmp_path)
        assert list(model.signature.match_outputs(None)) == names


@pytest.mark.parametrize('save', [saved, saved_as_before])
@pytest.mark.parametrize('is_decomposed', [False, True])
def test_program_of_a_gpu_is_moved(
    save: Callable[[Any], bytes], is_decomposed: bool, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    module = Moving(is_whole=is_decomposed).eval()
    program = export(module, [torch.zeros(2)], is_decomposed=is_decomposed)
    content = with_members(save(program), on_gpu)
    model = bind(load_content(content, tmp_path))
    assert model.description.notes == ('exported on cuda:0, moved to cpu',)
    for value in ([1.0, 2.0], [-1.0, -2.0]):
        with torch.inference_mode():
            expected = module(torch.tensor(value))
        np.testing.assert_allclose(run(model, value)[0], expected.numpy(), rtol=1e-6)


def on_gpu(name: str, member: bytes) -> bytes:
    """Have a program say that it was exported on a GPU."""
    if name.endswith('data.pkl'):
        return member.replace(b'X\x03\0\0\0cpu', b'X\x06\0\0\0cuda:0')
    if zipfile.is_zipfile(io.BytesIO(member)):
        return with_members(member, on_gpu)
    if not name.endswith('.json'):
        return member

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(one) for one in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {'type', 'index'} and value['type'] == 'cpu':
            return {'type': 'cuda', 'index': 0}
        return {key: moved(one) for key, one in value.items()}
    return json.dumps(moved(json.loads(member))).encode()


def test_nothing_runs_while_loading(tmp_path: Path) -> None:
    model = load_content(saved(export(Loud(), [torch.zeros(2)])), tmp_path)
    CALLS.clear()
    model = bind(load_content(saved(export(Loud(), [torch.zeros(2)])), tmp_path))
    exported = len(CALLS)
    run(model, [1.0, 2.0])
    assert (exported, len(CALLS)) == (0, 1)


CALLS: List[int] = []


@torch.library.custom_op('dg_test::loud', mutates_args=())
def loud(x: Tensor) -> Tensor:
    CALLS.append(1)
    return 2 * x


@loud.register_fake
def _(x: Tensor) -> Tensor:
    return torch.empty_like(x)


class Loud(nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        doubled: Tensor = torch.ops.dg_test.loud(x)
        return doubled
