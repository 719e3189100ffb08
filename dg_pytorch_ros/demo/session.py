# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The demo from its start to its verdict."""

from contextlib import closing, ExitStack
import os
from pathlib import Path
import sys
from threading import Event
from typing import Optional

from dg_pytorch_ros.demo.child import Child
from dg_pytorch_ros.demo.demo import Demo, DemoError, Display
from dg_pytorch_ros.demo.figures import complaint, summary, timing
from dg_pytorch_ros.demo.held_log import HeldLog
from dg_pytorch_ros.demo.installation import CONTROLLER, find_files, PACKAGE
from dg_pytorch_ros.demo.live_view import LiveView
from dg_pytorch_ros.demo.recording import Recording
from dg_pytorch_ros.demo.rows import Rows
from dg_pytorch_ros.demo.screen import Screen
from dg_pytorch_ros.demo.ticks import ticks_of


class Session:
    """Starts everything, has it watched, and says what came of it."""

    def __init__(self, seconds: float, stop: Event) -> None:
        self._seconds = seconds
        self._stop = stop
        self._recording = Recording()

    def run(self, *, has_page: bool, picture: Optional[Path]) -> None:
        """Run once; raise DemoError if the joints are not where they should be."""
        try:
            self._watch(has_page)
            _say(self._summary())
        finally:
            if picture is not None and self._recording.time_s:
                self._draw(picture)  # however it ended
        problem = complaint(self._recording.pose.errors_rad)
        if problem:
            raise DemoError(problem)
        _say('all joints reached their targets')

    def _watch(self, has_page: bool) -> None:
        params_file, executable = find_files()
        _say(f'starting pytorch_node with {params_file} and a plant of six joints')
        node_command = [
            executable, '--ros-args', '-r', f'__node:={CONTROLLER}', '--params-file', params_file]
        plant_command = [sys.executable, '-m', f'{PACKAGE}.demo.plant']
        with ExitStack() as ends:
            log = ends.enter_context(HeldLog()) if has_page else None
            node = ends.enter_context(Child('pytorch_node', node_command, log))
            plant = ends.enter_context(Child('the plant', plant_command, log))
            # Only now, so that all start side by side and Ctrl-C is clean from early on.
            from dg_pytorch_ros.demo.observer import Observer
            observer = ends.enter_context(closing(Observer(CONTROLLER)))
            demo = Demo(observer, (node, plant), self._stop, self._recording)
            demo.wait_for_outputs()
            display: Display = Rows()
            if has_page:
                screen = ends.enter_context(Screen(sys.stdout, os.environ))
                display = LiveView(screen, self._seconds)
            demo.run(self._seconds, display)

    def _summary(self) -> str:
        heard = self._recording
        return summary(
            heard.time_s, timing(heard.durations_ms, heard.time_s), ticks_of(heard.published_ns),
            heard.pose.errors_rad)

    def _draw(self, file: Path) -> None:
        # Only now: it takes a moment to load, and all else is over.
        from dg_pytorch_ros.demo.picture import picture_of
        _say(picture_of(self._recording, file))


def _say(text: str) -> None:
    print(text, flush=True)
