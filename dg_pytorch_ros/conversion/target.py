# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The formats that a model can be converted to, and what that takes."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
import os
import shutil
from typing import Mapping, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.file_kinds import FileKind
from dg_pytorch_ros.model_file import ModelFile


@dataclass(frozen=True)
class Target:
    """A format: what a reader calls it, how its files end, what it is made from and with."""

    kind: FileKind
    suffix: str
    sources: Tuple[FileKind, ...]
    packages: Tuple[str, ...] = ()
    is_compiled: bool = False


# It exports sizes that vary, and takes programs for packages and for ONNX.
_LEAST_TORCH = (2, 6)
_SOURCES = (FileKind.TORCHSCRIPT, FileKind.EXPORTED_PROGRAM)
TARGETS: Mapping[str, Target] = {
    'pt2': Target(FileKind.EXPORTED_PROGRAM, '.pt2', (FileKind.TORCHSCRIPT,)),
    'onnx': Target(FileKind.ONNX, '.onnx', _SOURCES, ('onnx', 'onnxscript', 'onnxruntime')),
    'aoti': Target(FileKind.AOTINDUCTOR, '.aoti.pt2', _SOURCES, is_compiled=True)}


def find_target(name: str, file: ModelFile) -> Target:
    """Return a format that this file can be converted to; raise PytorchRosError if it cannot."""
    target = TARGETS[name]
    if file.kind is target.kind:
        raise PytorchRosError(
            f'model file {file.path} is an {file.kind.value} already; there is nothing to convert')
    if file.kind not in target.sources:
        raise PytorchRosError(
            f'model file {file.path} is an {file.kind.value}, from which nothing can be made; '
            f'convert what it was made from: {enumeration(kind.value for kind in _SOURCES)}')
    _check_torch(name)
    _check_packages(name, target.packages)
    if target.is_compiled:
        _check_compiler()
    return target


def _check_torch(name: str) -> None:
    try:
        present = version('torch')
    except PackageNotFoundError:  # it was not installed by pip; it will say itself what it lacks
        return
    if tuple(map(int, present.split('.')[:2])) < _LEAST_TORCH:
        raise PytorchRosError(
            f'--to {name} needs torch {".".join(map(str, _LEAST_TORCH))} or newer, but {present} '
            'is installed here; convert on a machine that has it')


def _check_packages(name: str, packages: Sequence[str]) -> None:
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise PytorchRosError(
            f'--to {name} needs {enumeration(missing)}, not installed here; install '
            f'{"it" if len(missing) == 1 else "them"}: pip install {" ".join(missing)}')


def _check_compiler() -> None:
    name = os.environ.get('CXX') or 'g++'
    if shutil.which(name) is None:
        raise PytorchRosError(
            f'--to aoti compiles, but there is no C++ compiler: {name!r} is not found; install '
            'one (sudo apt install g++), or set CXX to one that is there')
