# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a source and its conversion are run on."""

from typing import Any, Dict, List, Sequence

from dg_pytorch_ros.conversion.trials import EDGES, Port, RANDOM, SIZES, Trial, Trials
import numpy as np
import pytest

OBS = Port('obs', 'float32', (2, 3))
INDEX = Port('index', 'int64', (4,))
FLAG = Port('flag', 'bool', (2,))


def trials(*ports: Port, runs: int = 3, seed: int = 0, other: Any = ()) -> List[Trial]:
    return list(Trials(ports, runs=runs, seed=seed).each(other))


def by_label(found: Sequence[Trial]) -> Dict[str, Trial]:
    named = {trial.label: trial for trial in found}
    assert len(named) == len(found), 'each label tells one trial'
    return named


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16', 'float32', 'float64'])
def test_every_value_has_the_shape_and_the_dtype_that_its_argument_takes(dtype: str) -> None:
    ports = (Port('obs', dtype, (2, 3)), INDEX, FLAG, Port('gain', 'float64', (1,)))
    for trial in trials(*ports):
        for values in trial.steps:
            assert [value.shape for value in values] == [port.shape for port in ports]
            assert [value.dtype for value in values] == [port.numpy_dtype for port in ports]


def test_the_same_seed_gives_the_same_values_and_another_seed_others() -> None:
    one, same, other = (trials(OBS, seed=seed) for seed in (1, 1, 2))
    for first, second in zip(one, same):
        assert first.label == second.label
        np.testing.assert_equal(first.steps, second.steps)
    assert not np.array_equal(one[0].steps[0][0], other[0].steps[0][0])


def test_random_runs_come_in_a_row_and_once_more_at_the_end() -> None:
    found = trials(OBS, runs=5)
    assert (found[0].group, found[0].label) == (RANDOM, '5 in a row')
    assert len({values[0].tobytes() for values in found[0].steps}) == 5
    assert found[-1].label == 'the first again, after a reset'
    assert found[-1].steps == found[0].steps
    assert trials(OBS, runs=1)[0].label == 'about 1'


def test_random_values_are_of_several_sizes() -> None:
    named = by_label(trials(OBS))
    for scale in ('0.001', '0.1', '10', '1000'):
        largest = np.abs(named[f'about {scale}'].steps[0][0]).max()
        assert 0.3 < largest / float(scale) < 6
    pixels = named['from 0 to 255'].steps[0][0]
    assert pixels.min() >= 0 and 100 < pixels.max() <= 255


def test_edge_cases_are_what_they_are_called() -> None:
    named = by_label(trials(OBS))
    edges = {label: trial.steps[0][0] for label, trial in named.items() if trial.group == EDGES}
    for label, number in (('zeros', 0.0), ('ones', 1.0), ('minus ones', -1.0), ('255', 255.0)):
        assert (edges[label] == number).all()
    assert np.signbit(edges['negative zeros']).all() and not np.signbit(edges['zeros']).any()
    assert (edges['large numbers'] == 1e6).all()
    assert np.isfinite(np.square(edges['very large numbers'], dtype=np.float32).sum())
    assert {float(np.sign(number)) for number in edges['very large numbers'].flat} == {-1.0, 1.0}
    assert (edges['tiny numbers'] == np.finfo(np.float32).tiny).all()
    assert (0 < edges['denormal numbers']).all()
    assert (edges['denormal numbers'] < np.finfo(np.float32).tiny).all()


def test_one_number_that_is_not_finite_comes_alone_in_each_argument() -> None:
    goal = Port('goal', 'float64', (5,))
    named = by_label(trials(OBS, INDEX, goal))
    for label, test in (
            ('NaN', np.isnan), ('infinity', np.isposinf), ('minus infinity', np.isneginf)):
        for name, place in (('obs', 0), ('goal', 2)):
            values = named[f'one {label} in {name}'].steps[0]
            assert int(test(values[place]).sum()) == 1
            assert sum(int((~np.isfinite(value)).sum()) for value in values) == 1
    assert 'one NaN in index' not in named


def test_an_ordinary_run_follows_each_edge_case() -> None:
    for trial in trials(OBS):
        if trial.group == EDGES:
            assert len(trial.steps) == 2
            assert np.isfinite(trial.steps[1][0]).all()
            assert np.abs(trial.steps[1][0]).max() < 10


def test_whole_numbers_and_truth_values_have_cases_of_their_own() -> None:
    named = by_label(trials(INDEX, FLAG, Port('pixels', 'uint8', (3,))))
    assert 'zeros' not in named
    for most in (1, 10, 100, 1000):
        index, _, pixels = named[f'whole numbers up to {most}'].steps[0]
        assert 0 <= index.min() <= index.max() <= most
        assert pixels.max() <= min(most, 255)
    index, _, pixels = named['great whole numbers'].steps[0]
    assert (index == 1_000_000).all() and (pixels == 255).all()
    index, _, pixels = named['small whole numbers'].steps[0]
    assert (index == -1_000_000).all() and (pixels == 0).all()
    assert named['all true'].steps[0][1].all() and not named['all false'].steps[0][1].any()


def test_other_shapes_are_named_by_what_is_other() -> None:
    found = [
        trial for trial in trials(OBS, FLAG, other=[((1, 3), (2,)), ((5, 3), (4,))])
        if trial.group == SIZES]
    assert [trial.label for trial in found] == ['obs [1, 3]', 'obs [5, 3], flag [4]']
    assert found[1].steps[0][0].shape == (5, 3) and found[1].steps[1][1].shape == (4,)


def test_a_module_without_arguments_is_run_all_the_same() -> None:
    found = trials()
    assert [trial.group for trial in found] == [RANDOM, RANDOM]
    assert found[0].steps == ((), (), ())
