# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Load what torch.export saved, or say why that is not possible."""

from contextlib import contextmanager
import io
import logging
from typing import Any, Iterator, List, Tuple
import warnings

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.exported.devices import devices, on_cpu
from dg_pytorch_ros.exported.structures import register_named_tuples, unknown_structures
from dg_pytorch_ros.exported.writing import (
    Json, OLD_PLACE, operators, read_writing, structures, written_by)
from dg_pytorch_ros.model_file import ModelFile
import torch

_OLDEST = (2, 6)
_TALKATIVE = (
    'torch.export', 'torch.export.pt2_archive._package', 'torch._export.serde.serialize')
_IMPORT = 'name the library that brings it in model_imports'


def load_program(file: ModelFile) -> Tuple[Any, Json]:
    """
    Load the program in a file, without running it; return it and what the file says of it.

    Tensors come to the CPU, wherever they were exported. Raise ModelFileError if torch refuses
    the file. What torch unpickles may run code: trusted files only.
    """
    with _about(file):
        archive = Archive(file.content)
        writing = read_writing(archive)
        _check_version(writing)
        _check_operators(writing)
        register_named_tuples(writing)
        unknown = unknown_structures(structures(writing))
        if unknown:
            raise ModelFileError(
                f'has arguments or results in {enumeration(unknown)}, which this process does '
                f'not know; {_IMPORT}')
        content = file.content if devices(writing) in ([], ['cpu']) else on_cpu(archive)
        return _load(content, writing, is_old=OLD_PLACE in archive), writing


@contextmanager
def _about(file: ModelFile) -> Iterator[None]:
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f'model file {file.path} {error}') from error
    except Exception as error:  # what is unpickled raises whatever it likes
        raise ModelFileError(
            f'model file {file.path} is not what torch.export writes '
            f'({type(error).__name__}: {error})') from error


def _check_version(writing: Json) -> None:
    if tuple(int(part) for part in torch.__version__.split('.')[:2]) < _OLDEST:
        raise ModelFileError(
            f'is an ExportedProgram, which needs torch {".".join(map(str, _OLDEST))} or newer; '
            f'this is torch {torch.__version__}')
    from torch._export.serde.schema import SCHEMA_VERSION
    major = (writing.get('schema_version') or {}).get('major')
    if isinstance(major, int) and major > SCHEMA_VERSION[0]:
        raise ModelFileError(
            f'was written by torch {written_by(writing)} in a schema (version {major}) that torch '
            f'{torch.__version__} does not know (version {SCHEMA_VERSION[0]}); use that torch, '
            'or export the module with this one')


def _check_operators(writing: Json) -> None:
    missing = [name for name in operators(writing) if not _exists(name)]
    if missing:
        written = written_by(writing)
        libraries = {name.partition('.')[0] for name in missing}
        advice = (
            f'the file was written by torch {written}, this is {torch.__version__}'
            if libraries <= {'aten', 'prim', 'prims', 'higher_order'} else _IMPORT)
        raise ModelFileError(
            f'needs {"the operator" if len(missing) == 1 else "the operators"} '
            f'{enumeration(missing)}, which this process does not have; {advice}')


def _exists(path: str) -> bool:
    place: Any = torch.ops
    for name in path.split('.'):
        try:
            place = getattr(place, name)
        except (AttributeError, RuntimeError):
            return False
    return True


def _load(content: bytes, writing: Json, *, is_old: bool) -> Any:
    complaints: List[str] = []
    try:
        with _kept_quiet(complaints), warnings.catch_warnings(), torch.inference_mode(False):
            warnings.simplefilter('ignore')
            return torch.export.load(io.BytesIO(content))
    except Exception as error:  # whatever the many rooms of torch that take part let out
        what = f'{type(error).__name__}: {error}'
        if complaints and not is_old:  # an old one is always tried as a new one first
            what = complaints[0]
        raise ModelFileError(
            f'cannot be loaded by torch {torch.__version__} (it was written by torch '
            f'{written_by(writing)}): {what.strip().partition(chr(10))[0]}') from error


@contextmanager
def _kept_quiet(complaints: List[str]) -> Iterator[None]:
    """Take what torch logs: what matters of it is in the exceptions that it hides in its log."""
    def take(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            complaints.append(f'{type(error).__name__}: {error}')
        return False
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    for logger in loggers:
        logger.addFilter(take)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(take)
