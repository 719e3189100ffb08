# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What operators say of their arguments."""

from functools import lru_cache
from typing import Any, NamedTuple, Tuple

import torch

_NONE = '(no schema)'


class SchemaArgument(NamedTuple):
    """The name of an argument, whether it may live on in what is returned, or be written."""

    name: str
    is_marked: bool
    is_written: bool


class Schema(NamedTuple):
    """What an operator says of itself; `exists` is false for those that say nothing."""

    exists: bool
    arguments: Tuple[SchemaArgument, ...]
    returns_anything: bool

    @property
    def writes(self) -> bool:
        """Whether it writes into what it is given."""
        return any(argument.is_written for argument in self.arguments)


def schema_of(node: Any) -> Schema:
    """Return the schema of a node's operator."""
    return _read(node.schema())


@lru_cache(maxsize=None)  # graphs have thousands of nodes, but few operators
def _read(text: str) -> Schema:
    if text == _NONE:
        return Schema(False, (), False)
    parsed: Any = torch._C.parse_schema(text)
    return Schema(
        True,
        tuple(
            SchemaArgument(argument.name, mark is not None, mark is not None and mark.is_write)
            for argument in parsed.arguments for mark in (argument.alias_info,)),
        '(*)' in text)
