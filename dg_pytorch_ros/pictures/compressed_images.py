# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The pictures in sensor_msgs/msg/CompressedImage."""

from io import BytesIO
from typing import NamedTuple, Optional, Tuple, TYPE_CHECKING

from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.messages.cdr import CdrError
from dg_pytorch_ros.messages.head import read_text, shown, skip_header
from dg_pytorch_ros.messages.multi_arrays import plain_reader
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.pictures.arrangement import Arrangement
from dg_pytorch_ros.pictures.pillow import require_pillow
from dg_pytorch_ros.pictures.pixel_encodings import Encoding
import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ('JPEG', 'PNG')
_MOST_PIXELS = 2 ** 24  # larger pictures are bombs rather than a camera's

_PNG_BIT_DEPTH = 24  # where it stands in the file

_GRAY_16 = Encoding('16-bit gray PNG', 'uint16', 1)
_CONVERTED = {'1': 'L', 'P': 'RGB', 'LA': 'RGBA'}
_ENCODINGS = {
    'L': Encoding('gray', 'uint8', 1, 'y'),
    'RGB': Encoding('RGB', 'uint8', 3, 'rgb'),
    'RGBA': Encoding('RGBA', 'uint8', 4, 'rgba'),
    # Older versions of Pillow make 32 bits of 16.
    'I': _GRAY_16, 'I;16': _GRAY_16, 'I;16B': _GRAY_16}


class CompressedImageDecoder:
    """
    Reads JPEG and PNG as arrays of height, width and channels, or as the config says.

    The colours are red, green, blue, unless the config says otherwise. "bgr8" in the format, as in
    `rgb8; jpeg compressed bgr8`, is the order in which image_transport hands pixels to OpenCV,
    which expects this one: the file is like every other. Only where it says `compressed rgb8`,
    OpenCV has mistaken red for blue, and they are exchanged again.
    """

    def __init__(
        self, config: ImageConfig, *, expected: Optional[Tuple[int, ...]] = None
    ) -> None:
        """Refuse pictures of other heights and widths than expected, unless they are resized."""
        require_pillow()
        self._arrangement = Arrangement(config, expected)

    def decode(self, data: bytes) -> Array:
        """Return the pixels; raise MessageError if there is no whole picture in the message."""
        picture = _read_picture(data)
        pixels, encoding = self._decompress(picture)
        if encoding.colors.startswith('rgb') and picture.has_swapped_colors:
            pixels = pixels[..., [2, 1, 0, *range(3, encoding.channels)]]
        return self._arrangement.apply(pixels, encoding)

    def _decompress(self, picture: '_Picture') -> Tuple[Array, Encoding]:
        from PIL import Image, UnidentifiedImageError
        try:
            with Image.open(BytesIO(picture.file), formats=_FORMATS) as image:
                encoding = _check(image, picture)
                self._arrangement.check_size(image.height, image.width)
                pixels = _load(image)
        except MessageError:
            raise
        except UnidentifiedImageError as error:
            raise MessageError(
                f'its data are no JPEG or PNG; its format is {shown(picture.form)}',
                cause='encoding') from error
        except Exception as error:  # of a broken file, Pillow raises nearly everything
            raise MessageError(
                f'its data are no whole picture: {shown(str(error))}', cause='bytes') from error
        pixels = pixels.astype(encoding.dtype, copy=False)
        return pixels.reshape(*pixels.shape[:2], encoding.channels), encoding


class _Picture(NamedTuple):
    """A file, and what the sender says of it."""

    form: str
    file: bytes

    @property
    def has_swapped_colors(self) -> bool:
        return 'compressed rgb' in self.form


def _read_picture(data: bytes) -> _Picture:
    reader = plain_reader(data)
    try:
        skip_header(reader)
        form = read_text(reader, data)
        count = reader.uint32()
        begin = reader.skip(count)
    except CdrError as error:
        raise MessageError(
            f'its bytes are no such message: {error}', cause='bytes') from error
    if 'compressedDepth' in form:
        raise MessageError(
            f'its format is {shown(form)}, which is not supported; send depths as '
            'sensor_msgs/msg/Image, or as a PNG of 16 bits', cause='encoding')
    return _Picture(form, data[begin:begin + count])


def _load(image: 'Image') -> Array:
    mode = _CONVERTED.get(image.mode)
    return np.asarray(image if mode is None else image.convert(mode))


def _check(image: 'Image', picture: _Picture) -> Encoding:
    width, height = image.size
    if width * height > _MOST_PIXELS:
        raise MessageError(
            f'its picture is {height} x {width}; expected up to {_MOST_PIXELS} pixels')
    encoding = _ENCODINGS.get(_CONVERTED.get(image.mode, image.mode))
    is_deep = image.format == 'PNG' and picture.file[_PNG_BIT_DEPTH] == 16
    if encoding is None or is_deep != (encoding is _GRAY_16):
        raise MessageError(
            f'its picture is a {image.format} of mode {image.mode}'
            f'{" with 16 bits per channel" if is_deep else ""}; expected gray, RGB, RGBA or a '
            'palette of 8 bits, or gray of 16 bits', cause='encoding')
    return encoding
