# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Say what is out of the ordinary with evaluations, now and then."""

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
        on_give_up: Callable[[str], None]
    ) -> None:
        self.on_first_outputs = on_first_outputs
        self.on_give_up = on_give_up
        self._logger = logger
        self._log = ThrottledLog(logger)

    def on_drop(self, name: str, error: MessageError) -> None:
        """Say that a message does not fit its input."""
        self._log.warning(
            f'drop {name} {error.cause}', f'input {name!r}: message dropped, {error}')

    def on_refusal(
        self, error: EvaluationError, reaction: str, *, has_published: bool
    ) -> None:
        """Say why there are no outputs, and what was done instead."""
        line = f'{_INSTEAD[reaction] if has_published else "nothing published"}: {error}'
        if isinstance(error, NotEnabled):
            self._log.warning(error.cause, line)
        elif self._log.error(error.cause, line) and error.details:
            self._logger.debug(error.details)

    def on_recovery(self, refused: int) -> None:
        """Say that there are outputs again."""
        self._log.info('recovery', f'outputs are published again, after {refused} times without')

    def on_overrun(self, duration_ms: float, period_ms: float) -> None:
        """Say that an evaluation took longer than there is time for."""
        self._log.warning(
            'overrun', f'an evaluation took {duration_ms:.3f} ms, longer than the period of '
            f'{period_ms:g} ms')
