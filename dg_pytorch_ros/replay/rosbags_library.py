# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The extra that reads and writes bags."""

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from dg_pytorch_ros.errors import BagError


def require_rosbags() -> Any:
    """Return the part of rosbags for ROS 2; raise BagError if it is not installed."""
    try:
        from rosbags import rosbag2
    except ImportError as error:
        raise BagError(
            f'bags are read with rosbags, which cannot be imported ({error}); install it with '
            'pip install "dg_pytorch_ros[replay]"') from error
    return rosbag2


@contextmanager
def handling(path: Path, what: str, *, hint: str = '') -> Iterator[None]:
    """Make what goes wrong with a bag within a BagError: rosbags lets all errors through."""
    try:
        yield
    except BagError:
        raise
    except Exception as error:  # of YAML, of SQLite, of compression, of broken bytes
        reason = _reason(error)
        parts = [f'the bag {path} cannot be {what}: {reason.rstrip(".")}', hint]
        raise BagError('; '.join(filter(None, parts))) from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) if len(error.args) == 1 and str(error) else repr(error)
