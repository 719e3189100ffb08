# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Turn SIGINT and SIGTERM into an orderly end."""

import os
import signal
from threading import Thread
from time import sleep
from typing import Callable

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_EXIT_CODE_OF_INTERRUPT = 130
# `ros2 launch` passes on the Ctrl-C that the terminal has sent to the node as well.
_ECHO_S = 2.0


def on_stop_signal(stop: Callable[[], None]) -> None:
    """
    Call `stop` in a thread of its own on SIGINT or SIGTERM; a later one ends the process at once.

    To be called before other threads start: they inherit that the signals are blocked. A Python
    signal handler would wait until the main thread comes back from ROS, and the handlers of rclpy
    end the context, after which nothing can be published.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    Thread(target=_watch, args=(stop,), name='stop_signals', daemon=True).start()


def _watch(stop: Callable[[], None]) -> None:
    signal.sigwait(_SIGNALS)
    stop()
    sleep(_ECHO_S)
    while signal.sigtimedwait(_SIGNALS, 0):
        pass
    signal.sigwait(_SIGNALS)
    os._exit(_EXIT_CODE_OF_INTERRUPT)
