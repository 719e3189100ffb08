# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The contestants: how each of them is started."""

import json
import os
from pathlib import Path
import shutil
import sys
from typing import Any, Dict, List

from benchmark.lab import Lab
from benchmark.processes import Process, Unmeasured
from benchmark.shapes import ACTIONS, PD_INPUTS, SHAPES
from dg_pytorch_ros.packages import find_share

PACKAGE = 'dg_pytorch_ros'
PD_OUTPUT = 'sout_torque'

_PD_MODEL = 'models/pd_controller.pt'
_FLOAT32 = 'std_msgs/msg/Float32MultiArray'


class Contestants:
    """Starts them, each in a namespace of its own, with the topics that all have in common."""

    def __init__(self, lab: Lab) -> None:
        share = find_share(PACKAGE)
        if share is None:
            raise Unmeasured(
                f'package {PACKAGE} is not installed in this environment; '
                'run scripts/benchmark, or source the workspace that it was built in')
        self._lab = lab
        self._share = Path(share)
        self._executable = _find_executable(self._share.parents[1])

    @property
    def pd_model(self) -> Path:
        """The file of the PD controller."""
        return self._share / _PD_MODEL

    def timer(self, name: str, rate_hz: float) -> Process:
        """Start a PD controller: 'hand', 'ours', or 'tuned', which is ours with realtime set."""
        if name == 'hand':
            return self._start(name, [
                *_module('hand_timer'), '--model', str(self.pd_model),
                '--rate', str(rate_hz)])
        tuning = _tuning(rate_hz) if name == 'tuned' else {}
        return self._start_ours(name, {**pd_parameters(rate_hz), **tuning})

    def arrival(self, name: str, model: str) -> Process:
        """Start a policy: 'hand', 'ours' or 'floor', with a number behind it if there are many."""
        if name == 'floor':
            return self._start(name, [*_module('echo'), '--reply-size', str(ACTIONS)])
        if name.startswith('hand'):
            return self._start(name, [
                *_module('hand_arrival'), '--model', str(self._path(model)),
                '--shape', *map(str, SHAPES[model])])
        return self._start_ours(name, self._policy(model))

    def with_file(self, name: str, model: str, file: Path) -> Process:
        """Start the package's node with a policy in another file than that of the lab."""
        return self._start_ours(name, {**self._policy(model), 'model_path': str(file)})

    def inside(self, name: str, model: str, result: Path) -> Process:
        """Start the package's node with a stopwatch inside."""
        return self._lab.start(
            name, [*_module('inside'), *self._arguments(name, self._policy(model))],
            {'BENCHMARK_INSIDE_RESULT': str(result)})

    def _policy(self, model: str) -> Dict[str, Any]:
        return {
            'model_path': str(self._path(model)),
            'input_names': ['observation'],
            'output_names': ['action'],
            'inputs': {'observation': {'type': _FLOAT32, 'shape': SHAPES[model]}},
            'outputs': {'action': {'type': _FLOAT32}}}

    def _path(self, model: str) -> Path:
        return self._lab.folder / f'{model}.pt'

    def _start(self, name: str, command: List[str]) -> Process:
        return self._lab.start(name, [*command, '--ros-args', '-r', f'__ns:=/{name}'])

    def _start_ours(self, name: str, parameters: Dict[str, Any]) -> Process:
        return self._lab.start(name, [self._executable, *self._arguments(name, parameters)])

    def _arguments(self, name: str, parameters: Dict[str, Any]) -> List[str]:
        file = self._lab.folder / f'{name}.yaml'
        file.write_text(json.dumps({'/**': {'ros__parameters': parameters}}, indent=2))
        return [
            '--ros-args', '-r', '__node:=node', '-r', f'__ns:=/{name}',
            '--params-file', str(file)]


def pd_parameters(rate_hz: float) -> Dict[str, Any]:
    """Return the parameters of a PD controller on a timer."""
    return {
        'model_path': f'package://{PACKAGE}/{_PD_MODEL}',
        'trigger': 'timer',
        'rate_hz': float(rate_hz),
        'input_names': list(PD_INPUTS),
        'output_names': [PD_OUTPUT],
        **{f'inputs.{key}.shape': [size] for key, size in PD_INPUTS.items()}}


def _tuning(rate_hz: float) -> Dict[str, int]:
    return {'realtime.priority': 50, 'realtime.spin_us': min(50, int(0.4e6 / rate_hz))}


def _module(name: str) -> List[str]:
    return [sys.executable, '-W', 'ignore', '-m', f'benchmark.{name}']


def _find_executable(prefix: Path) -> str:
    folders = [prefix / 'lib' / PACKAGE, Path(sys.executable).parent]
    path = os.pathsep.join([*map(str, folders), os.environ.get('PATH', '')])
    found = shutil.which('pytorch_node', path=path)
    if found is None:
        raise Unmeasured(f'there is no pytorch_node in {folders[0]}, {folders[1]} or on PATH')
    return found
