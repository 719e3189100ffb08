# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Read the signature of `forward` out of a TorchScript module."""

import io
import re
from typing import Any, Tuple
import zipfile

from dg_pytorch_ros.contract import Argument, Result, Signature


def read_signature(forward: Any, archive: bytes) -> Signature:
    """Return the signature of a script method; `archive` is the file that it was loaded from."""
    arguments = tuple(
        Argument(argument.name, argument.type.annotation_str, argument.has_default_value())
        for argument in forward.schema.arguments[1:])
    return Signature(arguments, _read_result(forward.schema.returns[0].type, archive))


def _read_result(result: Any, archive: bytes) -> Result:
    annotation = result.annotation_str
    if result.kind() == 'TupleType':
        types = tuple(element.annotation_str for element in result.elements())
        # A plain tuple spells out its members; a NamedTuple goes by its qualified name.
        names = _field_names(annotation, archive) if annotation.startswith('__torch__') else ()
        return Result(annotation, types, names)
    is_open = result.kind() in ('ListType', 'DictType', 'AnyType', 'UnionType')
    return Result(annotation, (annotation,), is_open=is_open)


def _field_names(qualified_name: str, archive: bytes) -> Tuple[str, ...]:
    """Find a NamedTuple's fields in the archive's code: the type itself does not tell them."""
    *modules, class_name = qualified_name.split('.')
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        path = next(
            name for name in file.namelist()
            if name.partition('/')[2] == f'code/{"/".join(modules)}.py')
        code = file.read(path).decode()
    definition = re.search(
        rf'^class {re.escape(class_name)}\(NamedTuple\):\n((?:  \w+ : .*\n?)*)', code,
        re.MULTILINE)
    return tuple(re.findall(r'^  (\w+) : ', definition[1], re.MULTILINE)) if definition else ()
