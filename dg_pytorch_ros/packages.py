# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Where ROS packages keep what they share."""

from pathlib import Path
import sys
from typing import Optional

from ament_index_python.packages import get_package_share_directory, PackageNotFoundError


def find_share(package: str) -> Optional[str]:
    """Return a package's share directory, or None if there is no such package here."""
    try:
        return str(get_package_share_directory(package))
    except (PackageNotFoundError, ValueError, OSError):
        return _find_share_beside_python(package)


def _find_share_beside_python(package: str) -> Optional[str]:
    # pip installs into Python's own prefix, which no setup file adds to the ament index.
    share = Path(sys.prefix, 'share')
    is_installed = (share / 'ament_index/resource_index/packages' / package).is_file()
    return str(share / package) if is_installed else None
