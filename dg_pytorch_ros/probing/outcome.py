# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What came of a try."""

from dataclasses import dataclass
from typing import Callable, Optional, Tuple

from dg_pytorch_ros.probing.guess import Guesses, Shape


@dataclass(frozen=True)
class Result:
    """A member of what `forward` returned; without a shape if it was no tensor."""

    name: str
    kind: str
    shape: Optional[Shape] = None


@dataclass(frozen=True)
class Outcome:
    """
    The results, or a complaint.

    A module that runs on the usual values but not on their negatives has an objection.
    """

    results: Tuple[Result, ...] = ()
    complaint: str = ''
    objection: str = ''

    @property
    def runs(self) -> bool:
        """Whether forward came to its end."""
        return not self.complaint


Trial = Callable[[Guesses], Outcome]
