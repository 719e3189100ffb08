# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Names, machines and errors, as packages write them down; without a compiler."""

from pathlib import Path
import platform
import sys
from typing import Any, Dict, Sequence

from dg_pytorch_ros.aotinductor import machine
from dg_pytorch_ros.aotinductor.call_spec import names_of_inputs, names_of_results
from dg_pytorch_ros.aotinductor.complaint import first_complaint
from dg_pytorch_ros.aotinductor.machine import check_machine
from dg_pytorch_ros.aotinductor.metadata import Metadata, read_metadata, TensorFact
from dg_pytorch_ros.errors import ModelFileError
import pytest
import torch
from torch import Tensor
from torch.utils._pytree import treespec_dumps

HERE = {
    'AOTI_PLATFORM': sys.platform, 'AOTI_MACHINE': platform.machine(), 'AOTI_DEVICE_KEY': 'cpu'}
OWN = ('arg0_1', 'arg1_1', 'arg2_1')


class Structured(torch.nn.Module):

    def forward(self, x: Tensor, more: Dict[str, Tensor], *, gain: Tensor) -> Dict[str, Tensor]:
        return {'sum': x + more['speed'], 'product': x * gain}


class Nested(torch.nn.Module):

    def forward(self, x: Tensor) -> Any:
        return {'first': (x + 1, x + 2)}


def specifications(module: torch.nn.Module, *args: Any, **kwargs: Any) -> Sequence[str]:
    program = torch.export.export(module, args, kwargs, strict=False)
    return [
        treespec_dumps(spec) for spec in (program.call_spec.in_spec, program.call_spec.out_spec)]


def test_names_from_the_structure() -> None:
    x = torch.zeros(2)
    arguments, results = specifications(Structured(), x, {'speed': x}, gain=x)
    assert names_of_inputs(arguments, OWN) == ('arg0_1', 'speed', 'gain')
    assert names_of_results(results, 2) == ('sum', 'product')


def test_results_within_results_have_no_names() -> None:
    _, results = specifications(Nested(), torch.zeros(2))
    assert names_of_results(results, 2) == ()


def test_names_are_not_guessed() -> None:
    x = torch.zeros(2)
    arguments, results = specifications(Structured(), x, {'speed': x}, gain=x)
    assert names_of_inputs(arguments, OWN[:2]) == OWN[:2], 'one of them is no tensor'
    assert names_of_results(results, 3) == ()
    assert names_of_inputs(arguments.replace('speed', 'gain'), OWN) == OWN, 'twice the same'


@pytest.mark.parametrize('text', [
    '', '[]', '[1]', '[1, null]', '[1, {}]', '[2, {"type": null}]', '{', '[' * 10_000,
    '[1, {"type": "builtins.dict", "context": "[", "children_spec": []}]'])
def test_structure_that_is_written_otherwise(text: str) -> None:
    assert names_of_inputs(text, OWN) == OWN
    assert names_of_results(text, 1) == ()


def test_metadata_comes_back_as_it_was() -> None:
    metadata = Metadata(
        (TensorFact('x', 'float32', (-1, 3)), TensorFact('y')),
        (TensorFact('torque', 'float64', ()),), is_named=True, parameters=('0.weight',))
    assert read_metadata(metadata.texts()) == metadata
    assert all(isinstance(text, str) for text in metadata.texts().values())
    assert read_metadata({'AOTI_MACHINE': 'x86_64'}) is None


@pytest.mark.parametrize('text', [
    '{', '3', 'null', '[3]', '[{"name": "x"}]', '[{"name": "x", "dtype": "", "shape": 3}]',
    '[{"name": "x", "dtype": "", "shape": ["a"]}]', '[' * 10_000])
def test_metadata_that_cannot_be_understood(text: str) -> None:
    entries = {**Metadata((), ()).texts(), 'dg_pytorch_ros.outputs': text}
    with pytest.raises(ModelFileError, match='metadata dg_pytorch_ros.outputs'):
        read_metadata(entries)


@pytest.mark.parametrize('text', ['{', '3', 'null', '[' * 10_000])
def test_parameters_that_cannot_be_understood(text: str) -> None:
    entries = {**Metadata((), ()).texts(), 'dg_pytorch_ros.parameters': text}
    with pytest.raises(ModelFileError, match='metadata dg_pytorch_ros.parameters'):
        read_metadata(entries)


def make_cpu(directory: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    path = directory / 'cpuinfo'
    path.write_text(text)
    monkeypatch.setattr(machine, '_CPU_INFO', path)


@pytest.mark.parametrize('isa, flags, missing', [
    ('AVX512 AVX512_VNNI', 'avx2 avx512f avx512_vnni', ''),
    ('AVX512 AVX512_VNNI', 'avx2 avx512f', 'avx512vnni'),
    ('AVX512', 'avx2', 'avx512f'),
    ('AVX2', 'avx avx2', ''),
    ('INVALID_VEC_ISA', 'sse', ''), ('', 'sse', '')])
def test_cpu_that_lacks_what_the_code_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, isa: str, flags: str, missing: str
) -> None:
    make_cpu(tmp_path, monkeypatch, f'processor\t: 0\nflags\t\t: fpu {flags}\n')
    if not missing:
        check_machine({**HERE, 'AOTI_CPU_ISA': isa}, b'', 'cpu')
        return
    with pytest.raises(ModelFileError, match=f'for a CPU with {missing}, which this one has not'):
        check_machine({**HERE, 'AOTI_CPU_ISA': isa}, b'', 'cpu')


@pytest.mark.parametrize('switches, missing', [
    ('-mavx512fp16 -mavx2', 'avx512fp16'), ('-mbmi2 -mlzcnt -mfma', ''), ('-mno-avx512fp16', ''),
    ('-mclzero -msse4a', ''), ('-mavxvnni', 'avxvnni')])
def test_what_the_compiler_was_allowed_to_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switches: str, missing: str
) -> None:
    """More than torch says: it has the compiler use whatever the CPU could."""
    make_cpu(tmp_path, monkeypatch, 'flags : avx2 bmi2 abm fma\n')
    library = f'\0GNU C++20 12.2.0 -march=znver3 -mmmx {switches} -O3\0'.encode()
    if not missing:
        check_machine(HERE, library, 'cpu')
        return
    with pytest.raises(ModelFileError, match=f'for a CPU with {missing}, '):
        check_machine(HERE, library, 'cpu')


def test_arm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_cpu(tmp_path, monkeypatch, 'Features\t: fp asimd evtstrm\n')
    check_machine({**HERE, 'AOTI_CPU_ISA': 'ASIMD'}, b'', 'cpu')
    with pytest.raises(ModelFileError, match='avx2'):
        check_machine({**HERE, 'AOTI_CPU_ISA': 'AVX2'}, b'', 'cpu')


@pytest.mark.parametrize('text', ['', 'processor : 0\n'])
def test_system_that_does_not_tell_its_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    make_cpu(tmp_path, monkeypatch, text)
    check_machine({**HERE, 'AOTI_CPU_ISA': 'AVX2'}, b'', 'cpu')
    monkeypatch.setattr(machine, '_CPU_INFO', tmp_path / 'missing')
    check_machine({**HERE, 'AOTI_CPU_ISA': 'AVX2'}, b'', 'cpu')


@pytest.mark.parametrize('built, device, complaint', [
    ('cuda', 'cpu', "was compiled for cuda, but device is 'cpu'; set device: cuda"),
    ('cpu', 'cuda:0', "was compiled for cpu, but device is 'cuda:0'; set device: cpu"),
    ('mps', 'cpu', 'was compiled for mps')])
def test_code_for_another_device(built: str, device: str, complaint: str) -> None:
    with pytest.raises(ModelFileError, match=complaint):
        check_machine({**HERE, 'AOTI_DEVICE_KEY': built}, b'', device)
    check_machine({**HERE, 'AOTI_DEVICE_KEY': 'cuda'}, b'', 'cuda:1')


@pytest.mark.parametrize('text, line', [
    ('input_handles[1]: unmatched dim value at 0, expected: 3, but got: 5\n',
     'goal: unmatched dim value at 0, expected: 3, but got: 5'),
    ('input_handles[0]: unmatched dtype, expected: 6(at::kFloat), but got: 7\n',
     'state: unmatched dtype, expected: Float, but got another'),
    ('input_handles[9]: what', 'input_handles[9]: what'),
    ('expected ndim 1 but got 2\nError in op: input', 'expected ndim 1 but got 2'),
    ('\n', 'RuntimeError')])
def test_line_that_matters(text: str, line: str) -> None:
    assert first_complaint(RuntimeError(text), ['state', 'goal']) == line
