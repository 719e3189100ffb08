# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Say why a TorchScript archive cannot be loaded."""

import re

from dg_pytorch_ros.operator_libraries import missing_operator
from dg_pytorch_ros.tensors.complaint import first_complaint

_UNKNOWN = re.compile(
    r'Unknown builtin op: (?P<operator>(\w+)::\w+)|'
    r"Unknown type name '__torch__\.torch\.classes\.(?P<type>(\w+)\.\w+)'")


def load_complaint(error: BaseException) -> str:
    """Return the one line that says why an archive cannot be loaded, and what helps."""
    unknown = _UNKNOWN.search(str(error))
    if unknown is None:
        return first_complaint(error)
    what = unknown['operator'] or unknown['type']
    library = re.split(r'\W', what)[0]
    return missing_operator(f'{"operator" if unknown["operator"] else "type"} {what}', library)
