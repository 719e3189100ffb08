# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is said of a comparison."""

import json
from pathlib import Path
from typing import Any, Dict, List

from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.conversion.checking import Proof
from dg_pytorch_ros.conversion.comparison import Finding
from dg_pytorch_ros.conversion.difference import Difference
from dg_pytorch_ros.conversion.layout import Layout
from dg_pytorch_ros.conversion.making import _in_few_lines
from dg_pytorch_ros.conversion.order import Made, Order
from dg_pytorch_ros.conversion.report import Report
from dg_pytorch_ros.conversion.session import Converted
from dg_pytorch_ros.conversion.tolerance import Tolerance
from dg_pytorch_ros.conversion.trials import EDGES, RANDOM
from dg_pytorch_ros.conversion.verdict import Verdict
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.probing.probed import Probed, ProbedArgument
from dg_pytorch_ros.tools.json_text import json_text
import pytest

SMALL = Difference(1e-7, 2e-7)
LARGE = Difference(0.5, 0.25, False)
LOST = Difference(float('inf'), float('inf'), False, '0.0 instead of nan at [1]')


def finding(label: str, found: Difference = SMALL, group: str = RANDOM, **more: Any) -> Finding:
    return Finding(group, label, **{'runs': 2, 'differences': {'y': found}, **more})


def verdict(*findings: Finding) -> Verdict:
    return Verdict(Proof(
        (('x', 'float32[1]'),), (('y', 'float32[1]'),), findings, Tolerance(1e-5, 1e-4)))


def report(judged: Verdict, *arguments: ProbedArgument, target: str = 'pt2') -> Report:
    layouts = tuple(
        Layout(each.name, 'float32', each.shape or (-1,), each.sample_shape or (3,))
        for each in arguments)
    order = Order(
        ModelFile(Path('/home/me/policy.pt'), b'12345', '0' * 64), target, layouts, ('y',))
    probed = Probed(
        Signature(tuple(each.argument for each in arguments), Result('Tensor')), arguments,
        runs=True)
    made = Made(tuple(layout.shape for layout in layouts), ('it was traced',), 2.0)
    return Report(
        order, probed, Converted(made, judged, 2048), Path('/home/me/policy.pt2'))


def argument(name: str, **more: Any) -> ProbedArgument:
    return ProbedArgument(
        Argument(name), 'float32', 'float32', **{'sample_shape': (3,), **more})


def test_good_findings_are_a_table_of_the_largest() -> None:
    judged = verdict(
        finding('about 1'), finding('about 10', Difference(1e-3, 3e-7)),
        finding('zeros', Difference(), EDGES))
    assert judged.is_good and judged.flaws() == []
    assert judged.text().splitlines() == [
        'output  values  runs  largest difference  relative  on',
        'y       random     4               0.001     3e-07  about 10',
        'y       edges      2                   0         0  all alike', '',
        '3 sets of values, 6 runs; allowed: 1e-05 and 0.0001 of the largest number of an output']


def test_what_is_bad_goes_before_what_is_large_but_good() -> None:
    excused = finding('a tie', Difference(9, 9, False), excused=('y',))
    judged = verdict(excused, finding('about 1', LARGE))
    assert not judged.is_good
    assert 'about 1' in judged.text().splitlines()[1]
    assert judged.flaws() == ['y on about 1: differs by 0.5, 0.25 of the largest number']


def test_every_kind_of_flaw_is_said() -> None:
    judged = verdict(
        finding('one NaN in x', LOST, EDGES),
        finding('ones', runs=0, differences={}, failure='no ones'))
    assert judged.flaws() == [
        'y on one NaN in x: 0.0 instead of nan at [1]',
        'fails on ones, on which the source runs: no ones']


def test_of_many_flaws_the_first_are_shown() -> None:
    judged = verdict(*(finding(str(index), LARGE) for index in range(20)))
    lines = judged.text().splitlines()
    assert len([line for line in lines if 'differs by' in line]) == 8
    assert lines[-1] == '... and 12 more'


def test_what_was_left_out_or_excused_is_said() -> None:
    judged = verdict(
        finding('about 1'), finding('ones', runs=0, differences={}, refusal='no ones'),
        *(finding(f'huge {index}', LARGE, excused=('y',)) for index in range(6)))
    assert judged.is_good
    text = judged.text()
    assert 'the source itself fails on: ones\n' in text
    assert (
        'more than that, but no more than the source differs from itself if its inputs are '
        'rounded, on: huge 0, huge 1, huge 2, huge 3 and 2 more') in text


def test_whole_numbers_are_allowed_no_difference() -> None:
    proof = Proof((), (('y', 'int64[1]'),), (finding('about 1'),), Tolerance(0.0, 0.0))
    assert Verdict(proof).text().endswith('allowed: none')


def test_what_is_kept_is_named_with_what_to_do_next() -> None:
    text = report(verdict(finding('about 1')), argument('x', shape=(1, 3))).text()
    assert text.splitlines()[:2] == [
        'policy.pt, TorchScript module', 'policy.pt2, ExportedProgram of torch.export']
    assert 'note: it was traced\n' in text
    assert 'kept: /home/me/policy.pt2, 2.0 KiB (the source: 5 B); made in 2 s\n' in text
    assert '  model_path: /home/me/policy.pt2\n' in text


def test_what_is_not_kept_is_not_recommended() -> None:
    bad = report(verdict(finding('about 1', LARGE)), argument('x', shape=(1, 3)))
    assert not bad.is_good
    assert bad.text().endswith(
        'NOT KEPT: it does not do the same; there is no policy.pt2 of it')
    assert 'model_path' not in bad.text() and bad.to_json()['kept'] is None


def test_json_holds_what_is_not_finite_as_text() -> None:
    found = json.loads(json_text(
        report(verdict(finding('one NaN in x', LOST, EDGES)), argument('x')).to_json()))
    trial, = found['comparison']['trials']
    assert trial['outputs']['y'] == {
        'absolute': 'inf', 'relative': 'inf', 'within': False, 'excused': False,
        'complaint': '0.0 instead of nan at [1]'}
    assert found['comparison']['outputs']['y']['random'] is None


def notes(*arguments: ProbedArgument, target: str = 'pt2') -> List[str]:
    lines = report(verdict(finding('about 1')), *arguments, target=target).text().splitlines()
    return [line for line in lines if line.startswith('note: ') and 'traced' not in line]


def test_a_choice_among_shapes_is_said() -> None:
    free: Dict[str, Any] = {'shape': None, 'fits_alone': True}
    assert notes(argument('kp', **free), argument('q', **free)) == [
        'note: the source takes kp, q in any shape, the result with 1 axis only; another: --shape',
        'note: one number in place of many, as for a gain, fits the result only if it was made '
        'for that: --shape kp=1']
    assert len(notes(argument('kp', fits_alone=True, shape=(1,)), argument('q', **free))) == 1
    assert notes(argument('x', shape=(1, 3))) == []


def test_compiled_code_is_said_to_be_for_this_machine() -> None:
    note, = notes(argument('x', shape=(1, 3)), target='aoti')
    assert 'code for the CPU of this machine' in note


def test_sizes_that_are_the_same_are_one_line() -> None:
    assert _in_few_lines([
        'it was traced', 'size 0 of b must be the same as size 0 of a',
        'size 1 of d must be the same as size 1 of c',
        'size 0 of c must be the same as size 0 of a']) == [
        'it was traced',
        'size 0 of b, size 0 of c must be the same as size 0 of a',
        'size 1 of d must be the same as size 1 of c']


@pytest.mark.parametrize('text', ['\x1b[2J', '\x07'])
def test_names_in_a_strange_file_do_not_command_a_terminal(text: str) -> None:
    judged = verdict(finding(f'about {text}', LARGE))
    assert text not in report(judged, argument('x', shape=(1, 3))).text()
