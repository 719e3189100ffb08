# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a node would have put into its log."""

from typing import Callable, NamedTuple


class Event(NamedTuple):
    """A line of the log, and when it would have been written."""

    time_ns: int
    severity: str  # 'info', 'warning' or 'error'
    text: str


class EventLog:
    """Takes lines as a node's logger does; `now_ns` tells their times."""

    def __init__(self, on_event: Callable[[Event], None], now_ns: Callable[[], int]) -> None:
        self._on_event = on_event
        self._now_ns = now_ns

    def debug(self, text: str) -> None:
        """Leave out what nobody sees unless they ask for it."""

    def info(self, text: str) -> None:
        """Take a line."""
        self._on_event(Event(self._now_ns(), 'info', text))

    def warning(self, text: str) -> None:
        """Take a line."""
        self._on_event(Event(self._now_ns(), 'warning', text))

    def error(self, text: str) -> None:
        """Take a line."""
        self._on_event(Event(self._now_ns(), 'error', text))
