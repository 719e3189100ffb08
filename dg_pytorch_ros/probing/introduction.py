# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is known of a module before it is tried."""

from dataclasses import dataclass
from typing import Tuple

from dg_pytorch_ros.contract import Argument, Signature
from dg_pytorch_ros.probing.hint import Hints


@dataclass(frozen=True)
class Introduction:
    """The signature of forward, and of the arguments to feed dtypes and hints."""

    signature: Signature
    arguments: Tuple[Argument, ...]
    dtypes: Tuple[str, ...]
    hints: Hints
