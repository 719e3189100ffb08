# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What somebody wants in a parameter file."""

from dataclasses import dataclass
from typing import Literal, Optional, Tuple

Detail = Literal['brief', 'usual', 'full']


@dataclass(frozen=True)
class Wishes:
    """
    What the file is for.

    `file_name` is that of the parameter file, as far as it is known. With the detail `usual`, all
    parameters of inputs are explained once; with `full` at each input.
    """

    model_path: str
    sha256: str
    file_name: str
    node_name: str = '/**'
    trigger: Literal['timer', 'message'] = 'message'
    rate_hz: Optional[float] = None
    imports: Tuple[str, ...] = ()
    device: str = 'cpu'
    detail: Detail = 'usual'
