# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The bytes of images and clouds, written field by field in any encoding and with any lie."""

from typing import NamedTuple, Sequence, Tuple

from by_hand import Bytes, Encoding


class ImageByHand(NamedTuple):
    """What a sender puts into a sensor_msgs/msg/Image."""

    height: int
    width: int
    encoding: str
    step: int
    data: bytes
    is_big_endian: int = 0
    frame: str = 'camera'
    stamp: Tuple[int, int] = (1, 2)

    def message(self, encoding: Encoding = Encoding()) -> bytes:
        written = _header(self.stamp, self.frame, encoding)
        written.uint32(self.height)
        written.uint32(self.width)
        written.string(self.encoding)
        written.written += bytes([self.is_big_endian])
        written.uint32(self.step)
        written.uint32(len(self.data))
        written.written += self.data
        return written.message()


class CompressedByHand(NamedTuple):
    """What a sender puts into a sensor_msgs/msg/CompressedImage."""

    form: str
    file: bytes
    frame: str = 'camera'
    stamp: Tuple[int, int] = (1, 2)

    def message(self, encoding: Encoding = Encoding()) -> bytes:
        written = _header(self.stamp, self.frame, encoding)
        written.string(self.form)
        written.uint32(len(self.file))
        written.written += self.file
        return written.message()


class FieldByHand(NamedTuple):
    """A sensor_msgs/msg/PointField."""

    name: str
    offset: int
    datatype: int
    count: int = 1


class CloudByHand(NamedTuple):
    """What a sender puts into a sensor_msgs/msg/PointCloud2."""

    height: int
    width: int
    fields: Sequence[FieldByHand]
    point_step: int
    row_step: int
    data: bytes
    is_big_endian: int = 0
    frame: str = 'lidar'
    stamp: Tuple[int, int] = (1, 2)

    def message(self, encoding: Encoding = Encoding()) -> bytes:
        written = _header(self.stamp, self.frame, encoding)
        written.uint32(self.height)
        written.uint32(self.width)
        written.uint32(len(self.fields))
        for field in self.fields:
            written.string(field.name)
            written.uint32(field.offset)
            written.written += bytes([field.datatype])
            written.uint32(field.count)
        written.written += bytes([self.is_big_endian])
        written.uint32(self.point_step)
        written.uint32(self.row_step)
        written.uint32(len(self.data))
        written.written += self.data + b'\1'
        return written.message()


def _header(stamp: Tuple[int, int], frame: str, encoding: Encoding) -> Bytes:
    written = Bytes(encoding)
    written.uint32(stamp[0])
    written.uint32(stamp[1])
    written.string(frame)
    return written
