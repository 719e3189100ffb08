# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The names of the tensors in nested arguments or results, as torch.export writes them down."""

import json
from typing import Any, Iterator, List, Mapping, Optional, Sequence

_DICTS = ('builtins.dict', 'collections.OrderedDict')
_NAMED_TUPLE = 'collections.namedtuple'


def argument_names(
    specification: str, named_tuples: Mapping[str, Sequence[str]], arguments: Sequence[str]
) -> List[str]:
    """
    Name each leaf by its argument and what leads to it there, such as `command_speed`.

    `specification` is the structure of positional and keyword arguments, which have the names
    `arguments`; `named_tuples` are the fields of named tuples.
    """
    _, (positional, keywords) = _root(specification)
    children = [*positional['children_spec'], *keywords['children_spec']]
    return [
        name for argument, child in zip(arguments, children)
        for name in _leaves(child, argument, named_tuples)]


def result_names(
    specification: str, named_tuples: Mapping[str, Sequence[str]]
) -> Optional[List[str]]:
    """Name each leaf by keys and fields; return None where a place is all that tells one."""
    kind, _ = _root(specification)
    if kind not in (*_DICTS, _NAMED_TUPLE):
        return None
    names = list(_leaves(json.loads(specification)[1], '', named_tuples))
    return names if len(set(names)) == len(names) else None


def result_kind(specification: str) -> str:
    """Name what the results are in, such as `dict`; '' for a single one."""
    _, root = json.loads(specification)
    name = root['context'] if root['type'] == _NAMED_TUPLE else root['type']
    return str(name or '').rpartition('.')[2]


def _root(specification: str) -> Any:
    _, root = json.loads(specification)
    return root['type'], root['children_spec']


def _leaves(
    node: Any, path: str, named_tuples: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    kind, children = node['type'], node['children_spec']
    if kind is None:
        yield path
        return
    for index, child in enumerate(children):
        key = _key(node, index, named_tuples)
        yield from _leaves(child, f'{path}_{key}' if path else key, named_tuples)


def _key(node: Any, index: int, named_tuples: Mapping[str, Sequence[str]]) -> str:
    kind = node['type']
    context = json.loads(node['context']) if kind in _DICTS else node['context']
    if kind in _DICTS and index < len(context):
        return str(context[index])
    if kind == _NAMED_TUPLE and context in named_tuples:
        return str(named_tuples[context][index])
    return str(index)
