# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The points of sensor_msgs/msg/PointCloud2."""

from typing import Any, List, Literal, NamedTuple, Sequence

from dg_pytorch_ros.errors import ConfigError, MessageError
from dg_pytorch_ros.messages.cdr import CdrError, CdrReader
from dg_pytorch_ros.messages.head import all_shown, Head, read_text, skip_header
from dg_pytorch_ros.messages.multi_arrays import plain_reader
from dg_pytorch_ros.model import Array
import numpy as np

# The numbers that sensor_msgs/msg/PointField gives to the datatypes.
_DATATYPES = {
    1: 'int8', 2: 'uint8', 3: 'int16', 4: 'uint16', 5: 'int32', 6: 'uint32', 7: 'float32',
    8: 'float64'}

_MOST_FIELDS = 1000
_MOST_COLUMNS = 1000  # of a field


class CloudDecoder:
    """
    Reads chosen fields of all points as an array of a row for each point.

    Where the fields stand is worked out once, and again only when more than the stamp changes.
    Points that have just these fields stay a view of the message's own bytes.
    """

    def __init__(self, names: Sequence[str] = ('x', 'y', 'z')) -> None:
        if not names:
            raise ConfigError('field is []; expected names of fields of the points')
        self._names = tuple(names)
        self._head = Head()
        self._plan = _Plan(_Grid(0, 0, 0, 0), [], np.dtype('float32'), is_gapless=False)

    def decode(self, data: bytes) -> Array:
        """Return the numbers; raise MessageError if they are not there as the message says."""
        if not self._head.is_of(data):
            cloud = _read_cloud(data)
            self._plan = _make_plan(cloud, self._names)
            self._head.learn(data, cloud.begin)
        return self._plan.read(data)


class _Grid(NamedTuple):
    """Rows of points, and the bytes from one to the next."""

    height: int
    width: int
    row_step: int
    point_step: int


class _Field(NamedTuple):
    """A field of the points, as the message describes it."""

    name: str
    offset: int
    datatype: int
    length: int


class _Cloud(NamedTuple):
    """A message, as it describes itself."""

    grid: _Grid
    fields: Sequence[_Field]
    byte_order: Literal['<', '>']
    begin: int


class _Column(NamedTuple):
    """The numbers of one column: what they are, and where the first one stands."""

    dtype: 'np.dtype[Any]'
    begin: int


class _Plan(NamedTuple):
    """How to read the points behind a head."""

    grid: _Grid
    columns: Sequence[_Column]
    dtype: 'np.dtype[Any]'
    is_gapless: bool

    def read(self, data: bytes) -> Array:
        """Return a row for each point."""
        height, width, *steps = self.grid
        shape = (height * width, len(self.columns))
        if self.is_gapless:
            return np.ndarray(shape, self.dtype, data, self.columns[0].begin)
        # Column by column, because copies of a few numbers at a time take much longer.
        points: Array = np.empty((height, width, len(self.columns)), self.dtype)
        for index, (dtype, begin) in enumerate(self.columns if points.size else ()):
            points[..., index] = np.ndarray((height, width), dtype, data, begin, steps)
        return points.reshape(shape)


def _read_cloud(data: bytes) -> _Cloud:
    reader = plain_reader(data)
    try:
        return _read_parts(reader, data)
    except CdrError as error:
        raise MessageError(
            f'its bytes are no such message: {error}', cause='bytes') from error


def _read_parts(reader: CdrReader, data: bytes) -> _Cloud:
    skip_header(reader)
    height, width = reader.uint32(), reader.uint32()
    count = reader.uint32()
    if count > _MOST_FIELDS:
        raise MessageError(
            f'its points have {count} fields; expected up to {_MOST_FIELDS}', cause='bytes')
    fields = [_read_field(reader, data) for _ in range(count)]
    # What is_bigendian says is true of the points alone, whatever the message's own byte order.
    byte_order: Literal['<', '>'] = '>' if data[reader.skip(1)] else '<'
    point_step, row_step = reader.uint32(), reader.uint32()
    size = reader.uint32()
    begin = reader.skip(size)
    reader.skip(1)  # is_dense
    grid = _fit(_Grid(height, width, row_step, point_step), size)
    return _Cloud(grid, fields, byte_order, begin)


def _read_field(reader: CdrReader, data: bytes) -> _Field:
    name = read_text(reader, data)
    offset = reader.uint32()
    datatype = data[reader.skip(1)]
    # Some senders leave the count at 0 where they mean 1.
    return _Field(name, offset, datatype, reader.uint32() or 1)


def _fit(grid: _Grid, size: int) -> _Grid:
    """Return the grid with as few rows as possible; raise MessageError if it is too large."""
    height, width, row_step, point_step = grid
    if not height or not width:
        return _Grid(0, 0, 0, point_step)
    row = width * point_step
    if height == 1:
        row_step = row
    what = f'its cloud is {height} x {width} points of {point_step} bytes'
    if row_step < row:
        raise MessageError(
            f'{what} with a row_step of {row_step}; a row needs {row} bytes at least')
    if size < height * row_step:
        raise MessageError(
            f'{what}, which makes {height * row_step} bytes with its row_step of {row_step}, '
            f'but it holds {size}')
    if row_step == row:
        return _Grid(1, height * width, height * row, point_step)
    return grid


def _make_plan(cloud: _Cloud, names: Sequence[str]) -> _Plan:
    columns: List[_Column] = []
    for name in names:
        columns += _columns_of(_find(cloud.fields, name), cloud)
    first = columns[0]
    size = first.dtype.itemsize
    gapless = [
        _Column(first.dtype, first.begin + index * size) for index in range(len(columns))]
    is_gapless = (
        cloud.grid.height == 1 and cloud.grid.point_step == len(columns) * size
        and columns == gapless)
    dtype = first.dtype if is_gapless else np.result_type(*[column.dtype for column in columns])
    return _Plan(cloud.grid, columns, dtype, is_gapless)


def _find(fields: Sequence[_Field], name: str) -> _Field:
    found = [field for field in fields if field.name == name]
    if not found:
        present = all_shown([field.name for field in fields])
        raise MessageError(
            f'its points have no field {name!r}; they have {present}', cause='name')
    if len(found) > 1:
        raise MessageError(f'its points have the field {name!r} more than once', cause='name')
    return found[0]


def _columns_of(field: _Field, cloud: _Cloud) -> List[_Column]:
    if field.datatype not in _DATATYPES:
        raise MessageError(
            f'the field {field.name!r} of its points has the datatype {field.datatype}; expected '
            f'one from 1 to {len(_DATATYPES)}', cause='layout')
    dtype = np.dtype(_DATATYPES[field.datatype]).newbyteorder(cloud.byte_order)
    end = field.offset + field.length * dtype.itemsize
    if field.length > _MOST_COLUMNS or end > cloud.grid.point_step:
        raise MessageError(
            f'the field {field.name!r} of its points has {field.length} {dtype.name} from byte '
            f'{field.offset} on, but points have {cloud.grid.point_step} bytes', cause='layout')
    begin = cloud.begin + field.offset
    return [_Column(dtype, begin + index * dtype.itemsize) for index in range(field.length)]
