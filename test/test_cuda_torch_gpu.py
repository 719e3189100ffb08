# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

from contextlib import contextmanager
from typing import Any, Iterator, List, Optional

from dg_pytorch_ros.cuda import torch_gpu
from dg_pytorch_ros.cuda.torch_gpu import TorchGpu
import pytest
import torch


class Cuda:
    """Stands in for torch.cuda, and writes down what it is told; a step can be made to fail."""

    def __init__(self) -> None:
        self.told: List[str] = []
        self.failing: List[str] = []
        self.current = 'default'
        self.streams = 0
        self.default_generators = [_Generator(self)]

    def tell(self, step: str) -> None:
        self.told.append(step)
        if step in self.failing:
            raise RuntimeError(f'{step} failed')

    def Event(self, *, blocking: bool) -> '_Event':  # noqa: N802
        return _Event(self, blocking)

    def Stream(self, *, device: int) -> '_Stream':  # noqa: N802
        self.streams += 1
        return _Stream(self, f'stream {self.streams}')

    def CUDAGraph(self) -> '_Graph':  # noqa: N802
        return _Graph(self)

    def graph_pool_handle(self) -> str:
        return 'pool'

    def current_stream(self, index: int) -> '_Stream':
        return _Stream(self, self.current)

    @contextmanager
    def device(self, index: int) -> Iterator[None]:
        yield

    @contextmanager
    def stream(self, stream: '_Stream') -> Iterator[None]:
        before, self.current = self.current, stream.name
        try:
            yield
        finally:
            self.current = before

    def _cuda_endAllocateToPool(self, index: int, pool: str) -> None:  # noqa: N802
        self.tell('end pool')

    def _cuda_releasePool(self, index: int, pool: str) -> None:  # noqa: N802
        self.tell('release pool')


class _Stream:

    def __init__(self, cuda: Cuda, name: str) -> None:
        self._cuda = cuda
        self.name = name

    def wait_stream(self, other: '_Stream') -> None:
        self._cuda.tell(f'{self.name} waits for {other.name}')

    def synchronize(self) -> None:
        self._cuda.tell(f'wait for {self.name}')


class _Event:

    def __init__(self, cuda: Cuda, blocking: bool) -> None:
        self._cuda = cuda
        self._blocking = blocking

    def record(self, stream: _Stream) -> None:
        self._cuda.tell(f'event in {stream.name}')

    def synchronize(self) -> None:
        self._cuda.tell('sleep until event' if self._blocking else 'spin until event')


class _Graph:

    def __init__(self, cuda: Cuda) -> None:
        self._cuda = cuda

    def capture_begin(self, *, pool: str, capture_error_mode: str) -> None:
        self._cuda.tell(f'begin {capture_error_mode} in {self._cuda.current}')

    def capture_end(self) -> None:
        self._cuda.tell(f'end in {self._cuda.current}')

    def replay(self) -> None:
        self._cuda.tell('replay')

    def reset(self) -> None:
        self._cuda.tell('reset')


class _Generator:

    def __init__(self, cuda: Cuda) -> None:
        self._cuda = cuda

    def clone_state(self) -> str:
        return 'clone'

    def graphsafe_set_state(self, state: str) -> None:
        self._cuda.tell(f'set generator to {state}')


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Cuda:
    cuda = Cuda()
    monkeypatch.setattr(torch_gpu, '_cuda', cuda)
    monkeypatch.setattr(torch_gpu, '_internal', cuda)
    monkeypatch.setattr(torch_gpu, '_STREAMS', {})
    monkeypatch.setattr(torch_gpu, '_UNFINISHED', [])
    monkeypatch.setattr(torch, 'rand', lambda count, device: cuda.tell(f'random on {device}'))
    return cuda


def test_a_thread_sleeps_until_the_work_of_its_stream_is_done(cuda: Cuda) -> None:
    gpu = TorchGpu(0)
    with gpu.stream():
        gpu.synchronise()
    assert cuda.told == [
        'stream 1 waits for default', 'event in stream 1', 'sleep until event',
        'wait for stream 1']
    assert gpu.synchronisations == 1


def test_a_wait_that_fails_does_not_count(cuda: Cuda) -> None:
    gpu = TorchGpu(0)
    cuda.failing = ['sleep until event']
    with pytest.raises(RuntimeError):
        gpu.synchronise()
    assert gpu.synchronisations == 0


def test_each_model_has_a_stream_as_long_as_it_is_there(cuda: Cuda) -> None:
    first = TorchGpu(0)
    for _ in range(40):
        second = TorchGpu(0)
        with first.stream():
            assert cuda.current == 'stream 1'
            with second.stream():
                assert cuda.current == 'stream 2'
        del second
    assert cuda.current == 'default'


def test_a_thread_keeps_the_stream_of_a_model_that_is_gone(cuda: Cuda) -> None:
    def stream_of_another() -> str:
        with TorchGpu(0).stream():
            return cuda.current

    with TorchGpu(0).stream():
        assert stream_of_another() == 'stream 2'
    assert stream_of_another() in ('stream 1', 'stream 2')
    assert cuda.streams == 2


def test_an_error_of_the_gpu_does_not_hide_why_a_thread_leaves(cuda: Cuda) -> None:
    cuda.failing = ['wait for stream 1']
    with pytest.raises(KeyError):
        with TorchGpu(0).stream():
            raise KeyError


def test_what_is_recorded(cuda: Cuda) -> None:
    gpu = TorchGpu(0)
    with gpu.stream():
        cuda.told.clear()
        recording = gpu.record(lambda: cuda.tell('work'))
        recording.replay()
        assert cuda.told == [
            'begin thread_local in stream 1', 'work', 'end in stream 1', 'replay']
    assert torch_gpu._UNFINISHED == []


@pytest.mark.parametrize('failing', [
    'work', 'begin thread_local in stream 1', 'end in stream 1'])
def test_a_recording_that_fails_is_ended_and_cleared_away(cuda: Cuda, failing: str) -> None:
    gpu = TorchGpu(0)
    with gpu.stream():
        cuda.told.clear()
        cuda.failing = [failing, 'end in stream 1']  # torch complains of what failed before
        with pytest.raises(RuntimeError, match=failing):
            gpu.record(lambda: cuda.tell('work'))
        assert cuda.told[-5:] == [
            'end in stream 1', 'reset', 'end pool', 'release pool', 'random on cuda:0']
        assert cuda.current == 'stream 1'
    assert len(torch_gpu._UNFINISHED) == 1
    cuda.failing = []
    assert gpu.record(lambda: 5).result == 5


def test_memory_that_torch_has_taken_back_is_not_given_back_twice(cuda: Cuda) -> None:
    cuda.failing = ['work', 'end pool']
    with pytest.raises(RuntimeError, match='work'):
        TorchGpu(0).record(lambda: cuda.tell('work'))
    assert 'release pool' not in cuda.told


def test_a_torch_in_which_this_goes_by_another_name(
    cuda: Cuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_gpu, '_internal', object())
    cuda.failing = ['work']
    with pytest.raises(RuntimeError, match='work'):
        TorchGpu(0).record(lambda: cuda.tell('work'))


def test_a_generator_that_believes_to_be_recorded_is_replaced(cuda: Cuda) -> None:
    cuda.failing = ['work', 'random on cuda:0']
    with pytest.raises(RuntimeError, match='work'):
        TorchGpu(0).record(lambda: cuda.tell('work'))
    assert cuda.told[-1] == 'set generator to clone'


def test_work_that_left_the_stream_is_ended_where_it_began(cuda: Cuda) -> None:
    gpu = TorchGpu(0)

    def leave() -> None:
        cuda.current = 'another'
        raise RuntimeError('left')

    with gpu.stream():
        cuda.told.clear()
        with pytest.raises(RuntimeError, match='left'):
            gpu.record(leave)
    assert 'end in stream 1' in cuda.told
    assert 'end in another' not in cuda.told


@pytest.mark.parametrize('failing, is_lost', [(None, False), ('wait for default', True)])
def test_a_gpu_is_lost_if_it_fails_again(
    cuda: Cuda, failing: Optional[str], is_lost: bool
) -> None:
    cuda.failing = [] if failing is None else [failing]
    assert TorchGpu(0).is_lost() == is_lost


def test_copies_are_only_begun(cuda: Cuda) -> None:
    copies: List[Any] = []

    class Tensor:
        is_cuda = True

        def to(self, *arguments: Any, **options: Any) -> None:
            copies.append((arguments, options))

        def copy_(self, *arguments: Any, **options: Any) -> None:
            copies.append((arguments, options))

    gpu, tensor = TorchGpu(3), Tensor()
    gpu.send(tensor)  # type: ignore[arg-type]
    gpu.copy(torch.ones(1), tensor)  # type: ignore[arg-type]
    assert copies == [
        (('cuda:3',), {'non_blocking': True}), ((torch.ones(1),), {'non_blocking': True})]
    assert gpu.holds(tensor)  # type: ignore[arg-type]
    assert not gpu.holds(torch.ones(1))
