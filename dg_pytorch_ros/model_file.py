# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Find a model's file, and say what it is when it is nothing that can be run."""

from dataclasses import dataclass
import hashlib
from pathlib import Path
from typing import Callable, Optional

from dg_pytorch_ros.archive import truncation
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.file_kinds import FileKind, kind_of

PACKAGE_SCHEME = 'package://'

_HOW_TO_SCRIPT = (
    'build the module in Python, load the weights into it, and save what can run by itself: '
    "torch.jit.script(module.eval()).save('model.pt')")
RUNNABLE = (
    FileKind.TORCHSCRIPT, FileKind.EXPORTED_PROGRAM, FileKind.AOTINDUCTOR, FileKind.ONNX)
_EXPECTED = 'a TorchScript module, an ExportedProgram, an AOTInductor package or an ONNX model'
_PICKLED = (
    'is a pickled checkpoint (a state_dict or a Python module), not a module that can run; '
    + _HOW_TO_SCRIPT)
_COMPLAINTS = {
    FileKind.EMPTY: 'is empty; was it copied whole?',
    FileKind.LFS_POINTER:
        'is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`',
    FileKind.LEGACY_CHECKPOINT: _PICKLED,
    FileKind.PICKLE: _PICKLED,
    FileKind.CHECKPOINT:
        'is a checkpoint of torch.save (a state_dict or a Python module), not a module that can '
        f'run; {_HOW_TO_SCRIPT}',
    FileKind.OTHER_ARCHIVE: f'is a zip archive, but none that holds {_EXPECTED}'}


@dataclass(frozen=True)
class ModelFile:
    """A model's file, read once so that the digest is that of what gets loaded."""

    path: Path
    content: bytes
    sha256: str
    kind: FileKind = FileKind.TORCHSCRIPT


def read_model_file(
    path: str, *, sha256: str = '', find_share: Callable[[str], Optional[str]]
) -> ModelFile:
    """
    Read the model at a path, relative to the working directory or `package://`.

    `find_share` gives the share directory of a ROS package, or None. Raise ModelFileError if there
    is no such file, if its digest is not `sha256`, or if it is nothing that can be run.
    """
    absolute = locate(path, find_share=find_share)
    try:
        content = absolute.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f'cannot read model file {absolute}: {error.strerror}{_given_as(path, absolute)}'
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if sha256 and digest != sha256.lower():
        raise ModelFileError(
            f'model file {absolute} has sha256 {digest}, but model_sha256 is {sha256}; '
            'it is not loaded')
    complaint = recognise(content, suffix=absolute.suffix)
    if complaint:
        raise ModelFileError(f'model file {absolute} {complaint}')
    return ModelFile(absolute, content, digest, kind_of(content))


def locate(path: str, *, find_share: Callable[[str], Optional[str]]) -> Path:
    """Return the absolute path of a model file that exists; raise ModelFileError if none does."""
    if path.startswith(PACKAGE_SCHEME):
        absolute = _locate_in_package(path, find_share)
    else:
        absolute = Path(path).expanduser().absolute()
    if absolute.is_dir():
        raise ModelFileError(f'model file {absolute} is a directory; give the file in it')
    if not absolute.exists():
        hint = '; $(...) is known to ros2 launch only' if '$(' in path else ''
        raise ModelFileError(
            f'model file {absolute} does not exist{_given_as(path, absolute)}{hint}')
    return absolute


def recognise(content: bytes, *, suffix: str = '') -> str:
    """Say in words what is wrong with the content; return '' for what can be run."""
    kind = kind_of(content)
    if kind in RUNNABLE:
        return ''
    if kind is FileKind.TRUNCATED_ARCHIVE:
        return truncation(content)
    if kind is FileKind.OTHER and suffix == '.onnx':
        return f'is called .onnx, but is no ONNX model: it begins with {content[:8]!r}'
    complaint = _COMPLAINTS.get(kind)
    return complaint or f'is not {_EXPECTED}: it begins with {content[:8]!r}'


def _locate_in_package(path: str, find_share: Callable[[str], Optional[str]]) -> Path:
    package, _, relative = path[len(PACKAGE_SCHEME):].partition('/')
    if not package or not relative:
        raise ModelFileError(
            f'model_path is {path!r}; expected package://PACKAGE/PATH, for example '
            'package://dg_pytorch_ros/models/pd_controller.pt')
    share = find_share(package)
    if share is None:
        raise ModelFileError(
            f'model_path is {path!r}, but there is no package {package!r} in this environment; '
            'is its workspace built and sourced?')
    return Path(share) / relative


def _given_as(path: str, absolute: Path) -> str:
    return '' if path == str(absolute) else f' (model_path is {path!r})'
