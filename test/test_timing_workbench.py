# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Real modules on a workbench, most of them in the test's own process."""

from dataclasses import replace
import gc
from pathlib import Path
import signal
from time import perf_counter, sleep
from typing import Any, Dict, Iterator, List

from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.timing import remote
from dg_pytorch_ros.timing.finding import Found
from dg_pytorch_ros.timing.pace import Pace
from dg_pytorch_ros.timing.remote import RemoteWorkbench
from dg_pytorch_ros.timing.session import Plan, Session
from dg_pytorch_ros.timing.subject import Request, Subject, Value
from dg_pytorch_ros.timing.workbench import Workbench
import numpy as np
import pytest
from small_models import save
from timing_rig import LocalBench
from tool_models import TOOL_MODELS
import torch
from torch import nn, Tensor

JOINTS = ('kp', 'kd', 'position', 'velocity', 'des_position', 'des_velocity')
SHAPES: Dict[str, Dict[str, Any]] = {
    'mlp': {'observation': (1, 48)}, 'conv': {'image': (1, 3, 16, 16)},
    'lstm': {'observation': (8,)}, 'lstm_reset': {'observation': (8,)},
    'pd': {name: (6,) for name in JOINTS}, 'named': {'measurement': (6,)}, 'dict': {'scan': (5,)},
    'branch': {'state': (4,)}, 'pair': {'state': (3,), 'goal': (2,)}}
PD_FILE = """\
num_threads: 2
warmup_runs: 7
trigger: timer
rate_hz: 250.0
realtime: {spin_us: 40}
output_names: [torque]
inputs:
  kp: {constant: [5.0]}
  kd: {initial: [1.0, 2.0], dtype: float32}
  position: {shape: [2]}
  velocity: {part_names: [a, b], shape: [2], parts: {a: {constant: [1.0]}, b: {topic: b}}}
  des_position: {shape: [2, 2], history: 2}
"""


class Divides(nn.Module):
    """Gives no number for what it is first asked."""

    def forward(self, x: Tensor) -> Tensor:
        return x / 0.0


class Wears(nn.Module):
    """Fails in its 20th run."""

    runs: int

    def __init__(self) -> None:
        super().__init__()
        self.runs = 0

    def forward(self, x: Tensor) -> Tensor:
        self.runs += 1
        if self.runs == 20:
            raise ValueError('worn out')
        print('still good')
        return x


class Hoards(nn.Module):
    """Keeps a megabyte of each run."""

    kept: List[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.kept = []

    def forward(self, x: Tensor) -> Tensor:
        self.kept.append(x.repeat(50_000))
        return x


class Whole(nn.Module):
    """Takes whole numbers, and picks by them."""

    def forward(self, index: Tensor, gain: float) -> Tensor:
        return gain * torch.arange(3.0)[index]


@pytest.fixture
def bench() -> Iterator[Workbench]:
    workbench = Workbench()
    yield workbench
    workbench.close()


def one_input(path: Path, module: nn.Module) -> Request:
    return Request(save(module, path), shapes={'x': (3,)})


def parameter_file(path: Path, model: str, text: str) -> Request:
    file = path / 'node.yaml'
    file.write_text('/**:\n  ros__parameters:\n    model_path: ' + model + '\n' + ''.join(
        f'    {line}\n' for line in text.splitlines()))
    return Request(str(file))


@pytest.mark.parametrize('name', TOOL_MODELS)
def test_each_kind_of_module_is_measured_from_first_to_last(name: str, tmp_path: Path) -> None:
    request = Request(TOOL_MODELS[name](tmp_path), shapes=SHAPES[name])
    tried: List[Subject] = []

    def find(subject: Subject) -> Found:
        tried.append(subject)
        return Found({}, ('scores', 'best'))
    threads = [2] if name == 'mlp' else [1]
    session = Session(request, Plan(0.1, most=30, threads=threads), start=LocalBench, find=find)
    session.run(lambda seconds, label: None)
    record = session.record
    assert record.is_complete and record.start is not None and record.subject is not None
    assert bool(tried) is (name == 'dict'), 'only a dict does not tell the names of its members'
    assert {fed.name: fed.shape for fed in record.start.fed} == SHAPES[name]
    assert all(given.is_finite for given in record.start.given)
    assert record.subject.description.path == request.path
    assert record.subject.file_bytes == Path(request.path).stat().st_size
    assert record.start.durations_ms.min() > 0.0
    assert {runs.distribution.runs > 0 for runs in record.paced.values()} == {True}
    assert list(record.threads) == ([1, 2] if name == 'mlp' else [])
    assert {*record.resident_bytes} == {'before', 'loaded', 'warm', 'first_round', 'end'}
    assert record.resident_bytes['end'] > 2 ** 20
    assert len(record.judgements()) == 4


def test_outputs_have_the_names_that_trying_told(tmp_path: Path, bench: Workbench) -> None:
    subject = bench.load(Request(TOOL_MODELS['dict'](tmp_path), shapes=SHAPES['dict']))
    assert subject.has_open_result
    bench.complete({}, ('scores', 'best'))
    start = bench.warm_up(1, 0.0, least=1, most=1)
    assert [(one.name, one.dtype, one.shape) for one in start.given] == [
        ('scores', 'float32', (3,)), ('best', 'int64', (1,))]


def test_everything_is_as_the_parameter_file_says(tmp_path: Path, bench: Workbench) -> None:
    subject = bench.load(parameter_file(tmp_path, TOOL_MODELS['pd'](tmp_path), PD_FILE))
    assert (subject.num_threads, subject.warmup_runs, subject.rate_hz) == (2, 7, 250.0)
    assert subject.spin_us == 40
    assert subject.unknown == ('des_velocity',)
    assert subject.known == {
        'kp': (1,), 'kd': (2,), 'position': (2,), 'velocity': (2,), 'des_position': (2, 2)}
    bench.complete({
        'des_velocity': Value(np.ones(2), 'float32'), 'kp': Value(np.ones(9), 'float64')}, ())
    start = bench.warm_up(2, 0.0, least=1, most=1)
    assert [(fed.dtype, fed.origin) for fed in start.fed] == [
        ('float64', 'the values of the file'), ('float32', 'the values of the file'),
        ('float64', 'random'), ('float64', 'random'), ('float64', 'random'),
        ('float64', 'found by trying')]
    assert start.fed[0].shape == (1,), 'what is known is not replaced'
    assert [one.name for one in start.given] == ['torque']


def test_the_command_line_counts_more_than_the_parameter_file(
    tmp_path: Path, bench: Workbench
) -> None:
    request = parameter_file(tmp_path, TOOL_MODELS['pd'](tmp_path), PD_FILE)
    shapes = {'kp': (2,), 'des_velocity': (2,)}
    bench.load(replace(request, shapes=shapes, dtypes={'kp': 'float32'}))
    start = bench.warm_up(2, 0.0, least=1, most=1)
    fed = {one.name: (one.dtype, one.shape, one.origin) for one in start.fed}
    assert fed['kp'] == ('float32', (2,), 'random, --shape')
    assert fed['des_velocity'] == ('float64', (2,), 'random, --shape')


@pytest.mark.parametrize('is_told', [True, False])
def test_whole_numbers_come_in_the_dtype_that_was_told_or_found(
    is_told: bool, tmp_path: Path, bench: Workbench
) -> None:
    path = save(Whole(), tmp_path)
    if is_told:
        bench.load(Request(path, shapes={'index': (2, 2)}, dtypes={'index': 'int64'}))
    else:
        assert bench.load(Request(path)).unknown == ('index',)
        bench.complete({'index': Value(np.zeros((2, 2), np.int64), 'int64')}, ())
    start = bench.warm_up(1, 0.0, least=1, most=1)
    assert [(fed.dtype, fed.shape) for fed in start.fed] == [('int64', (2, 2)), ('float64', (1,))]
    assert start.given[0].shape == (2, 2)


def test_what_is_not_finite_is_timed_and_said(tmp_path: Path, bench: Workbench) -> None:
    bench.load(one_input(tmp_path, Divides()))
    start = bench.warm_up(1, 0.0, least=5, most=9)
    assert start.durations_ms.size == 5
    assert not start.given[0].is_finite


def test_runs_are_as_many_as_fit_the_time_and_no_more_than_wanted(
    tmp_path: Path, bench: Workbench
) -> None:
    bench.load(Request(TOOL_MODELS['mlp'](tmp_path), shapes=SHAPES['mlp']))
    assert bench.warm_up(1, 60.0, least=3, most=4).durations_ms.size == 4
    assert bench.repeat(1, 60.0, most=50).durations_ms.size == 50
    assert bench.repeat(1, 0.0, most=50).durations_ms.size == 1
    assert bench.keep_pace(1, 1000.0, 0.0, most=50).durations_ms.size == 1
    stretch = bench.keep_pace(1, 200.0, 60.0, most=5)
    assert stretch.durations_ms.size == 5
    assert stretch.wall_s >= 5 / 200, 'it sleeps before each run'
    assert stretch.cpu_s > 0.0


def test_garbage_is_frozen_while_it_runs_and_as_before_afterwards(tmp_path: Path) -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    bench = Workbench()
    bench.load(Request(TOOL_MODELS['mlp'](tmp_path), shapes=SHAPES['mlp']))
    bench.warm_up(1, 0.0, least=1, most=1)
    assert gc.get_freeze_count() > 1000
    bench.close()
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_each_number_of_threads_has_a_module_of_its_own(tmp_path: Path, bench: Workbench) -> None:
    bench.load(Request(TOOL_MODELS['mlp'](tmp_path), shapes=SHAPES['mlp']))
    threads = []
    for count in (1, 2):
        bench.repeat(count, 0.0, most=1)
        threads.append(torch.get_num_threads())
    assert threads == [1, 2]


def test_a_module_is_as_new_after_its_warm_up(tmp_path: Path, bench: Workbench) -> None:
    bench.load(one_input(tmp_path, Wears()))
    bench.warm_up(1, 0.0, least=19, most=19)
    with pytest.raises(PytorchRosError, match='forward failed on x float32.*worn out|worn out'):
        bench.repeat(1, 60.0, most=19)


@pytest.mark.parametrize('path, shapes, complaint', [
    ('nothing.pt', {}, 'nothing.pt does not exist'),
    ('nothing.yaml', {}, 'nothing.yaml'),
    ('mlp.pt', {'obs': (1,)}, "--shape names 'obs', .* arguments: observation"),
    ('mlp.pt', {'observation': (1, 47)}, r'forward failed on observation float32\[1, 47\]'),
    ('mlp.pt', {}, 'nothing tells the shape of observation; .* --shape observation=1,48')])
def test_what_cannot_be_measured_is_said(
    path: str, shapes: Any, complaint: str, tmp_path: Path, bench: Workbench
) -> None:
    TOOL_MODELS['mlp'](tmp_path)
    with pytest.raises(PytorchRosError, match=complaint):
        bench.load(Request(str(tmp_path / path), shapes=shapes))
        bench.warm_up(1, 0.0, least=1, most=1)


def test_moments_that_have_passed_are_skipped_and_counted() -> None:
    pace = Pace(1e6)
    for _ in range(100):
        pace.wait()
    assert pace.missed > 0, 'no sleep is as short as a microsecond'


def test_after_a_run_that_took_too_long_the_next_moment_is_waited_for() -> None:
    begin_s = perf_counter()
    pace = Pace(20.0)
    sleep(0.12)
    pace.wait()
    assert perf_counter() - begin_s >= 0.15
    assert pace.missed >= 2


@pytest.mark.parametrize('spin_us', [0, 5000])
def test_a_moment_is_never_early(spin_us: int) -> None:
    begin_s = perf_counter()
    pace = Pace(100.0, spin_us=spin_us)
    for _ in range(3):
        pace.wait()
    assert perf_counter() - begin_s >= 0.03


def test_a_process_lives_through_errors_and_its_end_is_told(
    tmp_path: Path, monkeypatch: Any
) -> None:
    waited: List[None] = []
    with RemoteWorkbench(lambda: waited.append(None)) as bench:
        assert bench.import_ms > 0.0
        subject = bench.call('load', one_input(tmp_path, Hoards()))
        assert subject.description.kind == 'TorchScript module Hoards'
        before = bench.call('resident_bytes')
        stretch = bench.call('repeat', 1, 60.0, most=30)
        assert stretch.resident_bytes - before > 25 * 10 ** 6
        assert waited, 'torch takes its time to import'
        with pytest.raises(PytorchRosError, match='worn out'):
            bench.call('load', one_input(tmp_path, Wears()))  # prints, which nobody hears
            bench.call('repeat', 1, 60.0, most=30)
        assert bench.call('resident_bytes') > 0, 'an error is not the end'
        process = bench._process
        process.send_signal(signal.SIGINT)
        assert bench.call('resident_bytes') > 0, 'Ctrl-C is for the parent'
        monkeypatch.setattr(remote, '_LONGEST_SILENCE_S', 0.3)
        with pytest.raises(PytorchRosError, match='has not come back for 0 s'):
            bench.call('keep_pace', 1, 1.0, 60.0, most=60)
        process.send_signal(signal.SIGSEGV)
        with pytest.raises(PytorchRosError, match='was ended by SIGSEGV.*its last words'):
            bench.call('resident_bytes')
    assert process.returncode == -signal.SIGSEGV


def test_a_process_does_not_outlive_the_block(monkeypatch: Any) -> None:
    monkeypatch.setattr(remote, '_start', lambda: 'import time; time.sleep(60)')
    monkeypatch.setattr(remote, '_LONGEST_SILENCE_S', 0.2)
    bench = RemoteWorkbench(lambda: None)
    with pytest.raises(PytorchRosError, match='has not come back'):
        bench.__enter__()
    assert bench._process.returncode == -signal.SIGKILL


def test_a_process_that_does_not_even_start_says_why(monkeypatch: Any) -> None:
    monkeypatch.setattr(remote, '_start', lambda: 'raise SystemExit("no torch here")')
    with pytest.raises(PytorchRosError, match='ended with 1; its last words:\nno torch here'):
        with RemoteWorkbench(lambda: None):
            pass
