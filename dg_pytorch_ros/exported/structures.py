# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The kinds of tuples that arguments and results of a program are nested in."""

from collections import namedtuple
from typing import Iterable, List

from dg_pytorch_ros.exported.writing import Json, named_tuples
from torch.utils import _pytree


def register_named_tuples(writing: Json) -> None:
    """
    Let torch know the named tuples in a file, of which it has the names and fields only.

    The classes themselves are nowhere to be had where the module is not.
    """
    for name, fields in named_tuples(writing).items():
        if not _is_known(name):
            kind = namedtuple(name.rpartition('.')[2], fields)  # type: ignore[misc]
            _pytree._register_namedtuple(kind, serialized_type_name=name)


def unknown_structures(names: Iterable[str]) -> List[str]:
    """Return those of the kinds that torch does not know."""
    return [name for name in names if name not in _pytree.SERIALIZED_TYPE_TO_PYTHON_TYPE]


def _is_known(name: str) -> bool:
    return name in _pytree.SERIALIZED_TYPE_TO_PYTHON_TYPE
