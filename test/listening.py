# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A listener in its own process, and what it has heard until now."""

import json
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any, Dict, List


class Listening:
    """Hears topics of numbers, and the status of the node `node` on /diagnostics."""

    def __init__(
        self, file: Path, *topics: str, environment: Dict[str, str], **options: Any
    ) -> None:
        self._file = file
        with file.open('w') as sink:
            self._process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name('listener.py')), *topics],
                stdout=sink, env=environment, **options)

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def numbers(self, topic: str = 'output') -> List[List[float]]:
        """Return the numbers that it has heard on a topic."""
        return [line['data'] for line in self._heard(topic)]

    def status(self) -> Dict[str, Any]:
        """Return the newest status of the node."""
        return (self._heard('/diagnostics') or [{'level': None, 'message': '', 'values': {}}])[-1]

    def _heard(self, topic: str) -> List[Dict[str, Any]]:
        # The last line may be on its way.
        complete = self._file.read_text().rpartition('\n')[0]
        lines: List[Dict[str, Any]] = [json.loads(line) for line in complete.splitlines()]
        return [line for line in lines if line['topic'] == topic]
