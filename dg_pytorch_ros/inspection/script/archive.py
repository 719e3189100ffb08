# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A TorchScript archive, taken apart without torch: nothing in it is run."""

import re
from typing import Any, Dict, Optional, Tuple

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.inspection.script.source import Code
from dg_pytorch_ros.inspection.script.stored import read_pickle
from dg_pytorch_ros.inspection.stored import check_numbers, StoredObject, tensors_in

# Debug files hold the lines of the author's source, or for a trace the calls that led to a line.
_CALL = re.compile(rb'\.py\(\d+\): \S+\n')
_SOURCE = re.compile(rb'\bdef |    return ')


class ScriptArchive:
    """Code, stored objects and further files of an archive."""

    def __init__(self, content: bytes) -> None:
        """Read an archive; raise ModelFileError if it is broken, other errors if it is strange."""
        self._archive = Archive(content)
        self.code = Code({
            path[len('code/'):-len('.py')].replace('/', '.'): self._archive.read(path).decode()
            for path in self._archive.below('code/') if path.endswith('.py')})
        self.constants: Tuple[Any, ...] = ()
        self.constants = tuple(self._read('constants.pkl') or ())
        root = self._read('data.pkl')
        if not isinstance(root, StoredObject):
            raise ValueError('data.pkl holds no module')
        self.root: StoredObject = root
        check_numbers(self._archive, 'data', tensors_in(root))
        check_numbers(self._archive, 'constants', tensors_in(self.constants))
        self._debug = {
            path: self._archive.read(path) for path in self._archive.below('code/')
            if path.endswith('.debug_pkl')}

    @property
    def format_version(self) -> Optional[int]:
        """The number of the archive's format; no archive tells which torch wrote it."""
        text = self._archive.read('version').strip() if 'version' in self._archive else b''
        return int(text) if text.isdigit() else None

    @property
    def has_source_lines(self) -> bool:
        """Whether its errors can name the lines of the author's source."""
        return bool(self._debug)

    @property
    def extra_files(self) -> Dict[str, int]:
        """What its author has added, with its size."""
        return {
            path.removeprefix('extra/'): self._archive.size(path)
            for path in self._archive.below('extra/')}

    def traced_inputs(self) -> Dict[str, Any]:
        """Return the examples by which methods were traced, as far as torch has kept them."""
        found = self._read('traced_inputs.pkl')
        return found if isinstance(found, dict) else {}

    def was_traced(self) -> Optional[bool]:
        """Whether the module's `forward` comes from a trace; None if the file does not tell."""
        name = self.root.class_name
        if 'forward' in self.traced_inputs():
            return True
        module = name.rpartition('.')[0].replace('.', '/')
        debug = self._debug.get(f'code/{module}.py.debug_pkl', b'')
        is_call, is_source = bool(_CALL.search(debug)), bool(_SOURCE.search(debug))
        if is_call != is_source:
            return is_call
        return False if self.code.is_surely_scripted(name) else None

    def has_traced_parts(self) -> bool:
        """Whether any of the code comes from a trace."""
        return any(map(_CALL.search, self._debug.values()))

    def has_scripted_parts(self) -> bool:
        """Whether any of the code comes from a source."""
        return any(map(_SOURCE.search, self._debug.values()))

    def _read(self, path: str) -> Any:
        if path not in self._archive:
            return None
        return read_pickle(self._archive.read(path), self.constants)
