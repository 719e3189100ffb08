# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Say a thing that goes on happening now and then, and how often it happened meanwhile."""

from time import monotonic
from typing import Any, Callable, Dict

PERIOD_S = 5.0


class ThrottledLog:
    """Logs at most one line a period for each key."""

    def __init__(self, logger: Any, *, now_s: Callable[[], float] = monotonic) -> None:
        self._logger = logger
        self._now_s = now_s
        self._next_s: Dict[str, float] = {}
        self._unsaid: Dict[str, int] = {}

    def warning(self, key: str, text: str) -> bool:
        """Log a warning, unless one with this key was logged just now; return whether it was."""
        line = self._line(key, text)
        if line:
            self._logger.warning(line)
        return bool(line)

    def error(self, key: str, text: str) -> bool:
        """Log an error, unless one with this key was logged just now; return whether it was."""
        line = self._line(key, text)
        if line:
            # On a line of its own: rclpy refuses two severities from one place in the code.
            self._logger.error(line)
        return bool(line)

    def _line(self, key: str, text: str) -> str:
        now_s = self._now_s()
        if now_s < self._next_s.get(key, now_s):
            self._unsaid[key] = self._unsaid.get(key, 0) + 1
            return ''
        self._next_s[key] = now_s + PERIOD_S
        unsaid = self._unsaid.pop(key, 0)
        return text + (f' ({unsaid} more since the last such line)' if unsaid else '')
