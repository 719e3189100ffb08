# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A model file is found, or it is said what it is instead and what to do about it."""

import hashlib
from pathlib import Path
from typing import Any, Callable, Optional
import zipfile

from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.file_kinds import FileKind
from dg_pytorch_ros.model_file import locate, ModelFile, read_model_file, recognise
from loading import script
import pytest
import scripted_modules as modules
import torch

LFS_POINTER = b'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'
ONNX = b'\x08\x07\x12\x07pytorch\x1a\x052.1.0:torch_jit'


def no_share(package: str) -> Optional[str]:
    return None


def read(path: object, **options: Any) -> ModelFile:
    return read_model_file(str(path), **{'find_share': no_share, **options})


def refusal(path: object, **options: Any) -> str:
    with pytest.raises(ModelFileError) as caught:
        read(path, **options)
    assert '\n' not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / 'model.pt'
    script(modules.Identity()).save(str(path))
    return path


def test_content_is_read_once_with_its_digest(model: Path) -> None:
    file = read(model)
    assert file.path == model
    assert file.content == model.read_bytes()
    assert file.sha256 == hashlib.sha256(file.content).hexdigest()


def test_right_digest_is_accepted_in_either_case(model: Path) -> None:
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    assert read(model, sha256=digest) == read(model, sha256=digest.upper()) == read(model)


def test_wrong_digest_is_refused_before_anything_else(tmp_path: Path) -> None:
    path = tmp_path / 'model.pt'
    path.write_bytes(b'anything')
    digest = hashlib.sha256(b'anything').hexdigest()
    assert refusal(path, sha256='0' * 64) == (
        f'model file {path} has sha256 {digest}, but model_sha256 is {"0" * 64}; '
        'it is not loaded')


def test_relative_path_begins_at_the_working_directory(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model.parent)
    assert read('model.pt').path == model


def test_tilde_is_the_home_directory(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('HOME', str(model.parent))
    assert read('~/model.pt').path == model


def test_missing_file_is_told_by_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    missing = tmp_path / 'models' / 'policy.pt'
    assert refusal('models/policy.pt') == (
        f"model file {missing} does not exist (model_path is 'models/policy.pt')")
    assert refusal(missing) == f'model file {missing} does not exist'


def test_directory_is_no_file(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f'model file {tmp_path} is a directory; give the file in it'


def test_file_that_cannot_be_read_is_told_with_the_reason() -> None:
    unreadable = '/proc/self/mem'  # even by root
    assert refusal(unreadable) == f'cannot read model file {unreadable}: Input/output error'


def test_file_in_a_package_is_found_in_its_share_directory(model: Path) -> None:
    def find_share(package: str) -> Optional[str]:
        return str(model.parent) if package == 'my_robot' else None

    assert read('package://my_robot/model.pt', find_share=find_share).path == model
    missing = model.parent / 'models' / 'no.pt'
    assert str(missing) in refusal('package://my_robot/models/no.pt', find_share=find_share)


def test_unknown_package_is_told_by_name() -> None:
    assert refusal('package://my_rabot/model.pt') == (
        "model_path is 'package://my_rabot/model.pt', but there is no package 'my_rabot' in this "
        'environment; is its workspace built and sourced?')


@pytest.mark.parametrize('path', ['package://', 'package://my_robot', 'package:///model.pt'])
def test_half_a_package_path_is_refused(path: str) -> None:
    with pytest.raises(ModelFileError, match='expected package://PACKAGE/PATH'):
        locate(path, find_share=no_share)


def save_truncated(path: Path) -> None:
    script(torch.nn.Linear(10, 10)).save(str(path))
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2])


def save_state_dict(path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2).state_dict(), path)


def save_pickled_module(path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), path)


def save_legacy_checkpoint(path: Path) -> None:
    torch.save(
        torch.nn.Linear(2, 2).state_dict(), path, _use_new_zipfile_serialization=False)


def save_foreign_zip(path: Path) -> None:
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('weights/readme.txt', 'none')


def save_exported_program(path: Path) -> None:
    program = torch.export.export(modules.Identity(), (torch.zeros(2),))
    # Saved by another name, torch complains of the missing suffix.
    torch.export.save(program, path.with_suffix('.pt2'))
    path.with_suffix('.pt2').rename(path)


def bytes_saver(content: bytes) -> Callable[[Path], None]:
    def save(path: Path) -> None:
        path.write_bytes(content)
    return save


HOW_TO_SCRIPT = r".* torch\.jit\.script\(module\.eval\(\)\)\.save\('model\.pt'\)"


@pytest.mark.parametrize('save, complaint', [
    (bytes_saver(b''), 'is empty'),
    (bytes_saver(LFS_POINTER), 'is a Git LFS pointer.*git lfs pull'),
    (bytes_saver(b'<!DOCTYPE html>'), "is not a TorchScript module, .*begins with b'<!DOCTYP'"),
    (save_truncated, r'is a truncated archive \(\d+ bytes, its end is missing\)'),
    (save_state_dict, 'is a checkpoint of torch.save' + HOW_TO_SCRIPT),
    (save_pickled_module, 'is a checkpoint of torch.save' + HOW_TO_SCRIPT),
    (save_legacy_checkpoint, 'is a pickled checkpoint' + HOW_TO_SCRIPT),
    (save_foreign_zip, 'is a zip archive, but none that holds a TorchScript module, '),
], ids=lambda value: getattr(value, '__name__', None))
def test_file_that_is_something_else_is_recognised(
    tmp_path: Path, save: Callable[[Path], None], complaint: str
) -> None:
    """By its content: all of them are called model.pt."""
    path = tmp_path / 'model.pt'
    save(path)
    with pytest.raises(ModelFileError, match=complaint) as caught:
        read(path)
    assert str(caught.value).startswith(f'model file {path} ')


def test_archive_truncated_anywhere_is_recognised(model: Path) -> None:
    content = model.read_bytes()
    for size in range(4, len(content) - 1, max(1, len(content) // 40)):
        assert 'is a truncated archive' in recognise(content[:size])


@pytest.mark.parametrize('save, kind', [
    (bytes_saver(ONNX), FileKind.ONNX), (save_exported_program, FileKind.EXPORTED_PROGRAM)])
def test_what_can_be_run_is_told_by_its_content(
    tmp_path: Path, save: Callable[[Path], None], kind: FileKind
) -> None:
    path = tmp_path / 'model.pt'
    save(path)
    assert read(path).kind is kind


@pytest.mark.parametrize('suffix, content, complaint', [
    ('.onnx', b'anything', 'is called .onnx, but is no ONNX model'),
    ('.pt2', b'anything', 'is not a TorchScript module')])
def test_suffix_helps_where_the_content_does_not_tell(
    suffix: str, content: bytes, complaint: str
) -> None:
    assert complaint in recognise(content, suffix=suffix)


@pytest.mark.parametrize('make', [
    modules.Identity, modules.BufferInPlace, modules.ReturnsNamed, modules.Recurrent])
def test_torchscript_is_recognised_whatever_the_file_is_called(
    tmp_path: Path, make: 'type[torch.nn.Module]'
) -> None:
    for name in ('model.pt', 'model.pt2', 'model.onnx', 'model'):
        script(make()).save(str(tmp_path / name))
        assert read(tmp_path / name).path.name == name
