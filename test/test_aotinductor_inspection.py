# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model inspect` tells of real packages what the node will find in them."""

from pathlib import Path
from typing import Any

from compiled_models import compiled
from dg_pytorch_ros.inspection.facts import Facts
from dg_pytorch_ros.inspection.formats import read_facts
import pytest


def section(facts: Facts, key: str) -> Any:
    found, = (section.content for section in facts.sections if section.key == key)
    return found


def facts_of(name: str, factory: pytest.TempPathFactory) -> Facts:
    path = Path(compiled(name, factory))
    facts = read_facts(path, path.read_bytes())
    assert facts is not None and facts.kind == 'AOTInductor package'
    return facts


def test_names_and_sizes(tmp_path_factory: pytest.TempPathFactory) -> None:
    facts = facts_of('rows', tmp_path_factory)
    assert [(row['name'], row['example']) for row in section(facts, 'arguments')] == [
        ('state', 'float32[any, 64]'), ('goal', 'float32[any, 64]')]
    assert [row['name'] for row in section(facts, 'results')] == ['sum', 'total']
    assert all(each.key != 'metadata' for each in facts.sections), 'that was said already'


def test_parameters_and_memory(tmp_path_factory: pytest.TempPathFactory) -> None:
    tensors = section(facts_of('remembers', tmp_path_factory), 'tensors')
    assert tensors['parameters']['dtypes'] == {'float32': 9}
    assert tensors['buffers']['dtypes'] == {'float32': 3 + 48, 'int64': 1}


def test_package_of_somebody_else(tmp_path_factory: pytest.TempPathFactory) -> None:
    arguments = section(facts_of('stranger', tmp_path_factory), 'arguments')
    assert [row['example'] for row in arguments] == ['float32[1, 3, 8, 8]', 'float32[2]']
