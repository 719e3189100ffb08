# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Compiled code in this process, by torch's own loaders, without its compiler."""

import os
from pathlib import Path
from typing import Any, Dict, List, Protocol, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ModelFileError
import torch

_CHECKS = 'AOTI_RUNTIME_CHECK_INPUTS'
_WEIGHTS = '.blob'
_FOLDED = '_FOLDED_CONST_'


class Library(Protocol):
    """Compiled code that can be run."""

    def run(self, tensors: Sequence[torch.Tensor]) -> List[torch.Tensor]:
        """Return the results; raise RuntimeError for arguments of other sizes or dtypes."""

    def call_spec(self) -> Tuple[str, str]:
        """Return how arguments and results are structured, in torch's words."""

    def places(self, paths: Sequence[str]) -> List[torch.Tensor]:
        """Return constants at the place where the compiled code reads and writes them."""


class CpuLibrary:
    """Code for the CPU. Its file may be removed as soon as it is loaded."""

    def __init__(self, path: Path) -> None:
        self._runner = _loaders().AOTIModelContainerRunnerCpu(str(path), 1)
        self._constants = constants_of(self._runner, path)

    def run(self, tensors: Sequence[torch.Tensor]) -> List[torch.Tensor]:
        """Return the results."""
        results: List[torch.Tensor] = self._runner.run(tensors)
        return results

    def call_spec(self) -> Tuple[str, str]:
        """Return how arguments and results are structured."""
        arguments, results = self._runner.get_call_spec()
        return arguments, results

    def places(self, paths: Sequence[str]) -> List[torch.Tensor]:
        """Return constants where they are."""
        return [self._constants[path] for path in paths]


class PackageLibrary:
    """
    Code in a package that torch unpacks itself, run without locks, which a CUDA graph cannot hold.

    It does not tell where its constants are: those that are asked for are replaced by others.
    """

    def __init__(
        self, package: Path, name: str, device_index: int, constants: Dict[str, torch.Tensor]
    ) -> None:
        self._constants = constants
        self._loader = _loaders().AOTIModelPackageLoader(
            str(package), name, True, 1, device_index)

    def run(self, tensors: Sequence[torch.Tensor]) -> List[torch.Tensor]:
        """Return the results."""
        results: List[torch.Tensor] = self._loader.run(tensors)
        return results

    def call_spec(self) -> Tuple[str, str]:
        """Return how arguments and results are structured."""
        arguments, results = self._loader.get_call_spec()
        return arguments, results

    def places(self, paths: Sequence[str]) -> List[torch.Tensor]:
        """Return tensors that it has from now on, with what it had."""
        own = {path: self._constants[path] for path in paths}
        if own:
            self._loader.load_constants(
                own, use_inactive=False, check_full_update=False, user_managed=True)
        return list(own.values())


def require_checks(library: bytes) -> None:
    """
    Have compiled code look at what it is given; raise ModelFileError if it cannot.

    Without it, a tensor of the wrong size is read past its end.
    """
    if _CHECKS.encode() not in library:
        raise ModelFileError(
            'cannot check the sizes of its inputs, and would read past the end of a wrong one: '
            'it was compiled by a torch that is too old; compile it with torch 2.8 or later')
    if os.environ.get(_CHECKS) != '1':
        os.environ[_CHECKS] = '1'  # read by the code at its first run


def open_on_cuda(package: Path, name: str, library: Path, device: torch.device) -> PackageLibrary:
    """Load a package onto a GPU; `library` is the compiled code in it, unpacked."""
    # Loaded twice for a moment: only this loader tells what the constants are.
    runner = _loaders().AOTIModelContainerRunnerCuda(
        str(library), 1, str(device), str(library.parent))
    constants = {
        path: tensor.clone() for path, tensor in constants_of(runner, library).items()}
    return PackageLibrary(package, name, device.index, constants)


def constants_of(runner: Any, library: Path) -> Dict[str, torch.Tensor]:
    """Return the constants of loaded code where they are; raise ModelFileError if some lack."""
    weights = [path for path in library.parent.iterdir() if path.name.endswith(_WEIGHTS)]
    if weights:
        runner.update_constant_buffer_from_blob(str(weights[0]))
    constants: Dict[str, torch.Tensor] = runner.extract_constants_map(False)
    missing = sorted(
        path for name, path in runner.get_constant_names_to_original_fqns().items()
        if path not in constants and not name.startswith(_FOLDED))
    if missing:
        raise ModelFileError(
            f'holds no values for {enumeration(missing[:3])}'
            f'{" and others" if len(missing) > 3 else ""}; compile it with its weights in it '
            '(aot_inductor.package_constants_in_so)')
    return constants


def _loaders() -> Any:
    loaders = getattr(torch._C, '_aoti', None)
    if not hasattr(loaders, 'AOTIModelPackageLoader'):
        raise ModelFileError(
            f'is an AOTInductor package, which torch {torch.__version__} does not run; '
            'it needs torch 2.8 or later')
    return loaders
