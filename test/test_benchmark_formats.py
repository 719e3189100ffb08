# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The comparison of formats: what follows from samples, what is missing, and the page."""

from contextlib import nullcontext
from dataclasses import replace
import json
import math
from pathlib import Path
import sys
from typing import Any, Callable, Dict, Iterator, List, Optional

from benchmark import formats_loaded, formats_page, formats_start, formats_turns
from benchmark.case import Case
from benchmark.figures import without_nan
from benchmark.formats import Formats
from benchmark.formats_files import Files
from benchmark.formats_loaded import difference
from benchmark.formats_page import BEGIN, END, FIGURES, measured, PAGE, renew
from benchmark.formats_subjects import FORMATS, MLP, SUBJECTS
from benchmark.formats_table import call_rows, load_rows, node_rows, reasons
from benchmark.lab import Interrupted, Lab
from benchmark.models import make
from benchmark.processes import Unmeasured
from benchmark.progress import Progress
from benchmark.scale import QUICK
from benchmark.targets import judge
import numpy as np
import pytest
import torch

TWO_STARTS = replace(QUICK, format_starts=2)
PACES = [{'name': 'back to back', 'turns': 3, 'block': 2, 'pause_s': 0.0}]
# How long a call takes in each format, in the worker that stands in for the real one.
CALL_US = {'torchscript': 50.0, 'exported': 100.0, 'aotinductor': 20.0, 'onnx': 40.0}
MACHINE = {
    'date': '2026-11-22T04:00:00+00:00', 'cpu': 'a cpu', 'cores': 2, 'memory_gib': 8.0,
    'system': 'Linux', 'kernel': '6', 'load_at_start': 0.0, 'versions': {'torch': '2.13.0'}}


class Converted:
    """Stands in for a process of `pytorch_model convert`."""

    exit_code = 0
    output = ''
    tail = 'the end of a log'


class LabOf:
    """Converts and observes at once; what is asked of it can be replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.observed: List[str] = []
        self.refused: Dict[str, str] = {}
        self.answer: Callable[[str, Dict[str, Any]], Any] = self.usual
        for subject in SUBJECTS:
            (folder / f'{subject.key}.pt').write_bytes(b'0' * 2048)

    def start(self, name: str, command: List[str]) -> Any:
        process = Converted()
        target = command[command.index('--to') + 1]
        if target in self.refused:
            process.exit_code = 2
            process.output = f'note: hm\npytorch_model convert: {self.refused[target]}\n'
        else:
            Path(command[command.index('--output') + 1]).write_bytes(b'0' * 1024)
        return nullcontext(process)

    def observe(
        self, worker: str, settings: Any, watched: Any, *, duration_s: float
    ) -> Dict[str, Any]:
        if worker == 'formats_start':
            self.observed.append(Path(settings['path']).name)
        result: Dict[str, Any] = self.answer(worker, settings)
        return result

    def usual(self, worker: str, settings: Dict[str, Any]) -> Any:
        if worker == 'formats_start':
            return {
                'import_ms': 1000.0, 'load_ms': 10.0, 'reload_ms': 2.0, 'calls_ms': [5.0, 1.0],
                'mib': {'before': 10.0, 'import': 100.0, 'load': 110.0, 'calls': 120.0}}
        if worker == 'formats_turns':
            return turns(settings['paths'])
        return {
            'lost': {**dict.fromkeys(settings['contestants'], 0), 'module': 0},
            'round_trips_us': {'back to back': {
                **{key: [300.0 + CALL_US[key]] for key in settings['contestants']},
                'module': [50.0]}}}


class ContestantsOf:
    """Starts nodes that are not there."""

    def __init__(self, folder: Path) -> None:
        self.pd_model = folder / 'pd.pt'

    def with_file(self, name: str, model: str, file: Path) -> Any:
        class Node:
            pid = 1

            def __enter__(self) -> Any:
                return self

            def __exit__(self, *error: Any) -> None:
                pass
        node = Node()
        setattr(node, 'name', name)  # noqa: B010
        return node


def turns(keys: Any) -> Dict[str, Any]:
    return {
        'reasons': {}, 'differences': {**dict.fromkeys(keys, 0.0)},
        'blocks': {'back to back': 2},
        'samples_us': {'back to back': {key: [CALL_US[key]] * 4 for key in keys}}}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabOf]:
    """Put the memory of a node that is not there into the scenario."""
    monkeypatch.setattr('benchmark.formats.resident_mib', lambda pid: 200.0)
    yield LabOf(tmp_path)


def run(lab: Any, error: Any = ()) -> Any:
    scenario = Formats(lab, ContestantsOf(lab.folder), TWO_STARTS)  # type: ignore[arg-type]
    progress = Progress(lambda text: None)
    progress.plan(scenario.steps)
    if error:
        with pytest.raises(error):
            scenario.run(progress)
    else:
        scenario.run(progress)
    return scenario


def of_cells(rows: List[List[str]], model: str, kind: str) -> List[str]:
    return next(row[2:] for row in rows if row[:2] == [model, kind])


def test_each_model_is_measured_in_each_format(lab: LabOf) -> None:
    scenario = run(lab)
    figures = scenario.figures()
    assert set(figures['models']) == {subject.key for subject in SUBJECTS}
    for entries in figures['models'].values():
        assert list(entries) == [kind.key for kind in FORMATS]
        assert entries['torchscript']['bytes'] == 2048
        assert entries['exported']['bytes'] == 1024
        assert entries['onnx']['starts'] == 2
        assert entries['onnx']['ratio'] == {'back to back': 0.8}
    assert scenario.reasons() == []


def test_the_quickest_other_format_is_judged(lab: LabOf) -> None:
    figures = run(lab).figures()
    assert figures['mlp_best_ratio'] == 0.4
    verdict, = judge({'j': figures})
    assert verdict.is_met


def test_others_that_are_slower_miss_the_target(
    lab: LabOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CALL_US, 'torchscript', 10.0)
    figures = run(lab).figures()
    assert figures['mlp_best_ratio'] == 2.0
    verdict, = judge({'j': figures})
    assert not verdict.is_met


def test_tables(lab: LabOf) -> None:
    figures = run(lab).figures()
    assert of_cells(load_rows(figures), MLP.title, 'ONNX')[:-1] == [
        '1.00', '1.00', '10.0', '2.00', '5.00', '1.00', '120']
    assert of_cells(call_rows(figures), MLP.title, 'AOTInductor') == [
        '20.0', '20.0', '20.0', '0.40', '', '', '', '', '0.0e+00']
    assert of_cells(node_rows(figures), MLP.title, 'AOTInductor')[:4] == [
        '320', '320', '320', '0.91']
    assert of_cells(node_rows(figures), MLP.title, 'ONNX')[-1] == '200'


def test_fresh_processes_take_turns_in_an_order_that_rotates(lab: LabOf) -> None:
    run(lab)
    assert lab.observed[:8] == [
        'pd.pt', 'pd.pt2', 'pd.aoti.pt2', 'pd.onnx', 'pd.pt2', 'pd.aoti.pt2', 'pd.onnx', 'pd.pt']


def test_a_format_that_cannot_be_made_is_a_row_that_says_why(lab: LabOf) -> None:
    lab.refused['aoti'] = 'there is no C++ compiler; install one'
    scenario = run(lab)
    assert scenario.figures()['models']['mlp']['aotinductor'] == {
        'reason': 'there is no C++ compiler; install one'}
    assert of_cells(load_rows(scenario.figures()), MLP.title, 'AOTInductor')[0] == (
        'none: see below')
    assert len(scenario.reasons()) == len(SUBJECTS)
    assert scenario.reasons()[1] == (
        f'{MLP.title}, AOTInductor: there is no C++ compiler; install one')
    assert not [name for name in lab.observed if 'aoti' in name]
    assert 'aotinductor' not in scenario.figures()['node']


def test_a_file_that_cannot_be_loaded_is_a_row_that_says_why(lab: LabOf) -> None:
    def no_onnx(worker: str, settings: Dict[str, Any]) -> Any:
        if settings.get('library') == 'onnxruntime':
            return {'reason': 'there is no onnxruntime', 'calls_ms': [], 'mib': {}}
        return lab.usual(worker, settings)
    lab.answer = no_onnx
    scenario = run(lab)
    assert scenario.figures()['models']['pd']['onnx'] == {'reason': 'there is no onnxruntime'}
    assert lab.observed.count('pd.onnx') == 1


def test_a_file_with_other_results_is_a_row_that_says_why(lab: LabOf) -> None:
    def lost_memory(worker: str, settings: Dict[str, Any]) -> Any:
        result = lab.usual(worker, settings)
        if worker == 'formats_turns':
            result['reasons']['exported'] = 'its results are 0.3 from those of TorchScript'
        return result
    lab.answer = lost_memory
    entry = run(lab).figures()['models']['lstm']['exported']
    assert entry == {'reason': 'its results are 0.3 from those of TorchScript'}


def test_a_worker_that_fails_keeps_nobody_else_from_being_measured(lab: LabOf) -> None:
    def fail_once(worker: str, settings: Dict[str, Any]) -> Any:
        if worker == 'formats_turns' and 'sin_kp' in settings['shapes']:
            raise Unmeasured('it crashed')
        return lab.usual(worker, settings)
    lab.answer = fail_once
    scenario = run(lab, Unmeasured)
    assert 'call_us' not in scenario.figures()['models']['pd']['onnx']
    assert 'call_us' in scenario.figures()['models']['lstm']['onnx']
    assert scenario.figures()['node']


def test_a_node_that_fails_leaves_all_the_rest(lab: LabOf) -> None:
    def fail_once(worker: str, settings: Dict[str, Any]) -> Any:
        if worker == 'client':
            raise Unmeasured('onnx ended with 1')
        return lab.usual(worker, settings)
    lab.answer = fail_once
    figures = run(lab, Unmeasured).figures()
    assert figures['node'] == {}
    assert node_rows(figures) == []
    assert figures['mlp_best_ratio'] == 0.4


@pytest.mark.parametrize('result', [None, turns(CALL_US)])
def test_an_interruption_leaves_what_was_measured_until_then(
    lab: LabOf, result: Optional[Dict[str, Any]]
) -> None:
    def interrupt(worker: str, settings: Dict[str, Any]) -> Any:
        if worker == 'formats_turns' and 'input' in settings['shapes']:
            raise Interrupted(result)
        return lab.usual(worker, settings)
    lab.answer = interrupt
    scenario = run(lab, Interrupted)
    figures = scenario.figures()
    assert set(figures['models']) == {'pd', 'mlp'}
    assert figures['models']['mlp']['onnx']['load_ms'] == 10.0
    assert ('call_us' in figures['models']['mlp']['onnx']) == (result is not None)
    assert figures['node'] == {}
    rows = scenario.rows()
    assert len({len(row) for row in rows}) == 1


def test_an_interruption_in_the_midst_of_the_samples(lab: LabOf) -> None:
    early = turns(CALL_US)
    early['samples_us']['back to back'].update(torchscript=[], exported=[])

    def interrupt(worker: str, settings: Dict[str, Any]) -> Any:
        if worker == 'formats_turns':
            raise Interrupted(early)
        return lab.usual(worker, settings)
    lab.answer = interrupt
    scenario = run(lab, Interrupted)
    figures = without_nan(scenario.figures())
    assert figures['models']['pd']['exported']['call_us']['back to back']['p50'] is None
    assert figures['models']['pd']['onnx']['ratio']['back to back'] is None
    assert figures['mlp_best_ratio'] is None
    assert len(call_rows(figures)) == 4


def test_nothing_measured_is_written_as_nothing(lab: LabOf) -> None:
    scenario = Formats(
        lab, ContestantsOf(lab.folder), QUICK)  # type: ignore[arg-type]
    assert scenario.rows() == []
    assert math.isnan(scenario.figures()['mlp_best_ratio'])


class TestFiles:
    """Files are made by the tool of the package."""

    def make(self, tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Any:
        lab = Lab(tmp_path, tmp_path, 0)
        files = Files(lab, tmp_path / 'pd.pt')
        monkeypatch.setattr(files, '_command', lambda subject, kind, path: [
            sys.executable, '-c', script, str(path)])
        return files.make(MLP, FORMATS[3])

    def test_a_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = self.make(
            tmp_path, 'import sys; open(sys.argv[1], "w").write("abc")', monkeypatch)
        assert (file.reason, file.size_bytes, file.path.name) == ('', 3, 'mlp.onnx')
        assert file.convert_s > 0.0

    @pytest.mark.parametrize('script, reason', [
        ('import sys; print("hm"); sys.exit("pytorch_model convert: no such thing")',
         'no such thing'),
        ('raise ValueError("unforeseen")', 'ValueError: unforeseen'),
        ('raise SystemExit(3)', 'convert ended with 3')])
    def test_no_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
    ) -> None:
        assert self.make(tmp_path, script, monkeypatch).reason == reason

    def test_a_file_that_was_forgotten(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.make(tmp_path, 'pass', monkeypatch).reason.startswith('convert wrote nothing')

    def test_torchscript_is_there_already(self, tmp_path: Path) -> None:
        (tmp_path / 'mlp.pt').write_bytes(b'12345')
        files = Files(Lab(tmp_path, tmp_path, 0), tmp_path / 'pd.pt')
        assert files.make(MLP, FORMATS[0]).size_bytes == 5

    def test_what_is_asked_of_convert(self, tmp_path: Path) -> None:
        files = Files(Lab(tmp_path, tmp_path, 0), tmp_path / 'pd.pt')
        command = files._command(SUBJECTS[0], FORMATS[2], tmp_path / 'x')
        assert command[command.index('convert'):][:4] == [
            'convert', str(tmp_path / 'pd.pt'), '--to', 'aoti']
        assert 'sin_velocity=6:float32' in command


class TestStart:
    """A fresh process, in this one."""

    def result(self, tmp_path: Path, **settings: Any) -> Any:
        return run_worker(formats_start, tmp_path, {'library': 'torch', **settings})

    def test_stages(self, tmp_path: Path) -> None:
        result = self.result(tmp_path, path=saved('lstm', tmp_path), shapes={'x': [1, 48]})
        assert 'reason' not in result
        assert len(result['calls_ms']) == 20
        assert set(result['mib']) == {'before', 'import', 'load', 'calls', 'reload'}
        assert result['load_ms'] > 0.0 and result['reload_ms'] > 0.0

    def test_a_library_that_is_not_there(self, tmp_path: Path) -> None:
        result = self.result(
            tmp_path, path='x', shapes={'x': [1]}, library='no_such_library_of_anybody')
        assert result['reason'] == "No module named 'no_such_library_of_anybody'"

    def test_a_file_that_cannot_be_loaded(self, tmp_path: Path) -> None:
        result = self.result(tmp_path, path=str(tmp_path / 'none.pt'), shapes={'x': [1]})
        assert 'none.pt' in result['reason']


class TestTurns:
    """Formats in turn; here all of them are TorchScript."""

    def result(self, tmp_path: Path, **paths: str) -> Any:
        return run_worker(formats_turns, tmp_path, {
            'paths': paths, 'shapes': {'x': [1, 48]}, 'paces': PACES})

    @pytest.mark.parametrize('name', ['mlp', 'lstm'])
    def test_the_same_model_twice(self, tmp_path: Path, name: str) -> None:
        path = saved(name, tmp_path)
        result = self.result(tmp_path, torchscript=path, exported=path)
        assert result['reasons'] == {}
        assert result['differences'] == {'torchscript': 0.0, 'exported': 0.0}
        assert {
            key: len(samples) for key, samples in result['samples_us']['back to back'].items()
        } == {'torchscript': 6, 'exported': 6}

    def test_what_forgets_is_left_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        remembering, forgetting = saved('lstm', tmp_path), saved('lstm', tmp_path, 'other')

        def load(path: Path) -> Any:
            model = formats_loaded.load(path)
            if path.stem == 'other':
                run = model.run

                def run_and_forget(values: Any) -> Any:
                    outputs = run(values)
                    model.reset()
                    return outputs
                monkeypatch.setattr(model, 'run', run_and_forget)
            return model
        monkeypatch.setattr(formats_turns, 'load', load)
        result = self.result(tmp_path, torchscript=remembering, exported=forgetting)
        assert 'from those of TorchScript' in result['reasons']['exported']
        assert set(result['samples_us']['back to back']) == {'torchscript'}

    def test_what_cannot_be_loaded_is_left_out(self, tmp_path: Path) -> None:
        result = self.result(
            tmp_path, torchscript=saved('mlp', tmp_path), onnx=str(tmp_path / 'none.onnx'))
        assert 'none.onnx' in result['reasons']['onnx']
        assert set(result['samples_us']['back to back']) == {'torchscript'}


def saved(name: str, folder: Path, stem: str = '') -> str:
    path = folder / f'{stem or name}.pt'
    make(name).save(str(path))
    return str(path)


def run_worker(worker: Any, folder: Path, settings: Dict[str, Any]) -> Any:
    """Run a worker in this process, and put back what it changes here."""
    import gc
    file, result = folder / 'settings.json', folder / 'result.json'
    file.write_text(json.dumps({**settings, 'result': str(result)}))
    threads, argv = torch.get_num_threads(), sys.argv
    sys.argv = [str(worker.__name__), str(file)]
    try:
        worker.main()
    finally:
        sys.argv = argv
        torch.set_num_threads(threads)
        gc.unfreeze()
        gc.enable()
    return json.loads(result.read_text())


@pytest.mark.parametrize('array, other, expected', [
    ([1.0, 2.0], [1.0, 2.5], 0.2), ([0.1], [0.0], 0.1), ([[1.0]], [1.0], math.inf), ([], [], 0.0)])
def test_differences_are_relative_to_large_numbers(
    array: List[Any], other: List[Any], expected: float
) -> None:
    assert difference(np.array(array), np.array(other)) == pytest.approx(expected)


def test_a_difference_to_no_number_is_none() -> None:
    assert math.isnan(difference(np.array([math.nan]), np.array([1.0])))


def test_there_is_a_pause_before_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: List[float] = []
    monkeypatch.setattr('benchmark.case.sleep', pauses.append)
    Case('paced', [1], {'ours': lambda item: None}, block=2, pause_s=0.01).measure(1)
    assert pauses == [0.01] * 4


class TestPage:
    """The figures in docs/formats.md are those of docs/performance/formats.json."""

    def test_the_page_has_the_figures_of_the_file(self) -> None:
        page = PAGE.read_text()
        assert renew(page, json.loads(FIGURES.read_text())) == page, (
            'write the figures anew: python3 -m benchmark.formats_page '
            'docs/performance/formats.json')

    def test_only_what_is_between_the_marks_is_replaced(self, lab: LabOf) -> None:
        result = result_of(run(lab))
        page = renew(f'before\n{BEGIN}\nold\n{END}\nafter\n', result)
        assert page.startswith(f'before\n{BEGIN}\na cpu, 2 cores')
        assert page.endswith(f'{END}\nafter\n')
        assert 'old' not in page
        assert renew(page, result) == page

    def test_each_model_is_named_once_in_each_table(self, lab: LabOf) -> None:
        lab.refused['onnx'] = 'there is no onnxruntime'
        page = measured(result_of(run(lab)))
        assert page.count(f'| {MLP.title} |') == 3
        assert f'- {MLP.title}, ONNX: there is no onnxruntime' in page
        assert reasons(result_of(run(lab))['scenarios']['j'])

    def test_a_quick_run_says_so(self, lab: LabOf) -> None:
        result = {**result_of(run(lab)), 'is_quick': True}
        assert measured(result).startswith('A quick run')

    def test_a_run_of_something_else_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = tmp_path / 'page.md'
        page.write_text(f'{BEGIN}\nold\n{END}\n')
        monkeypatch.setattr(formats_page, 'PAGE', page)
        monkeypatch.setattr(formats_page, 'FIGURES', tmp_path / 'formats.json')
        file = tmp_path / 'benchmark.json'
        file.write_text(json.dumps({'scenarios': {'a': {}}}))
        with pytest.raises(SystemExit, match='has no scenario j'):
            formats_page.main([str(file)])
        assert 'old' in page.read_text()

    def test_page_and_file_are_written_together(
        self, lab: LabOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page, figures = tmp_path / 'page.md', tmp_path / 'formats.json'
        page.write_text(f'{BEGIN}\nold\n{END}\n')
        monkeypatch.setattr(formats_page, 'PAGE', page)
        monkeypatch.setattr(formats_page, 'FIGURES', figures)
        file = tmp_path / 'benchmark.json'
        file.write_text(json.dumps(result_of(run(lab))))
        formats_page.main([str(file)])
        assert renew(page.read_text(), json.loads(figures.read_text())) == page.read_text()
        assert MLP.title in page.read_text()


def result_of(scenario: Formats) -> Dict[str, Any]:
    return {
        'is_quick': False, 'machine': MACHINE,
        'scenarios': {'j': without_nan(scenario.figures())}}
