# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Libraries of operators are imported before a model, or refused by name."""

from pathlib import Path
import sys
from typing import Iterator

from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.model_imports import import_libraries
import pytest


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the file of a library that Python finds, and forgets after the test."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, 'some_operators', raising=False)
    yield tmp_path / 'some_operators.py'
    sys.modules.pop('some_operators', None)


def refusal(name: str) -> str:
    with pytest.raises(ModelFileError) as caught:
        import_libraries([name])
    return str(caught.value)


def test_libraries_are_imported(library: Path) -> None:
    library.write_text('registered = True')
    import_libraries(['some_operators'])
    assert sys.modules['some_operators'].registered


@pytest.mark.parametrize('name, missing', [
    ('no_such_operators', 'no_such_operators'), ('no_such.operators', 'no_such')])
def test_library_that_is_not_installed_is_told(name: str, missing: str) -> None:
    assert refusal(name) == (
        f'model_imports holds {name!r}, but Python finds no module {missing!r}; '
        'is it installed for the Python that runs the node?')


@pytest.mark.parametrize('code, reason', [
    ('import no_such_dependency',
     "ModuleNotFoundError: No module named 'no_such_dependency'"),
    ("raise RuntimeError('built for another torch')", 'RuntimeError: built for another torch')])
def test_library_that_fails_is_told_with_the_reason(
    library: Path, code: str, reason: str
) -> None:
    library.write_text(code)
    assert refusal('some_operators') == (
        f"model_imports holds 'some_operators', which cannot be imported: {reason}")
