# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The pages show what the program really says."""

from pathlib import Path
import re
from typing import List

from dg_pytorch_ros.tools.main import main
import pytest

PROJECT = Path(__file__).parents[1]


def page(name: str) -> str:
    return (PROJECT / 'docs' / name).read_text(encoding='utf-8')


def shown(name: str) -> List[List[str]]:
    """Return the blocks of a page that show a command and all that it prints."""
    blocks = re.findall(r'```\n(\$ pytorch_model [^|\n]*\n.*?)```', page(name), re.DOTALL)
    return [block.splitlines() for block in blocks]


@pytest.mark.parametrize('block', shown('inspect.md'), ids=lambda block: block[0])
def test_inspect_says_what_its_page_shows(block, capsys, monkeypatch):
    monkeypatch.chdir(PROJECT)
    assert main(block[0].split()[2:]) == 0
    said = iter(capsys.readouterr().out.splitlines())
    # Pages leave lines out; what they show comes in that order.
    assert [line for line in block[1:] if line.strip() != '...' and line not in said] == []


def test_check_says_what_its_page_shows(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path('models').symlink_to(PROJECT / 'models')
    mistakes, = re.findall(r'```yaml\n(.*?)```', page('check.md'), re.DOTALL)
    Path('arm.yaml').write_text(mistakes, encoding='utf-8')
    block = shown('check.md')[0]
    assert main(block[0].split()[2:]) == 1
    assert capsys.readouterr().out.splitlines() == block[1:]
