# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A worker: a fresh process that loads one file and calls it for the first times."""

import importlib
import json
import os
from pathlib import Path
import sys
from time import perf_counter
from typing import Any, Dict, List

from benchmark.usage import resident_mib
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.onnx.library import refuse_telemetry

_CALLS = 20


class Start:
    """What each stage of a start took, of time and of memory."""

    def __init__(self) -> None:
        self.result: Dict[str, Any] = {'calls_ms': [], 'mib': {'before': _resident_mib()}}

    def run(self, settings: Dict[str, Any]) -> None:
        """Import the library, load the file, call it, and load it once more."""
        refuse_telemetry()
        begin = perf_counter()
        importlib.import_module(settings['library'])
        self._note('import', begin)
        from benchmark.formats_loaded import bind, load, values_of
        begin = perf_counter()
        model = load(Path(settings['path']))
        self._note('load', begin)
        sets = values_of(settings['shapes'])
        bind(model)
        calls_ms: List[float] = self.result['calls_ms']
        with model.mode():
            for index in range(_CALLS):
                begin = perf_counter()
                model.run(sets[index % len(sets)])
                calls_ms.append(1e3 * (perf_counter() - begin))
        self.result['mib']['calls'] = _resident_mib()
        begin = perf_counter()
        load(Path(settings['path']))
        self._note('reload', begin)

    def _note(self, stage: str, begin: float) -> None:
        self.result[f'{stage}_ms'] = 1e3 * (perf_counter() - begin)
        self.result['mib'][stage] = _resident_mib()


def _resident_mib() -> float:
    return resident_mib(os.getpid())


def main() -> None:
    """Measure as the file says that is named on the command line."""
    settings: Dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    start = Start()
    try:
        start.run(settings)
    except (ImportError, PytorchRosError) as error:
        start.result['reason'] = str(error)
    Path(settings['result']).write_text(json.dumps(start.result))


if __name__ == '__main__':
    main()
