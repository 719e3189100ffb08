# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The places of numbers in the bytes of a message."""

from itertools import groupby
import math
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple, Union

from dg_pytorch_ros.messages.cdr import HEADER
from dg_pytorch_ros.messages.kinds import NUMBER_DTYPES
from dg_pytorch_ros.model import Array
import numpy as np

_BODY = len(HEADER)
_INDICES = {dtype: index for index, dtype in enumerate(NUMBER_DTYPES)}


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
        return _spots_of([self]).reshape(self.shape)

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

    def reshape(self, shape: Tuple[int, ...]) -> 'Spots':
        """Return the same in another shape."""
        return Spots(self.positions.reshape(shape), self.dtypes.reshape(shape))

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


def gather(found: Sequence[Found], shape: Tuple[int, ...]) -> Found:
    """Return what was found, one behind the other, in a shape."""
    if len(found) == 1:
        only = found[0]
        return only._replace(shape=shape) if isinstance(only, Run) else only.reshape(shape)
    return join(found).reshape(shape)


def join(found: Sequence[Found]) -> Spots:
    """Put what was found behind each other, in one row."""
    rows: List[Spots] = [Spots(np.empty(0, np.int64), np.empty(0, np.int8))]
    for is_run, group in groupby(found, lambda each: isinstance(each, Run)):
        if is_run:
            rows.append(_spots_of([each for each in group if isinstance(each, Run)]))
        else:
            rows += [each.spots().reshape((-1,)) for each in group]
    return Spots(
        np.concatenate([row.positions for row in rows]),
        np.concatenate([row.dtypes for row in rows]))


def _spots_of(runs: Sequence[Run]) -> Spots:
    """Return the spots in runs, in one row."""
    counts = np.array([math.prod(run.shape) for run in runs], np.int64)
    begins = np.array([run.begin for run in runs], np.int64)
    sizes = np.array([run.dtype.itemsize for run in runs], np.int64)
    dtypes = np.array([_INDICES[run.dtype] for run in runs], np.int8)
    numbers = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return Spots(
        np.repeat(begins, counts) + np.repeat(sizes, counts) * numbers, np.repeat(dtypes, counts))
