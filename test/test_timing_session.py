# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a session measures, on a workbench that makes everything up."""

from dataclasses import replace
from typing import Any, Dict, List, Tuple

from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.timing.finding import Found
from dg_pytorch_ros.timing.session import Plan, ROUNDS, Session
from dg_pytorch_ros.timing.subject import Request, Subject, Value
import numpy as np
import pytest
from timing_rig import MadeUpBench, SUBJECT

REQUEST = Request('policy.pt')
FOUND = Found({'obs': Value(np.zeros((1, 48)), 'float32')}, ('action',))


def nothing(seconds: float, label: str) -> None:
    pass


def measure(bench: MadeUpBench, plan: Plan, find: Any = None) -> Session:
    session = Session(REQUEST, plan, start=bench, find=find)
    session.run(nothing)
    return session


def test_each_measurement_comes_once_in_each_round() -> None:
    bench = MadeUpBench()
    record = measure(bench, Plan(20.0, threads=[1])).record
    assert bench.asked('repeat') == [(1, pytest.approx(0.5))] * ROUNDS
    rates = [1000.0, 500.0, 100.0, 50.0]
    assert [rate_hz for _, rate_hz, _ in bench.asked('keep_pace')] == rates * ROUNDS
    assert record.rates_hz == rates == list(record.paced)
    assert record.back_to_back.durations_ms.size == 4 * ROUNDS
    assert record.main_rate_hz == 1000.0
    assert (record.is_complete, bench.started, bench.ended) == (True, 1, 1)


def test_the_plan_keeps_to_its_time() -> None:
    bench = MadeUpBench()
    session = measure(bench, Plan(20.0, threads=[1, 2]))
    assert session.total_s == 20.0
    assert bench.seconds_of('warm_up', 'repeat', 'keep_pace') == pytest.approx(15.0)
    assert Session(REQUEST, Plan(1.0)).total_s == 5.5, 'processes take the time that they take'


def test_threads_are_compared_by_turns_in_a_process_of_their_own() -> None:
    bench = MadeUpBench()
    record = measure(bench, Plan(20.0, threads=[4, 2])).record
    assert list(record.threads) == [1, 2, 4], 'with that of the file'
    repeats = bench.asked('repeat')[ROUNDS:]
    assert [threads for threads, _ in repeats] == [1, 2, 4] * ROUNDS
    assert {rate_hz for _, rate_hz, _ in bench.asked('keep_pace')[4 * ROUNDS:]} == {1000.0}
    assert [arguments[0] for arguments in bench.asked('warm_up')] == [1, 1, 2, 4]
    assert (bench.started, bench.ended) == (2, 2)
    assert record.best_threads == 1


def test_rates_that_a_usual_run_is_too_slow_for_are_left_out() -> None:
    bench = MadeUpBench(usual_ms=3.0)
    record = measure(bench, Plan(20.0, threads=[1])).record
    assert list(record.paced) == [100.0, 50.0]
    assert record.main_rate_hz == 100.0
    assert [judgement.verdict for judgement in record.judgements()] == [
        'does not fit', 'does not fit', 'tight', 'fits']


def test_threads_are_compared_back_to_back_if_no_rate_is_possible() -> None:
    record = measure(MadeUpBench(usual_ms=30.0), Plan(20.0, threads=[2])).record
    assert not record.paced and record.main_rate_hz is None
    assert record.threads[2].paced.stretches == []
    assert record.best_threads == 1


def test_rates_of_the_user_and_of_the_file_are_measured_too_and_matter_most() -> None:
    bench = MadeUpBench(replace(SUBJECT, rate_hz=200.0))
    record = measure(bench, Plan(20.0, threads=[1], rates_hz=[250.0, 100.0])).record
    assert record.rates_hz == [1000.0, 500.0, 250.0, 200.0, 100.0, 50.0]
    assert (record.main_rate_hz, record.wanted_hz) == (250.0, [250.0, 100.0, 200.0])
    assert measure(bench, Plan(20.0, threads=[1])).record.main_rate_hz == 200.0


def test_the_runs_of_all_rounds_are_not_more_than_was_asked_for() -> None:
    bench = MadeUpBench()
    measure(bench, Plan(20.0, most=100, threads=[1]))
    most: Dict[str, Any] = {name: most for name, _, _, most in bench.calls if most}
    assert most == {'warm_up': 100, 'repeat': 33, 'keep_pace': 33}


def test_the_time_for_a_thousand_runs_of_each_rate_is_known() -> None:
    session = Session(REQUEST, Plan(20.0), start=MadeUpBench())
    session.run(nothing)
    seconds = session.seconds_for_tail
    bench = MadeUpBench()
    measure(bench, Plan(seconds, threads=[1]))
    runs = [rate_hz * slice_s for _, rate_hz, slice_s in bench.asked('keep_pace')]
    assert sum(runs[3::4]) == pytest.approx(1000), 'at 50 Hz, which takes longest'


def test_what_nobody_tells_is_found_by_trying() -> None:
    subjects: List[Subject] = []

    def find(subject: Subject) -> Found:
        subjects.append(subject)
        return FOUND
    for subject in (
            replace(SUBJECT, unknown=('obs',)), replace(SUBJECT, has_open_result=True)):
        bench = MadeUpBench(subject)
        measure(bench, Plan(20.0, threads=[1, 2]), find)
        assert subjects.pop() == subject
        assert not subjects, 'once for both processes'
        assert bench.asked('complete') == [tuple(FOUND)] * 2


@pytest.mark.parametrize('method, has_runs', [
    ('load', False), ('warm_up', False), ('repeat', False), ('keep_pace', True)])
def test_an_interrupted_session_has_a_record_and_no_process(method: str, has_runs: bool) -> None:
    bench = MadeUpBench(interrupt_at=method)
    session = Session(REQUEST, Plan(20.0), start=bench)
    with pytest.raises(KeyboardInterrupt):
        session.run(nothing)
    assert not session.record.is_complete
    assert bool(session.record.back_to_back.stretches) is has_runs
    assert (bench.started, bench.ended) == (1, 1)


def test_progress_goes_from_nothing_to_all_and_says_what_is_done() -> None:
    heard: List[Tuple[float, str]] = []
    session = Session(REQUEST, Plan(20.0, threads=[1, 2]), start=MadeUpBench())
    session.run(lambda seconds, label: heard.append((seconds, label)))
    done = [seconds for seconds, _ in heard]
    assert done == sorted(done) and done[0] == pytest.approx(0.0, abs=0.1)
    assert session.total_s - 2.0 < done[-1] <= session.total_s
    labels = [label for _, label in heard]
    assert {'starting', 'warming up', 'back to back, 1 thread', 'at 50 Hz, 1 thread'} < {*labels}
    assert 'at 1000 Hz, 2 threads' in labels


def test_an_error_of_the_workbench_ends_the_session() -> None:
    def find(subject: Subject) -> Found:
        raise PytorchRosError('no shapes')
    bench = MadeUpBench(replace(SUBJECT, unknown=('obs',)))
    with pytest.raises(PytorchRosError, match='no shapes'):
        measure(bench, Plan(20.0), find)
    assert bench.ended == 1
