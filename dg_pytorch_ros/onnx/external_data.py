# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Weights that lie in files beside a model.

They are read once and become part of the model: onnxruntime would keep such a file mapped into
memory, and a robot's node would change its mind, or crash, when the file is replaced.
"""

from pathlib import Path, PurePosixPath
from typing import Dict, Iterator, List, Union

from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.protobuf import fields, Message, ProtobufError

_Chunk = Union[bytes, memoryview]

# Which fields of a message hold messages in which there may be tensors.
_PARTS: Dict[str, Dict[int, str]] = {
    'model': {7: 'graph', 25: 'function'},
    'graph': {1: 'node', 5: 'tensor', 15: 'sparse'},
    'function': {7: 'node', 11: 'attribute'},
    'node': {5: 'attribute'},
    'attribute': {
        5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse'},
    'sparse': {1: 'tensor', 2: 'tensor'}}
_RAW, _PLACE, _IS_ELSEWHERE = 9, 13, 14
_COUNTED = 2
_DEEPEST = 150
# Protocol Buffers know no larger message.
_LARGEST = 2**31 - 1


class ExternalData:
    """The files in a folder that a model names; `used` are those that it has read from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.used: Dict[str, int] = {}

    def embed(self, content: bytes) -> bytes:
        """
        Return the model with all of its weights in it, the same bytes if they are already.

        Raise ModelFileError if weights are missing, are elsewhere, or are too many.
        """
        if b'location' not in content:
            return content
        chunks = self._embed(memoryview(content), 'model', 0)
        if not self.used:
            return content
        if _size(chunks) > _LARGEST:
            raise ModelFileError(
                f'has {_size(chunks)} bytes with its weights; up to {_LARGEST} can be run')
        return b''.join(chunks)

    def _embed(self, data: memoryview, kind: str, depth: int) -> List[_Chunk]:
        if depth > _DEEPEST:
            raise ProtobufError(f'more than {_DEEPEST} messages within each other')
        if kind == 'tensor':
            return self._embed_tensor(data)
        chunks: List[_Chunk] = []
        for number, wire_type, content in fields(data):
            part = _PARTS[kind].get(number)
            if part is None or isinstance(content, int):
                chunks += _written(number, wire_type, content)
            else:
                chunks += _counted(number, self._embed(content, part, depth + 1))
        return chunks

    def _embed_tensor(self, data: memoryview) -> List[_Chunk]:
        tensor = Message(data)
        if tensor.number(_IS_ELSEWHERE) != 1:
            return [data]
        chunks: List[_Chunk] = []
        for number, wire_type, content in fields(data):
            if number not in (_RAW, _PLACE, _IS_ELSEWHERE):
                chunks += _written(number, wire_type, content)
        place = {entry.text(1): entry.text(2) for entry in tensor.messages(_PLACE)}
        return chunks + _counted(_RAW, [self._read(tensor.text(8), place)])

    def _read(self, name: str, place: Dict[str, str]) -> bytes:
        location = place.get('location', '')
        path = self._locate(name, location)
        offset, length = _whole(place.get('offset', '0')), _whole(place.get('length', '-1'))
        try:
            with path.open('rb') as file:
                file.seek(offset)
                content = file.read(length)
        except (OSError, OverflowError, ValueError) as error:
            raise ModelFileError(
                f'keeps weights in {location!r}, which cannot be read: {error}') from error
        if len(content) < length:
            raise ModelFileError(
                f'keeps {name!r} in {location!r}, where {length} bytes belong at {offset}, but '
                f'{len(content)} are; was it copied whole?')
        self.used[location] = self.used.get(location, 0) + len(content)
        return content

    def _locate(self, name: str, location: str) -> Path:
        """Return where a file is; links are followed, as they are how packages are installed."""
        named = PurePosixPath(location)
        if not location or named.is_absolute() or '..' in named.parts or '\0' in location:
            raise ModelFileError(
                f'keeps {name!r} in {location!r}; only files beside the model are read')
        path = self._folder / named
        if not path.is_file():
            raise ModelFileError(
                f'keeps weights in {location!r}, but there is no such file beside it; copy that, '
                'too')
        return path


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ProtobufError(f'{text[:20]!r} where a place in a file is due') from None


def _written(number: int, wire_type: int, content: Union[int, memoryview]) -> Iterator[_Chunk]:
    if not isinstance(content, int):
        if wire_type == _COUNTED:
            yield from _counted(number, [content])
        else:
            yield _varint(number << 3 | wire_type)
            yield content
    else:
        yield _varint(number << 3 | wire_type) + _varint(content)


def _counted(number: int, chunks: List[_Chunk]) -> List[_Chunk]:
    return [_varint(number << 3 | _COUNTED) + _varint(_size(chunks)), *chunks]


def _size(chunks: List[_Chunk]) -> int:
    return sum(map(len, chunks))


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes([*encoded, value])
