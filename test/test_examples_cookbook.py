# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What docs/cookbook.md shows: the files as they are, and recipes that work as shown."""

from importlib import import_module
from pathlib import Path
import sys
from typing import Any, List

import cookbook
from example_rig import ExampleRig, Module, on_messages
import numpy as np
import pytest
from sensor_msgs.msg import Image, PointCloud2, PointField
import small_models
from std_msgs.msg import Float32MultiArray
from test_examples_images import image, pictures
import torch
from walking import PARTS

TITLES = ('config/', 'from config/', 'recipe: ', 'arrives on ', 'leaves on ')
RECIPES = {block.title.removeprefix('recipe: '): block for block in cookbook.titled('recipe: ')}
WITH_MESSAGES = [name for name in RECIPES if cookbook.shown('leaves', recipe=name)]
WITHOUT_MESSAGES = [
    'one step ahead of a signal', 'the points of a PointCloud2', 'a depth image, and one back']


def start(name: str, run_node: Any, directory: Path) -> None:
    """Start a node with a recipe and a module that doubles; no message gets lost."""
    content = RECIPES[name].content
    (source, given), = content['inputs'].items()
    leaves = [f'{source}.parts.{part}' for part in given.get('part_names', ())] or [source]
    values = cookbook.parameters(content)
    run_node(
        model_path=small_models.save(small_models.Double(), directory),
        input_names=list(content['inputs']), output_names=list(content['outputs']), **values,
        **{f'inputs.{leaf}.qos.reliability': 'reliable' for leaf in leaves
           if f'inputs.{leaf}.constant' not in values})


def assert_within(part: Any, whole: Any, place: str = '') -> None:
    """Assert that a part of a file says nothing that the file does not say."""
    if isinstance(part, dict):
        for key, inner in part.items():
            assert key in whole, f'{place}.{key}'
            assert_within(inner, whole[key], f'{place}.{key}')
    else:
        assert part == whole, place


def test_every_block_has_a_title_that_says_what_it_is() -> None:
    shown = [block for block in cookbook.blocks() if block.language == 'yaml']
    assert len(shown) > 20
    for block in shown:
        assert block.title.startswith(TITLES), block


def test_files_that_are_shown_are_those_that_are_shipped() -> None:
    shown = list(cookbook.titled('config/'))
    assert len(shown) >= 3
    for block in shown:
        assert (cookbook.PACKAGE_ROOT / block.title).read_text(encoding='utf-8') == block.text


def test_parts_of_files_that_are_shown_are_in_those_that_are_shipped() -> None:
    shown = list(cookbook.titled('from config/'))
    assert len(shown) >= 4
    for block in shown:
        whole = cookbook.content_of(block.title.removeprefix('from '))
        assert_within(block.content, whole, block.title)


def test_the_two_files_for_the_quadruped_differ_in_nothing_but_the_message() -> None:
    first, second = (
        cookbook.parameters(cookbook.content_of(f'config/{name}.yaml'))
        for name in ('quadruped_policy', 'quadruped_policy_forward'))
    differing = {
        name.rpartition('.')[2] for name in {*first, *second}
        if first.get(name) != second.get(name)}
    assert differing == {'topic', 'type', 'field', 'names'}


def test_every_recipe_is_run_here() -> None:
    assert set(RECIPES) == {*WITH_MESSAGES, *WITHOUT_MESSAGES}


@pytest.mark.parametrize('name', WITH_MESSAGES)
def test_what_arrives_makes_leave_what_is_shown(
        name: str, run_node: Any, peer: Any, tmp_path: Path) -> None:
    start(name, run_node, tmp_path)
    leaving, = cookbook.shown('leaves', recipe=name)
    heard = peer.listen(leaving.topic, leaving.kind)
    for arriving in cookbook.shown('arrives', recipe=name):
        peer.publisher(arriving.topic, arriving.kind).publish(arriving.message())
    peer.wait_until(lambda: heard, 'what leaves')
    cookbook.assert_shows(heard[0], leaving.content)


def test_a_signal_brings_a_prediction_a_message(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    from std_msgs.msg import Float64
    start('one step ahead of a signal', run_node, tmp_path)
    heard = peer.listen('prediction', Float64)
    peer.publisher('signal', Float64).publish(Float64(data=0.25))
    peer.wait_until(lambda: heard)
    assert heard[0].data == 0.5


def test_points_of_a_cloud_come_as_rows(run_node: Any, peer: Any, tmp_path: Path) -> None:
    start('the points of a PointCloud2', run_node, tmp_path)
    heard = peer.listen('action', Float32MultiArray)
    publisher = peer.publisher('points', PointCloud2)
    for count in (3, 5):
        points = np.arange(5.0 * count, dtype=np.float32).reshape(count, 5)
        publisher.publish(cloud(points, ('intensity', 'x', 'ring', 'y', 'z')))
        peer.wait_until(lambda: len(heard) == (1 if count == 3 else 2))
        assert [dimension.size for dimension in heard[-1].layout.dim] == [count, 4]
        assert heard[-1].data.tolist() == (2 * points[:, [1, 3, 4, 0]]).flatten().tolist()


def cloud(points: Any, names: 'tuple[str, ...]') -> PointCloud2:
    count, columns = points.shape
    return PointCloud2(
        height=1, width=count, point_step=4 * columns, row_step=4 * columns * count,
        fields=[
            PointField(name=name, offset=4 * column, datatype=PointField.FLOAT32, count=1)
            for column, name in enumerate(names)],
        data=points.tobytes())


def test_a_depth_image_comes_back_in_metres(run_node: Any, peer: Any, tmp_path: Path) -> None:
    start('a depth image, and one back', run_node, tmp_path)
    heard = peer.listen('depth/doubled', Image)
    depths = np.array([[500, 1000, 65535], [0, 1, 2]], np.uint16)
    message = Image(
        height=2, width=3, encoding='16UC1', step=6, data=depths.astype('<u2').tobytes())
    message.header.stamp.sec = 12
    peer.publisher('depth/image_raw', Image).publish(message)
    peer.wait_until(lambda: heard)
    assert (heard[0].height, heard[0].width, heard[0].encoding) == (2, 3, '32FC1')
    assert (heard[0].header.stamp.sec, heard[0].header.frame_id) == (12, 'camera')
    expected = 2 * (depths.astype(np.float32) * np.float32(0.001))
    assert np.array_equal(np.frombuffer(bytes(heard[0].data), np.float32), expected.flatten())


@pytest.mark.parametrize('heading, example, source', [
    ('A quadruped that walks', 'quadruped_policy', 'obs'),
    ('A policy that sees its last six observations', 'history_policy', 'obs_history'),
    ('A humanoid whose policy remembers', 'humanoid_policy', 'obs')])
def test_a_policy_gives_what_is_shown(
        heading: str, example: str, source: str, example_rig: ExampleRig) -> None:
    leaving, = cookbook.shown('leaves', heading=heading)
    heard = start_policy(example_rig, example, source, leaving)
    assert_shown(example_rig, heard, heading, leaving)


def test_a_memory_leaves_as_shown(example_rig: ExampleRig) -> None:
    leaving, = cookbook.shown('leaves', heading='A memory that goes out and comes in')
    name, topic = leaving.topic.split('/')
    heard = start_policy(example_rig, name, 'obs', leaving._replace(topic=f'node/{topic}'))
    assert_shown(example_rig, heard, 'A humanoid whose policy remembers', leaving)


def start_policy(
        example_rig: ExampleRig, example: str, source: str, leaving: cookbook.Shown) -> List[Any]:
    """Start a policy that acts once for one message of each kind; return what leaves it."""
    example_rig.start(example, **on_messages(source, PARTS))
    heard = example_rig.listen(leaving.topic, leaving.kind)
    return heard


def assert_shown(
        example_rig: ExampleRig, heard: List[Any], heading: str, leaving: cookbook.Shown) -> None:
    """Send what arrives under a heading, and what it leaves to that of the quadruped."""
    arriving = {
        shown.topic.replace('/', '__'): shown.message()
        for origin in ('A quadruped that walks', heading)
        for shown in cookbook.shown('arrives', heading=origin)}
    message = example_rig.send_one_of_each(heard, **arriving)
    cookbook.assert_shows(message, leaving.content)


def test_the_classifier_gives_what_is_shown(example_rig: ExampleRig) -> None:
    leaving, = cookbook.shown('leaves', heading='A classifier of pictures')
    example_rig.start('image_classifier', inputs__image__qos__reliability='reliable')
    heard = example_rig.listen(leaving.topic, leaving.kind)
    message = example_rig.send_one_of_each(heard, image_raw=image(pictures()[0], 'rgb8'))
    cookbook.assert_shows(message, leaving.content)


def test_the_predictor_gives_what_is_shown() -> None:
    leaving, = cookbook.shown('leaves', heading='A sine that goes on by itself')
    first = Module('sine_predictor')(torch.zeros(1)).item()
    cookbook.assert_shows(leaving.kind(data=first), leaving.content)


class Told(torch.nn.Module):
    """Returns what it is given."""

    def forward(self, obs: torch.Tensor) -> torch.Tensor:
        return obs


def run_block(text: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a block of Python in a directory that has a policy.pt, which returns what it gets."""
    torch.jit.script(Told()).save(directory / 'policy.pt')
    module = f'block_{len(sys.modules)}'
    (directory / f'{module}.py').write_text(f'from typing import List\nimport torch\n\n{text}')
    monkeypatch.syspath_prepend(directory)
    monkeypatch.chdir(directory)
    import_module(module)


def python_block(name: str) -> str:
    block, = (
        block for block in cookbook.blocks() if block.language == 'python' and name in block.text)
    return block.text


def test_an_orientation_becomes_the_direction_of_gravity(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_block(python_block('WithOrientation'), tmp_path, monkeypatch)
    module = torch.jit.load(tmp_path / 'with_orientation.pt')
    half = 0.5 ** 0.5
    for orientation, gravity in [
            ([0.0, 0.0, 0.0, 1.0], [0.0, 0.0, -1.0]),
            ([0.0, 0.0, half, half], [0.0, 0.0, -1.0]),  # turned to the left
            ([half, 0.0, 0.0, half], [0.0, -1.0, 0.0]),  # on its right side
            ([0.0, half, 0.0, half], [1.0, 0.0, 0.0])]:  # on its nose
        obs = torch.tensor([[7.0, 8.0, 9.0, *orientation, *range(36)]])
        expected = torch.tensor([[7.0, 8.0, 9.0, *gravity, *range(36)]])
        torch.testing.assert_close(module(obs), expected)


def test_frames_become_the_histories_of_terms(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_block(python_block('TermByTerm'), tmp_path, monkeypatch)
    frames = torch.randn(1, 6, 45)
    terms: List[torch.Tensor] = []
    begin = 0
    for size in (3, 3, 3, 12, 12, 12):
        terms.append(frames[0, :, begin:begin + size].reshape(-1))
        begin += size
    module = torch.jit.load(tmp_path / 'term_by_term.pt')
    assert torch.equal(module(frames), torch.cat(terms)[None])
