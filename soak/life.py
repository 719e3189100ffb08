# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What one process takes of the machine, from its beginning to its end."""

from dataclasses import asdict, dataclass
from typing import Dict, List

# The first reloads and the first services make the allocator take some more.
MOST_GROWTH_MIB = 48.0
MOST_MORE_THREADS = 0


@dataclass
class Life:
    """Memory and threads of the node between two starts."""

    begin_s: float
    begin_mib: float
    begin_threads: int
    end_s: float
    end_mib: float
    end_threads: int

    def complaints(self) -> List[str]:
        """Say what grew."""
        found = []
        if self.end_mib - self.begin_mib > MOST_GROWTH_MIB:
            found.append(
                f'memory grew from {self.begin_mib:.1f} to {self.end_mib:.1f} MiB within '
                f'{self.end_s - self.begin_s:.0f} s')
        if self.end_threads - self.begin_threads > MOST_MORE_THREADS:
            found.append(
                f'{self.begin_threads} threads became {self.end_threads} within '
                f'{self.end_s - self.begin_s:.0f} s')
        return found

    def as_dict(self) -> Dict[str, float]:
        """Return what goes into the JSON file."""
        return {name: round(value, 1) for name, value in asdict(self).items()}
