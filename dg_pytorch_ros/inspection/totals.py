# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Tensors counted."""

from collections import Counter
from typing import Counter as CounterType, Dict, Iterable, List, Mapping, Sequence

from dg_pytorch_ros.inspection.facts import Row, Section
from dg_pytorch_ros.inspection.stored import StoredTensor


def totals(tensors: Iterable[StoredTensor]) -> Row:
    """Return how many tensors there are, and how much they hold."""
    found = list(tensors)
    dtypes: CounterType[str] = Counter()
    for tensor in found:
        dtypes[tensor.dtype] += tensor.elements
    return {
        'count': len(found), 'elements': sum(dtypes.values()),
        'bytes': sum(tensor.size for tensor in found), 'dtypes': dict(dtypes.most_common())}


def totals_section(
    tensors: Mapping[str, Sequence[StoredTensor]], *, prefix: str = '', about: str = ''
) -> Section:
    """Return the section about parameters, buffers and whatever else has tensors."""
    return Section(
        f'{prefix}tensors', f'Parameters and buffers{about}',
        {kind: totals(found) for kind, found in tensors.items()})


def module_rows(
    parameters: Mapping[str, StoredTensor], buffers: Mapping[str, StoredTensor],
    classes: Mapping[str, str]
) -> List[Row]:
    """Return what each module has itself; the names of tensors begin with the module's path."""
    rows: Dict[str, Row] = {}
    for path in sorted({*classes, *map(_owner, parameters), *map(_owner, buffers)}):
        rows[path] = {
            'path': path, 'class': classes.get(path), 'parameters': 0, 'buffers': 0, 'bytes': 0}
    for column, tensors in (('parameters', parameters), ('buffers', buffers)):
        for name, tensor in tensors.items():
            row = rows[_owner(name)]
            row[column] += tensor.elements
            row['bytes'] += tensor.size
    return list(rows.values())


def _owner(name: str) -> str:
    return name.rpartition('.')[0]
