# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The classifier of pictures: its node, and its module called on what Pillow makes of them."""

import io
from pathlib import Path
from typing import Any, List

from example_rig import ExampleRig, Module, share
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image
import small_models
from std_msgs.msg import Float32MultiArray, UInt8MultiArray
import torch

pillow = pytest.importorskip('PIL.Image', reason='Pillow is an extra')

RELIABLE = {'inputs__image__qos__reliability': 'reliable', 'inputs__image__qos__depth': 10}
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)

Array = Any


def pictures() -> List[Array]:
    """Paint pictures in several sizes, rows first, in red, green and blue."""
    numbers = np.random.default_rng(1)
    painted = []
    for height, width in ((120, 160), (64, 64), (37, 211), (240, 32)):
        rows, columns = np.mgrid[0:height, 0:width]
        waves = [
            np.sin(rows * down + columns * right)
            for down, right in numbers.uniform(0.0, 0.3, (3, 2))]
        painted.append((127.5 + 127.5 * np.stack(waves, axis=-1)).astype(np.uint8))
    return painted


def expected(picture: Any) -> List[float]:
    """Do with Pillow and torch what the file says, and call the module."""
    resized = np.asarray(picture.convert('RGB').resize((64, 64), pillow.Resampling.BILINEAR))
    scaled = resized.astype(np.float32) * np.float32(1.0 / 255.0)
    normal = (scaled - MEAN) / STD
    batch = torch.from_numpy(np.ascontiguousarray(normal.transpose(2, 0, 1)))[None]
    probabilities: List[float] = Module('image_classifier')(batch).flatten().tolist()
    return probabilities


def image(pixels: Array, encoding: str, *, padding: int = 0) -> Image:
    """Write a message as cameras do, some of which pad each row."""
    height, width = pixels.shape[:2]
    rows = np.pad(pixels.reshape(height, -1), ((0, 0), (0, padding)), constant_values=99)
    return Image(
        height=height, width=width, encoding=encoding, step=rows.shape[1], data=rows.tobytes())


def compressed(pixels: Array, form: str) -> CompressedImage:
    file = io.BytesIO()
    pillow.fromarray(pixels).save(file, form)
    return CompressedImage(format=form.lower(), data=file.getvalue())


def assert_classified(example_rig: ExampleRig, topic: str, messages: List[Any],
                      wanted: List[List[float]]) -> None:
    """Assert that what comes of each message is what was calculated."""
    heard = example_rig.listen('probabilities', Float32MultiArray)
    for message, probabilities in zip(messages, wanted):
        output = example_rig.send_one_of_each(heard, **{topic: message})
        assert [dimension.size for dimension in output.layout.dim] == [1, 10]
        assert output.data.tolist() == probabilities
    assert len({tuple(probabilities) for probabilities in wanted}) > 1


def test_every_class_of_an_image_is_that_of_the_module(example_rig: ExampleRig) -> None:
    example_rig.start('image_classifier', **RELIABLE)
    messages, wanted = [], []
    for pixels in pictures():
        opaque = np.dstack([pixels, np.zeros(pixels.shape[:2], np.uint8)])
        for message in (
                image(pixels, 'rgb8'), image(pixels, 'rgb8', padding=5),
                image(pixels[..., ::-1], 'bgr8'), image(opaque, 'rgba8'),
                image(opaque[..., [2, 1, 0, 3]], 'bgra8')):
            messages.append(message)
            wanted.append(expected(pillow.fromarray(pixels)))
        messages.append(image(pixels[..., 0], 'mono8'))
        wanted.append(expected(pillow.fromarray(pixels[..., 0])))
    assert_classified(example_rig, 'image_raw', messages, wanted)


def test_every_class_of_a_compressed_image_is_that_of_the_module(
        example_rig: ExampleRig) -> None:
    example_rig.start('image_classifier_compressed', **RELIABLE)
    messages = [
        compressed(pixels, form) for pixels in pictures() for form in ('JPEG', 'PNG')]
    wanted = [
        expected(pillow.open(io.BytesIO(bytes(message.data)))) for message in messages]
    assert_classified(example_rig, 'image_raw__compressed', messages, wanted)


PICTURE = {'inputs.image.type': 'sensor_msgs/msg/Image', 'inputs.image.layout': 'chw', **{
    name.replace('__', '.'): value for name, value in RELIABLE.items()}}


def test_a_net_that_takes_any_size_gets_the_pixels_as_they_are(
        run_node: Any, peer: Any) -> None:
    run_node(
        model_path=share('models', 'image_classifier.pt'), output_names=['probabilities'],
        **{**PICTURE, 'inputs.image.shape': [1, 3, -1, -1], 'inputs.image.color': 'rgb'})
    heard = peer.listen('probabilities')
    publisher = peer.publisher('image', Image)
    for count, pixels in enumerate(pictures(), 1):
        publisher.publish(image(pixels[..., ::-1], 'bgr8'))
        peer.wait_until(lambda: len(heard) == count)
        batch = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None].float()
        assert heard[-1].data.tolist() == Module('image_classifier')(batch).flatten().tolist()


def test_bytes_are_handed_over_as_bytes_and_grey_is_one_channel(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Identity(), tmp_path), input_names=['image'],
        **{**PICTURE, 'inputs.image.dtype': 'uint8', 'inputs.image.color': 'gray',
           'outputs.output.type': 'std_msgs/msg/UInt8MultiArray'})
    heard = peer.listen('output', UInt8MultiArray)
    pixels = pictures()[0]
    peer.publisher('image', Image).publish(image(pixels, 'rgb8'))
    peer.wait_until(lambda: heard)
    assert [dimension.size for dimension in heard[0].layout.dim] == [1, *pixels.shape[:2]]
    grey = np.asarray(pillow.fromarray(pixels).convert('L')).astype(int).flatten()
    assert abs(np.array(heard[0].data, int) - grey).max() <= 1
