# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A GPU as the place where tensors are."""

from contextlib import contextmanager
from typing import Any, ContextManager, Iterator, List, Sequence, Tuple

from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.cuda.feeds import StagedFeed
from dg_pytorch_ros.cuda.finding import find_index
from dg_pytorch_ros.cuda.gpu import Gpu
from dg_pytorch_ros.cuda.graphed_run import GraphedRun
from dg_pytorch_ros.cuda.results import Fetch
from dg_pytorch_ros.cuda.torch_gpu import TorchGpu
from dg_pytorch_ros.errors import EvaluationError
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.program import Feed
from dg_pytorch_ros.tensors.complaint import first_complaint
from dg_pytorch_ros.tensors.device import Run
from dg_pytorch_ros.tensors.feeds import make_feed


class CudaDevice:
    """A GPU; one for each program that is loaded."""

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        self._fetch = Fetch(gpu)
        self._runs: List[GraphedRun] = []

    @property
    def name(self) -> str:
        """What torch is given."""
        return self._gpu.name

    @property
    def notes(self) -> Tuple[str, ...]:
        """Whether there is a CUDA graph, or why not, as far as that is known yet."""
        return tuple(run.note for run in self._runs if run.note)

    def mode(self) -> ContextManager[None]:
        """Put the calling thread onto this GPU, and on a stream of its own."""
        return self._gpu.stream()

    def feed(self, argument: Argument, dtype: str) -> Feed:
        """Choose what turns values into an argument; a tensor is brought here by the run."""
        return make_feed(argument, dtype) if argument.is_scalar else StagedFeed(dtype, self._gpu)

    def accelerate(self, run: Run, *, is_static: bool) -> Run:
        """Return what takes the arguments here and runs, as a CUDA graph if that is possible."""
        graphed = GraphedRun(run, self._gpu, is_static=is_static)
        self._runs.append(graphed)

        def run_here(arguments: Sequence[Any]) -> Any:
            with self._losses_named():
                return graphed(arguments)
        return run_here

    def to_arrays(self, names: Sequence[str], results: Sequence[Any]) -> List[Array]:
        """Wait for the results; return arrays that no later run changes."""
        with self._losses_named():
            return self._fetch(names, results)

    @contextmanager
    def _losses_named(self) -> Iterator[None]:
        """Say of an error after which nothing works any more that this is so."""
        try:
            yield
        except RuntimeError as error:
            if not self._gpu.is_lost():
                raise
            raise EvaluationError(
                f'{self.name} has failed: {first_complaint(error)}; this process cannot use it '
                'any more, restart the node', details=str(error)) from error


def find_cuda_device(name: str) -> CudaDevice:
    """Return the GPU called `cuda`, the first one, or `cuda:N`; raise ConfigError without it."""
    return CudaDevice(TorchGpu(find_index(name)))
