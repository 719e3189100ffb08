# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the demo's processes write, kept back while a page is drawn on the terminal."""

import shutil
import sys
from tempfile import TemporaryFile
from types import TracebackType
from typing import BinaryIO, Optional, Type


class HeldLog:
    """A file for what processes write; at the end of the `with` block it goes to stderr."""

    def __init__(self) -> None:
        self._file: BinaryIO = TemporaryFile()

    def __enter__(self) -> BinaryIO:
        return self._file

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType]
    ) -> None:
        self._file.seek(0)
        shutil.copyfileobj(self._file, sys.stderr.buffer)
        sys.stderr.flush()
        self._file.close()
