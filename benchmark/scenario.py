# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What all scenarios have in common."""

from typing import Any, Dict, List, Protocol

from benchmark.progress import Progress, Step

LETTERS = 'abcdefghij'
START_S = 4.0


class Scenario(Protocol):
    """One question to the package, and the measurements that answer it."""

    @property
    def letter(self) -> str:
        """How it is called on the command line."""

    @property
    def title(self) -> str:
        """What is measured."""

    @property
    def steps(self) -> List[Step]:
        """What will be done, one after the other."""

    def run(self, progress: Progress) -> None:
        """Measure; raise Unmeasured if that cannot be done."""

    def figures(self) -> Dict[str, Any]:
        """Return what was measured until now."""

    def rows(self) -> List[List[str]]:
        """Return a table of what was measured, its heading first."""
