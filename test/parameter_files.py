# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Parameter files that tests write, a parameter a line."""

import json
from pathlib import Path
from typing import Any, Dict

# Where the first parameter stands.
FIRST_LINE = 3


def write_parameters(path: Path, values: Dict[str, Any], *, node: str = '/**') -> Path:
    """Write parameters under their full names, each into a line of its own."""
    lines = [f'{name}: {_written(value)}' for name, value in values.items()]
    text = '\n'.join([f'{node}:', '  ros__parameters:', *(f'    {line}' for line in lines)])
    path.write_text(f'{text}\n', encoding='utf-8')
    return path


def _written(value: Any) -> str:
    """Write a value with quotes around every text."""
    return json.dumps(value).replace('NaN', '.nan').replace('Infinity', '.inf')
