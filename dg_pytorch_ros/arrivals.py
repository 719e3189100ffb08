# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whether everything has arrived that an evaluation waits for."""

from typing import Any, Callable, List, Protocol, Sequence


class Trigger(Protocol):
    """A subscribed input whose messages cause evaluations."""

    has_news: bool
    subscription: Any

    def refresh(self) -> None:
        """Put the newest message into the slot, unless the present one is still to be used."""

    def take_next(self) -> bool:
        """Put the oldest message that was not taken yet into the slot, if there is one."""


class Arrivals:
    """
    Says when every trigger has had a message since the last evaluation.

    A trigger with a queue is worked off in order, one message an evaluation, except for what has
    become too old; of the others only the newest message counts. Whenever something is still
    missing, `look` is called.
    """

    def __init__(self, triggers: Sequence[Trigger], *, look: Callable[[], None]) -> None:
        self._triggers = triggers
        self._look = look

    @property
    def awaited(self) -> List[Trigger]:
        """The triggers that have had no message yet."""
        return [trigger for trigger in self._triggers if not trigger.has_news]

    def take(self) -> bool:
        """Take what has arrived; return whether an evaluation is due, for which all is new."""
        awaited = self.awaited
        for trigger in awaited:
            trigger.take_next()
        for trigger in self._triggers:
            if trigger not in awaited:  # waiting for the others, it may have become too old
                trigger.refresh()
        if self.awaited:
            self._look()
            return False
        for trigger in self._triggers:
            trigger.has_news = False
        return True
