# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The kind of a file is told by its content."""

import io
from pathlib import Path
import pickle
from typing import Any, Callable, Dict
import zipfile

from dg_pytorch_ros.file_kinds import FileKind, kind_of
from hypothesis import given, strategies
from loading import script
import onnx_by_hand as onnx
import pytest
import scripted_modules as modules
import torch


def archive(*paths: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as file:
        for path in paths:
            file.writestr(path, b'1')
    return stream.getvalue()


def torch_saved(content: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize('make', [
    lambda: script(modules.Identity()), lambda: torch.jit.freeze(script(torch.nn.Linear(2, 2))),
    lambda: torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)),
    lambda: torch.jit.trace(lambda x: x + 1, torch.zeros(1))
], ids=['scripted', 'frozen', 'traced', 'function'])
def test_torchscript_is_recognised_whatever_the_file_is_called(
    make: Callable[[], Any], tmp_path: Path
) -> None:
    path = tmp_path / 'data.pt2'  # so torch calls the folder in it `data`
    make().save(str(path))
    assert kind_of(path.read_bytes()) is FileKind.TORCHSCRIPT


MADE: Dict[str, Any] = {
    'empty': (lambda: b'', FileKind.EMPTY),
    'pointer': (lambda: b'version https://git-lfs.github.com/spec/v1\n', FileKind.LFS_POINTER),
    'state_dict': (
        lambda: torch_saved(torch.nn.Linear(2, 2).state_dict()), FileKind.CHECKPOINT),
    'whole module': (lambda: torch_saved(torch.nn.Linear(2, 2)), FileKind.CHECKPOINT),
    'legacy': (
        lambda: torch_saved([1], _use_new_zipfile_serialization=False),
        FileKind.LEGACY_CHECKPOINT),
    'pickle': (lambda: pickle.dumps([1]), FileKind.PICKLE),
    'exported': (
        lambda: archive('m/archive_format', 'm/models/model.json', 'm/.data/version'),
        FileKind.EXPORTED_PROGRAM),
    'exported before 2.7': (
        lambda: archive('version', 'serialized_exported_program.json'),
        FileKind.EXPORTED_PROGRAM),
    'compiled': (
        lambda: archive('m/data/aotinductor/model/a.so', 'm/archive_format', 'm/version'),
        FileKind.AOTINDUCTOR),
    'compiled before 2.7': (
        lambda: archive('data/aotinductor/model/a.so', 'archive_format'), FileKind.AOTINDUCTOR),
    'onnx of torch': (lambda: onnx.BY_TORCH, FileKind.ONNX),
    'onnx by hand': (lambda: onnx.model(onnx.graph([])), FileKind.ONNX),
    'onnx truncated': (lambda: onnx.BY_TORCH[:60], FileKind.ONNX),
    'safetensors': (
        lambda: (2).to_bytes(8, 'little') + b'{}', FileKind.SAFETENSORS),
    'safetensors truncated': (lambda: (9).to_bytes(8, 'little') + b'{}', FileKind.OTHER),
    'foreign zip': (lambda: archive('weights/readme.txt'), FileKind.OTHER_ARCHIVE),
    'half a zip': (lambda: archive('a/b')[:40], FileKind.TRUNCATED_ARCHIVE),
    'page': (lambda: b'<!DOCTYPE html>', FileKind.OTHER),
    'like onnx': (lambda: b'\x08\x07\xff\xff\xff', FileKind.OTHER),
    'another protobuf': (
        lambda: onnx.number(1, 8) + onnx.number(7, 3), FileKind.OTHER),
    'no version': (lambda: onnx.data(7, 'graph'), FileKind.OTHER),
    'broken elsewhere': (lambda: b'\x08\x07\x12\x7fpytorch', FileKind.OTHER)}


@pytest.mark.parametrize('name', MADE)
def test_kind_is_told_by_content(name: str) -> None:
    make, kind = MADE[name]
    assert kind_of(make()) is kind


@given(strategies.binary(max_size=80))
def test_any_content_has_a_kind(content: bytes) -> None:
    assert isinstance(kind_of(content), FileKind)
    assert isinstance(kind_of(b'PK\x03\x04' + content), FileKind)
    assert isinstance(kind_of(b'\x08\x07' + content), FileKind)
