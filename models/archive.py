# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Write a module to a file that is the same wherever it is made."""

import io
from pathlib import Path
import sys
from typing import IO, Union
import zipfile

import torch


def save(module: torch.nn.Module, script: str, *, compression: int = zipfile.ZIP_STORED) -> None:
    """Script a module; save it as NAME.pt beside make_NAME.py, or at the path given to that."""
    beside = Path(script).with_name(Path(script).stem.removeprefix('make_') + '.pt')
    archive = io.BytesIO()
    torch.jit.save(torch.jit.script(module.eval()), archive)
    write_portably(archive, sys.argv[1] if len(sys.argv) > 1 else beside, compression)


def write_portably(archive: IO[bytes], path: Union[str, Path], compression: int) -> None:
    """Leave out where the source lay, and the number that torch derives from that."""
    left_out = ('.debug_pkl', '.data/serialization_id')
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(path, 'w') as target:
        for name in source.namelist():
            if not name.endswith(left_out):
                target.writestr(zipfile.ZipInfo(name), source.read(name), compression)
