# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is in a package: models, each with its compiled code, its source and its metadata."""

from functools import cached_property
import json
from pathlib import Path, PurePosixPath
from typing import Dict, Tuple

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ModelFileError

FOLDER = 'data/aotinductor/'
_DEFAULT_MODEL = 'model'
_SOURCES = '.cpp'
_LEFT_IN_THE_ARCHIVE = (_SOURCES, '.o', '.h', '.cu', '.py', '.txt')


def model_names(archive: Archive) -> Tuple[str, ...]:
    """Return the names of the models in a package."""
    return tuple(sorted({
        path[len(FOLDER):].partition('/')[0] for path in archive.below(FOLDER)}))


def choose_model(archive: Archive) -> str:
    """
    Return the name of the model that is run: `model`, or the only one.

    Raise ModelFileError if there are others only; its text goes behind the file's name.
    """
    names = model_names(archive)
    if len(names) == 1:
        return names[0]
    if _DEFAULT_MODEL in names:
        return _DEFAULT_MODEL
    raise ModelFileError(
        f'holds the models {enumeration(names)}, none of which is called {_DEFAULT_MODEL!r}; '
        'package the one to run by itself')


class CompiledModel:
    """
    The files of one model.

    Raise ModelFileError for files that cannot be what they should be; its text goes behind the
    name of the package.
    """

    def __init__(self, archive: Archive, name: str) -> None:
        self._archive = archive
        self._folder = f'{FOLDER}{name}/'
        self.paths = archive.below(self._folder)
        self.metadata = self._read_metadata()
        texts = {
            path: str(archive.read(path), 'utf-8', 'replace')
            for path in self.paths if path.endswith(_SOURCES)}
        self.wrapper = '\n'.join(
            text for path, text in texts.items() if not path.endswith('.kernel.cpp'))
        self.kernels = '\n'.join(texts.values())

    def library_path(self) -> str:
        """Return the path of the compiled code in the archive."""
        found = [path for path in self.paths if path.endswith('.so')]
        if len(found) != 1:
            raise ModelFileError(
                f'holds {len(found)} compiled libraries (.so) in {self._folder}; expected one')
        return found[0]

    @cached_property
    def library(self) -> bytes:
        """The compiled code."""
        return self._archive.read(self.library_path())

    def unpack(self, folder: Path) -> Path:
        """Write what is needed to run into a folder; return the compiled code in it."""
        library = self.library_path()
        for path in self.paths:
            if not path.endswith(_LEFT_IN_THE_ARCHIVE):
                target = folder / self._name_of(path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(
                    self.library if path == library else self._archive.read(path))
        return folder / self._name_of(library)

    def _name_of(self, path: str) -> PurePosixPath:
        name = PurePosixPath(path[len(self._folder):])
        if '..' in name.parts or name.is_absolute():
            raise ModelFileError(f'holds {path!r}, a file outside of its folder; it is not loaded')
        return name

    def _read_metadata(self) -> Dict[str, str]:
        metadata: Dict[str, str] = {}
        for path in self.paths:
            if path.endswith('_metadata.json'):
                metadata.update(read_texts(self._archive, path))
        return metadata


def read_texts(archive: Archive, path: str) -> Dict[str, str]:
    """Return a JSON file of names and texts."""
    try:
        metadata = json.loads(archive.read(path))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f'holds {path}, which is no JSON: {error}') from error
    if not isinstance(metadata, dict):
        raise ModelFileError(f'holds {path}, which is no table of names and texts')
    return {str(key): str(value) for key, value in metadata.items()}
