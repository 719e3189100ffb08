# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The names of the tensors in nested arguments or results, as torch.export writes them down."""

import json
from typing import Any, Iterator, List, Mapping, Optional, Sequence

_DICTS = ('builtins.dict', 'collections.OrderedDict')


def leaf_names(
    specification: Any, named_tuples: Mapping[str, Any],
    arguments: Optional[Sequence[str]] = None
) -> List[str]:
    """
    Name each leaf by the keys and fields that lead to it, such as `command.speed`.

    `specification` is the structure with its version; `named_tuples` has the fields of named
    tuples. With `arguments`, it is that of positional and keyword arguments, with these names.
    Where nothing but a place in a tuple would tell a leaf, its name is ''.
    """
    _, root = specification
    if arguments is None:
        return list(_leaves(root, '', named_tuples))
    positional, keywords = root['children_spec']
    children = [*positional['children_spec'], *keywords['children_spec']]
    return [
        name for argument, child in zip(arguments, children)
        for name in _leaves(child, argument, named_tuples)]


def _leaves(node: Any, path: str, named_tuples: Mapping[str, Any]) -> Iterator[str]:
    kind, children = node['type'], node['children_spec']
    if kind is None:
        yield '' if path.isdigit() else path
        return
    for index, child in enumerate(children):
        yield from _leaves(child, _join(path, _key(node, index, named_tuples)), named_tuples)


def _key(node: Any, index: int, named_tuples: Mapping[str, Any]) -> str:
    kind = node['type']
    context = json.loads(node['context']) if kind in _DICTS else node['context']
    if kind in _DICTS and index < len(context):
        return str(context[index])
    if kind == 'collections.namedtuple' and context in named_tuples:
        return str(named_tuples[context]['field_names'][index])
    return str(index)


def _join(path: str, key: str) -> str:
    return f'{path}.{key}' if path else key
