# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Every file has facts: packages of compiled code, archives of others, and what is no model."""

import io
import json
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Union
import zipfile

from dg_pytorch_ros.inspection.data import facts_data
from dg_pytorch_ros.inspection.facts import Facts
from dg_pytorch_ros.inspection.formats import read_facts
from dg_pytorch_ros.inspection.text import facts_text
from hypothesis import given, settings, strategies
from loading import script
import pytest
import scripted_modules as modules

ENVIRONMENT = {
    'AOTI_DEVICE_KEY': 'cpu', 'AOTI_PLATFORM': 'linux', 'AOTI_MACHINE': 'x86_64',
    'AOTI_CPU_ISA': 'AVX512 AVX512_VNNI', 'AOTI_COMPUTE_CAPABILITY': ''}
# From what torch 2.13 generated for a Linear(3, 4).
SOURCE = """
    inputs_info_[0].name = "arg2_1";
    constants_info_[0].name = "l_weight";
    constants_info_[0].dtype = cached_torch_dtype_float32;
    constants_info_[0].data_size = 64;
    constants_info_[0].type = static_cast<int32_t>(torch::aot_inductor::ConstantType::Parameter);
    constants_info_[0].shape = {4, 3};
    constants_info_[0].stride = {3, 1};
    constants_info_[0].original_fqn = "l.weight";
    constants_info_[1].dtype = cached_torch_dtype_int64;
    constants_info_[1].type = static_cast<int32_t>(torch::aot_inductor::ConstantType::Buffer);
    constants_info_[1].shape = {};
    constants_info_[2].dtype = cached_torch_dtype_float32;
    constants_info_[2].type = static_cast<int32_t>(
    constants_info_[2].shape = {7};
    outputs_info_[0].name = "output0";
    outputs_info_[1].name = "output1";
"""


def zipped(members: Dict[str, Union[bytes, str]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w', zipfile.ZIP_DEFLATED) as archive:
        for path, content in members.items():
            archive.writestr(path, content)
    return stream.getvalue()


def package(
    root: str = 'm/', further: Optional[Mapping[str, Union[bytes, str]]] = None
) -> bytes:
    folder = f'{root}data/aotinductor/model/'
    members: Dict[str, Union[bytes, str]] = {
        f'{folder}c1.wrapper.cpp': SOURCE, f'{folder}c2.kernel.cpp': 'inputs_info_[9].name = "no"',
        f'{folder}c1.wrapper_metadata.json': json.dumps({**ENVIRONMENT, 'robot': 'hopper'}),
        f'{folder}c1.wrapper.so': bytes(5000), f'{root}archive_format': 'pt2',
        f'{root}version': '6'}
    members.update({f'{root}{path}': content for path, content in (further or {}).items()})
    return zipped(members)


def facts_of(content: bytes, name: str = 'model.pt') -> Facts:
    facts = read_facts(Path('/models') / name, content)
    assert facts is not None
    assert facts_text(facts) and json.dumps(facts_data(facts, with_graph=True))
    return facts


def section(facts: Facts, key: str) -> Any:
    (found,) = [section.content for section in facts.sections if section.key == key]
    return found


@pytest.mark.parametrize('root', ['m/', ''])
def test_compiled_package_tells_where_it_runs(root: str) -> None:
    facts = facts_of(package(root))
    assert facts.kind == 'AOTInductor package' and facts.is_model
    assert section(facts, 'models') == [{
        'name': 'model', 'device': 'cpu', 'platform': 'linux', 'machine': 'x86_64',
        'cpu_isa': 'AVX512 AVX512_VNNI', 'compute_capability': None, 'kernels': 1,
        'library_bytes': 5000, 'weights_bytes': 0}]
    assert section(facts, 'metadata') == {'robot': 'hopper'}
    warnings = ' '.join(facts.warnings)
    assert 'packages that you trust' in warnings
    assert "'model' was compiled for x86_64 with AVX512 AVX512_VNNI" in warnings
    assert facts.graph is None and facts.no_graph == 'it is compiled'


def test_compiled_package_tells_what_its_source_says() -> None:
    facts = facts_of(package())
    assert [row['name'] for row in section(facts, 'arguments')] == ['arg2_1']
    assert [row['name'] for row in section(facts, 'results')] == ['output0', 'output1']
    tensors = section(facts, 'tensors')
    assert tensors['parameters'] == {
        'count': 1, 'elements': 12, 'bytes': 48, 'dtypes': {'float32': 12}}
    assert tensors['buffers']['dtypes'] == {'int64': 1}
    assert tensors['constants']['dtypes'] == {'float32': 7}
    assert section(facts, 'archive')[0] == {'file': 'c1.wrapper.so', 'bytes': 5000}


def test_package_of_several_models_tells_each() -> None:
    facts = facts_of(package(further={
        'data/aotinductor/encoder/e.wrapper.cpp': SOURCE,
        'data/aotinductor/encoder/e.cubin': b'x', 'models/model.json': '{}'}))
    assert [row['name'] for row in section(facts, 'models')] == ['encoder', 'model']
    assert section(facts, 'encoder_arguments') and section(facts, 'model_arguments')
    assert section(facts, 'models')[0]['kernels'] == 1
    assert any('holds the exported program, too' in warning for warning in facts.warnings)


@pytest.mark.parametrize('path, content, complaint', [
    ('data/aotinductor/model/x_metadata.json', '{', 'which is no JSON'),
    ('data/aotinductor/model/x_metadata.json', '[' * 100_000, 'which is no JSON'),
    ('data/aotinductor/model/x_metadata.json', '[]', 'which is no table'),
    ('data/aotinductor/model/y.wrapper.cpp', 'constants_info_[0].shape = {99999999999999999999};',
     'an impossible shape'),
    ('data/aotinductor/model/y.wrapper.cpp', bytes(2**25), 'it is not read')])
def test_broken_package_is_told(path: str, content: Union[bytes, str], complaint: str) -> None:
    facts = facts_of(package(further={path: content}))
    assert not facts.is_model and facts.kind == 'AOTInductor package, broken'
    assert complaint in facts.warnings[0]


def test_foreign_archive_lists_what_is_in_it() -> None:
    facts = facts_of(zipped({'policy.pt': b'x' * 9, 'readme.txt': b''}))
    assert facts.kind == 'zip archive' and not facts.is_model
    assert section(facts, 'archive') == [
        {'file': 'policy.pt', 'bytes': 9}, {'file': 'readme.txt', 'bytes': 0}]
    assert 'unpack it first' in facts.warnings[0]


@pytest.mark.parametrize('content, kind, advice', [
    (b'', 'empty file', 'it is empty; was it copied whole?'),
    (b'version https://git-lfs.github.com/spec/v1\n', 'Git LFS pointer', 'git lfs pull'),
    (package()[:900], 'truncated archive', 'copy or save it again'),
    (b'\x7fELF', 'something else', "begins with b'\\x7fELF'")])
def test_file_that_is_no_model_comes_with_advice(content: bytes, kind: str, advice: str) -> None:
    facts = facts_of(content)
    assert facts.kind == kind and not facts.is_model
    assert advice in facts.warnings[0]


def test_torchscript_is_left_to_others(tmp_path: Path) -> None:
    path = tmp_path / 'model.onnx'
    script(modules.Identity()).save(str(path))
    assert read_facts(path, path.read_bytes()) is None


@settings(max_examples=60, deadline=None)
@given(strategies.data())
def test_whatever_is_changed_in_a_package_there_are_facts(data: strategies.DataObject) -> None:
    content = bytearray(package())
    for _ in range(data.draw(strategies.integers(1, 5))):
        content[data.draw(strategies.integers(0, len(content) - 1))] = data.draw(
            strategies.integers(0, 255))
    facts = read_facts(Path('model.pt'), bytes(content))
    assert facts is not None and facts.warnings
