# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The launch files of the examples, read and run by the real launch and launch_ros."""

from pathlib import Path
from typing import List

from example_rig import share
from peer import Peer
import pytest
from test_launch import arguments_of, default_of, launch_peer, Launched, wait_until_active

__all__ = ['launch_peer']

EXAMPLES: List[str] = [
    'history_policy', 'humanoid_policy', 'humanoid_policy_explicit', 'image_classifier',
    'pd_controller', 'quadruped_policy', 'sine_predictor']


def test_every_launch_file_but_the_general_one_is_an_example() -> None:
    names = {path.name for path in Path(share('launch')).glob('*.launch.py')}
    assert names == {'pytorch_node.launch.py', *(f'{name}.launch.py' for name in EXAMPLES)}


@pytest.mark.parametrize('example', EXAMPLES)
def test_an_example_needs_no_argument_and_takes_those_of_every_node(example: str) -> None:
    arguments = arguments_of(f'{example}.launch.py')
    general = arguments_of('pytorch_node.launch.py')
    assert set(arguments) == set(general)
    for name, argument in arguments.items():
        assert argument.description == general[name].description or name == 'params_file'
    assert default_of(arguments['name']) == example
    assert default_of(arguments['params_file']) == share('config', f'{example}.yaml')
    assert Path(default_of(arguments['params_file'])).is_file()


def skip_without_extra(example: str) -> None:
    """Skip where what an example needs beside the package is not installed."""
    if example.startswith('image'):
        pytest.importorskip('PIL', reason='Pillow is an extra')


@pytest.mark.parametrize('example', EXAMPLES)
def test_an_example_becomes_active_under_its_name_in_a_namespace(
        example: str, launch_peer: Peer) -> None:  # noqa: F811
    skip_without_extra(example)
    launched = Launched(f'{example}.launch.py', {'namespace': 'robot'})
    launched.run_while(lambda: wait_until_active(launch_peer, f'/robot/{example}'))
    assert launched.exit_codes == [0]


@pytest.mark.parametrize('example, file', [
    ('quadruped_policy', 'quadruped_policy_forward'),
    ('image_classifier', 'image_classifier_compressed')])
def test_an_example_takes_another_file(
        example: str, file: str, launch_peer: Peer) -> None:  # noqa: F811
    skip_without_extra(example)
    launched = Launched(
        f'{example}.launch.py',
        {'params_file': share('config', f'{file}.yaml'), 'name': 'another'})
    launched.run_while(lambda: wait_until_active(launch_peer, '/another'))
    assert launched.exit_codes == [0]
