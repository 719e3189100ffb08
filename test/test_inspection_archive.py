# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is read from an archive without torch is what torch finds in it."""

import io
from pathlib import Path
from typing import Any, Dict, Optional, Type

from archives import content_of, loaded, MODULES, saved, with_code, without_debug_files
from dg_pytorch_ros.inspection.script.archive import ScriptArchive
from dg_pytorch_ros.inspection.script.modules import dtypes, StoredModules
from dg_pytorch_ros.inspection.script.signature import signature_of
from dg_pytorch_ros.inspection.script.stored import read_pickle
from dg_pytorch_ros.inspection.stored import StoredObject
from dg_pytorch_ros.torchscript.schema import read_signature
import pytest
import scripted_modules as modules
import torch
from torch import Tensor

EXAMPLES = sorted((Path(__file__).parents[1] / 'models').glob('*.pt'))


class Quantized(torch.nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class HasBranch(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x if bool(x.sum() > 0) else -x


class Plain(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x + 1


def described(tensors: Any) -> Dict[str, str]:
    return {
        name: f'{str(tensor.dtype).removeprefix("torch.")}{list(tensor.shape)}'
        for name, tensor in tensors}


def stored(archive: ScriptArchive, kind: str) -> Dict[str, str]:
    found = StoredModules(archive)
    return {
        f'{module.path}.{name}'.strip('.'): str(tensor)
        for module in found.all for name, tensor in module.attributes.items()
        if module.definition.kind_of(name) == kind and tensor is not None}


def check(content: bytes) -> None:
    archive, module = ScriptArchive(content), loaded(content)
    assert signature_of(
        archive.code.classes[archive.root.class_name].methods['forward'], archive.code
    ) == read_signature(module.forward, content)
    for kind, named in (
            ('parameter', module.named_parameters), ('buffer', module.named_buffers)):
        assert stored(archive, kind) == described(named(remove_duplicate=False))
    assert [found.path for found in StoredModules(archive).all] == [
        path for path, _ in module.named_modules()]


@pytest.mark.parametrize('kind', MODULES)
def test_archive_tells_what_torch_tells(kind: Type[torch.nn.Module]) -> None:
    check(content_of(kind))


@pytest.mark.parametrize('path', EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_examples_tell_what_torch_tells(path: Path) -> None:
    check(path.read_bytes())


def test_defaults_are_those_of_the_code() -> None:
    archive = ScriptArchive(content_of(modules.TakesDefaults))
    forward = archive.code.classes[archive.root.class_name].methods['forward']
    assert [(argument.default, argument.is_required) for argument in forward.arguments] == [
        (None, True), (3.0, False), (None, False)]
    assert forward.signature() == (
        '(x: Tensor, gain: float = 3.0, bias: Optional[Tensor] = None) -> Tensor')


@pytest.mark.parametrize('module, expected, mixed', [
    (torch.jit.script(Plain()), False, False),
    (torch.jit.trace(Plain(), torch.zeros(1, 3)), True, False),
    (torch.jit.freeze(torch.jit.script(Plain().eval())), False, False),
    (torch.jit.freeze(torch.jit.trace(Plain().eval(), torch.zeros(1, 3))), True, False),
    (torch.jit.trace(
        torch.nn.Sequential(torch.jit.script(HasBranch()), Plain()), torch.zeros(1, 3)),
     True, True),
    (torch.jit.script(
        torch.nn.Sequential(torch.jit.trace(Plain(), torch.zeros(1, 3)), HasBranch())),
     False, True),
], ids=['scripted', 'traced', 'frozen', 'frozen trace', 'mixed trace', 'mixed script'])
def test_file_tells_whether_it_was_traced(module: Any, expected: bool, mixed: bool) -> None:
    archive = ScriptArchive(saved(module))
    assert archive.was_traced() is expected
    assert (archive.has_scripted_parts() and archive.has_traced_parts()) is mixed


@pytest.mark.parametrize('module, expected', [
    (torch.jit.script(HasBranch()), False),
    (torch.jit.script(modules.Numbers()), False),
    (torch.jit.script(modules.LongShortTerm()), False),
    (torch.jit.script(Plain()), None),
    (torch.jit.freeze(torch.jit.trace(Plain().eval(), torch.zeros(1, 3))), None)],
    ids=['branch', 'numbers', 'annotated', 'plain', 'trace'])
def test_without_debug_files_only_what_no_trace_has_tells(
    module: Any, expected: Optional[bool]
) -> None:
    assert ScriptArchive(without_debug_files(saved(module))).was_traced() is expected


def test_trace_tells_its_example() -> None:
    traced = torch.jit.trace(Plain(), torch.zeros(2, 3, dtype=torch.float64))
    example, = ScriptArchive(saved(traced)).traced_inputs()['forward']
    assert str(example) == 'float64[2, 3]'


def test_same_tensor_counts_once() -> None:
    layer = torch.nn.Linear(3, 3)
    found = StoredModules(ScriptArchive(saved(torch.jit.script(
        torch.nn.Sequential(layer, torch.nn.ReLU(), layer)))))
    assert [module.path for module in found.all] == ['', '0', '1', '2']
    assert dtypes(found.tensors()['parameter']) == {'float32': 12}
    assert found.sharing('0.weight') == ['2.weight']


def test_tied_parameters_count_once() -> None:
    first, second = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)
    second.weight = first.weight
    tied = torch.jit.script(torch.nn.Sequential(first, second))
    found = StoredModules(ScriptArchive(saved(tied)))
    assert dtypes(found.tensors()['parameter']) == {'float32': 9 + 3 + 3}
    assert found.sharing('0.weight') == ['1.weight']


def test_packed_weights_are_found() -> None:
    quantized = torch.ao.quantization.quantize_dynamic(Quantized().eval(), {torch.nn.Linear})
    tensors = StoredModules(ScriptArchive(saved(torch.jit.script(quantized)))).tensors()
    assert dtypes(tensors['attribute']) == {'qint8': 12, 'float32': 4}
    assert sum(tensor.size for tensor in tensors['attribute']) == 12 + 16


def test_frozen_weights_are_constants() -> None:
    frozen = torch.jit.freeze(torch.jit.script(Quantized().eval()))
    found = StoredModules(ScriptArchive(saved(frozen)))
    assert dtypes(found.constants()) == {'float32': 16}
    assert found.all[0].training is None


def test_extra_files_are_listed() -> None:
    result = io.BytesIO()
    torch.jit.save(torch.jit.script(Plain()), result, _extra_files={'notes.txt': 'stairs'})
    archive = ScriptArchive(result.getvalue())
    assert archive.extra_files == {'notes.txt': 6}
    assert archive.format_version is not None


def test_devices_in_the_code_are_found() -> None:
    content = with_code(
        content_of(modules.ReturnsSquareOfFirst), 'zeros([size, size])',
        'zeros([size, size], device=torch.device("cuda:0"))')
    assert ScriptArchive(content).code.devices() == {'cuda:0'}


def test_reading_runs_nothing_that_a_pickle_names(tmp_path: Path) -> None:
    trap = b'cos\nsystem\n(S"touch ' + str(tmp_path / 'sprung').encode() + b'"\ntR.'
    found = read_pickle(trap)
    assert isinstance(found, StoredObject) and found.class_name == 'os.system'
    assert not list(tmp_path.iterdir())
