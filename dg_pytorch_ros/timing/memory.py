# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How much memory this process has."""

import os
from pathlib import Path
from typing import Optional


def resident_bytes() -> Optional[int]:
    """Return how much of this process is in RAM; None where the system does not tell."""
    try:
        pages = int(Path('/proc/self/statm').read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf('SC_PAGE_SIZE')
