# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Pictures come out of their files as Pillow sees them; what is no whole picture is refused."""

from io import BytesIO
import struct
import sys
from typing import Any, Tuple
import zlib

from by_hand import BIG_ENDIAN, XCDR2
from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.messages.multi_arrays import UnknownEncoding
from dg_pytorch_ros.pictures.compressed_images import CompressedImageDecoder
import numpy as np
import pytest
from sensors_by_hand import CompressedByHand

serialization = pytest.importorskip('rclpy.serialization', reason='rclpy is not installed')
sensor_msgs = pytest.importorskip('sensor_msgs.msg', reason='sensor_msgs is not installed')
pil = pytest.importorskip('PIL.Image', reason='Pillow is not installed')

FORM = 'rgb8; jpeg compressed bgr8'


def scene(mode: str = 'RGB', size: Tuple[int, int] = (40, 30)) -> Any:
    """Return a picture with some structure, as photographs have."""
    small = np.random.default_rng(1).integers(0, 256, (3, 4, 3), 'uint8')
    picture = pil.fromarray(small).resize(size, pil.Resampling.BICUBIC)
    if mode == 'I;16':
        return pil.fromarray(np.asarray(picture.convert('L')).astype('uint16') * 257)
    return picture.convert(mode)


def saved(picture: Any, form: str, **options: Any) -> bytes:
    file = BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def as_pillow_sees_it(file: bytes) -> Any:
    pixels = np.asarray(pil.open(BytesIO(file)))
    if pixels.dtype == np.int32:  # older versions have no 16 bits
        pixels = pixels.astype('uint16')
    return pixels.reshape(*pixels.shape[:2], -1)


def decoded(file: bytes, form: str = FORM, **config: Any) -> Any:
    return CompressedImageDecoder(ImageConfig(**config)).decode(
        CompressedByHand(form, file).message())


def refusal(file: bytes, form: str = FORM, **config: Any) -> MessageError:
    with pytest.raises(MessageError) as caught:
        decoded(file, form, **config)
    return caught.value


def never(*arguments: Any) -> None:
    raise AssertionError('it was called')


def same(left: Any, right: Any) -> bool:
    return left.dtype == right.dtype and np.array_equal(left, right)


def deep_color_png(color_type: int, channels: int) -> bytes:
    """Return a PNG of 2 x 2 pixels with 16 bits per channel, which Pillow does not write."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack('>I', len(data)) + kind + data + struct.pack(
            '>I', zlib.crc32(kind + data))
    rows = b''.join(b'\0' + bytes(range(4 * channels)) for _ in range(2))
    return b'\x89PNG\r\n\x1a\n' + chunk(
        b'IHDR', struct.pack('>IIBBBBB', 2, 2, 16, color_type, 0, 0, 0)
    ) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')


JPEGS = {
    'color': saved(scene(), 'JPEG'),
    'gray': saved(scene('L'), 'JPEG'),
    'progressive': saved(scene(), 'JPEG', progressive=True)}
PNGS = {mode: saved(scene(mode), 'PNG') for mode in ('L', 'RGB', 'RGBA', 'I;16')}
FILES = {**JPEGS, **PNGS}


@pytest.mark.parametrize('file', FILES.values(), ids=FILES)
def test_pixels_are_those_that_pillow_sees(file: bytes) -> None:
    pixels = as_pillow_sees_it(file)
    message = sensor_msgs.CompressedImage(format=FORM, data=file)
    by_hand = CompressedByHand(FORM, file)
    for data in (
            bytes(serialization.serialize_message(message)), by_hand.message(),
            by_hand.message(BIG_ENDIAN)):
        assert same(CompressedImageDecoder(ImageConfig()).decode(data), pixels)
    assert same(decoded(file, layout='chw'), pixels.transpose(2, 0, 1))


@pytest.mark.parametrize('mode', ['L', 'RGB', 'RGBA', 'I;16'])
def test_what_was_put_into_a_png_comes_out(mode: str) -> None:
    pixels = np.asarray(scene(mode))
    assert same(decoded(PNGS[mode]), pixels.reshape(30, 40, -1))


def test_depths_of_16_bits_keep_every_bit() -> None:
    depths = np.random.default_rng(0).integers(0, 65536, (30, 40), 'uint16')
    values = decoded(saved(pil.fromarray(depths), 'PNG'))
    assert same(values, depths[..., np.newaxis])
    assert same(decoded(saved(pil.fromarray(depths), 'PNG'), resize=(15, 20)), values[1::2, 1::2])


def test_older_versions_of_pillow_give_depths_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import PngImagePlugin
    monkeypatch.setitem(PngImagePlugin._MODES, (16, 0), ('I', 'I;16B'))
    file = PNGS['I;16']
    assert pil.open(BytesIO(file)).mode == 'I'
    assert same(decoded(file), np.asarray(scene('I;16'))[..., np.newaxis])


@pytest.mark.parametrize('mode, wanted', [('P', 'RGB'), ('1', 'L'), ('LA', 'RGBA')])
def test_rare_kinds_of_png_become_common_ones(mode: str, wanted: str) -> None:
    picture = scene(mode)
    pixels = np.asarray(picture.convert(wanted)).reshape(30, 40, -1)
    assert same(decoded(saved(picture, 'PNG')), pixels)


def test_a_palette_can_become_gray() -> None:
    picture = scene('P')
    gray = np.asarray(picture.convert('RGB').convert('L'))[..., np.newaxis]
    assert same(decoded(saved(picture, 'PNG'), color='gray'), gray)


@pytest.mark.parametrize('form', [
    '', 'jpeg', 'png', 'rgb8; jpeg compressed bgr8', 'bgr8; jpeg compressed bgr8',
    'bgr8; png compressed bgr8', 'rgba8; jpeg compressed bgr8'])
def test_colors_are_red_green_blue_unless_asked_for_otherwise(form: str) -> None:
    rgb = np.asarray(scene())
    assert same(decoded(PNGS['RGB'], form), rgb)
    assert same(decoded(PNGS['RGB'], form, color='rgb'), rgb)
    assert same(decoded(PNGS['RGB'], form, color='bgr'), rgb[..., ::-1])
    assert same(
        decoded(PNGS['RGB'], form, color='gray'),
        np.asarray(scene().convert('L'))[..., np.newaxis])


def test_colors_that_the_sender_mistook_are_put_right() -> None:
    form = 'rgb8; png compressed rgb8'
    rgb, rgba = np.asarray(scene()), np.asarray(scene('RGBA'))
    assert same(decoded(PNGS['RGB'], form), rgb[..., ::-1])
    assert same(decoded(PNGS['RGB'], form, color='bgr'), rgb)
    assert same(decoded(PNGS['RGBA'], form), rgba[..., [2, 1, 0, 3]])
    assert same(decoded(PNGS['L'], form), np.asarray(scene('L'))[..., np.newaxis])


def test_gray_is_repeated_where_colors_are_asked_for() -> None:
    for file in PNGS['L'], JPEGS['gray']:
        assert same(decoded(file, color='rgb'), np.repeat(as_pillow_sees_it(file), 3, -1))


def test_alpha_stays_unless_a_color_is_asked_for() -> None:
    rgba = np.asarray(scene('RGBA'))
    assert same(decoded(PNGS['RGBA']), rgba)
    assert same(decoded(PNGS['RGBA'], color='rgb'), rgba[..., :3])


def test_pictures_are_resized_as_pillow_does_it() -> None:
    resized = np.asarray(scene().resize((8, 6), pil.Resampling.BILINEAR))
    assert same(decoded(PNGS['RGB'], resize=(6, 8)), resized)
    assert same(
        decoded(PNGS['RGB'], resize=(6, 8), layout='chw', color='bgr'),
        resized[..., ::-1].transpose(2, 0, 1))


def test_no_color_is_made_of_16_bits() -> None:
    error = refusal(PNGS['I;16'], color='rgb')
    assert error.cause == 'encoding'
    assert 'its encoding 16-bit gray PNG does not say which colours it holds' in str(error)


@pytest.mark.parametrize('file, message', [
    (saved(scene('CMYK'), 'JPEG'), 'its picture is a JPEG of mode CMYK; expected gray, RGB'),
    (deep_color_png(2, 3), 'its picture is a PNG of mode RGB with 16 bits per channel; expected'),
    (deep_color_png(6, 4), 'its picture is a PNG of mode RGBA with 16 bits per channel')])
def test_pictures_that_would_lose_something_are_refused(file: bytes, message: str) -> None:
    error = refusal(file)
    assert error.cause == 'encoding'
    assert message in str(error)


@pytest.mark.parametrize('form', [
    '16UC1; compressedDepth', '32FC1; compressedDepth png', '16UC1; compressedDepth rvl'])
def test_compressed_depth_is_refused_by_name(form: str) -> None:
    error = refusal(b'\0' * 12 + PNGS['I;16'], form)
    assert error.cause == 'encoding'
    assert str(error).startswith(f'its format is {form!r}, which is not supported; send depths as')


@pytest.mark.parametrize('file', [
    b'', b'\0' * 100, saved(scene(), 'GIF'), saved(scene(), 'BMP'), saved(scene(), 'TIFF')])
def test_other_kinds_of_files_are_refused(file: bytes) -> None:
    error = refusal(file, 'qoi')
    assert error.cause == 'encoding'
    assert str(error) == "its data are no JPEG or PNG; its format is 'qoi'"


@pytest.mark.parametrize('file', FILES.values(), ids=FILES)
def test_a_part_of_a_file_never_passes_for_the_whole(file: bytes) -> None:
    whole = decoded(file)
    refused = 0
    for end in range(len(file)):
        try:
            values = decoded(file[:end])
        except MessageError as error:
            assert error.cause in ('bytes', 'encoding')
            refused += 1
        else:
            assert same(values, whole)
    assert refused >= len(file) - 32


def test_a_broken_file_is_refused_with_what_pillow_says() -> None:
    error = refusal(PNGS['RGB'][:100])
    assert error.cause == 'bytes'
    assert str(error).startswith('its data are no whole picture: ')


def test_a_picture_of_immense_size_is_refused_before_it_is_decoded() -> None:
    def sized(width: int, height: int) -> bytes:
        header = b'IHDR' + struct.pack('>II', width, height) + PNGS['RGB'][24:29]
        return PNGS['RGB'][:12] + header + struct.pack('>I', zlib.crc32(header)) + PNGS['RGB'][33:]
    assert str(refusal(sized(4097, 4096))) == (
        'its picture is 4096 x 4097; expected up to 16777216 pixels')
    bomb = saved(pil.new('L', (8192, 8190)), 'PNG')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pil.Image, 'load', never)
        assert str(refusal(bomb)) == 'its picture is 8190 x 8192; expected up to 16777216 pixels'
    for side in 20000, 2 ** 31 - 1:
        assert refusal(sized(side, side)).cause == 'bytes'


@pytest.mark.parametrize('expected', [(31, 40), (30, 41), (40, 30), (-1, 39), (29, -1)])
def test_another_size_than_expected_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch, expected: Tuple[int, int]
) -> None:
    monkeypatch.setattr(pil.Image, 'load', never)
    decoder = CompressedImageDecoder(ImageConfig(), expected=expected)
    for file in FILES.values():
        with pytest.raises(MessageError) as caught:
            decoder.decode(CompressedByHand(FORM, file).message())
        assert caught.value.cause == 'layout'
        height, width = ('any' if size == -1 else size for size in expected)
        assert str(caught.value) == f'its size is 30x40; expected {height}x{width}'


def test_the_size_that_is_expected_is_taken() -> None:
    message = CompressedByHand(FORM, PNGS['RGB']).message()
    for expected in (30, 40), (-1, 40), (30, -1), None:
        decoder = CompressedImageDecoder(ImageConfig(layout='chw'), expected=expected)
        assert decoder.decode(message).shape == (3, 30, 40)
    resizing = CompressedImageDecoder(ImageConfig(resize=(3, 4)), expected=(3, 4))
    assert resizing.decode(message).shape == (3, 4, 3)


def test_a_message_that_ends_early_is_refused() -> None:
    whole = CompressedByHand(FORM, PNGS['RGB']).message()
    decoder = CompressedImageDecoder(ImageConfig())
    for end in range(len(whole)):
        with pytest.raises(MessageError):
            decoder.decode(whole[:end])


def test_other_encodings_of_messages_are_left_to_the_middleware() -> None:
    with pytest.raises(UnknownEncoding):
        CompressedImageDecoder(ImageConfig()).decode(
            CompressedByHand(FORM, PNGS['RGB']).message(XCDR2))


def test_without_pillow_there_is_no_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'PIL', None)
    with pytest.raises(ConfigError, match=r'pip install "dg_pytorch_ros\[image\]".* python3-pil'):
        CompressedImageDecoder(ImageConfig())
