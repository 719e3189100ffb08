# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Random images come out as they went in; of mangled messages comes an array or MessageError."""

from io import BytesIO
from typing import Any, Callable, List

from by_hand import Encoding
from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages.clouds import CloudDecoder
from dg_pytorch_ros.pictures.compressed_images import CompressedImageDecoder
from dg_pytorch_ros.pictures.images import ImageDecoder
from hypothesis import given, settings, strategies
import numpy as np
import pytest
from sensors_by_hand import CloudByHand, CompressedByHand, FieldByHand, ImageByHand

pil = pytest.importorskip('PIL.Image', reason='Pillow is not installed')

COLORS = {
    'rgb8': 'rgb', 'bgr8': 'bgr', 'rgba8': 'rgba', 'bgra8': 'bgra', 'mono8': 'y', '8UC1': 'y',
    '8UC3': '???', 'mono16': '?', '16UC1': '?', '32FC1': '?'}
DTYPES = {'mono16': 'uint16', '16UC1': 'uint16', '32FC1': 'float32'}

SIZES = strategies.integers(1, 9)
ENCODINGS = strategies.builds(
    Encoding, strategies.sampled_from('<>'), strategies.just(8),
    strategies.sampled_from([b'\0', b'\xff']))
CONFIGS = strategies.builds(
    ImageConfig, strategies.sampled_from(['hwc', 'chw']),
    strategies.none() | strategies.tuples(SIZES, SIZES),
    strategies.sampled_from(['', 'rgb', 'bgr', 'gray']))
LIES = (0, 1, 2, 3, 5, 9, 2 ** 16, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 16, 2 ** 32 - 1)
MANY = settings(max_examples=300)

Decode = Callable[[bytes], Any]


class Sent:
    """An image of random pixels, and its message."""

    def __init__(self, draw: Any) -> None:
        self.encoding: str = draw(strategies.sampled_from(list(COLORS)))
        height, width, seed = draw(SIZES), draw(SIZES), draw(strategies.integers(0, 2 ** 32 - 1))
        byte_order = draw(strategies.sampled_from('<>'))
        padding = draw(strategies.integers(0, 5))
        random = np.random.default_rng(seed)
        kind = np.dtype(DTYPES.get(self.encoding, 'uint8'))
        shape = height, width, len(COLORS[self.encoding])
        self.pixels = np.frombuffer(
            random.bytes(int(np.prod(shape)) * kind.itemsize), kind).reshape(shape)
        rows = [
            row.astype(kind.newbyteorder(byte_order)).tobytes() + random.bytes(padding)
            for row in self.pixels]
        self.message = ImageByHand(
            height, width, self.encoding, len(rows[0]), b''.join(rows), int(byte_order == '>'),
            draw(strategies.text('abc', max_size=6)),
            (seed, draw(strategies.integers(0, 10 ** 9 - 1)))).message(draw(ENCODINGS))

    def wanted(self, config: ImageConfig) -> Any:
        """Return what should come out, worked out by hand and by Pillow; None if nothing."""
        planes = self._planes(config.color)
        if planes is None:
            return None
        if config.resize is not None and config.resize != self.pixels.shape[:2]:
            planes = [resized(plane, *config.resize) for plane in planes]
        return np.stack(planes, 0 if config.layout == 'chw' else -1)

    def _planes(self, color: str) -> Any:
        colors = COLORS[self.encoding]
        planes = list(np.moveaxis(self.pixels, -1, 0))
        if not color:
            return planes
        if '?' in colors:
            return None
        if colors == 'y':
            return planes if color == 'gray' else planes * 3
        if color != 'gray':
            return [planes[colors.index(letter)] for letter in color]
        in_order = np.stack([planes[colors.index(letter)] for letter in 'rgb'], -1)
        return [np.asarray(pil.fromarray(in_order).convert('L'))]


def resized(plane: Any, height: int, width: int) -> Any:
    if plane.dtype == np.uint8:
        return np.asarray(pil.fromarray(plane).resize((width, height), pil.Resampling.BILINEAR))
    old_height, old_width = plane.shape
    return np.array([
        [plane[nearest(row, old_height, height), nearest(column, old_width, width)]
         for column in range(width)] for row in range(height)], plane.dtype)


def nearest(place: int, old: int, new: int) -> int:
    """Return the pixel of which the middle of a new one lies within; on an edge, the second."""
    return next(pixel for pixel in range(old) if (2 * place + 1) * old < 2 * new * (pixel + 1))


def saved(form: str, mode: str) -> bytes:
    picture = pil.fromarray(np.random.default_rng(0).integers(0, 256, (9, 8, 3), 'uint8'))
    file = BytesIO()
    picture.convert(mode).save(file, form)
    return file.getvalue()


def outcome(decode: Decode, data: bytes) -> Any:
    """Return dtype, shape and bits, or why the bytes were refused."""
    try:
        values = decode(data)
    except MessageError as error:
        return repr(error), error.cause
    # Every byte of it can be read.
    return values.dtype.str, values.shape, values.tobytes()


def mangled(whole: bytes, draw: Any) -> bytes:
    """Return a message in which some bytes or lengths are others, cut off, or more."""
    data = bytearray(whole)
    for _ in range(draw(strategies.integers(1, 4))):
        place = draw(strategies.integers(0, len(data) - 1))
        data[place] = draw(strategies.integers(0, 255))
    if draw(strategies.booleans()):
        place = 4 * draw(strategies.integers(1, len(data) // 4 - 1))
        order: Any = draw(strategies.sampled_from(['little', 'big']))
        data[place:place + 4] = draw(strategies.sampled_from(LIES)).to_bytes(4, order)
    if draw(strategies.booleans()):
        del data[draw(strategies.integers(0, len(data))):]
    return bytes(data) + draw(strategies.sampled_from([b'', b'', b'\0', bytes(100)]))


def check_mangled(make: Callable[[], Decode], messages: List[bytes], draw: Any) -> None:
    """Check that what becomes of a message, whole or not, depends on none before it."""
    decode = make()
    for message in messages:
        for data in message, mangled(message, draw), message:
            assert outcome(decode, data) == outcome(make(), data)


@MANY
@given(strategies.data(), CONFIGS)
def test_random_images_come_out_as_asked_for(data: Any, config: ImageConfig) -> None:
    decoder = ImageDecoder(config)
    for sent in [Sent(data.draw) for _ in range(data.draw(strategies.integers(1, 3)))]:
        wanted = sent.wanted(config)
        if wanted is None:
            with pytest.raises(MessageError, match='does not say which colours'):
                decoder.decode(sent.message)
        else:
            values = decoder.decode(sent.message)
            assert values.dtype.name == wanted.dtype.name
            assert values.shape == wanted.shape
            assert values.astype(wanted.dtype).tobytes() == wanted.tobytes()


@MANY
@given(strategies.data(), CONFIGS)
def test_mangled_images_are_read_or_refused(data: Any, config: ImageConfig) -> None:
    check_mangled(
        lambda: ImageDecoder(config).decode, [Sent(data.draw).message for _ in range(2)],
        data.draw)


@MANY
@given(strategies.data(), CONFIGS)
def test_mangled_pictures_are_read_or_refused(data: Any, config: ImageConfig) -> None:
    form, mode = data.draw(strategies.sampled_from([
        ('JPEG', 'RGB'), ('JPEG', 'L'), ('PNG', 'RGB'), ('PNG', 'L'), ('PNG', 'RGBA'),
        ('PNG', 'P'), ('PNG', '1')]))
    message = CompressedByHand('rgb8; jpeg compressed bgr8', saved(form, mode)).message()
    check_mangled(lambda: CompressedImageDecoder(config).decode, [message], data.draw)


@MANY
@given(strategies.data())
def test_mangled_clouds_are_read_or_refused(data: Any) -> None:
    fields = [FieldByHand(name, 4 * index, 7) for index, name in enumerate('xyz')]
    padding = data.draw(strategies.integers(0, 4))
    height, width = data.draw(SIZES), data.draw(SIZES)
    step = 12 * width + padding
    numbers = np.random.default_rng(0).bytes(height * step)
    messages = [
        CloudByHand(height, width, fields, 12, step, numbers).message(data.draw(ENCODINGS))
        for _ in range(2)]
    names = data.draw(strategies.sampled_from([['x', 'y', 'z'], ['z'], ['y', 'x']]))
    check_mangled(lambda: CloudDecoder(names).decode, messages, data.draw)


@MANY
@given(strategies.binary(max_size=200), CONFIGS)
def test_any_bytes_are_read_or_refused(data: bytes, config: ImageConfig) -> None:
    for decoder in ImageDecoder(config), CompressedImageDecoder(config), CloudDecoder():
        for message in data, b'\0\1\0\0' + data:
            outcome(decoder.decode, message)
