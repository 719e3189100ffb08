# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Facts about files of any kind but TorchScript; torch is not needed for them."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Optional

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.file_kinds import FileKind, kind_of
from dg_pytorch_ros.inspection.aotinductor import aotinductor_facts
from dg_pytorch_ros.inspection.checkpoint import (
    checkpoint_facts, legacy_checkpoint_facts, pickle_facts)
from dg_pytorch_ros.inspection.exported_program import exported_facts
from dg_pytorch_ros.inspection.facts import Facts
from dg_pytorch_ros.inspection.onnx_model import onnx_facts
from dg_pytorch_ros.inspection.other_archive import other_archive_facts
from dg_pytorch_ros.inspection.safetensors import safetensors_facts
from dg_pytorch_ros.model_file import recognise

_NEEDS_ONNXRUNTIME = (
    'the node runs it with onnxruntime, which is not installed here: pip install '
    '"dg_pytorch_ros[onnx]"')


def read_facts(path: Path, content: bytes) -> Optional[Facts]:
    """
    Return what a file says about itself; None for TorchScript, which others read.

    Nothing in the file is run, and nothing is raised for a file that is broken: the facts then
    say so.
    """
    kind = kind_of(content)
    if kind is FileKind.TORCHSCRIPT:
        return None
    try:
        facts = _facts(kind, path, content)
    except ModelFileError as error:
        return Facts(f'{kind.value}, broken', warnings=(f'it {error}',), is_model=False)
    if kind is FileKind.ONNX and find_spec('onnxruntime') is None:
        facts = replace(facts, warnings=(*facts.warnings, _NEEDS_ONNXRUNTIME))
    return facts


def _facts(kind: FileKind, path: Path, content: bytes) -> Facts:
    load = f'torch.load({path.name!r})'
    if kind is FileKind.EXPORTED_PROGRAM:
        return exported_facts(Archive(content))
    if kind is FileKind.AOTINDUCTOR:
        return aotinductor_facts(Archive(content))
    if kind is FileKind.ONNX:
        return onnx_facts(content, path.parent)
    if kind is FileKind.CHECKPOINT:
        return checkpoint_facts(Archive(content), load)
    if kind is FileKind.LEGACY_CHECKPOINT:
        return legacy_checkpoint_facts(content, load)
    if kind is FileKind.PICKLE:
        return pickle_facts(content)
    if kind is FileKind.SAFETENSORS:
        return safetensors_facts(content, path.name)
    if kind is FileKind.OTHER_ARCHIVE:
        return other_archive_facts(Archive(content))
    return Facts(kind.value, warnings=(f'it {recognise(content)}',), is_model=False)
