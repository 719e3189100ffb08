# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is known of a module before it is tried."""

from dataclasses import dataclass
from typing import Callable, Sequence, Tuple

from dg_pytorch_ros.contract import Argument, Signature
from dg_pytorch_ros.model import Model
from dg_pytorch_ros.probing.hint import Hints

# What the node makes of numbers if neither the module nor its parameters say what they shall be.
_MESSAGE_DTYPE = 'float64'


@dataclass(frozen=True)
class Introduction:
    """The signature of forward, and of the arguments to feed dtypes and hints."""

    signature: Signature
    arguments: Tuple[Argument, ...]
    dtypes: Tuple[str, ...]
    hints: Hints


def introduction_of(
    model: Model, read_hints: Callable[[Sequence[Argument]], Hints]
) -> Introduction:
    """Introduce a model; `read_hints` says what there is to know of its arguments."""
    arguments = tuple(
        argument for argument in model.signature.arguments if not argument.has_default)
    dtypes = tuple(
        model.input_dtype(index, _MESSAGE_DTYPE) for index in range(len(arguments)))
    return Introduction(model.signature, arguments, dtypes, read_hints(arguments))
