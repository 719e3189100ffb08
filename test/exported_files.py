# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Take modules through files of torch.export, as the node does."""

import io
import json
from pathlib import Path
from typing import Any, Callable, List, Mapping, Optional, Sequence
import zipfile

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.loading import load_model
from dg_pytorch_ros.model_file import read_model_file
from format_models import export
from loading import bind
import numpy as np
import torch

DIALECTS = (False, True)


def saved(program: Any) -> bytes:
    """Return the file of a program in today's layout."""
    stream = io.BytesIO()
    torch.export.save(program, stream)
    return stream.getvalue()


def saved_as_before(program: Any) -> bytes:
    """Return the file of a program in the layout that torch wrote at first."""
    from torch._export.serde.schema import SCHEMA_VERSION
    from torch._export.serde.serialize import serialize
    parts = serialize(program)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as archive:
        archive.writestr('version', '.'.join(map(str, SCHEMA_VERSION)))
        archive.writestr('serialized_exported_program.json', parts.exported_program)
        archive.writestr('serialized_state_dict.pt', _pickled(parts.state_dict))
        archive.writestr('serialized_constants.pt', _pickled(parts.constants))
        archive.writestr('serialized_example_inputs.pt', _pickled(parts.example_inputs))
    return stream.getvalue()


def rewritten(content: bytes, change: Callable[[Any], None]) -> bytes:
    """Return a file whose program says something else."""
    def changed(name: str, member: bytes) -> bytes:
        if not name.endswith('models/model.json'):
            return member
        writing = json.loads(member)
        change(writing)
        return json.dumps(writing).encode()
    return with_members(content, changed)


def with_members(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return a file whose members are changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, 'w') as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return stream.getvalue()


def load_content(content: bytes, directory: Path, **options: Any) -> BoundModel:
    """Load what is in a file, whatever it is called."""
    path = directory / 'model.bin'
    path.write_bytes(content)
    file = read_model_file(str(path), find_share=lambda package: None)
    return load_model(file, ModelConfig(str(path), **{'warmup_runs': 3, **options}))


def load_exported(
    module: torch.nn.Module, examples: Sequence[Any], directory: Path,
    dynamic: Optional[Mapping[str, Any]] = None, *, is_decomposed: bool = False,
    inputs: Optional[Sequence[str]] = None, outputs: Optional[Sequence[str]] = None
) -> BoundModel:
    """Export a module, load the file and bind the model."""
    program = export(module, examples, dynamic, is_decomposed=is_decomposed)
    return bind(load_content(saved(program), directory), inputs=inputs, outputs=outputs)


def run_all(model: BoundModel, *values: Any) -> List[Any]:
    """Evaluate once in the model's mode; return the outputs as arrays of their own."""
    with model.mode():
        return [np.array(output) for output in model.run([np.asarray(one) for one in values])]


def _pickled(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()
