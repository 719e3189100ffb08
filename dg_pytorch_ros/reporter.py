# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Say what is out of the ordinary with evaluations, now and then."""

from time import monotonic
from typing import Any, Callable, Sequence

from dg_pytorch_ros.errors import EvaluationError, MessageError, NotEnabled
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.throttled_log import ThrottledLog

_INSTEAD = {
    'hold': 'last good outputs published again',
    'fallback': 'fallback published',
    'deactivate': 'fallback published',
}


class Reporter:
    """Puts what the evaluation thread comes across into the log."""

    def __init__(
        self, logger: Any, *, on_first_outputs: Callable[[Sequence[Array]], None],
        on_give_up: Callable[[str], None], now_s: Callable[[], float] = monotonic
    ) -> None:
        self.on_first_outputs = on_first_outputs
        self.on_give_up = on_give_up
        self._logger = logger
        self._log = ThrottledLog(logger, now_s=now_s)
        self._is_said = False

    def on_drop(self, name: str, error: MessageError) -> None:
        """Say that a message does not fit its input."""
        self._log.warning(
            f'drop {name} {error.cause}', f'input {name!r}: message dropped, {error}')

    def on_refusal(
        self, error: EvaluationError, reaction: str, *, has_published: bool
    ) -> None:
        """Say why there are no outputs, and what was done instead."""
        line = f'{_INSTEAD[reaction] if has_published else "nothing published"}: {error}'
        log = self._log.warning if isinstance(error, NotEnabled) else self._log.error
        if log(error.cause, line):
            self._is_said = True
            if error.details:
                self._logger.debug(error.details)

    def on_recovery(self, refused: int) -> None:
        """Say that there are outputs again, if it was said that there are none."""
        if self._is_said:
            self._logger.info(f'outputs are published again, after {refused} times without')
        self._is_said = False

    def on_overrun(self, duration_ms: float, period_ms: float) -> None:
        """Say that an evaluation took longer than there is time for."""
        self._log.warning(
            'overrun', f'an evaluation took {duration_ms:.3f} ms, longer than the period of '
            f'{period_ms:g} ms')
