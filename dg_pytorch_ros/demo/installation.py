# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The installed example: its parameter file, and the executable of the node."""

import os
from pathlib import Path
import shutil
import sys
from typing import Tuple

from dg_pytorch_ros.demo.demo import DemoError
from dg_pytorch_ros.packages import find_share

PACKAGE = 'dg_pytorch_ros'
CONTROLLER = 'pd_controller'


def find_files() -> Tuple[str, str]:
    """Return the parameter file of the example, and the executable of the node."""
    share = find_share(PACKAGE)
    if share is None:
        raise DemoError(
            f'package {PACKAGE} is not installed in this environment; '
            'source the setup.bash of the workspace that it was built in')
    params_file = Path(share, 'config', f'{CONTROLLER}.yaml')
    if not params_file.is_file():
        raise DemoError(f'there is no {params_file}; build the package again')
    return str(params_file), _find_executable(Path(share).parents[1])


def _find_executable(prefix: Path) -> str:
    folders = [prefix / 'lib' / PACKAGE, Path(sys.executable).parent]
    path = os.pathsep.join([*map(str, folders), os.environ.get('PATH', '')])
    found = shutil.which('pytorch_node', path=path)
    if found is None:
        raise DemoError(f'there is no pytorch_node in {folders[0]}, {folders[1]} or on PATH')
    return found
