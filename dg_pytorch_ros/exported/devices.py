# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Programs that were exported on another device than the one they are loaded on."""

import io
import json
from typing import Any, Callable, List, Set
import zipfile

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.exported.writing import Json
import torch

_DEVICE = {'type', 'index'}
_CPU = {'type': 'cpu', 'index': None}


def devices(writing: Json) -> List[str]:
    """Return the devices that a program was exported on."""
    found: Set[str] = set()

    def note(device: Json) -> Json:
        index = device['index']
        found.add(device['type'] if index is None else f'{device["type"]}:{index}')
        return device
    _replaced(writing, note)
    return sorted(found)


def on_cpu(archive: Archive) -> bytes:
    """Return an archive in which everything is on the CPU, where all machines can load it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w') as target:
        for path in archive.paths:
            target.writestr(f'{archive.root}{path}', _member_on_cpu(path, archive.read(path)))
    return content.getvalue()


def _member_on_cpu(path: str, member: bytes) -> bytes:
    if path.endswith('.json'):
        return json.dumps(_replaced(json.loads(member), lambda _: _CPU)).encode()
    if zipfile.is_zipfile(io.BytesIO(member)):  # what torch.save wrote
        content = io.BytesIO()
        value = torch.load(io.BytesIO(member), map_location='cpu', weights_only=False)
        torch.save(value, content)
        return content.getvalue()
    return member


def _replaced(value: Any, replace: Callable[[Json], Json]) -> Any:
    """Return what was written, with each device in it replaced."""
    if isinstance(value, list):
        return [_replaced(one, replace) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == _DEVICE and isinstance(value['type'], str):
        return replace(value)
    return {key: _replaced(one, replace) for key, one in value.items()}
