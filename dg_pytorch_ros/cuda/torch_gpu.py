# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A GPU, driven through torch."""

from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any, Callable, Dict, Iterator, List

from dg_pytorch_ros.cuda.gpu import Recording
from dg_pytorch_ros.cuda.streams import Lending
import torch

_cuda: Any = torch.cuda
_internal: Any = torch._C

# One recording of a process at a time, as torch asks for.
_RECORDING = Lock()
_STREAMS: Dict[int, Lending[Any]] = {}
# Torch goes on asking a graph that was not finished whether memory is for it.
_UNFINISHED: List[Any] = []


class TorchGpu:
    """
    The GPU of that number, with a stream for one model.

    Its work is put on the current stream, whichever that is: a thread that was put on the stream
    of one model runs others later, which were warmed up on their own.
    """

    def __init__(self, index: int) -> None:
        self._index = index
        self.name = f'cuda:{index}'
        self.synchronisations = 0
        # A thread that waits for it sleeps, instead of keeping a core busy.
        self._done = _cuda.Event(blocking=True)
        streams = _STREAMS.setdefault(index, Lending(lambda: _cuda.Stream(device=index)))
        self._stream = streams.lend()

    @contextmanager
    def stream(self) -> Iterator[None]:
        """
        Put the calling thread on the stream of this model, which no other model has.

        It stays lent until the thread leaves, even if the model is gone by then.
        """
        stream = self._stream.item
        # Weights may still be on their way, on the stream that the thread was on.
        stream.wait_stream(_cuda.current_stream(self._index))
        try:
            with _cuda.device(self._index), _cuda.stream(stream):
                yield
        finally:
            # Another thread, on another stream, finds all of it done. An error of the GPU shows
            # to who uses it next; here it would hide why the thread leaves.
            with suppress(RuntimeError):
                stream.synchronize()

    def pinned(self, count: int, dtype: torch.dtype) -> torch.Tensor:
        """Return memory of the CPU that the GPU can reach by itself."""
        with torch.inference_mode(False):  # it is written to in any mode
            return torch.empty(count, dtype=dtype, pin_memory=True)

    def send(self, tensor: torch.Tensor) -> torch.Tensor:
        """Begin to copy a tensor into a new one on the GPU."""
        return tensor.to(self.name, non_blocking=True)

    def copy(self, source: torch.Tensor, target: torch.Tensor) -> None:
        """Begin to copy between tensors."""
        target.copy_(source, non_blocking=True)

    def holds(self, tensor: torch.Tensor) -> bool:
        """Whether the tensor is on this GPU, or on another one."""
        return tensor.is_cuda

    def synchronise(self) -> None:
        """Wait until all work is done; raise RuntimeError for what went wrong in it."""
        self._done.record(_cuda.current_stream(self._index))
        self._done.synchronize()
        self.synchronisations += 1

    def is_lost(self) -> bool:
        """Whether an error has made the GPU useless for the rest of this process."""
        try:
            _cuda.current_stream(self._index).synchronize()
        except RuntimeError:  # such an error is raised again and again
            return True
        return False

    def record(self, work: Callable[[], Any]) -> Recording:
        """
        Record work without doing it; raise whatever makes that impossible.

        This is what `torch.cuda.graph` does, less the waiting for the whole GPU and the freeing of
        memory, by which it would delay a model that runs meanwhile in another thread.
        """
        with _RECORDING:
            stream = _cuda.current_stream(self._index)
            graph = _cuda.CUDAGraph()
            pool = _cuda.graph_pool_handle()
            try:
                # 'thread_local': what other threads do meanwhile is their own business.
                graph.capture_begin(pool=pool, capture_error_mode='thread_local')
                result = work()
                graph.capture_end()
            except BaseException:
                self._give_up(graph, pool, stream)
                raise
        return Recording(graph.replay, result)

    def _give_up(self, graph: Any, pool: Any, stream: Any) -> None:
        """Leave neither the stream, nor torch, in the belief that something is recorded."""
        _UNFINISHED.append(graph)
        with _cuda.stream(stream):  # the work may have left it
            # Each of them fails where an earlier one, or the failure, has done its work.
            with suppress(RuntimeError):
                graph.capture_end()
            with suppress(RuntimeError):
                graph.reset()
        with suppress(AttributeError, RuntimeError, TypeError):  # they go by other names in time
            _internal._cuda_endAllocateToPool(self._index, pool)
            _internal._cuda_releasePool(self._index, pool)
        try:
            torch.rand(1, device=self.name)
        except RuntimeError:  # the generator believes so
            generator = _cuda.default_generators[self._index]
            with suppress(AttributeError, RuntimeError):  # since torch 2.4
                generator.graphsafe_set_state(generator.clone_state())
