# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Callable, List, Sequence

from dg_pytorch_ros.cuda.graphed_run import GraphedRun
from dg_pytorch_ros.cuda.results import Fetch
from fake_gpu import FakeGpu
import pytest
import torch
from torch import Tensor

_YES = 'CUDA graph: yes, for inputs of the sizes that it was warmed up with'


class Rig:
    """A run and its GPU; counts how often the program itself ran."""

    def __init__(
        self, work: Callable[..., Any], *, is_static: bool = True, memory: Sequence[Tensor] = ()
    ) -> None:
        self.gpu = FakeGpu(memory)
        self.calls = 0
        self._work = work
        self._run = GraphedRun(self._call, self.gpu, is_static=is_static)
        self._fetch = Fetch(self.gpu)

    @property
    def note(self) -> str:
        return self._run.note

    def __call__(self, *arguments: Any) -> Any:
        """Evaluate once, as a program does, with arguments from pinned memory."""
        self.calls = 0
        pinned = [self._pin(argument) for argument in arguments]
        with torch.inference_mode():
            (array,) = self._fetch(['output'], [self._run(pinned)])
        return array.tolist()

    def _call(self, arguments: Sequence[Any]) -> Any:
        self.calls += 1
        return self._work(*arguments)

    def _pin(self, argument: Any) -> Any:
        if isinstance(argument, list):
            argument = torch.tensor(argument)
            memory = self.gpu.pinned(argument.numel(), argument.dtype).view(argument.shape)
            return memory.copy_(argument)
        return argument


def test_the_third_run_alike_is_recorded_and_replayed_from_then_on() -> None:
    rig = Rig(lambda x: 2 * x)
    for count in range(3):
        assert rig.note == ''
        assert rig([count, 1]) == [2 * count, 2]
        assert rig.gpu.recordings == (count == 2)
    assert rig.note == _YES
    for count in range(5):
        assert rig([count, 3]) == [2 * count, 6]
    assert (rig.gpu.recordings, rig.gpu.replays) == (1, 5)


def test_memory_moves_on_by_one_step_a_run() -> None:
    count = torch.zeros(1)
    rig = Rig(lambda x: count.add_(1) + x, memory=[count])
    assert [rig([0.5]) for _ in range(6)] == [[1.5], [2.5], [3.5], [4.5], [5.5], [6.5]]
    assert rig.gpu.replays == 3
    count.fill_(10)  # as an undo does, or a reset
    assert rig([0.5]) == [11.5]


def test_a_replay_counts_as_writing_into_memory() -> None:
    count, constant = torch.zeros(2), torch.ones(1)
    gpu = FakeGpu([count, constant])
    run = GraphedRun(
        lambda arguments: count[:1].add_(constant) + arguments[0], gpu, is_static=True)
    memory = gpu.pinned(1, torch.float32)
    versions = []
    with torch.inference_mode():
        for _ in range(6):
            run([memory])
            gpu.synchronise()
            versions.append(count._version)
    assert len(set(versions)) == 6
    assert constant._version == 1  # by the fake itself, which put it back after the recording


def test_what_moves_in_memory_is_not_recorded() -> None:
    rig = Rig(lambda x: 2 * x, is_static=False)
    assert rig.note == 'CUDA graph: no, because what it remembers moves in memory'
    assert [rig([1]) for _ in range(5)] == [[2]] * 5
    assert rig.gpu.recordings == 0


def test_values_that_decide_what_is_done_are_not_tried_to_be_recorded() -> None:
    rig = Rig(lambda x: x + 1 if x.sum() > 0 else x - 1)
    assert [rig([1.0]), rig([1.0]), rig([1.0]), rig([-1.0]), rig([2.0])] == [
        [2], [2], [2], [-2], [3]]
    assert rig.gpu.recordings == 0
    assert rig.note == (
        'CUDA graph: no, because aten::is_nonzero makes the CPU wait for values from the GPU')


def test_a_recording_that_fails_is_not_tried_again() -> None:
    rig = Rig(lambda x: 2 * x)
    rig.gpu.objection = RuntimeError(
        'CUDA error: operation not permitted when stream is capturing\nSearch for it.')
    assert [rig([1]) for _ in range(6)] == [[2]] * 6
    assert rig.gpu.recordings == 1
    assert rig.calls == 1
    assert rig.note == (
        'CUDA graph: no, because it cannot be recorded: CUDA error: operation not permitted when '
        'stream is capturing')


def test_a_run_that_cannot_be_watched_goes_on_without() -> None:
    def work(x: Tensor) -> Tensor:
        if torch._C._len_torch_dispatch_stack():
            raise RuntimeError('not with a mode')
        return 2 * x

    rig = Rig(work)
    assert [rig([1]) for _ in range(5)] == [[2]] * 5
    assert rig.note == 'CUDA graph: no, because it cannot be watched: not with a mode'
    assert rig.gpu.recordings == 0


def test_another_size_is_run_without_the_graph() -> None:
    rig = Rig(lambda x: 2 * x)
    for _ in range(4):
        rig([1, 1])
    for _ in range(4):
        assert rig([1, 2, 3]) == [2, 4, 6]
        assert rig.calls == 1
    assert rig([1.5, 2.5]) == [3, 5]
    assert rig([4, 5]) == [8, 10]
    assert (rig.gpu.recordings, rig.gpu.replays) == (1, 2)


def test_runs_count_only_while_they_are_alike() -> None:
    rig = Rig(lambda x: 2 * x)
    for _ in range(3):
        rig([1])
        rig([1, 2])
    assert rig.gpu.recordings == 0
    rig([1, 2])
    rig([1, 2])
    assert rig.gpu.recordings == 1


@pytest.mark.parametrize('other', [2.0, -0.0, 1, True, float('nan')])
def test_a_number_is_part_of_the_graph(other: Any) -> None:
    number = 0.0 if str(other) == '-0.0' else 1.0
    rig = Rig(lambda x, gain: x * torch.tensor(1.0).copysign(torch.tensor(float(gain))))
    for _ in range(4):
        rig([1.0], number)
    assert rig.gpu.replays == 1
    rig([1.0], other)
    assert rig.calls == 1
    rig([1.0], number)
    assert rig.gpu.replays == 2


def test_the_same_nan_is_the_same_number() -> None:
    rig = Rig(lambda x, gain: x * 1.0)
    for _ in range(4):
        rig([1.0], float('nan'))
    assert rig.gpu.replays == 1


def test_each_run_without_a_graph_has_tensors_of_its_own() -> None:
    kept: List[Tensor] = []

    def work(x: Tensor) -> Tensor:
        kept.append(x)
        return x.add_(1)

    rig = Rig(work, is_static=False)
    for value in range(4):
        assert rig([value]) == [value + 1]
    assert [tensor.tolist() for tensor in kept] == [[1], [2], [3], [4]]


def test_a_graph_gets_its_arguments_even_if_they_are_written_to() -> None:
    rig = Rig(lambda x: x.add_(1))
    assert [rig([value]) for value in range(6)] == [[1], [2], [3], [4], [5], [6]]
    assert rig.gpu.replays == 3


def test_a_program_may_empty_the_list_of_its_arguments() -> None:
    gpu = FakeGpu()

    def work(arguments: Any) -> Any:
        return 2 * arguments.pop()

    run = GraphedRun(work, gpu, is_static=True)
    memory = gpu.pinned(1, torch.float32)
    for value in range(6):
        memory.fill_(value)
        assert run([memory]).tolist() == [2 * value]
        gpu.synchronise()
    assert gpu.replays == 3


def test_a_result_on_the_cpu_would_not_be_renewed() -> None:
    rig = Rig(lambda x: table)
    table = torch.ones(1)
    rig.gpu.elsewhere.append(table)
    assert [rig([1]) for _ in range(4)] == [[1]] * 4
    assert rig.note == 'CUDA graph: no, because it cannot be recorded: a result is on the CPU'


def test_an_error_of_the_module_is_its_own() -> None:
    rig = Rig(lambda x: x + torch.ones(2))
    for _ in range(5):
        with pytest.raises(RuntimeError, match='size'):
            rig([1, 2, 3])
    assert rig.gpu.recordings == 0
