# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Others see in an image what the module returned; what an image cannot hold is refused."""

import sys
from typing import Any, Tuple

from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.errors import ConfigError, ContractError, EvaluationError
from dg_pytorch_ros.messages.multi_arrays import cast
from dg_pytorch_ros.pictures.image_encoder import ImageEncoder
from dg_pytorch_ros.pictures.images import ImageDecoder
from hypothesis import given, strategies
import numpy as np
import pytest

serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')
sensor_msgs = pytest.importorskip('sensor_msgs.msg', reason='sensor_msgs is not installed')

CHANNELS = {
    'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1, 'mono16': 1, '8UC1': 1, '8UC3': 3,
    '16UC1': 1, '32FC1': 1}
DTYPES = {'mono16': 'uint16', '16UC1': 'uint16', '32FC1': 'float32'}


def encoder_of(encoding: str, layout: str = 'hwc') -> ImageEncoder:
    return ImageEncoder(encoding, layout, frame_id='camera')


def as_others_see_it(data: bytes) -> Any:
    return serialization.deserialize_message(data, sensor_msgs.Image)


def pixels_for(encoding: str, height: int = 4, width: int = 6) -> Any:
    shape = height, width, CHANNELS[encoding]
    numbers = 37 * np.arange(np.prod(shape)).reshape(shape) % 251
    return numbers.astype(DTYPES.get(encoding, 'uint8'))


def check_image(data: bytes, encoding: str, pixels: Any) -> None:
    message = as_others_see_it(data)
    height, width, channels = pixels.shape
    assert (message.height, message.width, message.encoding) == (height, width, encoding)
    assert message.is_bigendian == (sys.byteorder == 'big')
    assert message.step == width * channels * pixels.itemsize
    assert bytes(message.data) == pixels.tobytes()
    assert message.header.frame_id == 'camera'
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (0, 0)
    assert data[4:12] == bytes(8)


@pytest.mark.parametrize('encoding', CHANNELS)
def test_others_see_the_pixels_that_the_module_returned(encoding: str) -> None:
    pixels = pixels_for(encoding)
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))
    for layout, value in ('hwc', pixels), ('chw', planes):
        encoder = encoder_of(encoding, layout)
        for batch in value, value[np.newaxis], value[:, ::-1, ::-1][:, ::-1, ::-1]:
            encoder.check(batch)
            check_image(encoder.encode(batch), encoding, pixels)


@pytest.mark.parametrize('encoding', ['mono8', 'mono16', '16UC1', '32FC1'])
@pytest.mark.parametrize('layout', ['hwc', 'chw'])
def test_one_channel_needs_no_axis(encoding: str, layout: str) -> None:
    pixels = pixels_for(encoding)
    for value in pixels[..., 0], pixels[np.newaxis, ..., 0]:
        encoder = encoder_of(encoding, layout)
        encoder.check(value)
        check_image(encoder.encode(value), encoding, pixels)


@pytest.mark.parametrize('shape, layout, image', [
    ((1, 1), 'hwc', (1, 1)), ((1, 5), 'hwc', (1, 5)), ((5, 1), 'hwc', (5, 1)),
    ((1, 5, 1), 'hwc', (1, 5)), ((1, 1, 5, 1), 'hwc', (1, 5)), ((1, 5, 1, 1), 'hwc', (5, 1)),
    ((1, 1, 5), 'chw', (1, 5)), ((1, 5, 1), 'chw', (5, 1)), ((1, 1, 1, 5), 'chw', (1, 5))])
def test_sizes_of_one_are_no_batch_where_they_can_be_a_size(
        shape: Tuple[int, ...], layout: str, image: Tuple[int, int]) -> None:
    value = np.arange(np.prod(shape), dtype='uint8').reshape(shape)
    message = as_others_see_it(encoder_of('mono8', layout).encode(value))
    assert (message.height, message.width) == image
    assert bytes(message.data) == value.tobytes()


def test_an_image_of_another_size_meanwhile_changes_nothing(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, pixels = encoder_of('mono8'), pixels_for('mono8')
    before = encoder.encode(pixels)

    def cast_late(*arguments: Any) -> Any:
        monkeypatch.undo()
        encoder.encode(pixels_for('mono8', 2, 3))
        return cast(*arguments)
    monkeypatch.setattr('dg_pytorch_ros.pictures.image_encoder.cast', cast_late)
    assert encoder.encode(pixels) == before


def test_each_image_has_its_own_size() -> None:
    encoder = encoder_of('rgb8')
    for size in (2, 3), (3, 2), (2, 3), (1, 6):
        pixels = pixels_for('rgb8', *size)
        check_image(encoder.encode(pixels), 'rgb8', pixels)


@pytest.mark.parametrize('encoding', [name for name in CHANNELS if name != '32FC1'])
@pytest.mark.parametrize('dtype', ['float16', 'float32', 'float64'])
def test_fractions_are_refused_with_what_to_do(encoding: str, dtype: str) -> None:
    value = pixels_for(encoding).astype(dtype)
    last = 65535 if encoding in DTYPES else 255
    with pytest.raises(ContractError) as caught:
        encoder_of(encoding).check(value)
    assert str(caught.value).startswith(
        f'is {dtype}{list(value.shape)}, which {encoding} would cut down: it holds whole numbers '
        f'from 0 to {last}')
    assert 'let the module return them' in str(caught.value)


@pytest.mark.parametrize('dtype', ['bool', 'int8', 'uint8', 'int16', 'uint16', 'int64'])
@pytest.mark.parametrize('encoding', CHANNELS)
def test_whole_numbers_that_fit_are_taken_whatever_their_dtype(encoding: str, dtype: str) -> None:
    value = (pixels_for(encoding) % 2).astype(dtype)
    encoder = encoder_of(encoding)
    encoder.check(value)
    check_image(encoder.encode(value), encoding, value.astype(DTYPES.get(encoding, 'uint8')))


@pytest.mark.parametrize('encoding, number', [
    ('mono8', 256), ('mono8', -1), ('rgb8', 1000), ('16UC1', 65536), ('mono16', -1)])
def test_whole_numbers_that_do_not_fit_are_refused(encoding: str, number: int) -> None:
    value = pixels_for(encoding).astype('int64')
    value.flat[1] = number
    encoder = encoder_of(encoding)
    encoder.check(value)
    with pytest.raises(
            EvaluationError, match=f'{number}.*, which do not fit the encoding {encoding}'):
        encoder.encode(value)


def test_doubles_are_rounded_for_depths_unless_too_large() -> None:
    encoder = encoder_of('32FC1')
    value = np.full((2, 2), 0.1)
    encoder.check(value)
    check_image(encoder.encode(value), '32FC1', value.astype('float32')[..., np.newaxis])
    with pytest.raises(EvaluationError, match='do not fit the encoding 32FC1'):
        encoder.encode(value * 1e300)


@pytest.mark.parametrize('shape, layout, message', [
    ((4, 6), 'hwc', '[height, width, 3]'), ((4, 6, 4), 'hwc', '[height, width, 3]'),
    ((3, 4, 6), 'hwc', '[height, width, 3]'), ((4, 6, 3), 'chw', '[3, height, width]'),
    ((2, 4, 6, 3), 'hwc', 'with a batch of 1 in front or none'), ((), 'hwc', '[height'),
    ((0, 6, 3), 'hwc', 'not empty'), ((1, 1, 4, 6, 3), 'hwc', '[height'), ((7,), 'chw', '[3,')])
def test_what_has_no_form_of_an_image_is_refused(
        shape: Tuple[int, ...], layout: str, message: str) -> None:
    value = np.zeros(shape, 'uint8')
    encoder = encoder_of('rgb8', layout)
    with pytest.raises(ContractError) as caught:
        encoder.check(value)
    assert str(caught.value).startswith(f'is uint8{list(shape)}, which is no image of encoding')
    assert message in str(caught.value)
    with pytest.raises(EvaluationError) as failed:
        encoder.encode(value)
    assert str(failed.value) == str(caught.value)


def test_the_axis_that_may_be_missing_is_told() -> None:
    with pytest.raises(ContractError, match=r'\[height, width, 1\], not empty \(or without the 1'):
        encoder_of('mono8').check(np.zeros((4, 6, 3), 'uint8'))


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ContractError, match='is complex64, which no image holds'):
        encoder_of('32FC1').check(np.zeros((2, 2), 'complex64'))


@pytest.mark.parametrize('encoding', ['', 'RGB8', 'yuv422', 'bayer_rggb8'])
def test_an_encoding_that_is_not_known_is_refused(encoding: str) -> None:
    with pytest.raises(
            ConfigError, match=f"encoding is '{encoding}'; expected one of rgb8, bgr8"):
        encoder_of(encoding)


def test_a_layout_that_is_not_known_is_refused() -> None:
    with pytest.raises(ConfigError, match="layout is 'nchw'; expected one of hwc, chw"):
        encoder_of('rgb8', 'nchw')


@given(
    strategies.sampled_from(list(CHANNELS)), strategies.sampled_from(['hwc', 'chw']),
    strategies.integers(1, 5), strategies.integers(1, 5), strategies.text('ab/ä', max_size=9))
def test_what_is_written_can_be_read_again(
        encoding: str, layout: str, height: int, width: int, frame: str) -> None:
    pixels = pixels_for(encoding, height, width)
    value = pixels if layout == 'hwc' else pixels.transpose(2, 0, 1)
    data = ImageEncoder(encoding, layout, frame_id=frame).encode(value)
    assert as_others_see_it(data).header.frame_id == frame
    read = ImageDecoder(ImageConfig(layout)).decode(data)
    assert read.dtype == value.dtype
    assert np.array_equal(read, value)
