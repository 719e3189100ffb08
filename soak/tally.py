# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The counters of the node's diagnostics, which must never go back."""

from typing import Dict, List, Mapping

_COUNTED = ('ticks', 'evaluations', 'missed_ticks', 'overruns')
_GROUPS = ('dropped: ', 'guard: ')


def counters(values: Mapping[str, str]) -> Dict[str, int]:
    """Pick the counters out of the values of a status."""
    return {
        key: int(value) for key, value in values.items()
        if key in _COUNTED or key.startswith(_GROUPS)}


class Tally:
    """Follows the counters of one process after the other, and sums them up."""

    def __init__(self) -> None:
        self.statuses = 0
        self._before: Dict[str, int] = {}
        self._past: Dict[str, int] = {}

    def expect_start(self) -> None:
        """Expect a new process, which counts from the beginning."""
        self._past = self.totals()
        self._before = {}

    def hear(self, values: Mapping[str, str]) -> List[str]:
        """Take a status over; return what is wrong with it."""
        self.statuses += 1
        present = counters(values)
        if not present:
            return []
        complaints = [
            f'the counter {key!r} went from {count} to {present.get(key)}'
            for key, count in self._before.items() if present.get(key, -1) < count]
        self._before = present
        return complaints

    def totals(self) -> Dict[str, int]:
        """Return what all processes together have counted."""
        return {
            key: self._past.get(key, 0) + self._before.get(key, 0)
            for key in sorted({*self._past, *self._before})}
