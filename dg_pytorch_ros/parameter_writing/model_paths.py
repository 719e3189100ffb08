# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How a parameter file names the file of a model."""

from pathlib import Path
from typing import Callable, Optional

from dg_pytorch_ros.model_file import PACKAGE_SCHEME


def path_to_write(
    given: str, absolute: Path, *, find_share: Callable[[str], Optional[str]]
) -> str:
    """Return `package://…` for what a package shares, else an absolute path."""
    if given.startswith(PACKAGE_SCHEME):
        return given
    for folder in absolute.parents:
        if folder.parent.name != 'share':
            continue
        share = find_share(folder.name)
        if share is not None and Path(share).resolve() == folder.resolve():
            return f'{PACKAGE_SCHEME}{folder.name}/{absolute.relative_to(folder).as_posix()}'
    return str(absolute)
