# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A zip archive in memory that may be broken, or lie."""

import io
import lzma
import struct
from typing import Dict, Tuple
import zipfile
import zlib

from dg_pytorch_ros.errors import ModelFileError

# What else than BadZipFile the library lets out of broken archives, or of encrypted ones.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError,
    OSError, RuntimeError, ValueError)
_MODEST_BYTES = 16 * 2**20


class Archive:
    """
    The members of a zip archive, by their paths without the folder that torch puts around them.

    Raise ModelFileError if it is no archive; its text goes behind the name of the file.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._file = zipfile.ZipFile(io.BytesIO(content))
        except _BROKEN as error:
            raise ModelFileError(truncation(content)) from error
        if min((member.header_offset for member in self._file.infolist()), default=0) > 0:
            # It is an archive within the one whose end is missing.
            raise ModelFileError(truncation(content))
        # Torch does not compress: what it wrote is not larger than the file. Some is read twice.
        self._bytes_left = 2 * len(content) + _MODEST_BYTES
        members = {member.filename: member for member in self._file.infolist()}
        self.root = _root(tuple(members))
        self._members: Dict[str, zipfile.ZipInfo] = {
            name.removeprefix(self.root): member for name, member in members.items()}
        self.paths = tuple(self._members)

    def __contains__(self, path: object) -> bool:
        return path in self._members

    def below(self, folder: str) -> Tuple[str, ...]:
        """Return the paths of the members in a folder, which ends in a slash."""
        return tuple(path for path in self.paths if path.startswith(folder))

    def size(self, path: str) -> int:
        """Return the size that the archive says a member has, in bytes."""
        return self._members[path].file_size

    def read(self, path: str) -> bytes:
        """Return a member's content; raise ModelFileError if it is missing or broken."""
        member = self._members.get(path)
        if member is None:
            raise ModelFileError(f'holds no {path}')
        self._bytes_left -= member.file_size
        if self._bytes_left < 0:
            raise ModelFileError(
                f'would unpack to far more than it has itself ({path} to {member.file_size} '
                'bytes); it is not read')
        try:
            return self._file.read(member)
        except _BROKEN as error:
            raise ModelFileError(f'holds {path}, which is broken: {error}') from error


def truncation(content: bytes) -> str:
    """Say of content that begins as an archive that it does not end as one."""
    return (
        f'is a truncated archive ({len(content)} bytes, its end is missing); copy or save it '
        'again')


def _root(names: Tuple[str, ...]) -> str:
    """Return the folder that torch's writer has put everything into, or ''."""
    folder = names[0].partition('/')[0] + '/' if names else ''
    is_torch = f'{folder}version' in names or f'{folder}.data/version' in names
    return folder if is_torch else ''
