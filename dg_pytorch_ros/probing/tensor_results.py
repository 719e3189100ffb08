# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which results of forward can become outputs, as far as its signature says."""

from typing import Tuple

from dg_pytorch_ros.contract import Signature


def names_of_tensors(signature: Signature) -> Tuple[str, ...]:
    """
    Return the names of those results that are tensors.

    Raise ContractError if results that have no names of their own are not all tensors, or if only
    a run tells how many there are.
    """
    result = signature.result
    names = result.names or result.labels
    if not names:
        return signature.match_outputs(None)
    return tuple(name for name, kind in zip(names, result.types) if kind == 'Tensor')
