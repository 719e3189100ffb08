# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A package that cannot run here, or not safely, is refused with the reason before it is run."""

import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile
from typing import Any, Callable, Dict

from aotinductor_desk import load_content, load_path, Members, members_of, package_of
from compiled_models import compiled
from dg_pytorch_ros.aotinductor.library import PackageLibrary
from dg_pytorch_ros.errors import ModelFileError
import numpy as np
import pytest
import torch

FOLDER = 'data/aotinductor/model/'


@pytest.fixture(scope='module')
def path_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    return lambda name: compiled(name, tmp_path_factory)


@pytest.fixture
def members(path_of: Callable[[str], str]) -> Members:
    return members_of(path_of('remembers'))


def only(members: Members, suffix: str) -> str:
    found, = (name for name in members if name.endswith(suffix))
    return found


def with_metadata(members: Members, **changes: Any) -> Members:
    """Change entries of the metadata, None for one that is not there."""
    changed = dict(members)
    for name in members:
        if name.endswith('_metadata.json'):
            metadata = {**json.loads(members[name]), **changes}
            changed[name] = json.dumps({
                key: value for key, value in metadata.items() if value is not None}).encode()
    return changed


def refusal(members: Members, **options: Any) -> str:
    with pytest.raises(ModelFileError) as caught:
        load_content(package_of(members), **options)
    text = str(caught.value)
    assert text.startswith('model file /robot/model.pt2 ') and '\n' not in text
    return text


@pytest.mark.parametrize('changes, complaint', [
    ({'AOTI_MACHINE': 'aarch64'}, 'was compiled for linux on aarch64, but this is linux on '),
    ({'AOTI_PLATFORM': 'win32'}, 'was compiled for win32 on '),
    ({'AOTI_DEVICE_KEY': 'cuda'}, "was compiled for cuda, but device is 'cpu'; set device: cuda"),
    ({'AOTI_DEVICE_KEY': None}, 'does not say for which device'),
    ({'AOTI_CPU_ISA': 'AVX512 AVX512_XYZ AMX_NEVER'}, 'a CPU with amxnever, avx512xyz, which'),
    ({'dg_pytorch_ros.inputs': '[]'}, 'has metadata of 0 inputs, but its code has 1'),
    ({'dg_pytorch_ros.outputs': '[]'}, 'has metadata of 0 results, but its code has 4'),
    ({'dg_pytorch_ros.inputs': '{"a'}, 'metadata dg_pytorch_ros.inputs that say nothing')])
def test_metadata_that_speaks_against_it(
    members: Members, changes: Dict[str, Any], complaint: str
) -> None:
    assert complaint in refusal(with_metadata(members, **changes))


def test_repacked_package_is_as_good(members: Members) -> None:
    assert load_content(package_of(members)).signature.arguments[0].name == 'observation'


def test_damaged_metadata(members: Members) -> None:
    name = next(name for name in members if name.endswith('_metadata.json'))
    assert 'which is no JSON' in refusal({**members, name: b'{'})
    assert 'no table of names and texts' in refusal({**members, name: b'[]'})


def test_metadata_fills_what_the_source_does_not_say(members: Members) -> None:
    """A later torch may write its checks otherwise; the code does them nevertheless."""
    wrapper = only(members, '.wrapper.cpp')
    mute = {**members, wrapper: members[wrapper].replace(b'_expected_dtype', b'_awaited_dtype')}
    assert 'does not say which size its input' in refusal(mute)
    fact = json.dumps([{'name': 'observation', 'dtype': 'float32', 'shape': [3]}])
    model = load_content(package_of(with_metadata(mute, **{'dg_pytorch_ros.inputs': fact})))
    assert model.signature.arguments[0].shape == (3,)


def test_code_that_cannot_check_what_it_is_given(members: Members) -> None:
    library = only(members, '.so')
    blind = members[library].replace(b'AOTI_RUNTIME_CHECK_INPUTS', b'AOTI_RUNTIME_CHECK_OUTPUT')
    assert 'cannot check the sizes of its inputs' in refusal({**members, library: blind})


def test_no_source(members: Members) -> None:
    bare = {name: text for name, text in members.items() if not name.endswith('.cpp')}
    assert 'holds no source (.wrapper.cpp)' in refusal(bare)


def test_no_library_and_several(members: Members) -> None:
    library = only(members, '.so')
    bare = {name: text for name, text in members.items() if name != library}
    assert 'holds 0 compiled libraries' in refusal(bare)
    assert 'holds 2 compiled libraries' in refusal({**members, f'{FOLDER}a.so': b''})


def test_library_that_is_none(members: Members) -> None:
    broken = b'AOTI_RUNTIME_CHECK_INPUTS, and nothing that could be run'
    text = refusal({**members, only(members, '.so'): broken})
    assert f'cannot be loaded by torch {torch.__version__}: ' in text


def test_file_outside_of_its_folder(members: Members) -> None:
    assert 'a file outside of its folder' in refusal({**members, f'{FOLDER}../../x.json': b''})


def test_free_sizes_that_nothing_compares(path_of: Callable[[str], str]) -> None:
    """As torch has made packages before it compared the sizes of inputs with each other."""
    members = members_of(path_of('rows'))
    wrapper = only(members, '.wrapper.cpp')
    older = members[wrapper].replace(b'assert_size_stride(arg1', b'ignore_size_stride(arg1')
    assert older != members[wrapper]
    assert 'does not compare those of arg1_1 with the others' in refusal(
        {**members, wrapper: older})


def test_more_threads_than_it_has_room_for(path_of: Callable[[str], str]) -> None:
    cores = os.cpu_count() or 1
    if cores == 1:
        pytest.skip('code that is compiled on a single core knows no threads')
    load_path(path_of('rows'), num_threads=cores)
    assert f'was compiled for up to {cores} threads, but num_threads is {cores + 1}' in refusal(
        members_of(path_of('rows')), num_threads=cores + 1)


def test_one_of_several_models(members: Members) -> None:
    def called(*names: str) -> Members:
        return {
            path.replace('/model/', f'/{name}/'): text
            for name in names for path, text in members.items()}
    assert load_content(package_of(called('policy'))).description.parameters == 9
    assert load_content(package_of(called('encoder', 'model'))).description.parameters == 9
    assert "holds the models encoder, policy, none of which is called 'model'" in refusal(
        called('encoder', 'policy'))


def test_no_room_to_unpack(
    members: Members, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path / 'missing'))
    assert 'cannot be unpacked to be loaded: No such file or directory' in refusal(members)


def test_nothing_is_left_behind_and_no_compiler_imported(
    path_of: Callable[[str], str], tmp_path: Path
) -> None:
    """Not even while it runs; and its kernels use as many threads as they are allowed."""
    script = (
        'import os, sys\n'
        'from aotinductor_desk import load_path\n'
        'import numpy as np\n'
        'model = load_path(sys.argv[1])\n'
        'print(os.listdir(sys.argv[2]))\n'
        'with model.mode():\n'
        '    threads = len(os.listdir("/proc/self/task"))\n'
        '    model.run([np.ones((4096, 64))] * 2)\n'
        '    print(len(os.listdir("/proc/self/task")) - threads)\n'
        'print([name for name in sys.modules if name.startswith("torch._inductor")])\n')
    work = tmp_path / 'work'
    work.mkdir()
    result = subprocess.run(
        [sys.executable, '-c', script, path_of('rows'), str(work)],
        env={**os.environ, 'TMPDIR': str(work), 'PYTHONPATH': os.pathsep.join(sys.path)},
        capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert result.stdout.split('\n') == ['[]', '0', '[]', ''], result.stderr
    assert list(work.iterdir()) == []


def test_package_that_torch_unpacks_remembers_where_it_is_told(
    path_of: Callable[[str], str]
) -> None:
    """What a GPU needs, seen on the CPU."""
    own = {
        'trace': torch.full((3,), 1.0), 'steps': torch.tensor(7), 'scale': torch.zeros(3, 16)}
    library = PackageLibrary(Path(path_of('remembers')), 'model', -1, own)
    trace, steps = library.places(['trace', 'steps'])
    results = library.run([torch.zeros(3)])
    assert steps.item() == 8 and results[2].item() == 8
    np.testing.assert_array_equal(trace.numpy(), results[1].numpy())
    steps.fill_(0)
    assert library.run([torch.zeros(3)])[2].item() == 1
    assert len(library.call_spec()) == 2
