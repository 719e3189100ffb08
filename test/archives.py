# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Modules as the bytes of their files, and files with something else put into them."""

from functools import lru_cache
import io
from typing import Any, Callable, List, Type
import zipfile

import scripted_modules
import torch

_WITHOUT_FORWARD = (scripted_modules.Stage, scripted_modules.WithoutForward)

MODULES: List[Type[torch.nn.Module]] = [
    kind for kind in vars(scripted_modules).values()
    if isinstance(kind, type) and issubclass(kind, torch.nn.Module)
    and kind not in _WITHOUT_FORWARD]


@lru_cache(maxsize=None)
def content_of(make: Any) -> bytes:
    """Return the file of a scripted module in evaluation mode."""
    return saved(torch.jit.script(make().eval()))


def saved(module: Any) -> bytes:
    """Return the file of a script module."""
    content: bytes = module.save_to_buffer()
    return content


def loaded(content: bytes) -> torch.jit.ScriptModule:
    """Return the module in a file, in evaluation mode."""
    module: torch.jit.ScriptModule = torch.jit.load(io.BytesIO(content)).eval()
    return module


def rewritten(
    content: bytes, change: Callable[[str, bytes], bytes], *, leave_out: str = '?'
) -> bytes:
    """Return a file whose members are changed, less those whose names end in `leave_out`."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(result, 'w') as target:
        for name in source.namelist():
            if not name.endswith(leave_out):
                target.writestr(name, change(name, source.read(name)))
    return result.getvalue()


def without_debug_files(content: bytes) -> bytes:
    """Return a file that has lost where its code came from."""
    return rewritten(content, lambda _, member: member, leave_out='.debug_pkl')


def with_code(content: bytes, old: str, new: str) -> bytes:
    """Return a file with something else in its code."""
    return rewritten(
        content, lambda name, member: member.replace(old.encode(), new.encode())
        if name.endswith('.py') else member)
