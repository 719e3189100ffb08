# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Where measurements happen: folders, contestants, and the workers that observe them."""

from contextlib import ExitStack
from copy import copy
from itertools import count
import json
from pathlib import Path
import subprocess
import sys
from time import monotonic, sleep
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Type

from benchmark.processes import Process, Unmeasured

PATIENCE_S = 60.0
_POLL_S = 0.05
_SPARE_S = 90.0
# The default of Fast DDS drops most messages that are longer than its 512 KiB of shared memory.
_PROFILE_FOR_IMAGES = Path(__file__).resolve().parent / 'images.xml'


class Interrupted(Exception):
    """Ctrl-C, and what had been measured until then."""

    def __init__(self, result: Optional[Dict[str, Any]] = None) -> None:
        super().__init__('interrupted')
        self.result = result


class Lab:
    """Starts processes in one ROS domain, and gives each a log."""

    def __init__(self, folder: Path, logs: Path, domain: int) -> None:
        self.folder = folder
        self._logs = logs
        self._environment = {
            'ROS_DOMAIN_ID': str(domain), 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
            'PYTHONUNBUFFERED': '1'}
        self._numbers = count(1)

    def with_room_for_images(self) -> 'Lab':
        """Return a lab in which processes pass messages of this size on without losing them."""
        other = copy(self)
        other._environment = {
            **self._environment, 'FASTDDS_DEFAULT_PROFILES_FILE': str(_PROFILE_FOR_IMAGES),
            'FASTRTPS_DEFAULT_PROFILES_FILE': str(_PROFILE_FOR_IMAGES)}
        return other

    def make_models(self) -> None:
        """Write the models into the folder."""
        run = subprocess.run(
            [sys.executable, '-W', 'ignore', '-m', 'benchmark.models', str(self.folder)],
            capture_output=True, text=True, start_new_session=True)
        if run.returncode:
            raise Unmeasured(f'the models could not be made:\n{run.stderr}')

    def start(
        self, name: str, command: Sequence[str], environment: Optional[Mapping[str, str]] = None
    ) -> Process:
        """Start a process."""
        log = self._logs / f'{next(self._numbers):03d}_{"".join(name.split("/"))}.log'
        return Process(name, command, log, {**self._environment, **(environment or {})})

    def measure(
        self, settings: Dict[str, Any], start: Callable[[], List[Process]], *, duration_s: float,
        on_poll: Callable[[], None] = lambda: None
    ) -> Dict[str, Any]:
        """Have a robot measure processes that start when it stands ready; return its result."""
        with Observation(self, 'robot', settings) as robot:
            robot.wait_for('publishing')
            processes = start()
            with together(processes):
                robot.tell_pids(processes)
                return robot.result(processes, duration_s=duration_s, on_poll=on_poll)

    def observe(
        self, worker: str, settings: Dict[str, Any], watched: Sequence[Process], *,
        duration_s: float
    ) -> Dict[str, Any]:
        """Run a worker beside processes that run already; return its result."""
        with Observation(self, worker, settings) as observation:
            return observation.result(watched, duration_s=duration_s)


class Observation:
    """A worker at work: a robot or a client."""

    def __init__(self, lab: Lab, worker: str, settings: Dict[str, Any]) -> None:
        self._result = lab.folder / 'result.json'
        self._result.unlink(missing_ok=True)
        self._pids = lab.folder / 'pids.json'
        self._pids.write_text('[]')
        file = lab.folder / 'settings.json'
        file.write_text(json.dumps({
            'patience_s': PATIENCE_S, 'with_memory': False, **settings,
            'result': str(self._result), 'pids_file': str(self._pids)}))
        self._process = lab.start(
            worker, [sys.executable, '-W', 'ignore', '-m', f'benchmark.{worker}', str(file)])

    def __enter__(self) -> 'Observation':
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], *others: Any) -> None:
        self._process.end()

    def tell_pids(self, processes: Sequence[Process]) -> None:
        """Tell a robot whose use of the machine it is to measure."""
        self._pids.write_text(json.dumps([process.pid for process in processes]))

    def wait_for(self, text: str) -> None:
        """Wait until the worker says something."""
        end_s = monotonic() + PATIENCE_S
        while text not in self._process.output:
            self._process.check()
            if monotonic() > end_s:
                raise Unmeasured(f'{self._process.name} is not ready; {self._process.tail}')
            sleep(_POLL_S)

    def result(
        self, watched: Sequence[Process], *, duration_s: float,
        on_poll: Callable[[], None] = lambda: None
    ) -> Dict[str, Any]:
        """Wait for the end; on Ctrl-C raise Interrupted with what there is."""
        end_s = monotonic() + PATIENCE_S + duration_s + _SPARE_S
        try:
            while self._process.exit_code is None:
                for process in watched:
                    process.check()
                if monotonic() > end_s:
                    raise Unmeasured(
                        f'{self._process.name} does not come to an end; {self._process.tail}')
                on_poll()
                sleep(_POLL_S)
        except KeyboardInterrupt:
            self._process.end()
            raise Interrupted(self._read()) from None
        result = self._read()
        if result is None:
            raise Unmeasured('\n'.join([
                f'{self._process.name} saw nothing to measure', self._process.tail,
                *(process.tail for process in watched)]))
        return result

    def _read(self) -> Optional[Dict[str, Any]]:
        if self._process.exit_code != 0 or not self._result.exists():
            return None
        result: Dict[str, Any] = json.loads(self._result.read_text())
        return result


def together(processes: List[Process]) -> ExitStack:
    """Return a context that ends all of them."""
    stack = ExitStack()
    for process in processes:
        stack.enter_context(process)
    return stack
