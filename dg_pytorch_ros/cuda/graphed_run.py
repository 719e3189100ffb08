# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Run a program as a CUDA graph where that is possible."""

from typing import Any, List, Optional, Sequence, Tuple

from dg_pytorch_ros.cuda.gpu import Gpu, Recording
from dg_pytorch_ros.cuda.hindrances import Hindrances, tensors_in
from dg_pytorch_ros.tensors.complaint import first_complaint
from dg_pytorch_ros.tensors.device import Run
import torch
from torch.autograd.graph import increment_version

# Before a recording, torch must have made all that it makes once: it optimises a TorchScript
# module in its second run, and loads what it needs of other libraries when it needs it first.
_RUNS_BEFORE = 2


class Graph:
    """
    A recorded run: the same work on the same memory, so on arguments of the same kind only.

    `written` are tensors into which it writes. Torch does not see that, so they are made to count
    it here: who undoes a run copies only what was written since the last copy.
    """

    def __init__(
        self, run: Run, arguments: Sequence[Any], gpu: Gpu, *, written: Sequence[torch.Tensor]
    ) -> None:
        self._gpu = gpu
        self._written = written
        self._kinds = kinds_of(arguments)
        self._arguments = send(arguments, gpu)
        self._recording: Recording = gpu.record(lambda: run(list(self._arguments)))
        for tensor in tensors_in(self._recording.result):
            if not gpu.holds(tensor):  # nothing would renew it
                raise ValueError('a result is on the CPU')

    def fits(self, arguments: Sequence[Any]) -> bool:
        """Whether a run on these arguments would be the same work."""
        return kinds_of(arguments) == self._kinds

    def __call__(self, arguments: Sequence[Any]) -> Any:
        """Return what the run would return, in tensors that the next call writes to again."""
        for source, target in zip(arguments, self._arguments):
            if isinstance(source, torch.Tensor):
                self._gpu.copy(source, target)
        self._recording.replay()
        for tensor in self._written:
            increment_version(tensor)
        return self._recording.result


class GraphedRun:
    """
    Runs a program: on tensors of its own each time, or, after a few runs alike, as a graph.

    It is recorded in its third run on arguments of the same kind, so while it is warmed up, and
    never again: a recording takes its time. Runs on other arguments go on without the graph.
    """

    def __init__(self, run: Run, gpu: Gpu, *, is_static: bool) -> None:
        self._run = run
        self._gpu = gpu
        self._graph: Optional[Graph] = None
        self._kinds: List[Any] = []
        self._alike = 0
        # Whether there is a graph, or why there is none; nothing before that is known.
        self.note = '' if is_static else _no('what it remembers moves in memory')

    def __call__(self, arguments: Sequence[Any]) -> Any:
        """Return what the program returns for arguments from the CPU, in tensors of the GPU."""
        if self._graph is not None and self._graph.fits(arguments):
            return self._graph(arguments)
        if self.note or self._is_early(arguments):
            return self._run(send(arguments, self._gpu))
        watched = self._watch(arguments)
        if watched is None:
            return self._run(send(arguments, self._gpu))
        result, watch = watched
        if watch.first is None:
            self._record(arguments, watch.written)
        else:
            self.note = _no(watch.first)
        return result

    def _is_early(self, arguments: Sequence[Any]) -> bool:
        kinds = kinds_of(arguments)
        self._alike = self._alike + 1 if kinds == self._kinds else 1
        self._kinds = kinds
        return self._alike <= _RUNS_BEFORE

    def _watch(self, arguments: Sequence[Any]) -> Optional[Tuple[Any, Hindrances]]:
        """Return the result of a run, and what was seen in it."""
        sent = send(arguments, self._gpu)  # which is not the program's doing
        watch = Hindrances(self._gpu)
        try:
            with watch:
                return self._run(sent), watch
        except Exception as error:  # the module's own, or because it was watched
            self.note = _no(f'it cannot be watched: {first_complaint(error)}')
            return None

    def _record(self, arguments: Sequence[Any], written: Sequence[torch.Tensor]) -> None:
        try:
            self._graph = Graph(self._run, arguments, self._gpu, written=written)
        except Exception as error:  # whatever a module or torch objects to
            self.note = _no(f'it cannot be recorded: {first_complaint(error)}')
        else:
            self.note = 'CUDA graph: yes, for inputs of the sizes that it was warmed up with'


def send(arguments: Sequence[Any], gpu: Gpu) -> List[Any]:
    """Begin to copy tensors into new ones on the GPU, which a program may write into or keep."""
    return [
        gpu.send(argument) if isinstance(argument, torch.Tensor) else argument
        for argument in arguments]


def kinds_of(arguments: Sequence[Any]) -> List[Any]:
    """Return what decides which work is done: sizes and dtypes, and the values of numbers."""
    return [
        (argument.shape, argument.dtype) if isinstance(argument, torch.Tensor)
        else repr(argument)  # which tells -0.0 from 0.0, and NaN is the same again
        for argument in arguments]


def _no(reason: str) -> str:
    return f'CUDA graph: no, because {reason}'
