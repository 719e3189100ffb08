# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Every Python file and every script carries the licence header."""

import os
from pathlib import Path
import subprocess
from typing import Iterator, List

import pytest

PACKAGE_ROOT = Path(__file__).resolve().parents[1]
HEADER = (
    '# Copyright 2026 dg_pytorch_ros contributors\n'
    '# SPDX-License-Identifier: BSD-3-Clause\n')
SUFFIXES = ('.py', '.pyi', '.sh', '.bash')
BUILT = {'build', 'install', 'log', '__pycache__'}


def is_source(path: Path) -> bool:
    if path.suffix in SUFFIXES:
        return True
    with path.open('rb') as file:
        return file.read(2) == b'#!'


def files_known_to_git() -> List[Path]:
    listed = subprocess.run(
        ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
        cwd=PACKAGE_ROOT, capture_output=True, text=True, check=True).stdout
    return [PACKAGE_ROOT / name for name in listed.split('\0') if name]


def files_on_disk() -> Iterator[Path]:
    for folder, folders, names in os.walk(PACKAGE_ROOT):
        folders[:] = [
            name for name in folders
            if name not in BUILT and (name == '.ci' or not name.startswith('.'))]
        yield from (Path(folder) / name for name in names)


def sources() -> List[Path]:
    try:
        files = files_known_to_git()
    except (OSError, subprocess.CalledProcessError):
        files = list(files_on_disk())
    return sorted(path for path in files if path.is_file() and is_source(path))


def has_header(text: str) -> bool:
    if text.startswith('#!'):
        text = text.partition('\n')[2]
    return text.startswith(HEADER)


def test_sources_are_found() -> None:
    found = {path.relative_to(PACKAGE_ROOT).as_posix() for path in sources()}
    assert {'setup.py', 'dg_pytorch_ros/__init__.py', 'launch/pytorch_node.launch.py',
            'scripts/demo', 'scripts/test', 'scripts/environment.bash', '.ci/run'} <= found


@pytest.mark.parametrize('path', sources(), ids=lambda path: path.name)
def test_header(path: Path) -> None:
    assert has_header(path.read_text(encoding='utf-8')), (
        f'{path} does not begin with:\n{HEADER}')


def test_licence_file_is_the_one_of_the_headers() -> None:
    text = (PACKAGE_ROOT / 'LICENSE').read_text(encoding='utf-8')
    assert text.startswith('BSD 3-Clause License\n')
    assert 'Copyright 2026 dg_pytorch_ros contributors\n' in text
