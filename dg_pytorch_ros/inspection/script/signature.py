# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The signature of `forward`, from the code in an archive."""

import ast
from typing import List

from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.inspection.script.source import Code, CodeMethod

_OPEN = ('Any', 'Dict', 'List', 'Union')


def signature_of(forward: CodeMethod, code: Code) -> Signature:
    """Return the same signature that torch tells of the loaded method."""
    return Signature(
        tuple(
            Argument(argument.name, argument.type_name, not argument.is_required)
            for argument in forward.arguments),
        _result(forward.result, code))


def _result(type_name: str, code: Code) -> Result:
    fields = code.fields(type_name)
    if fields is not None:
        return Result(type_name, tuple(fields.values()), tuple(fields))
    outer, members = _parts(type_name)
    if outer == 'Tuple':
        return Result(type_name, tuple(members))
    return Result(type_name, (type_name,), is_open=outer in _OPEN)


def _parts(type_name: str) -> 'tuple[str, List[str]]':
    expression = ast.parse(type_name, mode='eval').body
    if not isinstance(expression, ast.Subscript):
        return type_name, []
    inner = expression.slice
    members = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    return ast.unparse(expression.value), [ast.unparse(member) for member in members]
