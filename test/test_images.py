# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Images come out pixel by pixel as they went in, or as the config asks; or they are refused."""

import sys
from typing import Any, Tuple

from by_hand import BIG_ENDIAN, XCDR2
from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.messages.multi_arrays import UnknownEncoding
from dg_pytorch_ros.pictures.images import ImageDecoder
import numpy as np
import pytest
from sensors_by_hand import ImageByHand

serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')
sensor_msgs = pytest.importorskip('sensor_msgs.msg', reason='sensor_msgs is not installed')
pil = pytest.importorskip('PIL.Image', reason='Pillow is not installed')

BYTES = {'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1, '8UC1': 1, '8UC3': 3}
OTHERS = {'mono16': 'uint16', '16UC1': 'uint16', '32FC1': 'float32'}
COLORED = ('rgb8', 'bgr8', 'rgba8', 'bgra8')


def random_pixels(encoding: str, height: int = 5, width: int = 7) -> Any:
    random = np.random.default_rng(0)
    if encoding == '32FC1':
        return random.standard_normal((height, width, 1)).astype('float32')
    dtype = np.dtype(OTHERS.get(encoding, 'uint8'))
    shape = height, width, BYTES.get(encoding, 1)
    return random.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def by_hand(pixels: Any, encoding: str, *, padding: int = 0, byte_order: str = '<') -> ImageByHand:
    height, width, _ = pixels.shape
    rows = [
        row.astype(row.dtype.newbyteorder(byte_order)).tobytes() + b'\xaa' * padding
        for row in pixels]
    return ImageByHand(
        height, width, encoding, len(rows[0]), b''.join(rows), int(byte_order == '>'))


def as_others_send_it(sent: ImageByHand) -> bytes:
    """Return the bytes that other nodes make of it."""
    message = sensor_msgs.Image(
        height=sent.height, width=sent.width, encoding=sent.encoding, step=sent.step,
        is_bigendian=sent.is_big_endian, data=sent.data)
    message.header.frame_id = sent.frame
    message.header.stamp.sec, message.header.stamp.nanosec = sent.stamp
    return bytes(serialization.serialize_message(message))


def decoded(pixels: Any, encoding: str, **config: Any) -> Any:
    return ImageDecoder(ImageConfig(**config)).decode(by_hand(pixels, encoding).message())


def refusal(data: bytes, config: ImageConfig = ImageConfig()) -> MessageError:
    with pytest.raises(MessageError) as caught:
        ImageDecoder(config).decode(data)
    return caught.value


def letters(encoding: str) -> str:
    return encoding[:-1]


def same(left: Any, right: Any) -> bool:
    """Whether two arrays have the same dtype, apart from the byte order, shape and numbers."""
    return left.dtype.name == right.dtype.name and np.array_equal(left, right)


def lies_within(array: Any, data: bytes) -> bool:
    return np.shares_memory(array, np.frombuffer(data, 'uint8'))


@pytest.mark.parametrize('encoding', [*BYTES, *OTHERS])
@pytest.mark.parametrize('byte_order', '<>')
@pytest.mark.parametrize('padding', [0, 1, 8])
def test_pixels_come_out_as_they_went_in(encoding: str, byte_order: str, padding: int) -> None:
    pixels = random_pixels(encoding)
    sent = by_hand(pixels, encoding, padding=padding, byte_order=byte_order)
    for data in as_others_send_it(sent), sent.message(), sent.message(BIG_ENDIAN):
        values = ImageDecoder(ImageConfig()).decode(data)
        assert same(values, pixels)
        assert lies_within(values, data)
        planes = ImageDecoder(ImageConfig(layout='chw')).decode(data)
        assert same(planes, pixels.transpose(2, 0, 1))
        assert lies_within(planes, data) == (pixels.shape[2] == 1)


@pytest.mark.parametrize('encoding', COLORED)
@pytest.mark.parametrize('color', ['rgb', 'bgr'])
def test_colors_come_in_the_order_asked_for(encoding: str, color: str) -> None:
    pixels = random_pixels(encoding)
    wanted = np.stack([pixels[..., letters(encoding).index(letter)] for letter in color], -1)
    assert same(decoded(pixels, encoding, color=color), wanted)
    assert same(decoded(pixels, encoding, color=color, layout='chw'), wanted.transpose(2, 0, 1))


@pytest.mark.parametrize('encoding', COLORED)
def test_gray_is_what_pillow_makes_of_colors(encoding: str) -> None:
    pixels = random_pixels(encoding, 300, 400)
    red, green, blue = (pixels[..., letters(encoding).index(letter)] for letter in 'rgb')
    gray = np.asarray(pil.fromarray(np.stack([red, green, blue], -1)).convert('L'))
    assert same(decoded(pixels, encoding, color='gray'), gray[..., np.newaxis])
    assert same(decoded(pixels, encoding, color='gray', layout='chw'), gray[np.newaxis])


def test_gray_of_extreme_colors_is_right() -> None:
    extremes = np.array(np.meshgrid(*[[0, 1, 127, 128, 254, 255]] * 3), 'uint8').reshape(3, -1).T
    gray = np.asarray(pil.fromarray(extremes[np.newaxis]).convert('L'))[..., np.newaxis]
    assert same(decoded(extremes[np.newaxis], 'rgb8', color='gray'), gray)


@pytest.mark.parametrize('encoding', ['mono8', '8UC1'])
def test_gray_is_repeated_where_colors_are_asked_for(encoding: str) -> None:
    pixels = random_pixels(encoding)
    assert same(decoded(pixels, encoding, color='gray'), pixels)
    for color in 'rgb', 'bgr':
        assert same(decoded(pixels, encoding, color=color), np.repeat(pixels, 3, -1))


@pytest.mark.parametrize('encoding', [*OTHERS, '8UC3'])
@pytest.mark.parametrize('color', ['rgb', 'bgr', 'gray'])
def test_numbers_that_are_no_known_colors_become_none(encoding: str, color: str) -> None:
    sent = by_hand(random_pixels(encoding), encoding)
    error = refusal(sent.message(), ImageConfig(color=color))
    assert error.cause == 'encoding'
    assert f'its encoding {encoding} does not say which colours' in str(error)


@pytest.mark.parametrize('encoding', BYTES)
@pytest.mark.parametrize('size', [(3, 4), (11, 9), (1, 1), (5, 8)])
def test_bytes_are_resized_as_pillow_does_it(encoding: str, size: Tuple[int, int]) -> None:
    pixels = random_pixels(encoding)
    planes = [
        np.asarray(pil.fromarray(plane).resize(size[::-1], pil.Resampling.BILINEAR))
        for plane in pixels.transpose(2, 0, 1)]
    assert same(decoded(pixels, encoding, resize=size), np.stack(planes, -1))
    assert same(decoded(pixels, encoding, resize=size, layout='chw'), np.stack(planes))


def test_colors_are_resized_though_alpha_is_zero() -> None:
    pixels = random_pixels('rgba8')
    pixels[..., 3] = 0
    assert same(
        decoded(pixels, 'rgba8', resize=(9, 9))[..., :3],
        decoded(pixels[..., :3], 'rgb8', resize=(9, 9)))


def test_color_and_size_and_layout_go_together() -> None:
    pixels = random_pixels('bgr8')
    image = pil.fromarray(pixels[..., ::-1])
    resized = image.resize((4, 3), pil.Resampling.BILINEAR)
    assert same(
        decoded(pixels, 'bgr8', resize=(3, 4), color='rgb', layout='chw'),
        np.asarray(resized).transpose(2, 0, 1))
    gray = image.convert('L').resize((4, 3), pil.Resampling.BILINEAR)
    assert same(
        decoded(pixels, 'bgr8', resize=(3, 4), color='gray', layout='chw'),
        np.asarray(gray)[np.newaxis])


@pytest.mark.parametrize('encoding', OTHERS)
def test_depths_are_the_nearest_ones_and_never_in_between(encoding: str) -> None:
    pixels = random_pixels(encoding, 4, 6)
    assert same(decoded(pixels, encoding, resize=(2, 3)), pixels[1::2, 1::2])
    assert same(decoded(pixels, encoding, resize=(8, 6)), np.repeat(pixels, 2, 0))
    assert same(decoded(pixels, encoding, resize=(1, 1)), pixels[2:3, 3:4])


def test_depths_are_resized_as_pillow_does_it() -> None:
    pixels = random_pixels('32FC1', 48, 64)
    pixels[::3, ::5] = np.nan
    image = pil.fromarray(pixels[..., 0]).resize((256, 32), pil.Resampling.NEAREST)
    values = decoded(pixels, '32FC1', resize=(32, 256))
    assert values.tobytes() == np.asarray(image).tobytes()


@pytest.mark.parametrize('encoding', ['rgb8', '16UC1'])
def test_an_image_of_the_right_size_stays_a_view(encoding: str) -> None:
    pixels = random_pixels(encoding)
    data = by_hand(pixels, encoding).message()
    assert lies_within(ImageDecoder(ImageConfig(resize=(5, 7))).decode(data), data)


def test_a_received_image_cannot_be_written_into() -> None:
    assert not decoded(random_pixels('rgb8'), 'rgb8').flags.writeable


def test_each_message_is_read_for_what_it_is() -> None:
    decoder = ImageDecoder(ImageConfig())
    color, turned, gray = (
        random_pixels('rgb8'), random_pixels('rgb8', 7, 5), random_pixels('mono8'))
    first = by_hand(color, 'rgb8')
    for sent, pixels in [
            (first, color), (first._replace(stamp=(7, 8)), color),
            (first._replace(frame='x'), color), (by_hand(turned, 'rgb8'), turned),
            (by_hand(gray, 'mono8'), gray), (by_hand(color, 'rgb8', padding=1), color),
            (first, color)]:
        for data in sent.message(), sent.message(BIG_ENDIAN):
            assert same(decoder.decode(data), pixels)


def test_a_refused_message_does_not_spoil_the_next() -> None:
    decoder = ImageDecoder(ImageConfig())
    pixels = random_pixels('rgb8')
    good = by_hand(pixels, 'rgb8')
    for bad in good._replace(step=3), good._replace(encoding='rgbx'), good._replace(height=6):
        decoder.decode(good.message())
        for _ in range(2):
            with pytest.raises(MessageError):
                decoder.decode(bad.message())
        assert same(decoder.decode(good.message()), pixels)


def test_another_size_than_expected_is_refused() -> None:
    pixels = random_pixels('rgb8')
    decoder = ImageDecoder(ImageConfig(color='gray'), expected=(5, 7))
    assert decoder.decode(by_hand(pixels, 'rgb8').message()).shape == (5, 7, 1)
    turned = by_hand(random_pixels('rgb8', 7, 5), 'rgb8').message()
    for _ in range(2):
        with pytest.raises(MessageError) as caught:
            decoder.decode(turned)
        assert caught.value.cause == 'layout'
        assert str(caught.value) == 'its size is 7x5; expected 5x7'
    assert decoder.decode(by_hand(pixels, 'rgb8').message()).shape == (5, 7, 1)
    any_width = ImageDecoder(ImageConfig(), expected=(7, -1))
    assert any_width.decode(turned).shape == (7, 5, 3)
    with pytest.raises(MessageError, match='its size is 5x7; expected 7xany'):
        any_width.decode(by_hand(pixels, 'rgb8').message())


def test_an_image_that_is_resized_may_have_any_size() -> None:
    decoder = ImageDecoder(ImageConfig(resize=(3, 4)), expected=(3, 4))
    assert decoder.decode(by_hand(random_pixels('rgb8'), 'rgb8').message()).shape == (3, 4, 3)


def test_an_unknown_encoding_of_pixels_is_named_with_those_that_are_known() -> None:
    error = refusal(ImageByHand(2, 2, 'bayer_rggb8', 2, bytes(4)).message())
    assert error.cause == 'encoding'
    assert str(error) == (
        "its encoding 'bayer_rggb8' is not supported; expected one of rgb8, bgr8, rgba8, bgra8, "
        'mono8, mono16, 8UC1, 8UC3, 16UC1, 32FC1')


def test_an_encoding_that_is_no_text_is_shown_but_not_pages_of_it() -> None:
    data = ImageByHand(2, 2, 'x' * 1000, 2, bytes(4)).message().replace(b'xx', b'\xff\xfe', 1)
    message = str(refusal(data))
    assert "its encoding '\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}xx" in message
    assert len(message) < 300


@pytest.mark.parametrize('change, message', [
    ({'step': 20}, 'its image is 5 x 7 rgb8 with a step of 20; a row needs 21 bytes at least'),
    ({'step': 0}, 'with a step of 0; a row needs 21 bytes'),
    ({'step': 2 ** 32 - 1}, 'makes 21474836475 bytes, but it holds 105'),
    ({'step': 22}, 'with a step of 22, which makes 110 bytes, but it holds 105'),
    ({'height': 6}, 'which makes 126 bytes, but it holds 105'),
    ({'width': 8}, 'a row needs 24 bytes'),
    ({'width': 2 ** 32 - 1}, 'a row needs 12884901885 bytes'),
    ({'height': 2 ** 32 - 1}, 'which makes 90194313195 bytes'),
    ({'encoding': 'rgba8'}, 'a row needs 28 bytes'),
    ({'data': b''}, 'but it holds 0'),
    ({'height': 0}, 'its image is 0 x 7 rgb8; it is empty'),
    ({'width': 0}, 'its image is 5 x 0 rgb8; it is empty')])
def test_sizes_that_contradict_each_other_are_refused(change: Any, message: str) -> None:
    error = refusal(by_hand(random_pixels('rgb8'), 'rgb8')._replace(**change).message())
    assert error.cause == 'size'
    assert message in str(error)


def test_more_bytes_than_needed_are_no_harm() -> None:
    pixels = random_pixels('rgb8')
    sent = by_hand(pixels, 'rgb8')
    data = sent._replace(data=sent.data + b'more').message() + b'\0\0\0'
    assert same(ImageDecoder(ImageConfig()).decode(data), pixels)


def test_an_image_that_ends_early_is_refused() -> None:
    whole = by_hand(random_pixels('rgb8'), 'rgb8').message()
    for end in range(len(whole)):
        assert refusal(whole[:end]).cause in ('bytes', 'size')
    assert refusal(whole[:-1]).cause == 'bytes'


def test_other_encodings_of_messages_are_left_to_the_middleware() -> None:
    with pytest.raises(UnknownEncoding):
        ImageDecoder(ImageConfig()).decode(
            by_hand(random_pixels('rgb8'), 'rgb8').message(XCDR2))


@pytest.mark.parametrize('values, message', [
    ({'layout': 'nchw'}, "layout is 'nchw'; expected one of hwc, chw"),
    ({'color': 'hsv'}, "color is 'hsv'; expected one of "),
    ({'resize': (0, 5)}, 'resize is [0, 5]; expected height and width, each from 1 to 32768'),
    ({'resize': (5, 40000)}, 'resize is [5, 40000]'),
    ({'resize': (5,)}, 'resize is [5]'),
    ({'resize': (5, 5, 3)}, 'resize is [5, 5, 3]')])
def test_a_config_that_means_nothing_is_refused(values: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ImageConfig(**values)
    assert message in str(caught.value)


def test_a_config_that_asks_for_nothing_is_idle() -> None:
    assert ImageConfig().is_idle
    for config in ImageConfig('chw'), ImageConfig(color='rgb'), ImageConfig(resize=(1, 1)):
        assert not config.is_idle


def test_without_pillow_only_resizing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'PIL', None)
    pixels = random_pixels('rgb8')
    assert decoded(pixels, 'rgb8', color='gray', layout='chw').shape == (1, 5, 7)
    with pytest.raises(ConfigError, match=r'pip install "dg_pytorch_ros\[image\]".* python3-pil'):
        ImageDecoder(ImageConfig(resize=(3, 4)))
