# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
The very node of the package, with a stopwatch inside.

What is noted for each evaluation is the time from the message in hand to the output handed over,
less the time in the module: what the node itself adds.
"""

from concurrent.futures import Future
import json
import os
from pathlib import Path
import sys
from time import perf_counter_ns
from typing import Any, Callable, List

from dg_pytorch_ros.stop_signals import on_stop_signal

RESULT = 'BENCHMARK_INSIDE_RESULT'


class Stopwatch:
    """Stops the time of the take, of the module, and of the publication."""

    def __init__(self) -> None:
        self.added_us: List[float] = []
        self._taken_ns = 0
        self._module_ns = 0

    def around_take(self, take: Callable[..., Any]) -> Callable[..., Any]:
        """Note when a message has been taken."""
        def timed_take(*arguments: Any) -> Any:
            taken = take(*arguments)
            if taken is not None:
                self._taken_ns = perf_counter_ns()
                self._module_ns = 0
            return taken
        return timed_take

    def around_module(self, forward: Callable[..., Any]) -> Callable[..., Any]:
        """Note how long the module takes."""
        def timed_forward(*arguments: Any) -> Any:
            begin_ns = perf_counter_ns()
            result = forward(*arguments)
            self._module_ns += perf_counter_ns() - begin_ns
            return result
        return timed_forward

    def published(self) -> None:
        """Note that the output has been handed over."""
        elapsed_ns = perf_counter_ns() - self._taken_ns - self._module_ns
        self.added_us.append(1e-3 * elapsed_ns)


def instrument(stopwatch: Stopwatch) -> None:
    """Put the stopwatch into the package."""
    from dg_pytorch_ros.topics import Output, Subscriber
    from dg_pytorch_ros.torchscript.program import ScriptProgram
    _after_init(Subscriber, '_take_message', stopwatch.around_take)
    _after_init(ScriptProgram, '_run', stopwatch.around_module)
    publish = Output.publish

    def timed_publish(self: Any, message: Any) -> None:
        publish(self, message)
        stopwatch.published()
    setattr(Output, 'publish', timed_publish)  # noqa: B010 (mypy refuses the assignment)


def _after_init(
    kind: Any, attribute: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    init = kind.__init__

    def init_and_wrap(self: Any, *arguments: Any, **options: Any) -> None:
        init(self, *arguments, **options)
        setattr(self, attribute, wrap(getattr(self, attribute)))
    kind.__init__ = init_and_wrap


def main() -> int:
    """Run as pytorch_node does, and write down what the stopwatch saw."""
    stop: 'Future[None]' = Future()
    on_stop_signal(lambda: stop.set_result(None))
    # Only now, as in the package: what this imports starts threads.
    from dg_pytorch_ros.process import run
    stopwatch = Stopwatch()
    instrument(stopwatch)
    code = run(sys.argv[1:], stop)
    Path(os.environ[RESULT]).write_text(json.dumps(stopwatch.added_us))
    return code


if __name__ == '__main__':
    sys.exit(main())
