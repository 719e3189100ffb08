# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The judgement of targets, and how it is written."""

import math
from typing import Any

from benchmark.scenario import LETTERS
from benchmark.table import columns, verdicts
from benchmark.targets import judge, Target, TARGETS, Verdict
import pytest

AT_MOST = Target('a', 'cost', 'cost of it', '<=', 2.0, 'us')
AT_LEAST = Target('a', 'gain', 'gain of it', '>=', 2.0)


@pytest.mark.parametrize('target, value, is_met, word', [
    (AT_MOST, 1.9, True, 'met'), (AT_MOST, 2.0, True, 'met'), (AT_MOST, 2.1, False, 'MISSED'),
    (AT_LEAST, 2.1, True, 'met'), (AT_LEAST, 2.0, True, 'met'), (AT_LEAST, 1.9, False, 'MISSED'),
    (AT_MOST, None, None, 'not measured')])
def test_verdict(target: Target, value: Any, is_met: Any, word: str) -> None:
    verdict = Verdict(target, value)
    assert verdict.is_met is is_met
    assert verdict.word == word


def test_only_scenarios_that_ran_are_judged() -> None:
    assert {verdict.target.scenario for verdict in judge({'c': {}})} == {'c'}


@pytest.mark.parametrize('value', [None, math.nan])
def test_figure_that_is_missing(value: Any) -> None:
    verdict, = judge({'f': {'cpu_ratio': value}})
    assert verdict.is_met is None
    assert verdict.as_dict()['value'] is None


def test_every_scenario_has_a_target() -> None:
    assert {target.scenario for target in TARGETS} == set(LETTERS)


def test_columns() -> None:
    assert columns([['name', 'p50'], ['floor', '9'], ['x', '1000']]) == (
        'name     p50\n'
        'floor      9\n'
        'x       1000')


def test_verdicts_in_words() -> None:
    lines = verdicts([Verdict(AT_MOST, 123.4), Verdict(AT_LEAST, None)]).splitlines()
    assert lines[1].split() == ['a', 'cost', 'of', 'it', '<=', '2', 'us', '123', 'MISSED']
    assert lines[2].split()[-3:] == ['-', 'not', 'measured']
