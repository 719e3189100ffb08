# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Tensors and objects as files describe them; their numbers are not read."""

from dataclasses import dataclass, field
import math
from typing import Any, Dict, Hashable, Iterable, Iterator, Sequence, Set, Tuple

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.errors import ModelFileError

_BYTES = {
    'bfloat16': 2, 'bool': 1, 'complex128': 16, 'complex32': 4, 'complex64': 8, 'float16': 2,
    'float32': 4, 'float64': 8, 'int16': 2, 'int32': 4, 'int64': 8, 'int8': 1, 'qint32': 4,
    'qint8': 1, 'quint8': 1, 'uint16': 2, 'uint32': 4, 'uint64': 8, 'uint8': 1}


@dataclass(frozen=True)
class StoredTensor:
    """
    A tensor as the file describes it; what it holds is not read.

    Two of the same `home` lie in the same memory, `offset` elements from its beginning; it is
    `home_size` bytes, 0 if that is not known.
    """

    dtype: str
    shape: Tuple[int, ...]
    device: str = 'cpu'
    home: str = ''
    offset: int = 0
    home_size: int = 0

    @property
    def place(self) -> Hashable:
        """What is the same for two names of the same numbers."""
        return self.home, self.offset, self.shape

    @property
    def elements(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """The bytes that its elements take."""
        return self.elements * _BYTES.get(self.dtype, 1)

    def __str__(self) -> str:
        """Write its dtype and shape."""
        return f'{self.dtype}{list(self.shape)}'


@dataclass(eq=False)
class StoredObject:
    """An instance of a class of the archive: a module, mostly."""

    class_name: str
    state: Any = field(default_factory=dict)

    @property
    def attributes(self) -> Dict[str, Any]:
        """Its attributes, as far as it was stored by them."""
        return self.state if isinstance(self.state, dict) else {}


def tensors_in(root: Any) -> Iterator[StoredTensor]:
    """Find the tensors in a value, those of objects included, in order."""
    waiting = [root]
    passed: Set[int] = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, StoredTensor):
            yield value
        elif id(value) not in passed:
            # A file may hold one list a thousand times over.
            passed.add(id(value))
            waiting += reversed(_members(value))


def _members(value: Any) -> Sequence[Any]:
    if isinstance(value, StoredObject):
        return (value.state,)
    if isinstance(value, dict):
        return tuple(value.values())
    return value if isinstance(value, (list, tuple)) else ()


def check_numbers(archive: Archive, folder: str, tensors: Iterable[StoredTensor]) -> None:
    """Refuse tensors whose numbers are missing: torch reads past the end of them."""
    for tensor in tensors:
        path = f'{folder}/{tensor.home}'
        size = archive.size(path) if path in archive else 0
        if size < tensor.home_size:
            raise ModelFileError(
                f'holds {size} bytes at {path}, where {tensor.home_size} belong')


def byte_size(dtype: str, elements: int) -> int:
    """Return the bytes of so many elements, 0 if the dtype is not known."""
    return elements * _BYTES.get(dtype, 0)
