# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Take packages apart, put them together otherwise, and load them as the node does."""

import hashlib
import io
from pathlib import Path
from typing import Any, Dict, Mapping, Union
import zipfile

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.file_kinds import FileKind, kind_of
from dg_pytorch_ros.loading import load_model
from dg_pytorch_ros.model_file import ModelFile
from loading import bind

Members = Dict[str, bytes]


def members_of(path: str) -> Members:
    """Return the files in a package, by their paths without the folder around them."""
    with zipfile.ZipFile(path) as file:
        return {name.partition('/')[2]: file.read(name) for name in file.namelist()}


def package_of(members: Mapping[str, Union[bytes, str]]) -> bytes:
    """Return a package with these files in it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w') as file:
        for name, text in members.items():
            file.writestr(f'own/{name}', text)
    return content.getvalue()


def file_of(content: bytes) -> ModelFile:
    """Return a file of that content, as if it had been read."""
    assert kind_of(content) is FileKind.AOTINDUCTOR
    return ModelFile(
        Path('/robot/model.pt2'), content, hashlib.sha256(content).hexdigest(),
        FileKind.AOTINDUCTOR)


def load_content(content: bytes, **options: Any) -> BoundModel:
    """Load a package that was never in a file."""
    file = file_of(content)
    return load_model(file, ModelConfig(str(file.path), **{'warmup_runs': 3, **options}))


def load_path(path: str, **options: Any) -> BoundModel:
    """Load a package and name its inputs and outputs as it does itself."""
    return bind(load_content(Path(path).read_bytes(), **options))
