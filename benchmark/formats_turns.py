# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
A worker: one model in several formats, called in turn in one process.

What is timed is what the node publishes as its duration: arrays in, arrays out.
"""

from contextlib import ExitStack
import gc
import json
from pathlib import Path
import sys
from typing import Any, Dict, List, Sequence

from benchmark.case import Case
from benchmark.formats_loaded import bind, difference, load, values_of
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.model import Array, Model
import numpy as np

_TOLERANCE = 1e-4


class Turns:
    """Models that were made of the same module."""

    def __init__(self, settings: Dict[str, Any]) -> None:
        self._settings = settings
        self._sets = values_of(settings['shapes'])
        self._models: Dict[str, Model] = {}
        self._expected: List[List[Array]] = []
        self.result: Dict[str, Any] = {
            'reasons': {}, 'differences': {}, 'samples_us': {},
            'blocks': {pace['name']: pace['block'] for pace in settings['paces']}}

    def measure(self) -> None:
        """Load and compare them, then let them take turns."""
        with ExitStack() as modes:
            for key, path in self._settings['paths'].items():
                try:
                    self._add(key, Path(path), modes)
                except (ImportError, PytorchRosError) as error:
                    self.result['reasons'][key] = str(error)
            gc.collect()
            gc.freeze()
            gc.disable()
            for pace in self._settings['paces']:
                case = Case(
                    pace['name'], self._sets,
                    {key: model.run for key, model in self._models.items()},
                    pace['block'], pause_s=pace['pause_s'])
                self.result['samples_us'][case.name] = case.samples_us
                case.measure(pace['turns'])

    def _add(self, key: str, path: Path, modes: ExitStack) -> None:
        """Load a file and warm it up; leave it out if it comes to other results than the first."""
        model = bind(load(path))
        modes.enter_context(model.mode())
        model.prepare(self._sets[0])
        results = [[array.copy() for array in model.run(values)] for values in self._sets]
        model.reset()
        self._expected = self._expected or results
        apart = _apart(results, self._expected)
        self.result['differences'][key] = apart
        if apart <= _TOLERANCE:
            self._models[key] = model
        else:
            self.result['reasons'][key] = f'its results are {apart:.2g} from those of TorchScript'


def _apart(results: Sequence[Sequence[Array]], expected: Sequence[Sequence[Array]]) -> float:
    """Return the largest difference between outputs; nan if one cannot be compared."""
    return float(np.max([
        difference(array, other)
        for outputs, others in zip(results, expected)
        for array, other in zip(outputs, others)]))


def main() -> None:
    """Measure as the file says that is named on the command line."""
    settings: Dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    turns = Turns(settings)
    try:
        turns.measure()
    except KeyboardInterrupt:
        pass  # what was measured so far counts
    Path(settings['result']).write_text(json.dumps(turns.result))


if __name__ == '__main__':
    main()
