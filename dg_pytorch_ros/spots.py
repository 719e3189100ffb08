# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The places of numbers in the bytes of a message."""

import math
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple, Union

from dg_pytorch_ros.cdr import HEADER
from dg_pytorch_ros.message_types import NUMBER_DTYPES
from dg_pytorch_ros.model import Array
import numpy as np

_BODY = len(HEADER)


class Group(NamedTuple):
    """
    Numbers of one dtype: which of all they are, None if all, and where.

    Their places, all below `length`, count from the begin of the message's body on, as if it were
    numbers of this dtype alone: in a message, each number stands at a multiple of its size.
    """

    dtype: 'np.dtype[Any]'
    which: Optional[Array]
    places: Union[slice, Array]
    length: int


class Run(NamedTuple):
    """Numbers of one dtype, one behind the other; `begin` is the position of the first."""

    dtype: 'np.dtype[Any]'
    begin: int
    shape: Tuple[int, ...]

    def spots(self) -> 'Spots':
        """Return the same as single spots."""
        positions = self.begin + self.dtype.itemsize * np.arange(math.prod(self.shape))
        dtype = NUMBER_DTYPES.index(self.dtype)
        return Spots(positions.reshape(self.shape), np.full(self.shape, dtype, np.int8))

    def groups(self) -> List[Group]:
        """Return all of them as one group."""
        first = (self.begin - _BODY) // self.dtype.itemsize
        end = first + math.prod(self.shape)
        return [Group(self.dtype, None, slice(first, end), end)]


class Spots(NamedTuple):
    """Numbers here and there: the position of each, and its dtype's place in NUMBER_DTYPES."""

    positions: Array
    dtypes: Array

    @property
    def shape(self) -> Tuple[int, ...]:
        """The shape in which the numbers are arranged."""
        return self.positions.shape

    def spots(self) -> 'Spots':
        """Return this itself."""
        return self

    def groups(self) -> List[Group]:
        """Return the numbers of each dtype that there is."""
        indices = np.unique(self.dtypes)
        return [
            self._group(index, None if len(indices) == 1 else self.dtypes.ravel() == index)
            for index in indices]

    def _group(self, index: int, which: Optional[Array]) -> Group:
        dtype = NUMBER_DTYPES[index]
        positions = self.positions.ravel() if which is None else self.positions.ravel()[which]
        places = (positions - _BODY) // dtype.itemsize
        end = int(places.max()) + 1
        if (np.diff(places) == 1).all():
            return Group(dtype, which, slice(int(places[0]), end), end)
        return Group(dtype, which, places, end)


Found = Union[Run, Spots]


def join(found: Sequence[Found]) -> Spots:
    """Put what was found behind each other, in one row."""
    all_spots = [each.spots() for each in found]
    return Spots(
        np.concatenate([spots.positions.ravel() for spots in all_spots]),
        np.concatenate([spots.dtypes.ravel() for spots in all_spots]))
