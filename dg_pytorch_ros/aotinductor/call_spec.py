# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The structure of arguments and results, as torch writes it beside the compiled code."""

import json
from typing import Any, Iterator, Optional, Sequence, Tuple

_DICTS = ('builtins.dict', 'collections.OrderedDict')
_LEAF = None


def names_of_inputs(text: str, own_names: Sequence[str]) -> Tuple[str, ...]:
    """Name tensors by the keys of the dicts that they are in, others by names of their own."""
    keys = [path[-1] if path else None for path in _leaves(text)]
    if len(keys) != len(own_names):  # numbers among the arguments are no inputs
        return tuple(own_names)
    names = tuple(key or own for key, own in zip(keys, own_names))
    return names if len(set(names)) == len(names) else tuple(own_names)


def names_of_results(text: str, count: int) -> Tuple[str, ...]:
    """Return the keys of a dict of tensors; nothing if the results are something else."""
    root = _parse(text)
    if root is None or root.get('type') not in _DICTS:
        return ()
    if any(child.get('type') is not _LEAF for child in root['children_spec']):
        return ()
    keys = tuple(map(str, _keys(root) or ()))
    return keys if len(keys) == count else ()


def _leaves(text: str) -> 'list[Tuple[Optional[str], ...]]':
    root = _parse(text)
    return [] if root is None else list(_walk(root, ()))


def _walk(spec: Any, path: Tuple[Optional[str], ...]) -> Iterator[Tuple[Optional[str], ...]]:
    if spec['type'] is _LEAF:
        yield path
        return
    children = spec['children_spec']
    keys: Sequence[Optional[str]] = _keys(spec) or [None] * len(children)
    for key, child in zip(keys, children):
        yield from _walk(child, path + (key,))


def _keys(spec: Any) -> Optional[Sequence[str]]:
    return json.loads(spec['context']) if spec['type'] in _DICTS else None


def _parse(text: str) -> Any:
    """Return the root of the structure, None if it is written in a way that is not known."""
    try:
        _, root = json.loads(text)
        for _ in _walk(root, ()):
            pass
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return root
